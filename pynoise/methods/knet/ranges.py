"""The K that a kNet learns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pynoise import _checks
from pynoise._core import MOST_VOTES
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["k_range_of"]


def k_range_of(value: Any) -> tuple[int, int]:
    """The smallest and the largest K of a range, or of a single K."""
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        value = (value, value)
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray) or len(value) != 2:
        raise InputTypeError(
            "k_range", f"{value!r} is not a smallest and a largest K; give (1, 101), or one K"
        )
    least, most = (_checks.whole("k_range", end, 1, MOST_VOTES) for end in value)
    if most < least:
        raise InputValueError("k_range", f"({least}, {most}) goes down; give the smallest K first")
    return least, most
