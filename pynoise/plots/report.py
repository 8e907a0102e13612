"""The picture of a report: accuracy against noise level, a panel a noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from pynoise.plots.style import COLORS, LINES, MARKERS, cut, panels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pynoise.reporting.points import Line
    from pynoise.reporting.series import Series

__all__ = ["MOST_SERIES", "report_curves"]

# More cannot be told apart by colour and dashes together.
MOST_SERIES = 28

# Between points of several series at one level, which would hide each other.
_APART = 0.012


def report_curves(lines: Sequence[Line]) -> Figure:
    """Accuracy against noise level: predictions are lines, measurements points with their standard deviation.

    Parameters
    ----------
    lines : sequence of Line
        One or more. The first `MOST_SERIES` series are drawn, and the picture says how many there are.
    """
    found = dict.fromkeys(line.series for line in lines)
    every = sorted(found, key=lambda one: (one.look, one.kind != "predicted"))
    drawn = every[:MOST_SERIES]
    kept = [line for line in lines if line.series in drawn]
    noises = list(dict.fromkeys(line.noise for line in kept))
    figure, panels = panels_of(len(noises), 4.6, 3.9)
    handles: dict[Series, Any] = {}
    for axes, noise in zip(panels, noises, strict=True):
        own = [line for line in kept if line.noise == noise]
        alone = len({point.level for line in own for point in line.points}) == 1
        for i, line in enumerate(own):
            shift = (i - (len(own) - 1) / 2) * _APART if alone else 0.0
            handles.setdefault(line.series, _draw(axes, line, shift))
        _dress(axes, noise, own if alone else [])
    _align(panels)
    left_out = f", {len(drawn)} of {len(every)} series" if len(every) > len(drawn) else ""
    names = ", ".join(dict.fromkeys(series.dataset for series in drawn))
    figure.suptitle(cut(names, 60) + left_out, parse_math=False)
    legend = figure.legend(
        handles=[handles[series] for series in drawn],
        labels=[cut(series.label, 44) for series in drawn],
        loc="outside lower center",
        ncols=min(len(drawn), len(panels[:3]) + 1),
        fontsize="small",
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    return figure


def _draw(axes: Axes, line: Line, shift: float) -> Any:
    series: Series = line.series
    levels = np.array([point.level for point in line.points], np.float64) + shift
    means = np.array([point.mean("accuracy") for point in line.points], np.float64)
    look, marker = series.look, MARKERS[series.look % len(MARKERS)]
    color, dashes = COLORS[look % len(COLORS)], LINES[look % len(LINES)]
    if series.kind == "predicted":
        # A line through one point would not be seen.
        mark = "_" if len(levels) == 1 else None
        return axes.plot(levels, means, dashes, color=color, marker=mark, markersize=14)[0]
    return axes.errorbar(
        levels,
        means,
        yerr=[point.sd("accuracy") or 0.0 for point in line.points],
        fmt=marker,
        linestyle=dashes if series.kind == "trained" else "none",
        linewidth=1.2,
        color=color,
        markersize=4.5,
        markerfacecolor="white",
        capsize=2,
    )


def _dress(axes: Axes, noise: str, alone: Sequence[Line]) -> None:
    """Name a panel; one whose lines have one level all has a tick there, since they stand side by side."""
    axes.set_title(cut(noise, 44), fontsize="medium", parse_math=False)
    axes.set(xlabel="noise level γ", ylabel="test accuracy")
    axes.grid(visible=True, alpha=0.3)
    if alone:
        level = alone[0].points[0].level or 0.0
        half = max(len(alone) * _APART, 0.05)
        axes.set(xlim=(level - half, level + half), xticks=[level], xticklabels=[f"{level:.5g}"])


def _align(panels: Sequence[Axes]) -> None:
    """The same accuracies at the same height in all panels."""
    low, high = min(one.get_ylim()[0] for one in panels), max(one.get_ylim()[1] for one in panels)
    for axes in panels:
        axes.set_ylim(max(low, -0.02), min(high, 1.02))
