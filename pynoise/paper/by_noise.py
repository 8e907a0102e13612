"""A table of shares under several noises: those of MixNN and ODD."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, ClassVar

from pynoise.paper.table import Table, cell_of

__all__ = ["COLUMNS", "TableByNoise", "noise_words"]

COLUMNS = (
    *("dataset", "network", "method", "variant", "noise", "level", "published", "published_sd"),
    *("ours", "sd", "difference", "realised_rate", "seeds", "scale", "source"),
)

_SHORT = {"uniform": "uniform", "symmetric": "symm.", "semantic-asymmetric": "asymm."}


@dataclass(frozen=True)
class TableByNoise(Table):
    """Shares by data set, network, method and noise, ours beside the published.

    Attributes
    ----------
    rows : list of dict
        A row a number: what was made anew, and then what stands as published, in the order of the paper.
        Keys: ``dataset``; ``network``, in the paper's words where it stands as published, None if there are
        none; ``method``; ``variant``, None where the table has none; ``noise``, a kind of `pynoise.noise`,
        and its ``level``; ``published`` and ``published_sd``, None where they are not printed; ``ours`` and
        ``sd``, mean and standard deviation (ddof 1; None for one run) over the seeds, and ``difference`` of
        `ours` to `published`; ``realised_rate``, the share of the training labels that is wrong, as a mean;
        ``seeds``, how many there are; ``scale``; and ``source``, "ours", or "published" where there is no
        number of ours. Numbers are fractions.
    columns, meta
        As `Rows` has them.
    """

    best_of: ClassVar[str] = "column"
    left: ClassVar[int] = 1

    heads: ClassVar[tuple[str, ...]] = ("data set", "network", "method", "noise", "wrong labels")

    def _what(self, row: dict[str, Any]) -> list[str | int | None]:
        words = noise_words(row["noise"], row["level"])
        rate = None if row["realised_rate"] is None else f"{100 * row['realised_rate']:.2f}"
        return [row["dataset"], row["network"], _name(row), words, rate]

    def _grid(self, block: dict[str, Any]) -> list[list[str]]:
        """A line a method, a column a noise; the first line has what the noises came to."""
        own = [row for row in self.rows if row["dataset"] == block["dataset"]]
        noises = list(dict.fromkeys((row["noise"], row["level"]) for row in own))
        lines: dict[str, dict[Any, dict[str, Any]]] = defaultdict(dict)
        made: dict[Any, list[dict[str, Any]]] = defaultdict(list)
        for row in own:
            noise = row["noise"], row["level"]
            words = _name(row) if row["source"] == "ours" else f"{_name(row)}, published"
            lines[words][noise] = row
            if row["source"] == "ours":
                made[noise].append(row)
        grid = [["method", *(noise_words(*noise) for noise in noises)]]
        if made:
            rates = [
                f"{100 * made[noise][0]['realised_rate']:.2f}" if made[noise] else "" for noise in noises
            ]
            grid.append(["wrong labels", *rates])
        for name, rows in lines.items():
            cells = []
            for noise in noises:
                ours = [row["ours"] for row in made[noise]]
                most = len(ours) > 1 and noise in rows and rows[noise]["ours"] == max(ours)
                cells.append(cell_of(rows[noise], best=most) if noise in rows else "")
            grid.append([name, *cells])
        return grid


def noise_words(kind: str, level: float) -> str:
    """A noise as the heads of columns have it: "symm. 20 %", or "clean" where its level is 0."""
    return "clean" if level == 0 else f"{_SHORT[kind]} {100 * level:.10g} %"


def _name(row: dict[str, Any]) -> str:
    return row["method"] if row["variant"] is None else f"{row['method']}, {row['variant']}"
