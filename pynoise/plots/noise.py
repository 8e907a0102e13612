"""Pictures of noise: its matrix, and where it sits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise.plots.style import cut, panels_of, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Points", "draw_matrix", "matrices", "noise_picture", "points_panels"]

# Numbers are written into cells of matrices up to this size, and names beside those up to the other.
_MOST_NUMBERS = 12
_MOST_NAMES = 30


@dataclass(frozen=True)
class Points:
    """Examples in two dimensions: places [n, 2], clean and given labels [n], and the axes' name."""

    places: NDArray[np.floating[Any]]
    clean: NDArray[np.int32]
    given: NDArray[np.int32]
    space: str


def noise_picture(
    matrix: NDArray[np.float64], names: Sequence[str], title: str, points: Points | None = None
) -> Figure:
    """A transition matrix, and beside it examples coloured by the label that they have, as in Fig. 1."""
    figure = Figure(figsize=(5.6 if points is None else 11.2, 5.0), layout="constrained")
    axes = figure.subplots(1, 1 if points is None else 2, squeeze=False)[0]
    draw_matrix(axes[0], matrix, names, ("clean class", "noisy label"))
    axes[0].set_title("P(noisy label | clean class)")
    if points is not None:
        _draw_points(axes[1], points, names)
    # Over the matrix alone there is less room.
    figure.suptitle(title if points is not None else title.replace(": ", ":\n", 1), parse_math=False)
    return figure


def points_panels(panels: Mapping[str, Points], names: Sequence[str], title: str) -> Figure:
    """Examples coloured by the label that they have, a panel a noise by its title, as in Fig. 1."""
    figure = Figure(figsize=(6.2 * len(panels) + 0.2, 5.4), layout="constrained")
    places = figure.subplots(1, len(panels), squeeze=False)[0]
    for axes, (words, points) in zip(places, panels.items(), strict=True):
        _draw_points(axes, points, names)
        axes.set_title(words, parse_math=False)
    figure.suptitle(title, parse_math=False)
    return figure


def matrices(parts: Mapping[str, NDArray[np.float64]], title: str) -> Figure:
    """Transition matrices with their titles, a panel each, as in Fig. 6 of Lu and He."""
    figure, panels = panels_of(len(parts), 4.4, 4.0)
    for axes, (words, matrix) in zip(panels, parts.items(), strict=True):
        draw_matrix(axes, matrix, [str(label) for label in range(len(matrix))], ("true class", "noisy label"))
        axes.set_title(words, fontsize="medium")
    figure.suptitle(title)
    return figure


def draw_matrix(
    axes: Axes, matrix: NDArray[np.float64], names: Sequence[str], labels: tuple[str, str]
) -> None:
    """A matrix of shares, with numbers where there are few classes; `labels` are of rows and of columns."""
    classes = len(names)
    image = axes.imshow(matrix, cmap="Blues", vmin=0, vmax=1)
    if classes <= _MOST_NUMBERS:
        for (k, j), value in np.ndenumerate(matrix):
            if value > 0:
                text = f"{value:.2f}".removeprefix("0") if value < 0.995 else f"{value:.0f}"
                axes.text(
                    j,
                    k,
                    text,
                    ha="center",
                    va="center",
                    fontsize=7.5,
                    color="white" if value > 0.5 else "black",
                )
    if classes <= _MOST_NAMES:
        words = [cut(name, 12) for name in names]
        tilt = 0 if max(map(len, words)) <= 2 else 60
        axes.set_xticks(
            range(classes), words, rotation=tilt, ha="right" if tilt else "center", fontsize="small"
        )
        axes.set_yticks(range(classes), words, fontsize="small")
        for label in (*axes.get_xticklabels(), *axes.get_yticklabels()):
            label.set_parse_math(False)
    axes.set(xlabel=labels[1], ylabel=labels[0])
    assert axes.figure is not None  # noqa: S101 - tells the type checker
    axes.figure.colorbar(image, ax=axes, shrink=0.8)


def _draw_points(axes: Axes, points: Points, names: Sequence[str]) -> None:
    classes = len(names)
    colors = mpl.colormaps["tab10" if classes <= 10 else "tab20" if classes <= 20 else "turbo"]
    shades = np.arange(classes) if classes <= 20 else np.linspace(0, 1, classes)
    wrong = points.clean != points.given
    for label in np.unique(points.given):
        own = points.given == label
        color = colors(shades[label])
        legend = short(names[label]) if classes <= 20 else None
        right = points.places[own & ~wrong]
        axes.scatter(right[:, 0], right[:, 1], s=7, color=color, linewidths=0, alpha=0.6)
        spots = points.places[own & wrong]
        axes.scatter(
            spots[:, 0],
            spots[:, 1],
            s=17,
            marker="X",
            color=color,
            edgecolors="black",
            linewidths=0.4 if wrong.mean() < 0.3 else 0.15,
        )
        axes.scatter([], [], s=25, color=color, label=legend)
    if wrong.any():
        axes.scatter([], [], s=25, marker="X", color="white", edgecolors="black", label="wrong label")
    axes.set(
        xticks=[],
        yticks=[],
        xlabel=points.space,
        title=f"{len(wrong):,} examples, coloured by the label they have",
    )
    if classes <= 20:
        for text in axes.legend(fontsize="x-small", loc="upper left", bbox_to_anchor=(1, 1)).get_texts():
            text.set_parse_math(False)
