"""Pictures of ODD: the figure of Song et al."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise.plots.losses import FILLED, HATCHED, draw_density, edges_within, finish_losses
from pynoise.plots.style import panels_of
from pynoise.plots.suspects import MODELLED

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
        for label, values, look in (
            ("other labels", part.others, FILLED),
            ("uniform labels", part.uniform, HATCHED),
            ("uniform labels, modelled", part.modelled, MODELLED),
        ):
            draw_density(axes, values, edges, label, look, len(values))
        finish_losses(axes, np.concatenate([part.uniform, part.others]), edges, part.title)
    figure.suptitle(title, parse_math=False)
    return figure
