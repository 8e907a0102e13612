"""Votes of neighbours, for many K and many copies of the labels: noise changes labels, not distances."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["label_histograms", "vote_accuracy"]


def label_histograms(
    indices: ArrayLike, labels: ArrayLike, ks: Sequence[int] | NDArray[np.integer], num_classes: int
) -> NDArray[np.int32]:
    """Count the labels of the first k neighbours, for several k in one pass.

    Parameters
    ----------
    indices : array_like of int, [M, K]
        Neighbours as `search` returns them, nearest first.
    labels : array_like of int, [N] or [B, N]
        Labels of the training rows, 0..L-1, or B copies of them.
    ks : sequence of int
        Each in 1..K, none twice.
    num_classes : int
        L, at most 10,000.

    Returns
    -------
    ndarray of int32, [len(ks), M, L] or [B, len(ks), M, L]
        How often each label stands among the first k neighbours.

    Raises
    ------
    InputValueError, InputTypeError
        If shapes do not fit, or a k, index or label is out of its range.
    """
    classes = _checks.whole("num_classes", num_classes, 1, _checks.MOST_CLASSES)
    copies, one = _copies(labels, classes)
    neighbors = _neighbors(indices, copies.shape[1])
    sizes, _ = _checks.counts("ks", ks, neighbors.shape[1])
    counts = np.empty((len(copies), len(sizes), len(neighbors), classes), np.int32)
    for copy, count in zip(copies, counts, strict=True):
        count[:] = _core.label_histograms(neighbors, copy, sizes, classes, threads=0)
    return counts[0] if one else counts


def vote_accuracy(
    indices: ArrayLike,
    labels: ArrayLike,
    truth: ArrayLike,
    ks: Sequence[int] | NDArray[np.integer],
    num_classes: int,
    *,
    ties: str = "first",
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Find how often the plurality of the first k neighbours is right, for many copies of the labels.

    One search serves all noise levels, seeds and K: neither distances nor histograms are made anew.

    Parameters
    ----------
    indices : array_like of int, [M, K]
        Neighbours as `search` returns them, nearest first.
    labels : array_like of int, [N] or [B, N]
        Labels of the training rows, 0..L-1, or B copies of them, with other noise say.
    truth : array_like of int, [M]
        The right label of each query.
    ks : sequence of int
        Each in 1..K, none twice.
    num_classes : int
        L, at most 10,000.
    ties : {"first", "strict", "random"}
        Who wins when labels share the first place: the lowest, nobody, or each of t labels with
        probability 1/t, which counts 1/t.
    threads : int, optional
        Number of threads; one a core by default. The result has the same bits for any number.

    Returns
    -------
    ndarray of float64, [len(ks)] or [B, len(ks)]
        Accuracies within [0, 1].

    Raises
    ------
    InputValueError, InputTypeError
        If shapes do not fit, or a k, index or label is out of its range.

    Examples
    --------
    >>> from pynoise import knn
    >>> knn.vote_accuracy([[0, 1, 2], [2, 1, 0]], [[0, 0, 1], [0, 1, 1]], [0, 1], [1, 3], 2).tolist()
    [[1.0, 0.5], [1.0, 0.5]]
    """
    classes = _checks.whole("num_classes", num_classes, 1, _checks.MOST_CLASSES)
    copies, one = _copies(labels, classes)
    neighbors = _neighbors(indices, copies.shape[1])
    sizes, _ = _checks.counts("ks", ks, neighbors.shape[1])
    right = _checks.labels("truth", truth, classes)
    if len(right) != len(neighbors):
        raise InputValueError("truth", f"has {len(right)} labels for {len(neighbors)} queries; give one each")
    correct = _core.count_correct(
        neighbors, copies, right, sizes, classes, _checks.ties(ties), _checks.threads(threads)
    )
    accuracy = correct / len(right)
    return accuracy[0] if one else accuracy


def _copies(labels: ArrayLike, num_classes: int) -> tuple[NDArray[np.int32], bool]:
    """Labels as copies of them, [B, N]; the flag says whether there was one, [N]."""
    values = _checks.array("labels", labels)
    if values.ndim != 2:
        return _checks.labels("labels", values, num_classes)[None], True
    return _checks.labels("labels", values.reshape(-1), num_classes).reshape(values.shape), False


def _neighbors(indices: ArrayLike, rows: int) -> NDArray[np.int32]:
    """Check neighbours, [M, K], of as many rows as there are labels."""
    neighbors = _checks.array("indices", indices)
    if neighbors.ndim != 2 or neighbors.size == 0:
        raise InputValueError("indices", f"has shape {neighbors.shape}; give neighbours, [M, K]")
    if neighbors.dtype.kind not in "iu":
        raise InputTypeError("indices", f"has dtype {neighbors.dtype}; indices are integers")
    if neighbors.min() < 0 or neighbors.max() >= rows:
        raise InputValueError("indices", f"is not within the {rows} labels")
    return _checks.plain(neighbors, np.int32)
