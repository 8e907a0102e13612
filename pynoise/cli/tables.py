"""Tables of text, and the line above them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click

__all__ = ["Columns", "data_words", "print_heading", "print_line", "print_row", "print_table"]

# Headings: the key of a row, the width, and how to write a number.
Columns = Mapping[str, tuple[str, int, str]]


def data_words(meta: Mapping[str, Any]) -> str:
    """Say what the data, the noise, the tie rule and the model of a result are."""
    queries = meta["queries"]
    drawn = "" if queries is None else f" of {queries['of']:,}"
    words = (
        f"{meta['data']} ({meta['train_examples']:,} training and {meta['test_examples']:,}{drawn} test "
        f"examples, {meta['classes']} classes), noise {meta['noise']}, ties {meta['ties']}, "
        f"model {meta['model']}"
    )
    neighbours, clean = meta["neighbours"], meta["clean"]
    if neighbours is not None and neighbours["source"] != "search":
        words += f", neighbours {neighbours['source']} ({neighbours['metric']}, {neighbours['engine']})"
    if isinstance(clean, str):
        return words
    divided = ", rows divided by their sums" if clean["divided_by_sums"] else ""
    return f"{words}, clean {clean['source']} (sums off by {clean['largest_miss']:.0e}{divided})"


def print_table(columns: Columns, rows: Iterable[Mapping[str, Any]]) -> None:
    """Print rows under their headings: numbers as the columns say, words as they are, - for None."""
    print_heading(columns)
    for row in rows:
        print_row(columns, row)


def print_heading(columns: Columns) -> None:
    """Print the headings of a table whose rows come one by one."""
    print_line("  ".join(f"{heading:>{width}}" for heading, (_, width, _) in columns.items()))


def print_row(columns: Columns, row: Mapping[str, Any]) -> None:
    """Print one row of a table."""
    print_line("  ".join(_cell(row[key], width, form) for key, width, form in columns.values()))


def print_line(text: str) -> None:
    """Print a line, above the progress bars if there are any.

    They stand in for sys.stdout; click, left to itself, finds the terminal behind them and writes into a bar.
    """
    click.echo(text, file=sys.stdout)


def _cell(value: float | str | None, width: int, form: str) -> str:
    text = "-" if value is None else value if isinstance(value, str) else f"{value:{form}}"
    if text.startswith("-0") and not text.strip("-0."):
        text = f"{0.0:{form}}"  # rounding has no sign to show
    return f"{text:>{width}}"
