"""The rows of a figure or table, what is said of them, and how they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pynoise.curves import files

__all__ = ["Rows", "aligned"]


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

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV; write them to `path` if one is given."""
        return files.write_text(files.csv_text(self.columns, self.rows), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "rows": […]}`` as JSON; write it to `path` if one is given."""
        return files.write_text(files.json_text(self.meta, self.rows), path, ".json")


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
