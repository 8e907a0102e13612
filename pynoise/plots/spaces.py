"""Pictures of examples in two dimensions, by their true class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from pynoise.plots.style import COLORS, MARKERS, cut

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Space", "class_look", "draw_space", "legend_of_classes", "spaces_grid"]

# Okabe and Ito's, and three that are not near them: CIFAR-10 has ten classes.
_COLORS = (*COLORS, "#999999", "#8C510A", "#5D3A9B")

# Classes are named up to so many.
_MOST_NAMES = 20


@dataclass(frozen=True)
class Space:
    """Examples in two dimensions, [n, 2], with a title."""

    title: str
    places: NDArray[np.floating[Any]]


def spaces_grid(
    lines: Sequence[Sequence[Space]], labels: Sequence[NDArray[np.int32]], names: Sequence[str], title: str
) -> Figure:
    """Examples in many spaces, a line of panels for each of `labels`, as in Fig. 9 of Lu and He."""
    columns = len(lines[0])
    figure = Figure(figsize=(3.1 * columns + 1.6, 3.0 * len(lines) + 0.5), layout="constrained")
    panels = figure.subplots(len(lines), columns, squeeze=False)
    for axes_of, spaces, classes in zip(panels, lines, labels, strict=True):
        for axes, space in zip(axes_of, spaces, strict=True):
            draw_space(axes, space, classes, size=7)
            axes.set_title(space.title, fontsize="medium", parse_math=False)
    legend_of_classes(figure, names, [])
    figure.suptitle(title, parse_math=False)
    return figure


def draw_space(axes: Axes, space: Space, labels: NDArray[np.int32], size: float = 13) -> None:
    """The examples of a space by their class."""
    for label in np.unique(labels):
        own = space.places[labels == label]
        axes.scatter(own[:, 0], own[:, 1], **class_look(int(label)), s=size, linewidths=0, alpha=0.75)
    axes.set(xticks=[], yticks=[])


def legend_of_classes(figure: Figure, names: Sequence[str], handles: Sequence[Any]) -> None:
    """A legend beside the panels: some handles, and the classes unless they are too many."""
    if len(names) <= _MOST_NAMES:
        handles = [
            *handles,
            *(
                Line2D([], [], linestyle="none", label=cut(name, 16), **class_look(label))
                for label, name in enumerate(names)
            ),
        ]
    legend = figure.legend(
        handles=list(handles), loc="outside right upper", fontsize="small", title="colours: true class"
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def class_look(label: int) -> dict[str, Any]:
    """Colour and marker of a class: no two of 30 have the same pair."""
    return {"color": _COLORS[label % len(_COLORS)], "marker": MARKERS[label % len(MARKERS)]}
