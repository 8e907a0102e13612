"""Figure 4 of Drory et al.: accuracy of networks against noise level, over analytic curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from pynoise.curves import NetworkCurve
from pynoise.curves.network import curve_of
from pynoise.curves.noise import noise_of
from pynoise.paper.drory_panels import CONCENTRATED, Panel, figure_of, panels_of, titled
from pynoise.paper.drory_rows import COMPARED, block_of, claimed, compared, head_of, lines_of, notes_of
from pynoise.paper.drory_trained import MATRIX_SEED, Trainings, labelled, trained_for
from pynoise.paper.figure import PaperFigure
from pynoise.paper.parts import Part
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.runs import meta_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RECIPES", "DroryNetworks"]

_FIGURE = figure_of("drory-fig4")

_COLUMNS = (
    *("panel", "what", "dataset", "network", "noise", "level", *(f"analytic_{k}" for k in _FIGURE["k"])),
    *("expected", "accuracy_last", "sd_last", "selected_fraction", "realised_rate", *COMPARED),
)

# Up to where the paper says that accuracy holds it says in levels, and not what holding is.
_KEPT = 0.9

_NOTES = (
    "Analytic accuracies are Eq. 1 to 4 for several K, of the softmax of the first seed's network that has "
    "learnt the clean labels. Of concentrated noise 1-γ is expected.",
    "The paper says neither which K its curves have nor which levels.",
    f"The paper does not say what a drop is. Beside its levels stands ours, up to which {_KEPT:.10g} of the "
    "accuracy without noise is left: on straight lines between levels, and none where no level has less.",
    "The paper has 10 repeats for MNIST and 7 for CIFAR-10, one a seed here. ± is the standard deviation "
    "over the seeds.",
)


@dataclass(frozen=True)
class _Found:
    """A panel, its part, and its curve; None without data."""

    panel: Panel
    part: Part
    curve: NetworkCurve | None


class DroryNetworks:
    """Networks that have learnt with spread and with concentrated noise, at each of several levels.

    A network learns each data set with each noise, level and seed anew: for a seed 36 on MNIST, 27 on
    CIFAR-10 and 19 on ImageNet.

    A row of the result is a level of a panel: ``ours``, the accuracy of the selected epoch, mean over the
    seeds; ``accuracy_last``, that of the last; ``analytic_K`` for each K, or ``expected``, 1-γ, for
    concentrated noise; ``selected_fraction`` and ``realised_rate`` of the labels. Rows without an accuracy
    of the last epoch have what the paper says in numbers: up to which level accuracy holds, and how many
    labels the largest and the smallest clusters make wrong.
    """

    name = "drory-fig4"
    title = str(_FIGURE["title"])

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and set the accuracies beside the analytic ones."""
        panels = panels_of(_FIGURE, options)
        trained, parts = trained_for(panels, options)
        found = [
            _Found(panel, part, _curve(panel, part, trained, options))
            for panel, part in zip(panels, parts, strict=True)
        ]
        rows = [row for one in found for row in _rows(one)]
        blocks = [
            block_of(one.panel, one.part, trained.made(one.panel, one.panel.levels[-1])) for one in found
        ]
        meta = meta_of(self, [*_NOTES, *notes_of(panels, options)], blocks, trained.found, options)
        meta["k"] = _FIGURE["k"]
        shown = [(titled(one.panel), one.curve) for one in found if one.curve is not None]
        picture = partial(_draw, shown, meta["title"]) if shown else None
        lines = lines_of(rows, list(zip(panels, parts, strict=True)))
        return PaperFigure(rows, _COLUMNS, meta, lines, picture)


RECIPES: tuple[Recipe, ...] = (DroryNetworks(),)


def _curve(panel: Panel, part: Part, trained: Trainings, options: Options) -> NetworkCurve | None:
    """The curve of a panel's runs."""
    if part.draw is None:
        return None
    runs = {
        (level, seed): made.run
        for level in panel.levels
        for seed, made in zip(options.seeds, trained.made(panel, level), strict=True)
    }
    dataset = labelled(part.draw(options.seeds[0]))
    noise = noise_of(panel.noise, dataset, seed=MATRIX_SEED)
    return curve_of(runs, dataset, noise, panel.levels, options.seeds, _FIGURE["k"], threads=options.threads)


def _rows(one: _Found) -> list[dict[str, Any]]:
    """The rows of a panel, none without data."""
    if one.curve is None:
        return []
    panel, part, found = one.panel, one.part, one.curve.rows
    concentrated = panel.noise == CONCENTRATED
    rows = []
    for row in found:
        claim = panel.claim if row["level"] == 0 else None
        if concentrated:
            claim = "accuracy-expected"
        analytic = {
            "expected" if k == "1-γ" else f"analytic_{k}": value for k, value in row["analytic"].items()
        }
        rows.append(
            dict.fromkeys(_COLUMNS)
            | head_of(panel, part, row["level"], "accuracy")
            | analytic
            | {key: row[key] for key in ("accuracy_last", "sd_last", "selected_fraction", "realised_rate")}
            | compared(claimed(claim, panel, row["level"]), row["accuracy"], row["sd"], part, row["runs"])
        )
    return [*rows, *_claims(one, found)]


def _claims(one: _Found, found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What the paper says in numbers of a whole curve."""
    panel, part = one.panel, one.part
    said: list[tuple[str, float | None, str, float | None]] = []
    if panel.noise in ("flip", "uniform"):
        what = f"level that leaves {_KEPT:.10g} of the accuracy"
        said.append((f"{panel.noise}-holds", None, what, _held(found)))
    if panel.noise == CONCENTRATED:
        for k in (10, 2):
            rates = [row["realised_rate"] for row in found if row["level"] == 1 / k]
            what = f"share of wrong labels, k = {k}"
            said += [(f"clusters-{k}", 1 / k, what, rate) for rate in rates]
    return [
        dict.fromkeys(_COLUMNS)
        | head_of(panel, part, level, what)
        | compared(claimed(claim, panel), ours, None, part, found[0]["runs"])
        for claim, level, what, ours in said
    ]


def _held(found: Sequence[Mapping[str, Any]]) -> float | None:
    """The level at which `_KEPT` of the accuracy without noise is left first; None if there is none."""
    least = _KEPT * found[0]["accuracy"]
    for before, after in pairwise(found):
        if after["accuracy"] < least:
            fallen = (before["accuracy"] - least) / (before["accuracy"] - after["accuracy"])
            return float(before["level"] + fallen * (after["level"] - before["level"]))
    return None


def _draw(curves: Sequence[tuple[str, NetworkCurve]], title: str) -> Figure:
    from pynoise import plots

    return plots.network_panels(curves, title)
