"""A table of a paper made anew: what came out, with the published numbers beside it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from pynoise._files import check_output
from pynoise.curves import files
from pynoise.paper.long import Entry, long_lines
from pynoise.paper.rows import Rows

__all__ = ["FILES", "Table", "cell_of"]

FILES = ("table.md", "table.csv", "table.json")


@dataclass(frozen=True)
class Table(Rows, ABC):
    """Numbers by data set, ours beside the published; what kind of table it is says what a row is.

    Attributes
    ----------
    rows, columns, meta
        As `Rows` has them.
    best_of : str
        Of what the best of ours is bold in Markdown: "row" or "column".
    left : int
        How many columns are to the left there.
    heads : tuple of str
        What tells the lines of the terminal's table apart.
    """

    best_of: ClassVar[str]
    left: ClassVar[int]
    heads: ClassVar[tuple[str, ...]]

    @property
    def files(self) -> tuple[str, ...]:
        """What `pynoise.paper.reproduce` writes."""
        return FILES

    @property
    def problem(self) -> str | None:
        """Why nothing could be made anew; None where something was."""
        blocks = self.meta["blocks"]
        if any(block["problem"] is None for block in blocks):
            return None
        names = ", ".join(block["dataset"] for block in blocks)
        found = all(not block["problem"].startswith("data") for block in blocks)
        what = "a package is missing" if found else "the data were not found"
        return f"{what} ({names}); the table says what is missing, and how to get it"

    def to_markdown(self, path: str | Path | None = None) -> str:
        """Return tables as the paper has them, in percent; write them to `path` if one is given.

        The best of ours in each row, or column, is bold, and the published number stands in parentheses.
        """
        parts = [
            f"# {self.meta['title']}",
            f"The best of ours in each {self.best_of} is bold; in parentheses, what is published.",
        ]
        for block in self.meta["blocks"]:
            parts += [f"## {block['dataset']}", f"{_words(block, self.meta['scale'])}."]
            head, *body = self._grid(block)
            if body:
                rule = ["---"] * self.left + ["--:"] * (len(head) - self.left)
                parts.append("\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body)))
        parts.append("\n".join(f"- {note}" for note in self.meta["notes"]))
        return files.write_text("\n\n".join(parts) + "\n", path, ".md")

    def text(self) -> str:
        """What a terminal shows: the title, a line a number, in percent, and the notes."""
        lines = [f"{block['dataset']}: {_words(block, self.meta['scale'])}" for block in self.meta["blocks"]]
        if self.rows:
            entries = [Entry.of_row(self._what(row), row) for row in self.rows]
            lines += ["", *long_lines(self.heads, entries, percent=True)]
        return self._text(lines)

    def save(self, path: str | Path) -> None:
        """Write the table to a .md, .csv or .json file: the suffix decides."""
        writers = {".md": self.to_markdown, ".csv": self.to_csv, ".json": self.to_json}
        file = check_output("path", path, tuple(writers))
        writers[file.suffix.lower()](file)

    @abstractmethod
    def _grid(self, block: dict[str, Any]) -> list[list[str]]:
        """The cells of one data set in Markdown, the heads of its columns first."""

    @abstractmethod
    def _what(self, row: dict[str, Any]) -> list[str | int | None]:
        """What a row is of, a cell for each of `heads`."""


def _words(block: dict[str, Any], scale: float) -> str:
    if block["problem"] is not None:
        return str(block["problem"])
    share = f"a share of {scale:.10g} of the training set: " if scale < 1 else ""
    words = f"{share}{block['train_examples']:,} training and {block['test_examples']:,} test examples"
    if "realised_rate" in block:
        words += f", {block['realised_rate']:.4f} of the training labels wrong"
    return words


def cell_of(row: dict[str, Any], *, best: bool = False) -> str:
    """A number of ours in percent, bold if it is the `best`, and the published one in parentheses."""
    parts = []
    if row["ours"] is not None:
        shown = f"{100 * row['ours']:.2f}"
        parts.append(f"**{shown}**" if best else shown)
    if row["sd"] is not None:
        parts.append(f"± {100 * row['sd']:.2f}")
    if row["published"] is not None:
        spread = "" if row.get("published_sd") is None else f" ± {100 * row['published_sd']:.2f}"
        parts.append(f"({100 * row['published']:.2f}{spread})")
    return " ".join(parts)
