"""K nearest neighbours: one call, several engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise._mapped import mapped_file
from pynoise.errors import InputValueError, unknown_name

__all__ = ["ENGINES", "Found", "SearchStatistics", "search"]

# Where each engine lives; the exact one is compiled.
ENGINES = {"exact": None, "hnsw": "pynoise.knn.hnsw", "torch": "pynoise.knn.on_torch"}

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True)
class SearchStatistics:
    """What a search did.

    Attributes
    ----------
    engine : str
        "exact", "hnsw" or "torch".
    pairs : int
        Pairs of a query and a training row, M·N.
    axes : int or None
        Coordinates in the first lower bound of the exact engine: d where whole rows were multiplied.
    bounded : float or None
        Share of the pairs that the first bound could not rule out.
    settled : float or None
        Share of the pairs whose distance was taken from the columns themselves, once or twice; some to learn
        how far the neighbours are, before the first bound is taken.
    recall : float or None
        For "hnsw": the share of the exact neighbours that it found, over a sample of the queries.
    """

    engine: str
    pairs: int
    axes: int | None = None
    bounded: float | None = None
    settled: float | None = None
    recall: float | None = None


Found = tuple[NDArray[np.int32], NDArray[np.float32], SearchStatistics]


@overload
def search(
    train: ArrayLike,
    query: ArrayLike,
    k: int,
    *,
    metric: str = ...,
    exclude_self: bool = ...,
    engine: str = ...,
    threads: int | None = ...,
    block: int | None = ...,
    seed: int = ...,
    progress: Progress | None = ...,
    return_statistics: Literal[False] = ...,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]: ...


@overload
def search(
    train: ArrayLike,
    query: ArrayLike,
    k: int,
    *,
    metric: str = ...,
    exclude_self: bool = ...,
    engine: str = ...,
    threads: int | None = ...,
    block: int | None = ...,
    seed: int = ...,
    progress: Progress | None = ...,
    return_statistics: Literal[True],
) -> Found: ...


def search(
    train: ArrayLike,
    query: ArrayLike,
    k: int,
    *,
    metric: str = "euclidean",
    exclude_self: bool = False,
    engine: str = "exact",
    threads: int | None = None,
    block: int | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    return_statistics: bool = False,
) -> tuple[NDArray[np.int32], NDArray[np.float32]] | Found:
    """Find the K nearest training rows of each query.

    Exact, unless the engine is "hnsw": the result equals float64 brute force whatever the offset and scale
    of the data. Lower bounds on a few axes rule out most rows; what they may be off by is accounted for, and
    the last few rows are settled in float64 (uint8 in integers).

    Parameters
    ----------
    train : array_like, [N, ...]
        Training rows, finite; what follows the first axis is flattened. uint8, float32 and float64 are
        used as they are, in C or Fortran order, as views and as ``numpy.memmap``; other integers and
        float16 are copied to the float type that holds them, and so are two arrays of unlike types.
    query : array_like, [M, ...]
        Rows of the same width.
    k : int
        Number of neighbours, 1..N, or N-1 with `exclude_self`.
    metric : {"euclidean", "cosine"}
        "cosine" is 1 - cos, computed as Σ(a/‖a‖ - b/‖b‖)²/2, which is accurate for near rows too; no row may
        be all zeros.
    exclude_self : bool
        `query` is `train`, or its first M rows, and no row is its own neighbour.
    engine : {"exact", "torch", "hnsw"}
        "exact" runs on the CPU. "torch" gives the same result with PyTorch, on a CUDA device where there is
        one. "hnsw" is approximate (package hnswlib); its distances are those of the rows that it found.
    threads : int, optional
        Number of threads; one a core by default ("torch": as PyTorch is set). The result has the same bits
        for any number; that of "hnsw" for one thread only.
    block : int, optional
        The most queries that are worked on together; chosen by default.
    seed : int
        Seed of "hnsw", 0 ≤ seed < 2⁶⁴.
    progress : callable, optional
        Called with ("neighbours", pairs done, pairs in all) while the search runs.
    return_statistics : bool
        Return a `SearchStatistics` as well.

    Returns
    -------
    indices : ndarray of int32, [M, k]
        Indices of training rows, nearest first; ties go to the lower index.
    distances : ndarray of float32, [M, k]
        "euclidean": the root of Σ(a-b)². Sums are added over the columns in order in float64, and rounded
        last; infinite where float32 cannot hold them.
    statistics : SearchStatistics
        With `return_statistics`: what the search did.

    Raises
    ------
    InputValueError, InputTypeError
        If shapes do not fit, an argument is out of its range, a value is not finite or a row has no
        direction for the cosine (names the first row), values spread over more than 1e150, there are more
        than 2²⁰ columns, a memory-mapped file has become too short, or the package of an engine is missing.

    Notes
    -----
    Beyond input and output the exact engine keeps to 256 MiB, whatever N and M (and K, up to some millions).
    It looks at the length of a ``numpy.memmap``'s file before each block; a file that is cut short while a
    block is read ends the process, as it does for any reader of a mapped file. So does a short file behind
    an array that does not show it, from ``torch.from_numpy`` or ``memoryview``.

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
    distance = _checks.metric(metric)
    if not isinstance(engine, str) or engine not in ENGINES:
        raise unknown_name("engine", engine, tuple(ENGINES))
    itself = _checks.flag("exclude_self", exclude_self)
    with_statistics = _checks.flag("return_statistics", return_statistics)
    _checks.callback("progress", progress)
    if itself:
        _check_same(rows, queries)
    others = len(rows) - itself
    if others == 0:
        raise InputValueError("train", "has one row, which has no neighbour but itself")
    limit = ", the number of training examples" + (" but oneself" if itself else "")
    neighbors = _checks.whole("k", k, 1, others, limit)
    pool = _checks.threads(threads)
    most = None if block is None else min(_checks.whole("block", block, 1), len(queries))
    start = _checks.seed("seed", seed)
    dtype = np.result_type(rows, queries).type
    rows, queries = rows.astype(dtype, copy=False), queries.astype(dtype, copy=False)
    pairs = len(rows) * len(queries)
    found: Found
    home = ENGINES[engine]
    if home is not None:
        found = import_module(home).search(
            _checks.plain(rows, dtype),
            _checks.plain(queries, dtype),
            neighbors,
            metric=distance,
            exclude_self=itself,
            threads=pool,
            block=most,
            seed=start,
            progress=progress,
        )
    else:
        indices, distances, (axes, bounded, settled) = _core.search(
            rows,
            queries,
            neighbors,
            distance,
            itself,
            most,
            (mapped_file(rows), mapped_file(queries)),
            pool,
            None if progress is None else lambda done: progress("neighbours", done, pairs),
        )
        statistics = SearchStatistics("exact", pairs, axes, bounded / pairs, settled / pairs)
        found = indices, distances, statistics
    return found if with_statistics else found[:2]


def _check_same(train: NDArray[Any], query: NDArray[Any]) -> None:
    """Check that the queries are the first training rows, without a copy of either."""
    if train.__array_interface__ == query.__array_interface__:
        return
    problem = "is not train, as exclude_self=True has it; pass the same array twice"
    if len(query) > len(train):
        raise InputValueError("query", problem)
    step = max(1, 2**22 // train.shape[1])
    for start in range(0, len(query), step):
        if not np.array_equal(
            train[start : start + step][: len(query) - start], query[start : start + step], equal_nan=True
        ):
            raise InputValueError("query", problem)
