"""What is said of every paper's tables: settings of training, seeds, a share of the examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["SETTINGS", "opening_words", "share_words", "spread_words", "values_words"]

# Which of the settings are worth a word, and what they are called.
SETTINGS = ("epochs", "batch_size", "optimizer", "lr", "momentum", "weight_decay", "schedule", "augment")


def opening_words(what: str, printed: str, seeds: Sequence[int]) -> str:
    """What the numbers of a table by noise are.

    Parameters
    ----------
    what : str
        What is shown, in percent.
    printed : str
        What is said of the published numbers.
    seeds : sequence of int
        A repetition each.
    """
    return (
        f"{what}; {spread_words(seeds)}beside them what is published, {printed}. Lines that are marked as "
        "published stand as they are printed."
    )


def values_words(values: Mapping[str, Any], names: Sequence[str]) -> str:
    """Settings or options of these names, and what they are."""
    return ", ".join(f"{name} {values[name]}" for name in names)


def spread_words(seeds: Sequence[int]) -> str:
    """What ± stands for; nothing for one seed."""
    return f"± is the standard deviation over {len(seeds)} seeds; " if len(seeds) > 1 else ""


def share_words(scale: float) -> list[str]:
    """That a share was taken, if one was."""
    return [f"{scale:.10g} of the training examples were taken."] if scale < 1 else []
