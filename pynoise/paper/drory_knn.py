"""Figure 3 of Drory et al.: accuracy of K-NN against noise level, as it is computed and as it is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pynoise import data, knn
from pynoise._progress import wordless
from pynoise.curves import AccuracyCurve, accuracy_curve
from pynoise.data import Dataset
from pynoise.errors import InputValueError
from pynoise.paper.drory_panels import Panel, figure_of, panels_of, titled
from pynoise.paper.drory_rows import COMPARED, block_of, claimed, compared, head_of, lines_of, notes_of
from pynoise.paper.drory_trained import Trainings, features_of, labelled
from pynoise.paper.figure import PaperFigure
from pynoise.paper.parts import Part, with_data
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.runs import Made, meta_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RECIPES", "DroryKNN"]

_COLUMNS = (
    *("panel", "what", "dataset", "network", "noise", "k", "level", "analytic", "off_analytic"),
    *("selected_fraction", "realised_rate", "draws", *COMPARED),
)

_NOTES = (
    "The paper says neither which K nor which levels its curves have, nor how often K-NN was measured.",
    "Analytic are Eq. 1 to 4, of the labels of the K clean neighbours; ours are measured. Of labels that "
    "share the first place the lowest wins in both: the paper counts such a vote as wrong, and does not say "
    "what its K-NN does. off_analytic is ours less the analytic.",
    "Nothing numeric is published of this figure.",
)


@dataclass(frozen=True)
class _Measured:
    """A panel, its part, its curves (one a seed; none without data), and the runs of its network."""

    panel: Panel
    part: Part
    curves: list[AccuracyCurve]
    made: list[Made]


class DroryKNN:
    """K-NN on MNIST's pixels, and on features of networks that have learnt CIFAR-10 and ImageNet.

    Each seed trains such a network, on clean labels, and draws the noise some times anew. Another data set is
    taken as it is, or with a network.

    A row of the result is a K and a level of a panel: ``analytic`` accuracy; ``ours``, the measured one, a
    mean over all ``draws`` with their standard deviation ``sd``; ``off_analytic``, their difference;
    ``selected_fraction`` and ``realised_rate`` of the labels. One more for each K, without a level, has the
    largest distance of the two. The picture is of the first seed.
    """

    name = "drory-fig3"
    title = str(figure_of(name)["title"])

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and compute and measure the curves."""
        figure = figure_of(self.name)
        panels = panels_of(figure, options)
        _check(panels, options)
        trained = Trainings(options, max(figure["k"]))
        parts = [
            _pixels(panel, max(figure["k"]), options)
            if panel.network is None
            else trained.add(replace(panel, levels=(0.0,)))
            for panel in panels
        ]
        trained.train()
        found: list[_Measured] = []
        for panel, part in zip(panels, parts, strict=True):
            made = [] if panel.network is None else trained.made(panel, 0.0)
            found.append(_Measured(panel, part, [], made))
        _measure(found, figure, options)
        rows = [row for one in found for row in _rows(one, figure)]
        largest = [row for row in rows if row["level"] is None]
        notes = [*_NOTES, *notes_of(panels, options)]
        blocks = [block_of(one.panel, one.part, one.made) for one in found]
        meta = meta_of(self, notes, blocks, trained.found, options)
        meta |= {"k": figure["k"], "repeats": figure["repeats"]}
        shown = [(titled(one.panel), one.curves[0]) for one in found if one.curves]
        picture = partial(_draw, shown, meta["title"]) if shown else None
        lines = lines_of(largest, [(one.panel, one.part) for one in found])
        return PaperFigure(rows, _COLUMNS, meta, lines, picture)


RECIPES: tuple[Recipe, ...] = (DroryKNN(),)


def _check(panels: Sequence[Panel], options: Options) -> None:
    """Refuse settings of training where nothing is trained."""
    given = [*options.settings, *(["method_options"] if options.method_options else [])]
    if given and all(panel.network is None for panel in panels):
        raise InputValueError(
            given[0],
            "is of training, and nothing is trained for K-NN in pixels; leave it out, or give network",
        )


