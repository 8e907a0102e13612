"""What the tables of MixNN (Lu and He) print."""

from __future__ import annotations

from dataclasses import dataclass

from pynoise.paper.published import content_of, fraction

__all__ = ["NETWORK", "Line", "Number", "PublishedTable", "mixnn_networks", "mixnn_tables"]

# What the paper calls its network.
NETWORK: str = content_of("mixnn")["network_words"]


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
        By data set, a `Number` for each of the table's noises, None where none is printed.
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
class PublishedTable:
    """A table: its number, what it is of, the key of result.json for that, its columns and lines."""

    number: int
    roman: str
    words: str
    result: str
    noises: tuple[tuple[str, float], ...]
    lines: tuple[Line, ...]


def mixnn_tables() -> tuple[PublishedTable, ...]:
    """Tables I, IV and V."""
    content = content_of("mixnn")
    return tuple(
        PublishedTable(
            table["number"],
            table["roman"],
            table["words"],
            table["result"],
            tuple((noise["kind"], noise["level"]) for noise in table["noises"]),
            tuple(
                Line(
                    line["method"],
                    line.get("variant"),
                    line.get("words", line["method"]),
                    line.get("notes", {}),
                    {name: tuple(map(_number, line[name])) for name in content["datasets"]},
                )
                for line in table["lines"]
            ),
        )
        for table in content["tables"]
    )


def mixnn_networks() -> dict[str, str]:
    """The network of `pynoise.networks` for each of the paper's data sets."""
    content = content_of("mixnn")
    return dict.fromkeys(content["datasets"], content["network"])


def _number(printed: str) -> Number | None:
    """A number as it is printed: "93.91 ± 0.12", "92.25"; and "-" or "fail" for none."""
    if printed in ("-", "fail"):
        return None
    mean, _, sd = printed.partition(" ± ")
    return Number(fraction(float(mean)), fraction(float(sd)) if sd else None)
