"""What a paper prints of methods that learn labels as people gave them, read from its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pynoise.paper.by_noise_published import Head, Line, lines_of
from pynoise.paper.published import content_of

__all__ = ["Column", "NaturalTable", "natural_tables"]


@dataclass(frozen=True)
class Column:
    """The share of the examples of a test set whose label is among the `top` that a network says first."""

    tested: str
    top: int


@dataclass(frozen=True)
class NaturalTable(Head):
    """A table of methods that learn labels as people gave them.

    Attributes
    ----------
    paper, number, roman, words
        As `Head` has them.
    networks : dict of str to str
        The network of `pynoise.networks` for each of the data sets that are learnt.
    network_words : str or None
        What the paper calls its network; None where it names none.
    recipe : str
        How images that are read from files are resized, one of `pynoise.training.RECIPES`.
    columns : tuple of Column
        Which accuracies there are.
    settings, options : dict
        Of training, and of the paper's method, where none are given.
    notes : tuple of str
        What is to be said of it.
    lines : tuple of Line
        In the paper's order, each with numbers of one data set.
    """

    networks: dict[str, str]
    network_words: str | None
    recipe: str
    columns: tuple[Column, ...]
    settings: dict[str, Any]
    options: dict[str, Any]
    notes: tuple[str, ...]
    lines: tuple[Line, ...]

    def lines_of(self, dataset: str) -> tuple[Line, ...]:
        """The lines of a data set; of one that is not the paper's, those of its first."""
        known = dataset if dataset in self.networks else next(iter(self.networks))
        return tuple(line for line in self.lines if known in line.numbers)


def natural_tables(paper: str) -> tuple[NaturalTable, ...]:
    """These tables in the file of a paper, "mixnn" say."""
    content = content_of(paper)
    return tuple(
        NaturalTable(
            content["paper"],
            table["number"],
            table.get("roman"),
            table["words"],
            dict.fromkeys(table["datasets"], table["network"]),
            table.get("network_words"),
            table["recipe"],
            tuple(Column(**column) for column in table["columns"]),
            table["settings"],
            table.get("options", {}),
            tuple(table["notes"]),
            lines_of(table["lines"], table["datasets"]),
        )
        for table in content["natural"]
    )
