"""A table of accuracies of methods that learn labels as people gave them: those of MixNN and ODD."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, ClassVar

from pynoise.paper.table import Table, cell_of

__all__ = ["COLUMNS", "TableOfNatural"]

COLUMNS = (
    *("dataset", "network", "method", "variant", "tested", "top", "published"),
    *("ours", "sd", "difference", "seeds", "scale", "source"),
)


@dataclass(frozen=True)
class TableOfNatural(Table):
    """Accuracies by data set, network, method, test set and how many labels count, ours beside the published.

    Attributes
    ----------
    rows : list of dict
        A row a number: what was made anew, and then what stands as published, in the order of the paper.
        Keys: ``dataset``, what is learnt; ``network``, in the paper's words where it stands as published,
        None if there are none; ``method``; ``variant``, None where the table has none; ``tested``, the test
        set; ``top``, 1 or 5: a label is right if it is among so many that the network says first;
        ``published``, None where it is not printed; ``ours`` and ``sd``, mean and standard deviation (ddof 1;
        None for one run) over the seeds, and ``difference`` of `ours` to `published`; ``seeds``, how many
        there are; ``scale``; and ``source``, "ours", or "published" where there is no number of ours. Numbers
        are fractions.
    columns, meta
        As `Rows` has them.
    """

    best_of: ClassVar[str] = "column"
    left: ClassVar[int] = 1
    heads: ClassVar[tuple[str, ...]] = ("data set", "network", "method", "tested on", "measure")

    def _what(self, row: dict[str, Any]) -> list[str | int | None]:
        return [row["dataset"], row["network"], _name(row), row["tested"], f"top-{row['top']}"]

    def _grid(self, block: dict[str, Any]) -> list[list[str]]:
        """A line a method, a column an accuracy."""
        own = [row for row in self.rows if row["dataset"] == block["dataset"]]
        columns = list(dict.fromkeys((row["tested"], row["top"]) for row in own))
        lines: dict[str, dict[Any, dict[str, Any]]] = defaultdict(dict)
        best: dict[Any, float] = defaultdict(float)
        for row in own:
            column = row["tested"], row["top"]
            words = _name(row) if row["source"] == "ours" else f"{_name(row)}, published"
            lines[words][column] = row
            best[column] = max(best[column], row["ours"] or 0)
        grid = [["method", *(f"{tested} top-{top}" for tested, top in columns)]]
        for name, rows in lines.items():
            cells = [
                cell_of(rows[column], best=rows[column]["ours"] == best[column]) if column in rows else ""
                for column in columns
            ]
            grid.append([name, *cells])
        return grid


def _name(row: dict[str, Any]) -> str:
    return row["method"] if row["variant"] is None else f"{row['method']}, {row['variant']}"
