"""Rows of probabilities that a caller brings: softmax outputs, say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["Probabilities", "probabilities"]

# How far from 1 a row may sum, by dtype: what rounding in it makes of a thousand probabilities.
_TOLERANCES = {np.float64: 1e-9, np.float32: 1e-5, np.float16: 1e-2}


@dataclass(frozen=True, eq=False)
class Probabilities:
    """Checked rows of probabilities.

    Attributes
    ----------
    rows : ndarray of float16, float32 or float64, [M, L]
        As they were given.
    largest_miss : float
        How far from 1 their sums are, at most.
    """

    rows: NDArray[np.floating[Any]]
    largest_miss: float

    def of(self, which: slice | NDArray[np.intp]) -> NDArray[np.float64]:
        """Some of the rows in float64; those of less than 64 bits are divided by their sums."""
        part = self.rows[which].astype(np.float64)
        if self.rows.dtype != np.float64:
            part /= part.sum(axis=1, keepdims=True)
        return part

    @property
    def meta(self) -> dict[str, Any]:
        """What a result says of them."""
        return {"largest_miss": self.largest_miss, "divided_by_sums": self.rows.dtype != np.float64}


def probabilities(argument: str, value: ArrayLike, shape: tuple[int, int] | None = None) -> Probabilities:
    """Check rows of probabilities, [M, L]: of this `shape`, or with two columns or more."""
    rows = _checks.array(argument, value)
    if rows.dtype.kind in "biu":
        rows = rows.astype(np.float64)
    if rows.dtype.type not in _TOLERANCES:
        raise InputTypeError(argument, f"has dtype {rows.dtype}; give float16, float32 or float64")
    rows = rows.astype(rows.dtype.newbyteorder("="), copy=False)
    if shape is None and (rows.ndim != 2 or len(rows) == 0 or rows.shape[1] < 2):
        raise InputValueError(
            argument, f"has shape {rows.shape}; give a row an example and a column a class, two or more"
        )
    if shape is not None and rows.shape != shape:
        raise InputValueError(
            argument, f"has shape {rows.shape}; give a row a test example and a column a class, {shape}"
        )
    bad = np.argwhere(~(rows >= 0) | np.isinf(rows))  # catches NaN too
    if len(bad):
        i, j = bad[0]
        raise InputValueError(
            argument,
            f"row {i} has {rows[i, j]:.6g} at label {j}; give probabilities, the softmax and not its logits",
        )
    misses = abs(rows.sum(axis=1, dtype=np.float64) - 1)
    tolerance = _TOLERANCES[rows.dtype.type]
    over = np.flatnonzero(misses > tolerance)
    if over.size:
        i = over[0]
        raise InputValueError(
            argument,
            f"row {i} sums to {rows[i].sum(dtype=np.float64):.9g}, not 1 (tolerance {tolerance:g} in "
            f"{rows.dtype}); give probabilities, the softmax and not its logits",
        )
    return Probabilities(rows, float(misses.max()))
