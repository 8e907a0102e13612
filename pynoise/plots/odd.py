"""Pictures of ODD: the figure of Song et al."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise.plots.losses import FILLED, HATCHED, draw_density, edges_within, finish_losses
from pynoise.plots.style import panels_of
from pynoise.plots.suspects import MODELLED

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Uniform", "odd_losses"]


@dataclass(frozen=True)
class Uniform:
    """Losses of a training with uniform noise.

    Attributes
    ----------
    title : str
        What they are of.
    uniform, others : ndarray of float32, [n] and [m]
        In nats, of examples whose label was drawn at random, and of those with the data's own.
    modelled : ndarray of float32, [S]
        Those that random labels would have.
    """

    title: str
    uniform: NDArray[np.float32]
    others: NDArray[np.float32]
    modelled: NDArray[np.float32]


def odd_losses(parts: Sequence[Uniform], title: str) -> Figure:
    """Densities of losses, a panel a part: each group's own, so that what is alike looks alike."""
    figure, panels = panels_of(len(parts), 5.0, 4.4)
    groups = [group for part in parts for group in (part.uniform, part.others, part.modelled)]
    edges = edges_within(*groups)
    for axes, part in zip(panels, parts, strict=True):
        highest = max(
            draw_density(axes, values, edges, label, look, len(values))
            for label, values, look in (
                ("other labels", part.others, FILLED),
                ("uniform labels", part.uniform, HATCHED),
                ("uniform labels, modelled", part.modelled, MODELLED),
            )
        )
        finish_losses(axes, np.concatenate([part.uniform, part.others]), edges, part.title, highest)
    _align(panels)
    figure.suptitle(title, parse_math=False)
    return figure


def _align(panels: Sequence[Axes]) -> None:
    """One axis of densities for all panels, logarithmic if it is in one of them."""
    scale = "log" if any(axes.get_yscale() == "log" for axes in panels) else "linear"
    limits = np.array([axes.get_ylim() for axes in panels if axes.get_yscale() == scale])
    for axes in panels:
        axes.set(yscale=scale, ylim=(limits[:, 0].min(), limits[:, 1].max()))
