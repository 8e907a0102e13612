"""Votes of neighbours: histograms of their labels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["label_histograms"]


def label_histograms(
    indices: ArrayLike, labels: ArrayLike, ks: Sequence[int] | NDArray[np.integer], num_classes: int
) -> NDArray[np.int32]:
    """Count the labels of the first k neighbours, for several k in one pass.

    Parameters
    ----------
    indices : array_like of int, [M, K]
        Neighbours as `search` returns them, nearest first.
    labels : array_like of int, [N]
        Labels of the training rows, 0..L-1.
    ks : sequence of int
        Each in 1..K, none twice.
    num_classes : int
        L, at most 10,000.

    Returns
    -------
    ndarray of int32, [len(ks), M, L]
        How often each label stands among the first k neighbours.

    Raises
    ------
    InputValueError, InputTypeError
        If shapes do not fit, or a k, index or label is out of its range.
    """
    neighbors = _checks.array("indices", indices)
    if neighbors.ndim != 2 or neighbors.size == 0:
        raise InputValueError("indices", f"has shape {neighbors.shape}; give neighbours, [M, K]")
    if neighbors.dtype.kind not in "iu":
        raise InputTypeError("indices", f"has dtype {neighbors.dtype}; indices are integers")
    classes = _checks.whole("num_classes", num_classes, 1, _checks.MOST_CLASSES)
    row_labels = _checks.labels("labels", labels, classes)
    if neighbors.min() < 0 or neighbors.max() >= len(row_labels):
        raise InputValueError("indices", f"is not within the {len(row_labels)} labels")
    sizes, _ = _checks.counts("ks", ks, neighbors.shape[1])
    return _core.label_histograms(_checks.plain(neighbors, np.int32), row_labels, sizes, classes, threads=0)
