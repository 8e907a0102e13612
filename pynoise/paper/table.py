"""A table of a paper made anew: what came out, with the published numbers beside it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from pynoise._files import check_output
from pynoise.curves import files
from pynoise.paper.rows import Rows, aligned

__all__ = ["COLUMNS", "FILES", "Table"]

FILES = ("table.md", "table.csv", "table.json")

COLUMNS = (
    *("dataset", "network", "method", "k", "published", "ours", "sd", "difference"),
    *("published_size", "parameters", "added", "runs", "scale", "source"),
)


@dataclass(frozen=True)
class Table(Rows):
    """Accuracies by data set, network, method and k, ours beside the published.

    Attributes
    ----------
    rows : list of dict
        A row a number, in the order of the paper. Keys: ``dataset``; ``network``; ``method``; ``k``, None for
        a network alone; ``published``, the printed accuracy, None where there is none; ``ours`` and ``sd``,
        mean and standard deviation (ddof 1; None for one run) over the seeds, and ``difference`` of `ours` to
        `published`; ``published_size``, as printed; ``parameters`` of the network and what is ``added`` to
        them, the values that K-NN stores or the parameters of kNet; ``runs``; ``scale``; and ``source``,
        "ours", or "published" where there is no number of ours. Accuracies are fractions.
    columns, meta
        As `Rows` has them; ``blocks`` have the ``k`` of their columns.
    """

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
        return f"the data were not found ({names}); the table says what is missing, and how to get it"

    def to_markdown(self, path: str | Path | None = None) -> str:
        """Return tables as the paper has them, in percent; write them to `path` if one is given.

        The best of ours in each row is bold, and the published number stands in parentheses.
        """
        parts = [f"# {self.meta['title']}"]
        for block in self.meta["blocks"]:
            parts += [f"## {block['dataset']}", f"{_words(block, self.meta['scale'])}."]
            head, *body = self._grid(block, "**{}**")
            if body:
                rule = ["---", "---", *["--:"] * (len(head) - 2)]
                parts.append("\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body)))
        parts.append("\n".join(f"- {note}" for note in self.meta["notes"]))
        return files.write_text("\n\n".join(parts) + "\n", path, ".md")

    def text(self) -> str:
        """The same for a terminal: * marks the best of ours in each row."""
        lines = [self.meta["title"], "percent; * the best of ours in a row; (as published)"]
        for block in self.meta["blocks"]:
            lines += ["", f"{block['dataset']}: {_words(block, self.meta['scale'])}"]
            grid = self._grid(block, "*{}")
            lines += aligned(grid) if len(grid) > 1 else []
        return "\n".join(lines) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the table to a .md, .csv or .json file: the suffix decides."""
        writers = {".md": self.to_markdown, ".csv": self.to_csv, ".json": self.to_json}
        file = check_output("path", path, tuple(writers))
        writers[file.suffix.lower()](file)

    def _grid(self, block: dict[str, Any], best: str) -> list[list[str]]:
        """The cells of one data set: a line a method, a column a k and one for what has none."""
        ks = [None, *block["k"]]
        grid = [["network", "parameters", "no k", *(f"k = {k}" for k in block["k"])]]
        own = [row for row in self.rows if row["dataset"] == block["dataset"]]
        for (network, method), group in groupby(own, lambda row: (row["network"], row["method"])):
            rows = {row["k"]: row for row in group}
            first = next(iter(rows.values()))
            name = f"+ {method}"
            if None in rows:
                name = network if first["source"] == "ours" else f"{network}, published"
            most = max((row["ours"] for row in rows.values() if row["ours"] is not None), default=None)
            mark = best if len(rows) > 1 else "{}"
            cells = [
                _cell(rows[k], mark if rows[k]["ours"] == most else "{}") if k in rows else "" for k in ks
            ]
            grid.append([name, _size(first), *cells])
        return grid


def _words(block: dict[str, Any], scale: float) -> str:
    if block["problem"] is not None:
        return str(block["problem"])
    share = f"a share of {scale:.10g} of the training set: " if scale < 1 else ""
    return (
        f"{share}{block['train_examples']:,} training and {block['test_examples']:,} test examples, "
        f"{block['realised_rate']:.4f} of the training labels wrong"
    )


def _cell(row: dict[str, Any], mark: str) -> str:
    parts = []
    if row["ours"] is not None:
        parts.append(mark.format(f"{100 * row['ours']:.2f}"))
    if row["sd"] is not None:
        parts.append(f"± {100 * row['sd']:.2f}")
    if row["published"] is not None:
        parts.append(f"({100 * row['published']:.2f})")
    return " ".join(parts)


def _size(row: dict[str, Any]) -> str:
    parts = []
    if row["parameters"] is not None:
        numbers = [row["parameters"], *([] if row["added"] is None else [row["added"]])]
        parts.append(" + ".join(map(_short, numbers)))
    if row["published_size"] is not None:
        parts.append(f"({row['published_size']})")
    return " ".join(parts)


def _short(count: int) -> str:
    """A number of parameters as the paper writes it: 0.27M, 3.2M, 4.3K."""
    if count < 100_000:
        return f"{count / 1e3:.1f}K"
    return f"{count / 1e6:.2f}M" if count < 1_000_000 else f"{count / 1e6:.1f}M"
