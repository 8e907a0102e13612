"""Exact K nearest neighbours, and histograms of their labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["label_histograms", "search"]


def search(
    train: ArrayLike,
    query: ArrayLike,
    k: int,
    *,
    threads: int | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find the exact K nearest training rows of each query.

    The result equals float64 brute force whatever the offset and scale of the data: float32 products of
    centred rows, with a bound on their rounding error, rule out most rows, and float64 settles the rest.

    Parameters
    ----------
    train : array_like, [N, ...]
        Training rows, finite; what follows the first axis is flattened. uint8, float32 and float64 are
        used as they are, other integers and float16 as the float type that holds them. An array in C
        order (a ``numpy.memmap`` too) is not copied.
    query : array_like, [M, ...]
        Rows of the same width.
    k : int
        Number of neighbours, 1..N.
    threads : int, optional
        Number of threads; one a core by default. The result has the same bits for any number.
    progress : callable, optional
        Called with ("neighbours", pairs done, pairs in all) while the search runs.

    Returns
    -------
    indices : ndarray of int32, [M, k]
        Indices of training rows, nearest first; ties go to the lower index.
    distances : ndarray of float32, [M, k]
        Euclidean distances: the root of Σ(a-b)², added over the columns in order in float64; infinite
        where float32 cannot hold them.

    Raises
    ------
    InputValueError, InputTypeError
        If shapes do not fit, `k` is out of range, a value is not finite (names the first row), values
        spread over more than 1e150, or there are more than 2²² columns.

    Examples
    --------
    >>> from pynoise import knn
    >>> indices, distances = knn.search([[0.0], [1.0], [5.0]], [[0.9]], 2)
    >>> indices.tolist()
    [[1, 0]]
    """
    rows, queries = _checks.features("train", train), _checks.features("query", query)
    if rows.shape[1] != queries.shape[1]:
        raise InputValueError("query", f"has {queries.shape[1]} columns; train has {rows.shape[1]}")
    neighbors = _checks.whole("k", k, 1, len(rows), ", the number of training examples")
    dtype = np.result_type(rows, queries).type
    pairs = len(rows) * len(queries)
    return _core.search(
        _checks.plain(rows, dtype),
        _checks.plain(queries, dtype),
        neighbors,
        _checks.threads(threads),
        None if progress is None else lambda done: progress("neighbours", done, pairs),
    )


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
