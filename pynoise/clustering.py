"""k-means: clusters of rows, by k-means++ and Lloyd's iterations."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, SupportsFloat, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise._mapped import mapped_file
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["KMeansResult", "kmeans"]

Progress = Callable[[str, int, int], object]

# The kernel counts in 64 bits.
_MOST = 2**31 - 1


@dataclass(frozen=True, eq=False)
class KMeansResult:
    """Rows in clusters.

    Attributes
    ----------
    centers : ndarray, [n_clusters, d]
        Means of the clusters: float64 for float64 rows, float32 for all others.
    labels : ndarray of int32, [N]
        The nearest of these centres for each row; ties go to the lower index.
    inertia : float
        Sum of the squared distances of the rows from the nearest centre, in float64.
    iterations : int
        Lloyd's iterations of the best start.
    """

    centers: NDArray[Any]
    labels: NDArray[np.int32]
    inertia: float
    iterations: int


def kmeans(
    x: ArrayLike,
    n_clusters: int,
    *,
    n_init: int = 10,
    max_iter: int = 300,
    tol: float = 1e-4,
    seed: int = 0,
    init: ArrayLike | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> KMeansResult:
    """Find clusters of rows: k-means++ and Lloyd's iterations, the best of several starts.

    Looks for centres c that make Σᵢ minⱼ ‖xᵢ - cⱼ‖² small. The same arguments give the same bits on every
    machine, with any number of threads.

    Parameters
    ----------
    x : array_like, [N, ...]
        Rows, finite; what follows the first axis is flattened. uint8, float32 and float64 are used as they
        are, in C order where they lie; other integers and float16 are copied to the float type that holds
        them.
    n_clusters : int
        Number of clusters, 1..N.
    n_init : int
        Number of starts; the one of the least inertia is returned, the first of equal ones.
    max_iter : int
        The most iterations of a start.
    tol : float
        A start ends when the squared shifts of its centres sum to at most `tol` times the mean variance of
        the columns, or when no row changes its cluster.
    seed : int
        Seed of the starts, 0 ≤ seed < 2⁶⁴.
    init : array_like, [n_clusters, d], optional
        Centres to start from, rounded to float32 unless `x` is float64. There is one start then, whatever
        `n_init` and `seed` say.
    threads : int, optional
        Number of threads; one a core by default. The result has the same bits for any number.
    progress : callable, optional
        Called with ("clusters", iterations done, iterations in all) while it runs; a start that ends early
        counts as if it had taken `max_iter`.

    Returns
    -------
    KMeansResult
        Centres, labels, inertia, and the iterations of the best start.

    Raises
    ------
    InputValueError, InputTypeError
        If an argument is out of its range or shapes do not fit, a value is not finite (names the first row),
        values spread over more than 1e150 or, if they differ at all, less than 1e-140, there are more than
        2²⁰ columns, or a memory-mapped file has become too short.

    Notes
    -----
    Centres are drawn by k-means++: each in proportion to the squared distance from those before it, the best
    of 2 + ⌊ln k⌋ draws. A cluster that loses all its rows is given the row that is farthest from its own
    centre. With fewer distinct rows than clusters that ends when each row lies on a centre: the inertia is 0,
    and the clusters left over are empty, their centres equal to others.

    Examples
    --------
    >>> import pynoise
    >>> found = pynoise.kmeans([[0.0], [1.0], [9.0], [11.0]], 2)
    >>> found.centers[found.labels].tolist(), found.inertia
    ([[0.5], [0.5], [10.0], [10.0]], 2.5)
    """
    rows = _checks.features("x", x)
    clusters = _checks.whole("n_clusters", n_clusters, 1, len(rows), ", the number of rows of x")
    starts = _checks.whole("n_init", n_init, 1, _MOST)
    most = _checks.whole("max_iter", max_iter, 1, _MOST)
    tolerance = _tolerance(tol)
    start = _checks.seed("seed", seed)
    centers = None if init is None else _centers(init, clusters, rows)
    if centers is not None:
        starts = 1
    pool = _checks.threads(threads)
    _checks.callback("progress", progress)
    total = starts * most
    found, labels, inertia, iterations = _core.kmeans(
        rows,
        clusters,
        starts,
        most,
        tolerance,
        start,
        centers,
        mapped_file(rows),
        pool,
        None if progress is None else lambda done: progress("clusters", done, total),
    )
    dtype = np.float64 if rows.dtype == np.float64 else np.float32
    return KMeansResult(found.astype(dtype, copy=False), labels, inertia, iterations)


def _tolerance(value: Any) -> float:
    try:
        number = float(cast(SupportsFloat, value))
    except (TypeError, ValueError):
        raise InputTypeError("tol", f"{value!r} is not a number") from None
    if not 0 <= number < math.inf:
        raise InputValueError("tol", f"{number} is not a number of at least 0; the default is 1e-4")
    return number


def _centers(init: ArrayLike, clusters: int, rows: NDArray[Any]) -> NDArray[np.float64]:
    """Check starting centres."""
    centers = _checks.floats("init", init)
    want = (clusters, rows.shape[1])
    if centers.ndim > 2:
        centers = centers.reshape(len(centers), -1)
    if centers.shape != want:
        raise InputValueError("init", f"has shape {centers.shape}; give one row for each cluster, {want}")
    bad = np.flatnonzero(~np.isfinite(centers).all(axis=1))
    if bad.size:
        raise InputValueError("init", f"row {bad[0]} has a value that is not finite")
    return centers
