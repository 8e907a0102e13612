"""A table of accuracies for several K: kNet's."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Any, ClassVar

from pynoise.paper.table import Table, cell_of

__all__ = ["COLUMNS", "TableByK"]

COLUMNS = (
    *("dataset", "network", "method", "k", "published", "ours", "sd", "difference"),
    *("published_size", "parameters", "added", "seeds", "scale", "source"),
)


@dataclass(frozen=True)
class TableByK(Table):
    """Accuracies by data set, network, method and k, ours beside the published.

    Attributes
    ----------
    rows : list of dict
        A row a number, in the order of the paper. Keys: ``dataset``; ``network``; ``method``; ``k``, None for
        a network alone; ``published``, the printed accuracy, None where there is none; ``ours`` and ``sd``,
        mean and standard deviation (ddof 1; None for one run) over the seeds, and ``difference`` of `ours` to
        `published`; ``published_size``, as printed; ``parameters`` of the network and what is ``added`` to
        them, the values that K-NN stores or the parameters of kNet; ``seeds``, how many
        there are; ``scale``; and ``source``, "ours", or "published" where there is no number of ours.
        Accuracies are fractions.
    columns, meta
        As `Rows` has them; ``blocks`` have the ``k`` of their columns.
    """

    best_of: ClassVar[str] = "row"
    left: ClassVar[int] = 2

    heads: ClassVar[tuple[str, ...]] = ("data set", "network", "method", "k")

    def _what(self, row: dict[str, Any]) -> list[str | int | None]:
        return [row[key] for key in ("dataset", "network", "method", "k")]

    def _grid(self, block: dict[str, Any]) -> list[list[str]]:
        """A line a method, a column a k and one for what has none."""
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
            cells = [
                cell_of(rows[k], best=len(rows) > 1 and rows[k]["ours"] == most) if k in rows else ""
                for k in ks
            ]
            grid.append([name, _size(first), *cells])
        return grid


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
