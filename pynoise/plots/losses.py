"""Histograms of losses, right and wrong labels apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise.plots.epochs import legend_below
from pynoise.plots.style import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FILLED", "HATCHED", "draw_density", "draw_groups", "edges_of", "edges_within", "finish_losses"]

Values = NDArray[np.floating[Any]]

_BINS = 50

# Losses that differ by less, of the largest, are drawn as one: bins between them would have no width.
_ALIKE = 1e-6

FILLED: dict[str, Any] = {"facecolor": COLORS[5], "edgecolor": "none", "alpha": 0.55, "fill": True}
HATCHED: dict[str, Any] = {
    "facecolor": "none",
    "edgecolor": COLORS[1],
    "hatch": "/////",
    "linewidth": 0.9,
    "fill": True,
}
_ANY: dict[str, Any] = {"facecolor": "0.8", "edgecolor": "none", "fill": True}

# So many times the mean density, a bin presses all others to the ground: then the axis is logarithmic.
_TALL = 10

# What is so many times larger than this share of the losses would press the others into a few bins.
_SHARE, _FAR = 0.99, 2.0


def edges_of(values: Values) -> NDArray[np.float64]:
    """The edges of the bins of losses: alike, up to the largest, from 0 or, if all are far off, the least."""
    least, most = float(values.min()), float(values.max())
    apart = most - least > _ALIKE * most
    return np.linspace(least if apart and least > most / 2 else 0, most or 1.0, _BINS + 1)


def edges_within(*groups: Values) -> NDArray[np.float64]:
    """The edges of the bins of all groups, but for the few losses that are much larger than all others."""
    reach = _FAR * max(float(np.quantile(group, _SHARE)) for group in groups if len(group))
    values = np.concatenate(groups).astype(np.float64)
    return edges_of(values[values <= reach])


def draw_density(
    axes: Axes, values: Values, edges: NDArray[np.float64], label: str, look: dict[str, Any], of: int
) -> float:
    """Draw the density of losses, which are a part `of` so many; return that of the fullest bin."""
    heights = np.histogram(values, edges)[0] / (max(of, 1) * (edges[1] - edges[0]))
    axes.stairs(heights, edges, label=label, **look)
    return float(heights.max())


def draw_groups(
    axes: Axes, values: Values, wrong: NDArray[np.bool_] | None, edges: NDArray[np.float64]
) -> None:
    """Draw the densities of right and of wrong labels' losses, which add up to that of all."""
    if wrong is None:
        groups = [("all labels", values, _ANY)]
    else:
        groups = [("right labels", values[~wrong], FILLED), ("wrong labels", values[wrong], HATCHED)]
    for label, own, look in groups:
        draw_density(axes, own, edges, label, look, len(values))


def finish_losses(
    axes: Axes, values: Values, edges: NDArray[np.float64], title: str, highest: float = 0.0
) -> None:
    """Set axes, title and legend of a panel with the densities of `values`, and a curve up to `highest`."""
    least, most = float(edges[0]), float(edges[-1])
    unit = len(values) * (edges[1] - edges[0])
    tallest = np.histogram(values, edges)[0].max() / unit
    if tallest * (most - least) > _TALL:
        # From half an example on, or less if the curve would not be seen.
        lowest = min(0.5 / unit, highest / 20 or np.inf)
        axes.set(yscale="log", ylim=(lowest, 2 * max(tallest, highest)))
    beyond = values > most
    if beyond.any():
        title += f"\n{int(beyond.sum()):,} of the losses, up to {values.max():.4g}, lie to the right of this"
    axes.set(xlabel="loss of the given label (nats)", ylabel="density (1/nat)", xlim=(least, most))
    axes.set_title(title, fontsize="medium", parse_math=False)
    legend_below(axes)
