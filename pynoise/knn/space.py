"""The float32 space in which the engines "torch" and "hnsw" look for candidates.

Rows are shifted by the training columns' mean and scaled by a power of two, so that no coordinate exceeds 1
in size: an offset of the data costs no digits, a scale neither overflows nor underflows. With the metric
"cosine" rows are first divided by their norms; half the squared distance is then 1 - cos. It is the space
of the exact engine (`rust/neighbors/space.rs`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pynoise.errors import InputValueError

__all__ = ["Columns", "Space", "refuse"]

# Differences beyond this would overflow when squared in float64.
LARGEST = 1e150
# Rows looked at in one go while one is sought that will not do.
STRETCH = 1024


@dataclass(frozen=True)
class Columns:
    """Sum, least and greatest value of every column of a matrix, float64 [d].

    A row that will not do leaves a value that is not finite in `least` or `greatest`.
    """

    total: NDArray[np.float64]
    least: NDArray[np.float64]
    greatest: NDArray[np.float64]

    @property
    def finite(self) -> bool:
        """Whether every value is finite."""
        return bool(np.isfinite(self.least).all() and np.isfinite(self.greatest).all())


@dataclass(frozen=True)
class Space:
    """The shift, [d], and the scale: a row x stands at (x - center)·scale."""

    center: NDArray[np.float64]
    scale: float

    @classmethod
    def of(cls, train: Columns, rows: int, query: Columns) -> Space:
        """Make the space of `rows` training rows and of queries with these columns.

        Raises
        ------
        InputValueError
            If values spread over more than 1e150.
        """
        with np.errstate(over="ignore"):
            spread = np.maximum(train.greatest, query.greatest) - np.minimum(train.least, query.least)
        largest = float(spread.max())
        if largest > LARGEST:
            raise InputValueError("train", "spreads, with query, over more than 1e150; rescale both")
        exponent = -math.frexp(largest)[1] if largest > 0 else 0
        # Any centre would be right; one within the data keeps the coordinates small. (A sum of huge values
        # may overflow.)
        center = np.clip(train.total / rows, train.least, train.greatest)
        return cls(center, 2.0 ** min(max(exponent, -1000), 1000))


def refuse(name: str, rows: NDArray[Any]) -> NoReturn:
    """Raise the error that names the first of the `rows` that will not do; some row must be such."""
    zeros = None
    for start in range(0, len(rows), STRETCH):
        part = rows[start : start + STRETCH]
        wrong = np.flatnonzero(~np.isfinite(part).all(axis=1))
        if wrong.size:
            raise InputValueError(name, f"row {start + wrong[0]} has a value that is not finite")
        empty = np.flatnonzero(~part.any(axis=1))
        if zeros is None and empty.size:
            zeros = start + empty[0]
    raise InputValueError(
        name, f"row {zeros} is all zeros, which has no direction; leave it out, or take metric='euclidean'"
    )
