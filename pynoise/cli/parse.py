"""Lists of numbers as the command line writes them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pynoise._words import MOST_NUMBERS, parse_counts, parse_options
from pynoise.errors import InputValueError

__all__ = ["parse_classes", "parse_counts", "parse_levels", "parse_options"]


def parse_classes(text: str, names: Sequence[str]) -> list[int | str]:
    """Read classes by name, or by number where no class has that name, "cat,dog" or "3,5"."""
    parts = [part.strip() for part in text.split(",")]
    return [int(part) if part not in names and part.isdecimal() else part for part in parts]


def parse_levels(text: str) -> list[float]:
    """Read noise levels: START:STOP:STEP with both ends, "0:1:0.05", or a list, "0,0.2,0.45"."""
    ranged = ":" in text
    try:
        numbers = [float(part) for part in text.split(":" if ranged else ",")]
    except ValueError:
        numbers = []
    if not numbers or (ranged and len(numbers) != 3):
        raise InputValueError("levels", f"{text!r} is not START:STOP:STEP or a list; write 0:1:0.05 or 0,0.2")
    if not ranged:
        return numbers
    start, stop, step = numbers
    if not all(map(math.isfinite, numbers)) or step <= 0 or stop < start:
        raise InputValueError("levels", f"{text!r}: START must not exceed STOP, and STEP must be above 0")
    count = (stop - start) / step + 1e-9
    if count >= MOST_NUMBERS + 1:
        raise InputValueError("levels", f"{text!r} has over {MOST_NUMBERS} levels; take a larger STEP")
    # Rounded, so that 3 × 0.05 is 0.15.
    return [float(np.round(start + i * step, 12)) for i in range(int(count) + 1)]
