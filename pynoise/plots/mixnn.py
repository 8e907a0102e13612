"""Pictures of MixNN: the figures of Lu and He."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise.plots.epochs import Course, draw_accuracy, draw_gradients, legend_below
from pynoise.plots.losses import draw_groups, edges_of, finish_losses
from pynoise.plots.noise import draw_matrix
from pynoise.plots.style import COLORS, MARKERS, panels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pynoise.analysis import Mixture

__all__ = [
    "Confusion",
    "Effect",
    "Losses",
    "draw_confusion",
    "draw_losses",
    "mixnn_confusions",
    "mixnn_course",
    "mixnn_losses",
]

# Places of a component's curve; the narrowest that there may be has some nine of them within ± its deviation.
_PLACES = 401

# The sum lies below its parts, which it hardly differs from where one of them is small.
_SUM: dict[str, Any] = {"color": "0.55", "linewidth": 3.5}
_PARTS: tuple[dict[str, Any], ...] = (
    {"color": "black", "linewidth": 1.3, "linestyle": "--"},
    {"color": "black", "linewidth": 1.3, "linestyle": ":"},
)

_LINES = ("-", "--", "-.")


@dataclass(frozen=True)
class Losses:
    """The losses of n examples, and what was fitted to them.

    Attributes
    ----------
    title : str
        What they are of.
    values : ndarray of float, [n]
        In nats.
    wrong : ndarray of bool [n], or None
        Whether the label that the loss is of is wrong, where that is known.
    mixture : Mixture or None
        None where the losses are all alike.
    """

    title: str
    values: NDArray[np.floating[Any]]
    wrong: NDArray[np.bool_] | None
    mixture: Mixture | None


@dataclass(frozen=True)
class Effect:
    """Test accuracy of one method against K: means over seeds, and standard deviations, None for one seed."""

    name: str
    k: Sequence[int]
    accuracy: Sequence[float]
    deviation: Sequence[float | None]


@dataclass(frozen=True)
class Confusion:
    """Counts [L, L] of (true label, corrected label), with a title."""

    title: str
    counts: NDArray[np.integer[Any]]


def mixnn_losses(parts: Sequence[Losses], title: str) -> Figure:
    """The losses of given labels and the mixture fitted to them, a panel a part, as in Fig. 4."""
    figure, panels = panels_of(len(parts), 5.0, 4.4)
    for axes, part in zip(panels, parts, strict=True):
        draw_losses(axes, part)
    figure.suptitle(title, parse_math=False)
    return figure


def mixnn_course(course: Course, effects: Sequence[Effect], title: str) -> Figure:
    """Accuracy and gradient coefficients by epoch, and accuracy against K if there are any, as in Fig. 7."""
    figure, panels = panels_of(3 if effects else 2, 4.6, 4.4)
    draw_accuracy(panels[0], course, "(a) accuracy")
    draw_gradients(panels[1], course, "(b) gradient at the true class")
    if effects:
        _draw_effects(panels[2], effects)
    figure.suptitle(title, parse_math=False)
    return figure


def mixnn_confusions(parts: Sequence[Confusion], names: Sequence[str], title: str) -> Figure:
    """Corrected labels against true ones, a panel a part, as in Fig. 8."""
    figure, panels = panels_of(len(parts), 5.2, 5.0)
    for axes, part in zip(panels, parts, strict=True):
        draw_confusion(axes, part, names)
    figure.suptitle(title, parse_math=False)
    return figure


def draw_losses(axes: Axes, part: Losses) -> None:
    """Densities of losses; both Gaussians as they are weighted, and their sum."""
    edges = edges_of(part.values)
    draw_groups(axes, part.values, part.wrong, edges)
    title, highest = part.title, 0.0
    if part.mixture is None:
        title += "\nall alike: no mixture"
    else:
        x = np.linspace(edges[0], edges[-1], _PLACES)
        low, high = part.mixture.densities(x)
        axes.plot(x, low + high, label="mixture", **_SUM)
        for density, name, look in zip((low, high), ("lower", "upper"), _PARTS, strict=True):
            axes.plot(x, density, label=f"{name} component", **look)
        highest = float((low + high).max())
    finish_losses(axes, part.values, edges, title, highest)


def draw_confusion(axes: Axes, part: Confusion, names: Sequence[str]) -> None:
    """Shares of the examples of a true class."""
    totals = part.counts.sum(axis=1, keepdims=True)
    shares = part.counts / np.maximum(totals, 1)
    shares[shares < 0.005] = 0  # no number would be seen of it
    draw_matrix(axes, shares, names, ("true label", "corrected label"))
    axes.set_title(part.title, fontsize="medium", parse_math=False)


def _draw_effects(axes: Axes, effects: Sequence[Effect]) -> None:
    for i, effect in enumerate(effects):
        # Beside one another where they are equal, as at K = 0.
        shift = 0.1 * (i - (len(effects) - 1) / 2)
        axes.errorbar(
            [k + shift for k in effect.k],
            effect.accuracy,
            yerr=[0.0 if value is None else value for value in effect.deviation],
            color=COLORS[i],
            linestyle=_LINES[i],
            marker=MARKERS[i],
            markersize=5,
            linewidth=1.5,
            capsize=3,
            label=effect.name,
        )
    axes.set(xlabel="K", ylabel="test accuracy")
    axes.set_xticks(effects[0].k)
    axes.set_title("(c) accuracy against K", fontsize="medium")
    axes.grid(visible=True, alpha=0.3)
    legend_below(axes)
