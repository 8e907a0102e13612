"""What a paper prints of methods under several noises, read from its file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pynoise.paper.published import content_of, fraction

__all__ = ["Head", "Line", "Number", "PublishedTable", "lines_of", "networks_of", "tables_of"]


@dataclass(frozen=True)
class Number:
    """A share as a fraction, and its standard deviation if one is printed."""

    mean: float
    sd: float | None


@dataclass(frozen=True)
class Line:
    """A line of a table.

    Attributes
    ----------
    method, variant : str, str or None
        What it is called here.
    words : str
        What the paper calls it.
    notes : dict of str to str
        What is to be said of it beside its numbers, by data set.
    numbers : dict of str to tuple
        By data set, a `Number` for each of the table's columns, None where none is printed.
    """

    method: str
    variant: str | None
    words: str
    notes: dict[str, str]
    numbers: dict[str, tuple[Number | None, ...]]

    @property
    def name(self) -> str:
        """Method and variant: "MixNN AVG", say."""
        return self.method if self.variant in (None, "full") else f"{self.method} {self.variant}"


@dataclass(frozen=True)
class Head:
    """What a table is.

    Attributes
    ----------
    paper : str
        What the paper's method is called: "MixNN".
    number, roman : int, str or None
        The table's, and its Roman numeral where the paper has those.
    words : str
        What it is of.
    """

    paper: str
    number: int
    roman: str | None
    words: str

    @property
    def recipe_name(self) -> str:
        """What its recipe is called, "mixnn-table1" say."""
        return f"{self.paper.lower()}-table{self.number}"

    @property
    def title(self) -> str:
        """Which it is, in words."""
        return f"{self.paper}, Table {self.roman or self.number}: {self.words}"


@dataclass(frozen=True)
class PublishedTable(Head):
    """A table of methods under several noises.

    Attributes
    ----------
    paper, number, roman, words
        As `Head` has them.
    result : str
        The key of result.json for that.
    networks : dict of str to str
        The network of `pynoise.networks` for each of the paper's data sets.
    network_words : str or None
        What the paper calls its network; None where it names none.
    noises : tuple of (str, float)
        The kind and the level of each column.
    lines : tuple of Line
        In the paper's order.
    """

    result: str
    networks: dict[str, str]
    network_words: str | None
    noises: tuple[tuple[str, float], ...]
    lines: tuple[Line, ...]


def tables_of(paper: str) -> tuple[PublishedTable, ...]:
    """The tables in the file of a paper, "mixnn" say."""
    content = content_of(paper)
    return tuple(
        PublishedTable(
            content["paper"],
            table["number"],
            table.get("roman"),
            table["words"],
            table["result"],
            networks_of(paper),
            content.get("network_words"),
            tuple((noise["kind"], noise["level"]) for noise in table["noises"]),
            lines_of(table["lines"], content["datasets"]),
        )
        for table in content["tables"]
    )


def lines_of(content: Sequence[Mapping[str, Any]], datasets: Sequence[str]) -> tuple[Line, ...]:
    """The lines of a table, with what they have of these data sets."""
    return tuple(
        Line(
            line["method"],
            line.get("variant"),
            line.get("words", line["method"]),
            line.get("notes", {}),
            {name: tuple(map(_number, line[name])) for name in datasets if name in line},
        )
        for line in content
    )


def networks_of(paper: str) -> dict[str, str]:
    """The network of `pynoise.networks` for each data set in the file of a paper."""
    content = content_of(paper)
    return dict.fromkeys(content["datasets"], content["network"])


def _number(printed: str) -> Number | None:
    """A number as it is printed: "93.91 ± 0.12", "92.25"; and "-" or "fail" for none."""
    if printed in ("-", "fail"):
        return None
    mean, _, sd = printed.partition(" ± ")
    return Number(fraction(float(mean)), fraction(float(sd)) if sd else None)
