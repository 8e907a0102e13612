"""Histograms of losses, right and wrong labels apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise.plots.style import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_groups", "edges_of", "finish_losses"]

_BINS = 50

# Losses that differ by less, of the largest, are drawn as one: bins between them would have no width.
_ALIKE = 1e-6

_CLEAN: dict[str, Any] = {"facecolor": COLORS[5], "edgecolor": "none", "alpha": 0.55}
_WRONG: dict[str, Any] = {"facecolor": "none", "edgecolor": COLORS[1], "hatch": "/////", "linewidth": 0.9}
_ANY: dict[str, Any] = {"facecolor": "0.8", "edgecolor": "none"}

# So many times the mean density, a bin presses all others to the ground: then the axis is logarithmic.
_TALL = 10


def edges_of(values: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """The edges of the bins of losses: alike, up to the largest, from 0 or, if all are far off, the least."""
    least, most = float(values.min()), float(values.max())
    apart = most - least > _ALIKE * most
    return np.linspace(least if apart and least > most / 2 else 0, most or 1.0, _BINS + 1)


def draw_groups(
    axes: Axes,
    values: NDArray[np.floating[Any]],
    wrong: NDArray[np.bool_] | None,
    edges: NDArray[np.float64],
) -> float:
    """Draw densities of losses, right and wrong labels apart if they are known; return that of the fullest bin.

    They are of all examples, so that the groups add up to 1.
    """
    if wrong is None:
        groups = [("all labels", np.ones(len(values), bool), _ANY)]
    else:
        groups = [("right labels", ~wrong, _CLEAN), ("wrong labels", wrong, _WRONG)]
    unit = len(values) * (edges[1] - edges[0])
    for name, own, look in groups:
        axes.stairs(np.histogram(values[own], edges)[0] / unit, edges, fill=True, label=name, **look)
    return float(np.histogram(values, edges)[0].max() / unit)


def finish_losses(axes: Axes, count: int, edges: NDArray[np.float64], tallest: float, highest: float) -> None:
    """Set the axes of densities of `count` losses, of which `tallest` is in a bin and `highest` a curve's."""
    least, most = float(edges[0]), float(edges[-1])
    if tallest * (most - least) > _TALL:
        lowest = 0.5 / (count * (edges[1] - edges[0]))  # half of one example
        axes.set(yscale="log", ylim=(lowest, 2 * max(tallest, highest)))
    axes.set(xlabel="loss of the given label (nats)", ylabel="density (1/nat)", xlim=(least, most))
