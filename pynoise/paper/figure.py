"""A figure of a paper made anew: a picture, and the numbers that it shows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pynoise.curves import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FILES", "PaperFigure", "aligned"]

FILES = ("figure.png", "table.csv", "table.json")


@dataclass(frozen=True)
class PaperFigure:
    """What a figure shows, and how it is drawn.

    Attributes
    ----------
    rows : list of dict
        The numbers, with the keys `columns`; the recipe says what a row is.
    columns : tuple of str
        Their names, in order.
    meta : dict
        The recipe and its ``title``; ``blocks``, a data set each, with the ``problem`` that kept it from
        being made anew; ``notes``, seeds, settings, versions and hardware.
    lines : sequence of str
        What a terminal shows below the title.
    picture : callable or None
        Draws it; None where nothing could be made anew.
    """

    rows: list[dict[str, Any]]
    columns: tuple[str, ...]
    meta: dict[str, Any] = field(repr=False)
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
        return "; ".join(block["problem"] for block in self.meta["blocks"])

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV; write them to `path` if one is given."""
        return files.write_text(files.csv_text(self.columns, self.rows), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "rows": […]}`` as JSON; write it to `path` if one is given."""
        return files.write_text(files.json_text(self.meta, self.rows), path, ".json")

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the picture; write it to a .png or .svg file if a `path` is given."""
        from pynoise.plots import write_figure

        assert self.picture is not None  # noqa: S101 - `files` has no picture then
        return write_figure(self.picture(), path)

    def text(self) -> str:
        """What a terminal shows: the title, the numbers in short, and the notes."""
        notes = [f"- {note}" for note in self.meta["notes"]]
        return "\n".join([self.meta["title"], "", *self.lines, "", *notes]) + "\n"

    def save(self, path: str | Path) -> None:
        """Write it to a .csv, .json, .png or .svg file: the suffix decides."""
        files.save(self, path)


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells in columns, the first to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            [f"{first:<{widths[0]}}"]
            + [f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True)]
        ).rstrip()
        for first, *others in lines
    ]
