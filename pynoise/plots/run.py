"""The picture of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

from pynoise.plots.epochs import Course, draw_accuracy, draw_gradients
from pynoise.plots.mixnn import Confusion, Losses, draw_confusion, draw_losses
from pynoise.plots.style import panels_of
from pynoise.plots.suspects import draw_suspects

if TYPE_CHECKING:
    from pynoise.noise import Suspects

__all__ = ["run_picture"]


def run_picture(
    course: Course,
    losses: Sequence[Losses],
    confusion: Confusion | None,
    names: Sequence[str],
    title: str,
    suspects: Suspects | None = None,
) -> Figure:
    """Accuracy by epoch, and beside it what else was measured; classes have `names`."""
    gradients = any(row.get("gradient_clean") is not None for row in course.rows)
    count = 1 + gradients + len(losses) + (confusion is not None) + (suspects is not None)
    figure, panels = panels_of(count, 5.0, 4.4)
    draw_accuracy(panels.pop(0), course, "accuracy")
    for part in losses:
        draw_losses(panels.pop(0), part)
    if suspects is not None:
        draw_suspects(panels.pop(0), suspects)
    if gradients:
        draw_gradients(panels.pop(0), course, "gradient at the true class")
    if confusion is not None:
        draw_confusion(panels.pop(0), confusion, names)
    figure.suptitle(title, parse_math=False)
    return figure
