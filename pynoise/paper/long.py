"""The table that a terminal shows of a figure or table: a line a number, ours beside the published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from pynoise.paper.parts import Part, words_of
from pynoise.paper.rows import aligned, means_of

__all__ = ["Entry", "long_lines", "text_lines"]

_COLUMNS = ("published", "ours", "difference", "seeds", "scale", "source")


@dataclass(frozen=True)
class Entry:
    """A line; None where there is nothing.

    Attributes
    ----------
    what : sequence of str, int or None
        What it is of, a cell for each of the table's heads.
    published : float, str or None
        What is printed: a number, or words.
    published_sd : float or None
        Its standard deviation.
    ours, sd : float or None
        Mean and standard deviation over the seeds.
    difference : float or None
        Of `ours` to the published number.
    seeds : int or None
        How many there are.
    scale : float or None
        The share of the training examples that was taken.
    source : str
        "ours", or "published" where there is no number of ours.
    """

    what: Sequence[str | int | None]
    published: float | str | None = None
    published_sd: float | None = None
    ours: float | None = None
    sd: float | None = None
    difference: float | None = None
    seeds: int | None = None
    scale: float | None = None
    source: str = "ours"

    @classmethod
    def of_row(cls, what: Sequence[str | int | None], row: Mapping[str, Any]) -> Entry:
        """The line of a row of a table, whose columns have these names."""
        return cls(what, **{one.name: row[one.name] for one in fields(cls)[1:] if one.name in row})

    @classmethod
    def of_values(
        cls,
        what: Sequence[str | int | None],
        values: Sequence[float | None],
        part: Part,
        published: float | str | None = None,
    ) -> Entry:
        """The line of a number that was measured with each of some seeds; if one is missing, without mean."""
        known = [value for value in values if value is not None]
        printed = None if isinstance(published, str) else published
        own = means_of(known, printed) if len(known) == len(values) else {}
        ours, sd, difference = (own.get(key) for key in ("ours", "sd", "difference"))
        return cls(what, published, None, ours, sd, difference, len(values), part.scale)


def long_lines(heads: Sequence[str], entries: Sequence[Entry], *, percent: bool = False) -> list[str]:
    """Lines under the heads of their columns.

    Parameters
    ----------
    heads : sequence of str
        Of what an entry is of.
    entries : sequence of Entry
        A line each.
    percent : bool
        Whether numbers, which are fractions, are shown in percent.
    """
    grid = [[*heads, *_COLUMNS]]
    for entry in entries:
        grid.append(
            [
                *("-" if cell is None else str(cell) for cell in entry.what),
                _spread(entry.published, entry.published_sd, percent),
                _spread(entry.ours, entry.sd, percent),
                _number(entry.difference, percent, "+"),
                _number(entry.seeds, percent),
                "-" if entry.scale is None else f"{entry.scale:.10g}",
                entry.source,
            ]
        )
    return aligned(grid, len(heads))


def text_lines(parts: Sequence[Part], heads: Sequence[str], entries: Sequence[Entry]) -> list[str]:
    """What a terminal shows of a figure: what was trained, or why not, and the lines, if there are any."""
    said = [words_of(part) if part.problem is None else f"{words_of(part)}: {part.problem}" for part in parts]
    return [*said, "", *long_lines(heads, entries)] if entries else said


def _spread(value: float | str | None, sd: float | None, percent: bool) -> str:
    """A number and its standard deviation, or words as they are."""
    shown = value if isinstance(value, str) else _number(value, percent)
    return shown if sd is None else f"{shown} ± {_number(sd, percent)}"


def _number(value: float | None, percent: bool, sign: str = "") -> str:
    if value is None:
        return "-"
    if isinstance(value, int):
        return f"{value:{sign},}"
    text = f"{100 * value:{sign}.2f}" if percent else f"{value:{sign}.4f}"
    return text if text.strip("+-0.") else text.replace("-", "+" if sign else "")
