"""Pictures of outputs beside the labels of neighbours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise.plots.softmax import draw_bars, dress, true_class
from pynoise.plots.style import COLORS, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pynoise.analysis import Comparison

__all__ = ["Pair", "pairs", "preferred_k"]

_BINS = 40
_MOST_TICKS = 10


@dataclass(frozen=True)
class Pair:
    """One example: its number, true class, preferred K and distance; outputs and neighbours' shares [L]."""

    example: int
    label: int
    k: int
    distance: float
    softmax: NDArray[np.float64]
    shares: NDArray[np.float64]


def preferred_k(comparison: Comparison) -> Figure:
    """How often each K is preferred, and the distances there, as in Fig. 5 of Drory et al."""
    figure = Figure(figsize=(9.6, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    rows = sorted(comparison.rows, key=lambda row: row["k"])
    left.bar(range(len(rows)), [row["preferred"] for row in rows], width=0.9, color=COLORS[0])
    step = math.ceil(len(rows) / _MOST_TICKS)
    left.set_xticks(range(0, len(rows), step), [f"{row['k']}" for row in rows[::step]])
    left.set(xlabel="preferred K", ylabel="examples", title="How often each K is preferred")
    distances, median = comparison.distances, comparison.median_distance
    right.hist(distances, _BINS, range=(0, float(distances.max()) or 1.0), color=COLORS[0])
    right.axvline(median, color="black", linestyle="--", label=f"median {median:.4f}")
    right.set(xlabel="chi-square distance", ylabel="examples", title="Distances at the preferred K")
    right.legend(fontsize="small")
    figure.suptitle(f"Outputs beside neighbours: {len(distances):,} examples")
    return figure


def pairs(shown: Sequence[Pair], names: Sequence[str], median: float) -> Figure:
    """Outputs (left) and neighbours (right) of some examples, as in Fig. 6 of Drory et al."""
    columns = min(3, len(shown))
    lines = math.ceil(len(shown) / columns)
    figure = Figure(figsize=(3.9 * columns + 0.4, 2.3 * lines + 0.7), layout="constrained")
    parts = figure.subfigures(lines, columns, squeeze=False)
    for part, pair in zip(parts.flat, shown, strict=False):
        left, right = part.subplots(1, 2, sharey=True)
        _draw_half(left, pair.softmax, pair.label, names, "softmax", COLORS[2])
        _draw_half(right, pair.shares, pair.label, names, f"{pair.k} neighbours", COLORS[0])
        title = f"{cut(names[pair.label], 16)} (example {pair.example}), K = {pair.k}, "
        part.suptitle(f"{title}distance {pair.distance:.4f}", fontsize="small", parse_math=False)
    figure.legend(handles=[true_class()], loc="outside lower center", fontsize="x-small")
    figure.suptitle(f"Pairs near the median distance, {median:.4f}", fontsize=11)
    return figure


def _draw_half(
    axes: Axes, heights: NDArray[np.float64], label: int, names: Sequence[str], title: str, color: str
) -> None:
    """The bars of one distribution."""
    draw_bars(axes, heights.tolist(), label, color, color)
    axes.set_title(title, fontsize="x-small")
    dress(axes, names)
