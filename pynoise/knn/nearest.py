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
    dtype = np.result_type(rows, queries).type
    pairs = len(rows) * len(queries)
    report = None if progress is None else lambda done: progress("neighbours", done, pairs)
    *found, (axes, bounded, settled) = _core.search(
        _checks.plain(rows, dtype),
        _checks.plain(queries, dtype),
        k, metric, exclude_self, block,
        _checks.threads(threads),
        report,
    )
    if return_statistics:
        return (*found, SearchStatistics("exact", pairs, axes, bounded / pairs, settled / pairs))
    return tuple(found)