def _pixels(panel: Panel, k: int, options: Options) -> Part:
    """What is not trained: any network stands for its data, of which nothing is held out."""
    from pynoise.training import Settings

    settings = Settings(validation=0.0).to_dict()
    part = Part(panel.dataset, "mlp", "uniform", 0.0, "cross-entropy", settings, {}, options.scale)
    part = with_data(part, options, k)
    if part.draw is not None and not isinstance(part.draw(options.seeds[0]), Dataset):
        raise InputValueError("network", f"is missing: the images of {panel.dataset} have sizes of their own")
    return part


def _measure(found: Sequence[_Measured], figure: Mapping[str, Any], options: Options) -> None:
    """Compute and measure all curves; panels of the same examples share the search for neighbours."""
    kept: tuple[Any, Dataset, knn.Neighbors] | None = None
    jobs = [(one, i) for one in found if one.part.draw for i in range(len(options.seeds))]
    jobs.sort(key=lambda job: (job[0].part.dataset, job[0].panel.network or "", job[1]))
    report = wordless(options.progress)
    for one, i in jobs:
        seed, panel = options.seeds[i], one.panel
        drawn = panel.network is not None or panel.queries is not None or one.part.scale < 1
        same = (one.part.dataset, panel.network, panel.queries, seed if drawn else None)
        if kept is None or kept[0] != same:
            dataset = _examples(one, i, seed, options)
            near = knn.neighbors(
                dataset,
                max(figure["k"]),
                queries=panel.queries,
                seed=seed,
                threads=options.threads,
                progress=report,
            )
            kept = same, dataset, near
        curve = accuracy_curve(
            kept[1],
            figure["k"],
            panel.noise,
            panel.levels,
            repeats=figure["repeats"],
            seed=seed,
            neighbors=kept[2],
            threads=options.threads,
            progress=report,
        )
        one.curves.append(curve)


def _examples(one: _Measured, i: int, seed: int, options: Options) -> Dataset:
    """The examples as they are, or by the features of the network of a seed."""
    if one.panel.network is not None:
        return data.load(features_of(one.made[i], options))
    assert one.part.draw is not None  # noqa: S101 - there are data
    return labelled(one.part.draw(seed))


def _rows(one: _Measured, figure: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a panel, none without data."""
    if not one.curves:
        return []
    panel, part, runs, repeats = one.panel, one.part, len(one.curves), figure["repeats"]
    rows: list[dict[str, Any]] = []
    nothing = claimed(None, panel)
    for same in zip(*(curve.rows for curve in one.curves), strict=True):
        mean, analytic = (fmean(row[key] for row in same) for key in ("measured", "analytic"))
        rows.append(
            dict.fromkeys(_COLUMNS)
            | head_of(panel, part, same[0]["level"], f"K = {same[0]['k']}, accuracy")
            | {"k": same[0]["k"], "analytic": analytic, "off_analytic": mean - analytic}
            | {key: fmean(row[key] for row in same) for key in ("selected_fraction", "realised_rate")}
            | {"draws": runs * repeats}
            | compared(nothing, mean, _pooled(same, repeats), part, runs)
        )
    for k in figure["k"]:
        off = max((row["off_analytic"] for row in rows if row["k"] == k), key=abs)
        rows.append(
            dict.fromkeys(_COLUMNS)
            | head_of(panel, part, None, f"K = {k}, largest difference to the analytic accuracy")
            | {"k": k, "draws": runs * repeats}
            | compared(nothing, off, None, part, runs)
        )
    return rows


def _pooled(rows: Sequence[Mapping[str, Any]], repeats: int) -> float:
    """The standard deviation of all draws (ddof 1), of the means and deviations of each seed's."""
    mean = fmean(row["measured"] for row in rows)
    within = sum((repeats - 1) * row["measured_sd"] ** 2 for row in rows)
    between = sum(repeats * (row["measured"] - mean) ** 2 for row in rows)
    return sqrt((within + between) / (repeats * len(rows) - 1))


def _draw(curves: Sequence[tuple[str, AccuracyCurve]], title: str) -> Figure:
    from pynoise import plots

    return plots.accuracy_panels(curves, title)
