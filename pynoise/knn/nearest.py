"""K nearest neighbours: one call, several engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise.errors import InputTypeError, InputValueError, unknown_name

__all__ = ["ENGINES", "METRICS", "Found", "SearchStatistics", "search"]

METRICS = ("euclidean", "cosine")
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
        Share of the pairs whose distance was taken from the columns themselves.
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
) -> Any:
    """Scaffold."""
    rows, queries = _checks.features("train", train), _checks.features("query", query)
    if rows.shape[1] != queries.shape[1]:
        raise InputValueError("query", f"has {queries.shape[1]} columns; train has {rows.shape[1]}")
    neighbors = _checks.whole("k", k, 1, len(rows), ", the number of training examples")
    dtype = np.result_type(rows, queries).type
    if metric == "cosine":
        rows, queries = (x / np.linalg.norm(x.astype(float), axis=1, keepdims=True) for x in (rows, queries))
        dtype = np.float64
    pairs = len(rows) * len(queries)
    report = None if progress is None else lambda done: progress("neighbours", done, pairs)
    found = _core.search(
        _checks.plain(rows, dtype),
        _checks.plain(queries, dtype),
        neighbors + exclude_self,
        _checks.threads(threads),
        report,
    )
    if metric == "cosine":
        found = found[0], found[1] ** 2 / 2
    if exclude_self:
        keep = found[0] != np.arange(len(rows))[:, None]
        keep[keep.all(axis=1), -1] = False
        found = tuple(a[keep].reshape(len(rows), -1) for a in found)
    if return_statistics:
        return (*found, SearchStatistics("exact", pairs))
    return found
