"""Lists of numbers as the command line writes them."""

from __future__ import annotations

from collections.abc import Sequence

from pynoise._words import parse_counts, parse_levels, parse_options

__all__ = ["parse_classes", "parse_counts", "parse_levels", "parse_options"]


def parse_classes(text: str, names: Sequence[str]) -> list[int | str]:
    """Read classes by name, or by number where no class has that name, "cat,dog" or "3,5"."""
    parts = [part.strip() for part in text.split(",")]
    return [int(part) if part not in names and part.isdecimal() else part for part in parts]
