"""Pictures of kNet beside K-NN: the figures of Mizrahi and Avidan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import ListedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from pynoise.plots.spaces import Space, class_look, draw_space, legend_of_classes
from pynoise.plots.style import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Agreement", "Plane", "knet_agreement", "knet_spaces", "knet_toy"]

# The colours of regions, and how much of them is in white: three greys for who sees no colour.
_REGIONS = tuple(zip(COLORS[:3], (0.75, 0.2, 0.45), strict=True))

_BOX: dict[str, Any] = {
    "boxstyle": "circle,pad=0.2",
    "facecolor": "white",
    "edgecolor": "black",
    "linewidth": 0.6,
}
_BORDER: dict[str, Any] = {"color": "black", "linestyle": "--", "linewidth": 1.0}
_WRONG: dict[str, Any] = {"marker": "o", "markerfacecolor": "none", "markeredgecolor": "black"}
_RESCUED: dict[str, Any] = {"marker": "o", "facecolors": "none", "edgecolors": "black", "linewidths": 0.9}


@dataclass(frozen=True)
class Plane:
    """Three Gaussians in the plane, and what classifiers make of it.

    Attributes
    ----------
    points : ndarray of float, [N, 2]
        Training points.
    clean, given : ndarray of int32, [N]
        Their classes, and the labels that they have.
    centers : ndarray of float64, [3, 2]
        Of the classes, at one distance from the origin and from each other.
    half : float
        The plane goes from -half to half.
    regions : sequence of (str, ndarray of int32 [S, S])
        The other seven panels, (b) to (h): a title, and the classes of cells, the lowest line first.
    """

    points: NDArray[np.floating[Any]]
    clean: NDArray[np.int32]
    given: NDArray[np.int32]
    centers: NDArray[np.float64]
    half: float
    regions: Sequence[tuple[str, NDArray[np.int32]]]


@dataclass(frozen=True)
class Agreement:
    """Of one data set, a value a k: K, difference of the shares, mean maximum of K-NN's and of kNet's."""

    title: str
    k: Sequence[int]
    difference: Sequence[float]
    knn_maximum: Sequence[float]
    knet_maximum: Sequence[float]


def knet_toy(plane: Plane, title: str) -> Figure:
    """Noisy points and the regions of K-NN above, of the network and kNet below, as in Fig. 2."""
    figure = Figure(figsize=(11.2, 7.0))
    figure.set_layout_engine("constrained", h_pad=0.1)  # titles clear of the panels above them
    panels = figure.subplots(2, 4, sharex=True, sharey=True)
    first, *others = panels.flat
    _draw_points(first, plane)
    for axes, (words, classes) in zip(others, plane.regions, strict=True):
        _draw_regions(axes, plane, classes)
        axes.set_title(words, fontsize="medium")
    for axes in panels.flat:
        for x, y in plane.centers:
            # Between two centres: away from the third.
            axes.plot((0, -9 * x), (0, -9 * y), **_BORDER)
        axes.set(xlim=(-plane.half, plane.half), ylim=(-plane.half, plane.half), aspect="equal")
        axes.set(xticks=range(-4, 5, 2), yticks=range(-4, 5, 2))
        axes.set(xlabel="x₁ (standard deviations)", ylabel="x₂ (standard deviations)")
        axes.label_outer()
    handles = [
        *(
            Line2D([], [], linestyle="none", label=f"label {label}", **class_look(label))
            for label in range(3)
        ),
        Line2D([], [], linestyle="none", label="wrong label", **_WRONG),
        Line2D([], [], label="border of the best classifier", **_BORDER),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize="small")
    figure.suptitle(title)
    return figure


def _draw_points(axes: Axes, plane: Plane) -> None:
    """The training points by the label that they have; those where it is wrong have margins."""
    wrong = plane.clean != plane.given
    # Some at a time, so that no label lies above the others.
    for some in np.array_split(np.arange(len(wrong)), 25):
        for label in range(3):
            own = some[plane.given[some] == label]
            right, others = plane.points[own[~wrong[own]]], plane.points[own[wrong[own]]]
            axes.scatter(right[:, 0], right[:, 1], s=9, linewidths=0, alpha=0.6, **class_look(label))
            axes.scatter(
                others[:, 0],
                others[:, 1],
                s=9,
                linewidths=0.5,
                edgecolors="black",
                zorder=3,
                **class_look(label),
            )
    axes.set_title("(a) training points, as labelled", fontsize="medium")


def _draw_regions(axes: Axes, plane: Plane, classes: NDArray[np.int32]) -> None:
    """What a classifier makes of the plane, with the names of the classes where they have their centres."""
    shades = [tuple(1 - tint * (1 - part) for part in to_rgb(color)) for color, tint in _REGIONS]
    axes.imshow(
        classes,
        ListedColormap(shades),
        vmin=-0.5,
        vmax=2.5,
        origin="lower",
        extent=(-plane.half, plane.half, -plane.half, plane.half),
        interpolation="nearest",
    )
    for label, (x, y) in enumerate(plane.centers):
        axes.text(x, y, f"{label}", ha="center", va="center", fontsize=9, bbox=_BOX)


def knet_agreement(parts: Sequence[Agreement], published: tuple[int, int], title: str) -> Figure:
    """How far kNet's shares are from K-NN's, and the largest of each, against k, as in Fig. 3."""
    figure = Figure(figsize=(max(5.6, 4.0 * len(parts) + 0.4), 6.6), layout="constrained")
    panels = figure.subplots(2, len(parts), squeeze=False, sharex=True)
    for (top, bottom), part in zip(panels.T, parts, strict=True):
        best = int(np.argmin(part.difference))
        top.axvspan(*published, color="0.85", label="smallest, published: around 50 or 60")
        top.plot(part.k, part.difference, "-", color=COLORS[0], marker="o", markersize=4, label="ours")
        top.plot(
            part.k[best],
            part.difference[best],
            linestyle="none",
            marker="*",
            markersize=14,
            color=COLORS[1],
            markeredgecolor="black",
            label=f"smallest, ours: k = {part.k[best]}",
        )
        top.set(title=part.title, ylim=(0, None))
        bottom.plot(part.k, part.knn_maximum, "-o", color=COLORS[1], markersize=4, label="K-NN")
        bottom.plot(
            part.k,
            part.knet_maximum,
            "--s",
            color=COLORS[0],
            markersize=5,
            markerfacecolor="white",
            label="kNet",
        )
        bottom.set(xlabel="k", ylim=(0, 1.05))
        for axes in (top, bottom):
            axes.legend(fontsize="small", loc="best")
            axes.grid(visible=True, alpha=0.3)
    panels[0, 0].set_ylabel("mean absolute difference of shares")
    panels[1, 0].set_ylabel("mean of the largest share")
    figure.suptitle(title)
    return figure


def knet_spaces(
    spaces: Sequence[Space],
    labels: NDArray[np.int32],
    rescued: NDArray[np.bool_],
    names: Sequence[str],
    title: str,
) -> Figure:
    """Examples in several spaces by their true class, as in Fig. 4; those `rescued` have circles."""
    figure = Figure(figsize=(5.4 * len(spaces) + 1.4, 5.8), layout="constrained")
    panels = figure.subplots(1, len(spaces), squeeze=False)[0]
    for axes, space in zip(panels, spaces, strict=True):
        draw_space(axes, space, labels)
        own = space.places[rescued]
        axes.scatter(own[:, 0], own[:, 1], s=55, **_RESCUED)
        axes.set(xlabel="t-SNE, first", ylabel="t-SNE, second", title=space.title)
    circles = panels[0].scatter([], [], s=55, label="network wrong,\nkNet right", **_RESCUED)
    legend_of_classes(figure, names, [circles])
    figure.suptitle(title, parse_math=False)
    return figure
