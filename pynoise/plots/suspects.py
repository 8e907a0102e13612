"""Pictures of suspects: losses beside those that random labels would have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise.plots.epochs import legend_below
from pynoise.plots.losses import draw_groups, edges_of, finish_losses
from pynoise.plots.style import panels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pynoise.noise import Suspects

__all__ = ["draw_suspects", "suspects_losses"]

# Of the losses, whatever else is so large lies so many times beyond what the others reach, and would press
# them into a bin.
_SHARE, _FAR = 0.99, 2.0

_MODELLED: dict[str, Any] = {"color": "black", "linewidth": 1.3}
_THRESHOLD: dict[str, Any] = {"color": "black", "linewidth": 1.6, "linestyle": "--"}


def suspects_losses(found: Suspects) -> Figure:
    """The losses of given labels, those that random labels would have, and the threshold."""
    figure, (axes,) = panels_of(1, 6.0, 4.6)
    draw_suspects(axes, found)
    return figure


def draw_suspects(axes: Axes, found: Suspects) -> None:
    """Densities of the losses and of the modelled ones, with the threshold; the few far off are only counted."""
    wrong = None if found.clean is None else found.labels != found.clean
    edges = _edges(found)
    tallest = draw_groups(axes, found.losses, wrong, edges)
    heights = np.histogram(found.modelled, edges)[0] / (len(found.modelled) * (edges[1] - edges[0]))
    axes.stairs(heights, edges, label="random labels, modelled", **_MODELLED)
    share = float(found.suspected.mean())
    axes.axvline(found.threshold, label=f"threshold {found.threshold:.4g}, {share:.1%} above", **_THRESHOLD)
    finish_losses(axes, len(found), edges, tallest, float(heights.max()))
    title = f"{int(found.suspected.sum()):,} of {len(found):,} labels suspected"
    beyond = int((found.losses > edges[-1]).sum())
    if beyond:
        title += f"\n{beyond:,} losses, up to {found.losses.max():.4g}, lie to the right of this"
    axes.set_title(title, fontsize="medium", parse_math=False)
    legend_below(axes)


def _edges(found: Suspects) -> NDArray[np.float64]:
    """The edges of the bins; they take in the threshold."""
    values = np.r_[found.losses, found.modelled, found.threshold].astype(np.float64)
    reach = _FAR * max(
        found.threshold, *(float(np.quantile(part, _SHARE)) for part in (found.losses, found.modelled))
    )
    return edges_of(values[values <= reach])
