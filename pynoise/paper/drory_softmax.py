"""Figures 2 and 7 to 13 of Drory et al.: what networks that learnt noisy labels put out, by true class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pynoise._arrays import load_array
from pynoise.analysis import SoftmaxProfile
from pynoise.paper.drory_panels import CLEAN, CONCENTRATED, Panel, figure_of, panels_of, titled
from pynoise.paper.drory_rows import COMPARED, block_of, claimed, compared, head_of, lines_of, notes_of
from pynoise.paper.drory_trained import Trainings, features_of, trained_for
from pynoise.paper.figure import PaperFigure
from pynoise.paper.parts import Part
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.rows import means_of
from pynoise.paper.runs import meta_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RECIPES", "DrorySoftmax"]

_NAMES = ("drory-fig2", *(f"drory-fig{i}" for i in range(7, 14)))

_COLUMNS = (
    *("panel", "what", "dataset", "network", "noise", "level", "region", "class", "output", "role"),
    *("examples", "median", "lower", "upper", "mean", "expected", *COMPARED),
)

# What an output is to the true class of an example.
_ROLES = {"true": "the true class", "noisy": "what the noise makes of it", "other": "all else"}

# What the paper says of them, by noise.
_CLAIMS = {
    ("uniform", "true"): "softmax-uniform-peak",
    ("uniform", "noisy"): "softmax-uniform-other",
    ("flip", "noisy"): "softmax-flip-alternative",
}

# More could not be read.
_MOST_PANELS = 16

# What of a profile's row is a mean over the seeds.
_MEANS = ("examples", "median", "lower", "upper", "mean")

_NOTES = (
    "Ours is the median of an output over the test examples of a true class, lower and upper the borders of "
    "the central 50 %; of several seeds the mean. Expected is what the noise makes of the class. Rows "
    "without a class are means over the classes that are shown and the outputs of a role.",
    "The paper gives outputs as formulas of the level γ and the number of classes L, and no numbers.",
)

_CLASS_NOTE = "The paper does not say of which true class a diagram is: these are of the first."

_REGION_NOTE = (
    "How to tell the region of a test example the paper does not say: it lies in the noisy one if the centre "
    "of the noisy cluster is the nearest of its class's, in the features that the noise lies in."
)


@dataclass(frozen=True)
class _Found:
    """A panel, its part, and the profiles of its runs, one a seed; none without data."""

    panel: Panel
    part: Part
    profiles: list[SoftmaxProfile]


class DrorySoftmax:
    """Outputs of a network for each noise, over the test examples of each true class, or of the first alone.

    A row of the result is a true class and an output of a panel: ``examples``, how many; ``median``, which is
    ``ours``, ``lower``, ``upper`` and ``mean``, of several seeds the means; ``expected`` of the noise;
    ``role``, "true" where the output is the true class's, "noisy" where the noise can make of it what the
    output is, and "other". One more for each role is the mean over classes and outputs. The picture is of the
    first seed.

    Parameters
    ----------
    name : str
        One of the figures, "drory-fig2" say.
    """

    def __init__(self, name: str) -> None:
        self._figure = figure_of(name)
        self.name, self.title = name, str(self._figure["title"])

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and look at the outputs."""
        panels = panels_of(self._figure, options)
        trained, parts = trained_for(panels, options)
        found = [
            _Found(panel, part, _profiles(panel, trained, options))
            for panel, part in zip(panels, parts, strict=True)
        ]
        classes = self._figure.get("classes")
        rows = [row for one in found for row in _rows(one, classes)]
        notes = [*_NOTES, *([] if classes is None else [_CLASS_NOTE])]
        notes += [_REGION_NOTE] if any(panel.region for panel in panels) else []
        blocks = [block_of(one.panel, one.part, trained.made(one.panel, one.panel.level)) for one in found]
        meta = meta_of(self, [*notes, *notes_of(panels, options)], blocks, trained.found, options)
        shown = [one for one in found if one.profiles]
        picture = partial(_draw, shown, classes, meta["title"]) if shown else None
        means = [row for row in rows if row["class"] is None]
        lines = lines_of(means, list(zip(panels, parts, strict=True)))
        return PaperFigure(rows, _COLUMNS, meta, lines, picture)


RECIPES: tuple[Recipe, ...] = tuple(DrorySoftmax(name) for name in _NAMES)


def _profiles(panel: Panel, trained: Trainings, options: Options) -> list[SoftmaxProfile]:
    """The outputs of a panel's runs by true class, and by region."""
    from pynoise.training import profile

    found = []
    for i, made in enumerate(trained.made(panel, panel.level)):
        features = None
        if panel.noise == CONCENTRATED:
            features = load_array("out", features_of(trained.space(panel)[i], options), ("x_test",))
        found.append(profile(made.run, made.draw(), features=features))
    return found


def _rows(one: _Found, classes: Sequence[int] | None) -> list[dict[str, Any]]:
    """The rows of a panel, none without data: means over classes and outputs first."""
    if not one.profiles:
        return []
    seen = [_shown(profile, one.panel, classes) for profile in one.profiles]
    means, rows = [], []
    for role, words in _ROLES.items():
        own = [[row["median"] for row in shown if _role(row) == role] for shown in seen]
        values = [fmean(medians) for medians in own if medians]
        if values:
            means.append(_row(one, f"output of {words}", role, values))
    by_cell: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in (row for shown in seen for row in shown):
        by_cell.setdefault((row["class"], row["output"]), []).append(row)
    for (name, output), same in by_cell.items():
        whole = _row(
            one, f"class {name}, output of {output}", _role(same[0]), [row["median"] for row in same]
        )
        whole |= {"class": name, "output": output, "expected": same[0]["expected"]}
        rows.append(whole | {key: fmean(row[key] for row in same) for key in _MEANS})
    return [*means, *rows]


def _row(one: _Found, what: str, role: str, medians: Sequence[float]) -> dict[str, Any]:
    """A row of a role, with a median a seed."""
    panel, part = one.panel, one.part
    claim = _CLAIMS.get((panel.noise, role))
    published = claimed(claim, panel, panel.level, one.profiles[0].meta["classes"])
    region = "" if panel.region is None else f", {panel.region} region"
    found = means_of(medians, None)
    return (
        dict.fromkeys(_COLUMNS)
        | head_of(panel, part, panel.level, f"{what}{region}")
        | {"region": panel.region, "role": role}
        | compared(published, found["ours"], found["sd"], part, len(medians))
    )


def _shown(profile: SoftmaxProfile, panel: Panel, classes: Sequence[int] | None) -> list[dict[str, Any]]:
    """The rows of a profile that a panel shows."""
    names = profile.meta["names"]
    wanted = names if classes is None else [names[i] for i in classes]
    region = panel.region or "all"
    return [row for row in profile.rows if row["region"] == region and row["class"] in wanted]


def _role(row: Mapping[str, Any]) -> str:
    """What an output is to the true class."""
    if row["is_true"]:
        return "true"
    return "noisy" if row["expected"] > 0 else "other"


def _draw(found: Sequence[_Found], classes: Sequence[int] | None, title: str) -> Figure:
    from pynoise import plots

    shown: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        for row in _shown(one.profiles[0], one.panel, classes):
            level = "" if one.panel.noise == CLEAN else f" {one.panel.level:.5g}"
            region = "" if one.panel.region is None else f", {one.panel.region} region"
            words = f"{titled(one.panel)}{level}{region}\n{row['class']}: {row['examples']:,} examples"
            shown.setdefault(words, []).append(row)
    return plots.output_panels(dict(islice(shown.items(), _MOST_PANELS)), title)
