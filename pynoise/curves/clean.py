"""Clean label distributions that the caller brings instead of neighbours: softmax outputs, say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise._arrays import load_array
from pynoise.data import Dataset
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["CleanLike", "Given", "clean_of"]

CleanLike = str | ArrayLike

_PREFIX = "softmax:"

# How far from 1 a row may sum, by dtype: what rounding in it makes of a thousand probabilities.
_TOLERANCES = {np.float64: 1e-9, np.float32: 1e-5, np.float16: 1e-2}


@dataclass(frozen=True)
class Given:
    """Rows of probabilities [M, L] as they were given, and the words for where they come from."""

    rows: NDArray[np.floating]
    meta: dict[str, Any]


def clean_of(clean: CleanLike, dataset: Dataset, model: _checks.Model) -> Given:
    """Check the clean distribution of each test example, [M, L]."""
    if model == "fixed":
        raise InputValueError(
            "clean", "has no counts of neighbours, which the model 'fixed' needs; leave one of them out"
        )
    source = "array"
    if isinstance(clean, str | Path):
        source = str(clean)
        if not source.startswith(_PREFIX):
            raise InputValueError("clean", f"{source!r} is not softmax:FILE, with a .npy or .npz file")
        rows = load_array("clean", source.removeprefix(_PREFIX), ("softmax",))
    else:
        rows = _checks.array("clean", clean)
    if rows.dtype.kind in "biu":
        rows = rows.astype(np.float64)
    if rows.dtype.type not in _TOLERANCES:
        raise InputTypeError("clean", f"has dtype {rows.dtype}; give float16, float32 or float64")
    rows = rows.astype(rows.dtype.newbyteorder("="), copy=False)
    shape = (len(dataset.y_test), dataset.num_classes)
    if rows.shape != shape:
        raise InputValueError(
            "clean",
            f"has shape {rows.shape}; give a row a test example and a column a class, {shape}",
        )
    bad = np.argwhere(~(rows >= 0) | np.isinf(rows))  # catches NaN too
    if len(bad):
        i, j = bad[0]
        raise InputValueError(
            "clean",
            f"row {i} has {rows[i, j]:.6g} at label {j}; give probabilities, the softmax and not its logits",
        )
    misses = abs(rows.sum(axis=1, dtype=np.float64) - 1)
    tolerance = _TOLERANCES[rows.dtype.type]
    over = np.flatnonzero(misses > tolerance)
    if over.size:
        i = over[0]
        raise InputValueError(
            "clean",
            f"row {i} sums to {rows[i].sum(dtype=np.float64):.9g}, not 1 (tolerance {tolerance:g} in "
            f"{rows.dtype}); give probabilities, the softmax and not its logits",
        )
    divided = rows.dtype != np.float64
    return Given(rows, {"source": source, "largest_miss": float(misses.max()), "divided_by_sums": divided})
