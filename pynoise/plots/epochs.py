"""Pictures of a training: what is measured of it, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator

from pynoise.plots.style import COLORS

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Course", "draw_accuracy", "draw_gradients", "legend_below"]

# Markers of a curve, so that it is known without its colour.
_MARKS = 9

# Keys of metrics.csv, and how their curves look: colour, line, marker.
_LOOKS = {
    "test_accuracy": (COLORS[0], "-", "o"),
    "validation_accuracy": (COLORS[2], "-.", "^"),
    "train_accuracy": (COLORS[1], "--", "s"),
    "given_fit": (COLORS[1], "--", "s"),
    "true_fit": (COLORS[3], ":", "D"),
    "gradient_clean": (COLORS[0], "-", "o"),
    "gradient_wrong": (COLORS[1], "--", "s"),
}


@dataclass(frozen=True)
class Course:
    """A training, epoch by epoch.

    Attributes
    ----------
    rows : sequence of mapping
        As ``metrics.csv`` has them; one or more.
    warmup : int or None
        How many epochs the warm-up had, where there was one.
    correction : int or None
        The epoch, counted from 1, from which on labels were corrected.
    removal : int or None
        The epoch, counted from 1, after which examples were left out.
    """

    rows: Sequence[Mapping[str, float | None]]
    warmup: int | None = None
    correction: int | None = None
    removal: int | None = None


def draw_accuracy(axes: Axes, course: Course, title: str) -> None:
    """Accuracies by epoch, as in Fig. 7(a) of Lu and He: of whatever was measured.

    Where a method says how well the network fits the training examples, that is shown in place of the
    accuracy in training, which is then one on examples that the method has changed.
    """
    fitted = "given_fit" in course.rows[0]
    names = {
        "test_accuracy": "test",
        "validation_accuracy": "validation",
        **({} if fitted else {"train_accuracy": "training, labels as given"}),
        "given_fit": "training, given labels",
        "true_fit": "training, true labels",
    }
    _draw(axes, course, names, title)
    axes.set_ylabel("accuracy")


def draw_gradients(axes: Axes, course: Course, title: str) -> None:
    """Mean gradient coefficients at the true class by epoch, as in Fig. 7(b) of Lu and He."""
    axes.axhline(0, color="0.6", linewidth=0.8)
    _draw(axes, course, {"gradient_clean": "right labels", "gradient_wrong": "wrong labels"}, title)
    axes.set(ylabel="gradient coefficient")


def legend_below(axes: Axes, columns: int = 2) -> None:
    """A legend under the panel, where it hides nothing."""
    axes.legend(
        loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=columns, fontsize="small", frameon=False
    )


def _draw(axes: Axes, course: Course, names: Mapping[str, str], title: str) -> None:
    """The curves that there are, and when the method changes what it does."""
    epochs = np.arange(1, len(course.rows) + 1)
    every = max(1, len(epochs) // _MARKS)
    drawn = [key for key in names if any(row.get(key) is not None for row in course.rows)]
    for i, key in enumerate(drawn):
        values = np.array([row.get(key) for row in course.rows], np.float64)  # NaN for None
        color, line, marker = _LOOKS[key]
        axes.plot(
            epochs,
            values,
            color=color,
            linestyle=line,
            linewidth=1.5,
            marker=marker,
            markersize=4,
            # Not above one another where curves meet.
            markevery=(i * every // len(drawn), every),
            label=names[key],
        )
    last = len(course.rows)
    if course.warmup is not None and 0 < course.warmup < last:
        axes.axvline(course.warmup + 0.5, color="black", linewidth=1, linestyle=":", label="end of warm-up")
    if course.correction is not None and course.correction <= last:
        axes.axvline(
            course.correction - 0.5,
            color="black",
            linewidth=1,
            linestyle=(0, (7, 2)),
            label="start of label correction",
        )
    if course.removal is not None and course.removal < last:
        axes.axvline(
            course.removal + 0.5, color="black", linewidth=1, linestyle=":", label="suspects left out"
        )
    axes.set_xlabel("epoch")
    if last == 1:
        axes.set_xticks([1])  # a locator would put fractions of an epoch around it
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(title, fontsize="medium")
    axes.grid(visible=True, alpha=0.3)
    legend_below(axes)
