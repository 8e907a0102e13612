"""The rows of a figure or table, what is said of them, and how they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from pynoise.curves import files

__all__ = ["Rows", "aligned", "means_of"]


@dataclass(frozen=True)
class Rows:
    """What a figure or a table has.

    Attributes
    ----------
    rows : list of dict
        The numbers, with the keys `columns`.
    columns : tuple of str
        Their names, in order.
    meta : dict
        As `pynoise.paper.runs.meta_of` has it, and what the recipe adds.
    """

    rows: list[dict[str, Any]]
    columns: tuple[str, ...]
    meta: dict[str, Any] = field(repr=False)

    def _text(self, lines: Sequence[str]) -> str:
        """What a terminal shows: the title, these lines, and the notes."""
        notes = [f"- {note}" for note in self.meta["notes"]]
        return "\n".join([self.meta["title"], "", *lines, "", *notes]) + "\n"

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV; write them to `path` if one is given."""
        return files.write_text(files.csv_text(self.columns, self.rows), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "rows": […]}`` as JSON; write it to `path` if one is given."""
        return files.write_text(files.json_text(self.meta, self.rows), path, ".json")


def means_of(values: Sequence[float], published: float | None) -> dict[str, float | None]:
    """What a row says of the numbers of its runs, one or more, beside the published one, if any.

    Returns
    -------
    dict
        ``ours``, their mean; ``sd``, their standard deviation (ddof 1), None for one run; ``difference`` of
        `ours` to the published number.
    """
    mean = fmean(values)
    return {
        "ours": mean,
        "sd": stdev(values) if len(values) > 1 else None,
        "difference": None if published is None else mean - published,
    }


def aligned(lines: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Lines of cells in columns, the first, or more of them, to the left and the others to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            f"{cell:<{width}}" if i < left else f"{cell:>{width}}"
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
