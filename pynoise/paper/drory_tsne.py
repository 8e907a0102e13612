"""Figure 1 of Drory et al.: training examples by deep features, coloured by the labels that they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # comes with scikit-learn

from pynoise import seeds
from pynoise._arrays import load_array
from pynoise._sample import sample
from pynoise.analysis import embed
from pynoise.curves.network import accuracy_of
from pynoise.paper.drory_panels import Panel, figure_of, panels_of, titled
from pynoise.paper.drory_rows import COMPARED, block_of, claimed, compared, head_of, lines_of, notes_of
from pynoise.paper.drory_trained import Trainings, features_of, trained_for
from pynoise.paper.figure import PaperFigure
from pynoise.paper.parts import Part
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.rows import means_of
from pynoise.paper.runs import Made, meta_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.noise import NoisyLabels

__all__ = ["RECIPES", "DroryEmbedding"]

_FIGURE = figure_of("drory-fig1")

_COLUMNS = (
    *("panel", "what", "dataset", "network", "noise", "level", "example", "class", "given", "x", "y"),
    *COMPARED,
)

_NOTES = (
    "The paper does not say which network's features are shown: those of the one that has learnt the clean "
    "labels, where concentrated noise lies too. Training examples are shown, at most "
    f"{_FIGURE['examples']:,}.",
    "Colours are the labels that examples have been given. Accuracies are on the test examples, of networks "
    "that have learnt all these labels.",
)


@dataclass(frozen=True)
class _Found:
    """A panel, its part and its runs; and of the first seed examples, their places and their labels."""

    panel: Panel
    part: Part
    made: list[Made]
    chosen: NDArray[np.int64]
    places: NDArray[np.floating[Any]]
    record: NoisyLabels


class DroryEmbedding:
    """MNIST's training examples by t-SNE, with uniform noise and with concentrated noise of level 0.2.

    The first row of each panel of the result has the test accuracy of the networks that have learnt the noisy
    labels, ``ours``, mean over the seeds. A further row is an ``example`` of the first seed: its number; its
    true ``class`` and the label that it was ``given``; its place, ``x`` and ``y``. The picture is of these.
    """

    name = "drory-fig1"
    title = str(_FIGURE["title"])

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and place the examples."""
        panels = panels_of(_FIGURE, options)
        trained, parts = trained_for(panels, options)
        found = _found(panels, parts, trained, options)
        rows = [row for one in found for row in _rows(one)]
        blocks = [
            block_of(panel, part, trained.made(panel, panel.level))
            for panel, part in zip(panels, parts, strict=True)
        ]
        meta = meta_of(self, [*_NOTES, *notes_of(panels, options)], blocks, trained.found, options)
        picture = partial(_draw, found, meta["title"]) if found else None
        accuracies = [row for row in rows if row["example"] is None]
        lines = lines_of(accuracies, list(zip(panels, parts, strict=True)))
        return PaperFigure(rows, _COLUMNS, meta, lines, picture)


RECIPES: tuple[Recipe, ...] = (DroryEmbedding(),)


def _found(
    panels: Sequence[Panel], parts: Sequence[Part], trained: Trainings, options: Options
) -> list[_Found]:
    """What the panels with data show; those in one space have the same places."""
    known: dict[Any, tuple[NDArray[np.int64], NDArray[np.floating[Any]]]] = {}
    found: list[_Found] = []
    for panel, part in zip(panels, parts, strict=True):
        made = trained.made(panel, panel.level)
        if not made:
            continue
        space, record = trained.space(panel)[0], made[0].run.record
        assert record is not None  # noqa: S101 - the noise is ours
        options.progress("t-SNE", len(found), len(panels), "")
        if space.run.path not in known:
            known[space.run.path] = _placed(space, options)
        found.append(_Found(panel, part, made, *known[space.run.path], record))
    options.progress("t-SNE", len(panels), len(panels), "")
    return found


def _placed(space: Made, options: Options) -> tuple[NDArray[np.int64], NDArray[np.floating[Any]]]:
    """Some training examples of the first seed by number, and their places."""
    seed = options.seeds[0]
    x = load_array("out", features_of(space, options), ("x_train",))
    chosen = sample(seeds.split(seed, "t-SNE"), "examples", len(x), min(_FIGURE["examples"], len(x)))
    with threadpool_limits(options.threads):
        return chosen, embed(x[chosen], "tsne", seed=seeds.split(seed, "t-SNE", 1))


def _rows(one: _Found) -> list[dict[str, Any]]:
    """The rows of a panel: its accuracy, and its examples."""
    panel, part, record = one.panel, one.part, one.record
    accuracy = means_of([accuracy_of(made.run) for made in one.made], None)
    last = compared(claimed(panel.claim, panel), accuracy["ours"], accuracy["sd"], part, len(one.made))
    first = head_of(panel, part, panel.level, "test accuracy") | last
    last = compared(claimed(None, panel), None, None, part, 1)
    head = dict.fromkeys(_COLUMNS) | head_of(panel, part, panel.level, "place") | last
    return [
        dict.fromkeys(_COLUMNS) | first,
        *(
            head
            | {
                "example": int(example),
                "class": record.names[record.clean[example]],
                "given": record.names[record.noisy[example]],
                "x": float(x),
                "y": float(y),
            }
            for example, (x, y) in zip(one.chosen, one.places, strict=True)
        ),
    ]


def _draw(found: Sequence[_Found], title: str) -> Figure:
    from pynoise import plots
    from pynoise.plots.noise import Points

    panels = {
        f"{titled(one.panel)} {one.panel.level:.5g}": Points(
            one.places, one.record.clean[one.chosen], one.record.noisy[one.chosen], "t-SNE"
        )
        for one in found
    }
    return plots.points_panels(panels, found[0].record.names, title)
