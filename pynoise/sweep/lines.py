"""Where a key stands in a TOML file: its reader does not tell."""

from __future__ import annotations

import re

__all__ = ["line_of"]


def line_of(text: str, table: str, key: str) -> int | None:
    """The number of the line, from 1, where a key of a table stands; of its head without a key.

    Tables and keys that are written in another way than on a line of their own are not found: None.
    """
    head = re.compile(rf"\s*\[{{1,2}}\s*{_name(table or key)}\s*\]")
    own = re.compile(rf"\s*{_name(key)}\s*=")
    inside = not table
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"\s*\[", line) and not _continues(line):
            inside = bool(head.match(line))
            if inside and not (table and key):
                return number
        elif inside and key and own.match(line):
            return number
    return None


def _name(name: str) -> str:
    return rf"[\"']?{re.escape(name)}[\"']?"


def _continues(line: str) -> bool:
    """Whether a line that begins with a bracket is a part of a list, not the head of a table."""
    return not re.match(r"\s*\[{1,2}[^\[\],]+\]{1,2}\s*(#.*)?$", line)
