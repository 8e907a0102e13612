"""Pictures of outputs: for each true class, what the network puts out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from pynoise.plots.style import COLORS, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.container import BarContainer
    from matplotlib.figure import SubFigure

    from pynoise.analysis import SoftmaxProfile

__all__ = ["draw_bars", "dress", "output_panels", "softmax_panels", "true_class"]

# Outputs are named up to so many; beyond, their numbers are on the axis.
_MOST_NAMES = 20

_MARGIN: dict[str, Any] = {"edgecolor": "black", "linewidth": 1.4, "hatch": "////"}
_TRIANGLE: dict[str, Any] = {"marker": "v", "markersize": 4, "color": "black", "linestyle": "none"}
_EXPECTED: dict[str, Any] = {"color": COLORS[1], "linewidth": 1.8}

_REGIONS = {"clean": "clean region", "noisy": "noisy region"}


def softmax_panels(profile: SoftmaxProfile, classes: Sequence[str]) -> Figure:
    """The median of every output and its central 50 %, a panel a true class, as in Fig. 8-13 of Drory et al.

    Concentrated noise has its regions one below the other, as in Fig. 12 and 13.
    """
    regions = list(profile.meta["examples"])
    shown: dict[tuple[str, str], list[dict[str, Any]]] = {
        (region, name): [] for region in regions for name in classes
    }
    for row in profile.rows:
        if (row["region"], row["class"]) in shown:
            shown[row["region"], row["class"]].append(row)
    columns = _columns(len(classes))
    lines = math.ceil(len(classes) / columns)
    names = profile.meta["names"]
    named = len(names) <= _MOST_NAMES
    width = max(1.9, 0.16 * min(len(names), _MOST_NAMES))
    size = (max(6.4, width * columns + 0.6), (1.45 * lines + (0.9 if named else 0.4)) * len(regions) + 0.8)
    figure = Figure(figsize=size, layout="constrained")
    parts = figure.subfigures(len(regions), 1, squeeze=False)[:, 0]
    for part, region in zip(parts, regions, strict=True):
        _draw_region(part, [shown[region, name] for name in classes], classes, names, (lines, columns))
        if region in _REGIONS:
            part.suptitle(f"{_REGIONS[region]}: {profile.meta['examples'][region]:,} examples", fontsize=10)
    expected = profile.meta["noise"] is not None
    figure.legend(handles=_legend(expected=expected), loc="outside lower center", ncols=5, fontsize="x-small")
    figure.suptitle(_title(profile, len(classes)), fontsize=11)
    return figure


def output_panels(panels: Mapping[str, Sequence[Mapping[str, Any]]], title: str) -> Figure:
    """Outputs for a true class each, by the title of its panel, as in Fig. 2 and 7 of Drory et al.

    The rows are those of a profile; classes may differ between panels.
    """
    columns = 2 if len(panels) == 4 else _columns(len(panels))
    lines = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(max(5.6, 2.5 * columns + 0.6), 2.4 * lines + 0.8), layout="constrained")
    places = figure.subplots(lines, columns, sharey=True, squeeze=False).flat
    for axes in list(places)[len(panels) :]:
        axes.remove()
    for i, (words, rows) in enumerate(panels.items()):
        _draw_panel(places[i], rows, words)
        dress(places[i], [row["output"] for row in rows])
        if i % columns == 0:
            places[i].set_ylabel("output", fontsize="x-small")
    handles = _legend(expected=True)
    figure.legend(handles=handles, loc="outside lower center", ncols=5, fontsize="x-small")
    figure.suptitle(title, fontsize=11, parse_math=False)
    return figure


def draw_bars(axes: Axes, heights: Sequence[float], label: int, color: str, true: str) -> None:
    """A bar a class, that of the true class in a colour of its own.

    It has a black margin, as in the paper, and a hatch; a triangle above it stands even where the bar has no
    height.
    """
    bars: BarContainer = axes.bar(range(len(heights)), heights, width=0.8, color=color)
    many = len(heights) > _MOST_NAMES  # too thin for a margin
    bars[label].set(facecolor=true, **({"edgecolor": true} if many else _MARGIN))
    axes.plot(label, 1.09, **_TRIANGLE)


def true_class() -> Line2D:
    """What the legend says of the triangle."""
    return Line2D([], [], label="true class", **_TRIANGLE)


def dress(axes: Axes, names: Sequence[str], *, named: bool = True) -> None:
    """Limits and ticks; the classes below their bars if they are `named`, or numbers where there are many."""
    edge = max(0.7, 0.02 * len(names))  # room for the triangle
    axes.set(xlim=(-edge, len(names) - 1 + edge), ylim=(0, 1.16), yticks=(0, 0.25, 0.5, 0.75, 1))
    axes.tick_params(labelsize="x-small", labelbottom=named)
    if len(names) > _MOST_NAMES:
        axes.set_xlabel("class" if named else "", fontsize="x-small")
        return
    words = [cut(name, 12) for name in names]
    tilt = 0 if max(map(len, words)) <= 2 else 90
    axes.set_xticks(range(len(names)), words, rotation=tilt)
    for label in axes.get_xticklabels():
        label.set_parse_math(False)


def _columns(panels: int) -> int:
    """How many panels stand side by side: five at most, and the last line as full as can be."""
    return panels if panels <= 5 else min((5, 4, 3), key=lambda columns: -panels % columns)


def _draw_region(
    part: SubFigure,
    panels: Sequence[list[dict[str, Any]]],
    classes: Sequence[str],
    names: Sequence[str],
    grid: tuple[int, int],
) -> None:
    """All panels of one region."""
    lines, columns = grid
    places = part.subplots(lines, columns, sharey=True, squeeze=False)
    for i, axes in enumerate(places.flat):
        if i >= len(panels):
            axes.remove()
            continue
        count = f"{panels[i][0]['examples']:,} examples" if panels[i] else "no examples"
        _draw_panel(axes, panels[i], f"{cut(classes[i], 16)}: {count}")
        dress(axes, names, named=i + columns >= len(panels))  # the lowest of its column
        if i % columns == 0:
            axes.set_ylabel("output", fontsize="x-small")


def _draw_panel(axes: Axes, rows: Sequence[Mapping[str, Any]], title: str) -> None:
    """One true class."""
    axes.set_title(title, fontsize="x-small", parse_math=False)
    if not rows:
        return
    places = range(len(rows))
    many = len(rows) > _MOST_NAMES
    heights = [row["median"] for row in rows]
    draw_bars(axes, heights, [row["is_true"] for row in rows].index(True), COLORS[5], COLORS[2])
    axes.errorbar(
        places,
        heights,
        yerr=[
            [row["median"] - row["lower"] for row in rows],
            [row["upper"] - row["median"] for row in rows],
        ],
        fmt="none",
        ecolor="black",
        elinewidth=0.6 if many else 1,
        capsize=0 if many else 2,
    )
    if rows[0]["expected"] is not None:
        half = max(0.48, 0.012 * len(rows))  # wider than its bar where that is thin
        axes.hlines(
            [row["expected"] for row in rows],
            [place - half for place in places],
            [place + half for place in places],
            zorder=3,
            **_EXPECTED | ({"linewidth": 1.0} if many else {}),
        )


def _legend(*, expected: bool) -> list[Patch | Line2D]:
    handles: list[Patch | Line2D] = [
        Patch(facecolor=COLORS[5], label="median"),
        Line2D([], [], color="black", linewidth=1, marker="|", label="central 50 %"),
        Patch(facecolor=COLORS[2], label="median, true class", **_MARGIN),
        true_class(),
    ]
    if expected:
        handles.append(Line2D([], [], label="expected of the noise", **_EXPECTED))
    return handles


def _title(profile: SoftmaxProfile, drawn: int) -> str:
    noise, there = profile.meta["noise"], len({row["class"] for row in profile.rows})
    of_noise = "" if noise is None else f", {noise['kind']} noise of level {noise['level']:.10g}"
    some = "" if drawn == there else f" ({drawn} of {there})"
    return f"Outputs by true class{some}{of_noise}"
