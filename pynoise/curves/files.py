"""Rows as CSV and JSON, and the files that results are written to."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from pynoise._files import PICTURE_SUFFIXES, check_output, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["OUTPUT_SUFFIXES", "Savable", "csv_text", "json_text", "save", "write_text"]

OUTPUT_SUFFIXES = (".csv", ".json", *PICTURE_SUFFIXES)


class Savable(Protocol):
    """A result that can be written in every format."""

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return CSV."""

    def to_json(self, path: str | Path | None = None) -> str:
        """Return JSON."""

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw a picture."""


def csv_text(columns: Sequence[str], rows: list[dict[str, Any]]) -> str:
    """Rows as CSV, empty where a value is None."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def json_text(meta: dict[str, Any], rows: list[dict[str, Any]], **more: Any) -> str:
    """Write ``{"meta": …, …, "rows": […]}``, with `more` between the two."""
    head = {"meta": meta} | more
    parts = [f"{json.dumps(key)}: {json.dumps(part, allow_nan=False)}" for key, part in head.items()]
    lines = ",\n  ".join(json.dumps(row, allow_nan=False) for row in rows)  # a line a row: for eyes, and diff
    return "{" + ",\n ".join([*parts, f'"rows": [\n  {lines}\n ]']) + "}\n"


def write_text(text: str, path: str | Path | None, suffix: str) -> str:
    """Write a text to `path` if one is given, and give it back."""
    if path is not None:
        write_whole(check_output("path", path, (suffix,)), text.encode())
    return text


def save(result: Savable, path: str | Path) -> None:
    """Write a result to a .csv, .json, .png, .svg or .pdf file: the suffix decides."""
    file = check_output("path", path, OUTPUT_SUFFIXES)
    suffix = file.suffix.lower()
    {".csv": result.to_csv, ".json": result.to_json}.get(suffix, result.plot)(file)
