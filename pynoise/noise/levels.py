"""Noise levels, and how many examples they select."""

from __future__ import annotations

import math

import numpy as np

from pynoise import _checks
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["check_level", "selected_count"]


def check_level(argument: str, level: float) -> float:
    """Check a noise level, a number within [0, 1]."""
    try:
        if isinstance(level, str | bytes | bool | np.bool_):
            raise TypeError
        value = float(level)
    except (TypeError, ValueError):
        raise InputTypeError(argument, f"{level!r} is not a number within [0, 1]") from None
    except OverflowError:
        raise InputValueError(argument, "is outside [0, 1]") from None
    if not 0 <= value <= 1:  # catches NaN too
        raise InputValueError(argument, f"{value} is outside [0, 1]")
    return value + 0.0  # never -0.0


def selected_count(level: float, n: int) -> int:
    """How many of `n` examples a noise level selects: ⌈γN - 1e-9⌉.

    The small number undoes the rounding of the product: 0.07 × 100 is a little above 7 in floating
    point, and must not select 8. Above some millions it is as much as rounding is there.

    Raises
    ------
    InputValueError, InputTypeError
        For a level outside [0, 1] or an `n` below 0.
    """
    product = check_level("level", level) * _checks.whole("n", n, 0)
    return max(0, math.ceil(product - max(1e-9, 4 * math.ulp(product))))
