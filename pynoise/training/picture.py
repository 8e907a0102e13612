"""The picture of a run: which panels it has, and what is in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise import plots
from pynoise.analysis.mixture import mixture_if_any
from pynoise.errors import InputError, InputFileNotFoundError, InputValueError
from pynoise.noise import CorrectedLabels, Suspects, corrected, suspects
from pynoise.plots.epochs import Course
from pynoise.plots.mixnn import Confusion, Losses

if TYPE_CHECKING:
    from pynoise.training.saved import Run

__all__ = ["corrected_of", "course_of", "losses_of", "picture", "suspects_of"]


def picture(run: Run, path: str | Path | None) -> Figure:
    """Draw a run, as `Run.plot` has it."""
    config = run.config
    losses, confusion = [], None
    suspected = suspects_of(run) if (run.path / suspects.FILE).is_file() else None
    if (run.path / corrected.FILE).is_file():
        found = corrected_of(run)
        losses = [
            losses_of("losses after the warm-up", found, found.warm_losses),
            losses_of("losses after the last epoch", found, found.losses),
        ]
        if found.clean is not None:
            confusion = Confusion(f"corrected labels, {found.accuracy:.4f} right", found.confusion())
    title = f"{config['data']['name']}, {config['network']}, {config['method']}"
    if config["noise"] is not None:
        title += f": {config['noise']['kind']} noise of level {config['noise']['level']:.10g}"
    figure = plots.run_picture(course_of(run), losses, confusion, config["data"]["names"], title, suspected)
    return plots.write_figure(figure, path)


def course_of(run: Run) -> Course:
    """A run by epoch; where MixNN's warm-up ends and its correction begins, where ODD left examples out.

    Raises
    ------
    InputValueError
        If no epoch is finished, or the file of the epochs is damaged.
    """
    rows = run.metrics
    if not rows:
        raise InputValueError("run", f"{str(run.path)!r} has nothing to draw: no epoch is finished")
    if run.config["method"] != "mixnn":
        removed = (place for place, row in enumerate(rows, 1) if row.get("removed_fraction"))
        return Course(rows, removal=next(removed, None))
    options: dict[str, Any] = run.config["method_options"]
    # Its usual length is not in config.json, but follows from the classes: the result has it.
    warmup = options["warmup"] if run.result is None else run.result["mixnn"]["warmup"]
    start = options["correction_start"]
    return Course(rows, warmup, None if warmup is None or start is None else warmup + start)


def corrected_of(run: Run) -> CorrectedLabels:
    """The labels that a run has corrected.

    Raises
    ------
    InputValueError, InputFileNotFoundError
        If the file is damaged, or there is none.
    """
    try:
        return CorrectedLabels.load(run.path)
    except InputError as error:
        raise type(error)("run", error.problem) from None


def suspects_of(run: Run) -> Suspects:
    """The labels that a run has come to suspect.

    Raises
    ------
    InputValueError, InputFileNotFoundError
        If the file is damaged, or there is none.
    """
    if not (run.path / suspects.FILE).is_file():
        raise InputFileNotFoundError(
            "run",
            f"{str(run.path)!r} has no {suspects.FILE}, which the method odd writes once a run is finished",
        )
    try:
        return Suspects.load(run.path)
    except InputError as error:
        raise type(error)("run", error.problem) from None


def losses_of(title: str, found: CorrectedLabels, values: NDArray[np.float32]) -> Losses:
    """Losses of these labels with the mixture that is fitted to them, if one can be."""
    wrong = None if found.clean is None else found.labels != found.clean
    return Losses(title, values, wrong, mixture_if_any(values))
