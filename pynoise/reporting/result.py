"""A report: what came of sweeps and runs, as a page or a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pynoise._files import PICTURE_SUFFIXES, check_output, write_whole
from pynoise.errors import InputValueError
from pynoise.reporting.page import page, plotly_code
from pynoise.reporting.points import Point, lines_of, points_of
from pynoise.reporting.sources import sources_of
from pynoise.reporting.trial import Source, Trial

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["SUFFIXES", "Report", "report"]

SUFFIXES = (".html", *PICTURE_SUFFIXES)


@dataclass(frozen=True, eq=False)
class Report:
    """What came of sweeps and runs. `pynoise.report` makes one.

    Attributes
    ----------
    sources : list of Source
        What was read, with its trials and their provenance.
    """

    sources: list[Source] = field(repr=False)

    @property
    def trials(self) -> list[Trial]:
        """What is known of all trials of all sources; of a run of kNet, several."""
        return [one for source in self.sources for one in source.trials]

    @property
    def states(self) -> dict[str, int]:
        """How many trials are done, failed …"""
        return dict(sorted(Counter(state for source in self.sources for state in source.states).items()))

    @cached_property
    def points(self) -> list[Point]:
        """Trials that are repetitions of each other, together: a row of the page's table each."""
        return points_of(self.trials)

    @property
    def heading(self) -> str:
        """What it is of, in a line."""
        names = ", ".join(sorted({one.dataset for one in self.trials}))
        count = sum(self.states.values())
        states = ", ".join(f"{of_it:,} {state}" for state, of_it in self.states.items())
        return f"{names}: {count:,} trial{'s' * (count != 1)}, {states}"

    def to_html(self, path: str | Path | None = None) -> str:
        """Return the page, which needs no other file and no network; write it to `path` if one is given.

        Raises
        ------
        InputValueError
            If the package plotly is missing, a run is damaged, or nothing can be written there.
        """
        text = page(self)
        if path is not None:
            write_whole(check_output("path", path, (".html",)), text.encode())
        return text

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw accuracy against noise level, a panel a noise: the curves of the page.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.

        Raises
        ------
        InputValueError
            If no trial has an accuracy and a noise level, or nothing can be written there.
        """
        from pynoise import plots  # matplotlib takes a second to import

        lines = lines_of(self.points)
        if not lines:
            raise InputValueError("runs", "nothing to draw: no trial has an accuracy and a noise level yet")
        return plots.write_figure(plots.report_curves(lines), path)

    def save(self, path: str | Path) -> None:
        """Write the report to a .html, .png, .svg or .pdf file: the suffix decides."""
        file = check_output("path", path, SUFFIXES)
        (self.to_html if file.suffix.lower() == ".html" else self.plot)(file)


def report(runs: str | Path | Sequence[str | Path], out: str | Path | Sequence[str | Path] = ()) -> Report:
    """Report what came of sweeps and runs: curves, tables and provenance in one page, or the curves alone.

    Parameters
    ----------
    runs : str, Path, or sequence of them
        Stores of sweeps (.db), folders of runs that `pynoise.training.train` wrote, or folders with such
        runs anywhere below them, of a comparison or a recipe say. What is named twice counts once.
    out : str, Path, or sequence of them
        Files to write: .html, a page with everything in it, which needs the package plotly
        (``pynoise-lab[report]``); .png, .svg or .pdf, the curves. The same runs give the same bytes.

    Returns
    -------
    Report

    Raises
    ------
    InputFileNotFoundError
        If there is nothing at a path, or no run in a folder.
    InputValueError, InputTypeError
        If what is there is damaged or of another kind, a file cannot be written, or plotly is missing.

    Notes
    -----
    Trials that differ in their seed alone are repetitions: what is shown is their mean, ± their standard
    deviation (ddof 1). Options and settings that differ are shown with the method, and make a series of
    their own.
    """
    files = [check_output("path", one, SUFFIXES) for one in ([out] if isinstance(out, str | Path) else out)]
    if any(file.suffix.lower() == ".html" for file in files):
        plotly_code()  # its absence shows before anything is read
    made = Report(sources_of(runs))
    for file in files:
        made.save(file)
    return made
