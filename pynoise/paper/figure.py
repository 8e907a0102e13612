"""A figure of a paper made anew: a picture, and the numbers that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pynoise.curves import files
from pynoise.paper.rows import Rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FILES", "PaperFigure"]

FILES = ("figure.png", "table.csv", "table.json")


@dataclass(frozen=True)
class PaperFigure(Rows):
    """What a figure shows, and how it is drawn.

    Attributes
    ----------
    rows, columns, meta
        As `Rows` has them; the recipe says what a row is.
    lines : sequence of str
        What a terminal shows below the title.
    picture : callable or None
        Draws it; None where nothing could be made anew.
    """

    lines: Sequence[str] = field(repr=False)
    picture: Callable[[], Figure] | None = field(repr=False)

    @property
    def files(self) -> tuple[str, ...]:
        """What `pynoise.paper.reproduce` writes: no picture where there is nothing to be seen."""
        return FILES if self.picture is not None else FILES[1:]

    @property
    def problem(self) -> str | None:
        """Why nothing could be made anew; None where something was."""
        if self.picture is not None:
            return None
        return "; ".join(dict.fromkeys(block["problem"] for block in self.meta["blocks"]))

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the picture; write it to a .png, .svg or .pdf file if a `path` is given."""
        from pynoise.plots import write_figure

        assert self.picture is not None  # noqa: S101 - `files` has no picture then
        return write_figure(self.picture(), path)

    def text(self) -> str:
        """What a terminal shows: the title, the numbers in short, and the notes."""
        return self._text(self.lines)

    def save(self, path: str | Path) -> None:
        """Write it to a .csv, .json, .png, .svg or .pdf file: the suffix decides."""
        files.save(self, path)
