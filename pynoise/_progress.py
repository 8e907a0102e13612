"""How long work says how far it is."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Counted", "Progress", "silent", "wordless"]

# Called with (phase, done, total).
Counted = Callable[[str, int, int], object]

# Called with (phase, done, total, words): words on how it goes.
Progress = Callable[[str, int, int, str], object]


def silent(phase: str, done: int, total: int, words: str) -> None:
    """Report no progress."""


def wordless(report: Progress) -> Counted:
    """What takes no words, reported to what does."""
    return lambda phase, done, total: report(phase, done, total, "")
