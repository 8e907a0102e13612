"""Figures 5 and 6 of Drory et al.: how near a network's outputs are to the labels of the neighbours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pynoise._progress import wordless
from pynoise.analysis import Comparison
from pynoise.paper.drory_panels import Panel, figure_of, panels_of
from pynoise.paper.drory_rows import COMPARED, block_of, claimed, compared, head_of, lines_of, notes_of
from pynoise.paper.drory_trained import trained_for
from pynoise.paper.figure import PaperFigure
from pynoise.paper.parts import Part
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.rows import means_of
from pynoise.paper.runs import meta_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RECIPES", "DroryPairs", "DroryPreferred"]

_HEAD = ("panel", "what", "dataset", "network", "noise", "level")

_NOTES = (
    "Neighbours are the nearest in the penultimate features of the same network, of the examples that it "
    "began to learn from.",
    "The paper gives no formula of the chi-square distance: here it is half the sum of (p - h)²/(p + h), "
    "between 0 and 1. Without the half all distances are twice as large, and the preferred K the same.",
    "The paper tries K between 10 and 300, and does not say by which steps: by 10 here.",
)


@dataclass(frozen=True)
class _Found:
    """The panel, its part, and a comparison for each of the seeds; none without data."""

    panel: Panel
    part: Part
    comparisons: list[Comparison]
    seeds: tuple[int, ...]

    def row(self, what: str, values: Sequence[float], claim: str | None = None) -> dict[str, Any]:
        """A row with a value a seed."""
        found = means_of(values, None)
        published = claimed(claim, self.panel)
        last = compared(published, found["ours"], found["sd"], self.part, len(values))
        return head_of(self.panel, self.part, self.panel.level, what) | last

    def median(self) -> dict[str, Any]:
        """The row of the number that the paper has."""
        values = [one.median_distance for one in self.comparisons]
        return self.row("median distance at the preferred K", values, "chi-square-median")


class DroryPreferred:
    """How often each K is preferred, and how near the outputs are then, on CIFAR-10 without noise.

    The first row of the result has the median over the test examples of the distances at the K that each
    prefers. A further row is a ``k``: ``ours`` is the share of the test examples that prefer it,
    ``median_distance`` and ``mean_distance`` are over all of them. All are means over the seeds; the picture
    is of the first.
    """

    name = "drory-fig5"
    title = str(figure_of(name)["title"])

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and compare."""
        columns = (*_HEAD, "k", "median_distance", "mean_distance", *COMPARED)
        return _figure(self, columns, _by_k, _draw_k, options)


class DroryPairs:
    """Outputs of single test examples beside the labels of their neighbours, on CIFAR-10 without noise.

    The first row of the result is that of Figure 5. A further row is a ``seed`` and one of the test examples
    whose distances are nearest to the median: ``example``, its number; ``class``, the true one; the ``k``
    that it prefers, and its distance there, ``ours``. One more a class has that ``output``, which is
    ``ours``, and in ``neighbours`` the share of that label among the K nearest. The picture is of the first
    seed.
    """

    name = "drory-fig6"
    title = str(figure_of(name)["title"])

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and compare."""
        columns = (*_HEAD, "seed", "example", "class", "k", "output", "neighbours", *COMPARED)
        return _figure(self, columns, _by_pair, _draw_pairs, options)


RECIPES: tuple[Recipe, ...] = (DroryPreferred(), DroryPairs())

# More pairs could not be told apart in a picture.
_PAIRS = int(figure_of(DroryPairs.name)["pairs"])


def _figure(
    recipe: Recipe,
    columns: tuple[str, ...],
    rows_of: Callable[[_Found], list[dict[str, Any]]],
    draw: Callable[[Comparison], Figure],
    options: Options,
) -> PaperFigure:
    """Train the network, compare it, and put the figure together."""
    from pynoise.training import compare

    (panel,) = panels = panels_of(figure_of(recipe.name), options)
    trained, (part,) = trained_for(panels, options)
    made = trained.made(panel, panel.level)
    comparisons = [
        compare(
            one.run,
            one.draw(),
            device=options.device,
            threads=options.threads,
            workers=options.workers,
            progress=wordless(options.progress),
        )
        for one in made
    ]
    found = _Found(panel, part, comparisons, options.seeds)
    rows = [found.median(), *rows_of(found)] if comparisons else []
    rows = [dict.fromkeys(columns) | row for row in rows]
    notes = [*_NOTES, *notes_of(panels, options)]
    meta = meta_of(recipe, notes, [block_of(panel, part, made)], trained.found, options)
    picture = partial(draw, comparisons[0]) if comparisons else None
    shown = [row for row in rows if row.get("output") is None]
    return PaperFigure(rows, columns, meta, lines_of(shown, [(panel, part)]), picture)


def _by_k(found: _Found) -> list[dict[str, Any]]:
    """A row for each K."""
    rows = []
    for same in zip(*(one.rows for one in found.comparisons), strict=True):
        row = found.row(f"share that prefers K = {same[0]['k']}", [one["share"] for one in same])
        distances = {key: fmean(one[key] for one in same) for key in ("median_distance", "mean_distance")}
        rows.append(row | {"k": same[0]["k"]} | distances)
    return rows


def _by_pair(found: _Found) -> list[dict[str, Any]]:
    """The rows of each pair: its distance, and its outputs."""
    rows = []
    for seed, comparison in zip(found.seeds, found.comparisons, strict=True):
        names = comparison.meta["names"]
        for pair in comparison.pairs(_PAIRS):
            name = f"seed {seed}, example {pair.example}"
            head = {"seed": seed, "example": pair.example, "class": names[pair.label], "k": pair.k}
            rows.append(found.row(f"{name}, distance at K = {pair.k}", [pair.distance]) | head)
            for output, softmax, share in zip(names, pair.softmax, pair.shares, strict=True):
                row = found.row(f"{name}, output of {output}", [float(softmax)])
                rows.append(row | head | {"output": output, "neighbours": float(share)})
    return rows


def _draw_k(comparison: Comparison) -> Figure:
    return comparison.plot()


def _draw_pairs(comparison: Comparison) -> Figure:
    return comparison.plot_pairs(pairs=_PAIRS)
