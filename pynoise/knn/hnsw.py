"""The engine "hnsw": neighbours by a graph of small worlds, fast for many rows and not always the nearest.

The graph (Malkov and Yashunin, arXiv:1603.09320) is the package hnswlib's. It holds the rows in the float32
space of `pynoise.knn.space`; distances, and the order of what was found, are those of the exact engine.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core, seeds
from pynoise._packages import needed
from pynoise._sample import sample
from pynoise.errors import InputValueError
from pynoise.knn.nearest import Found, Progress, SearchStatistics
from pynoise.knn.nearest import search as search_by
from pynoise.knn.space import Columns, Space, refuse

with needed("engine", "hnswlib", "'pynoise-lab[hnsw]'", what="'hnsw'"):
    import hnswlib

__all__ = ["search"]

# Links of a row, and the breadth of the search for them.
LINKS = 16
BREADTH_OF_LINKS = 200
# The breadth of a query's search is twice what it asks for, at least this.
BREADTH = 100
# Rows between two reports, unless told.
BLOCK = 1024
# Queries whose neighbours are compared with the exact ones.
SAMPLE = 200

Rows = NDArray[Any]


def search(
    train: Rows,
    query: Rows,
    k: int,
    *,
    metric: _checks.Metric,
    exclude_self: bool,
    threads: int,
    block: int | None,
    seed: int,
    progress: Progress | None,
) -> Found:
    """Find `k` near rows of `train` [N, d] to each row of `query` [M, d], both of one dtype.

    `block` is the number of rows between two reports. With one thread `seed` decides the result; with more
    the graph depends on which thread comes first. The statistics hold the recall: the share of the exact
    neighbours that was found, over 200 of the queries.

    Raises
    ------
    InputValueError
        If a value is not finite, values spread over more than 1e150, a row is all zeros (with the metric
        "cosine"), or the graph does not lead to `k` rows.
    """
    size = block or BLOCK
    rows, total = len(train), len(train) * len(query)
    asked = k + exclude_self
    breadth = min(max(2 * asked, BREADTH), max(rows, asked))
    # Work in steps of a search: each row's for its links, each query's for its neighbours.
    building, all_work = rows * BREADTH_OF_LINKS, rows * BREADTH_OF_LINKS + len(query) * breadth

    def report(work: int) -> None:
        if progress is not None:
            progress("neighbours", total * work // all_work, total)

    cosine = metric == "cosine"
    space = Space.of(_columns("train", train, size, cosine), rows, _columns("query", query, size, cosine))
    # Squared distances order the rows as cosines do, once their norms are 1.
    graph = hnswlib.Index(space="l2", dim=train.shape[1])
    graph.init_index(
        max_elements=rows,
        M=LINKS,
        ef_construction=BREADTH_OF_LINKS,
        random_seed=seeds.split(seed, "hnsw links"),
    )
    workers = threads or -1
    for part in _blocks(rows, size):
        graph.add_items(_placed(train[part], space, cosine), np.arange(rows)[part], num_threads=workers)
        report(building * part.stop // rows)
    graph.set_ef(breadth)
    indices = np.empty((len(query), k), np.int32)
    distances = np.empty((len(query), k), np.float32)
    for part in _blocks(len(query), size):
        found = _asked(graph, _placed(query[part], space, cosine), asked, rows, workers)
        if exclude_self:
            found = _without(found, np.arange(part.start, part.stop))
        indices[part], distances[part] = _core.settle(train, query[part], found, k, metric, False, threads)
        report(building + part.stop * breadth)
    statistics = SearchStatistics(
        "hnsw",
        total,
        settled=len(query) * k / total,
        recall=_recall(train, query, indices, metric, exclude_self, threads, seed),
    )
    return indices, distances, statistics


def _asked(
    graph: Any, queries: NDArray[np.float32], count: int, rows: int, workers: int
) -> NDArray[np.int32]:
    """What the graph finds, [m, count]; where it finds fewer, its search grows broader for good."""
    while True:
        try:
            labels, _ = graph.knn_query(queries, k=count, num_threads=workers)
        except RuntimeError:
            if graph.ef >= rows:
                raise InputValueError(
                    "k",
                    f"the graph of the engine 'hnsw' does not lead from every query to {count} rows; give "
                    "fewer, or engine='exact'",
                ) from None
            graph.set_ef(min(4 * graph.ef, rows))
        else:
            return np.ascontiguousarray(labels, dtype=np.int32)


def _without(found: NDArray[np.int32], own: NDArray[np.int64]) -> NDArray[np.int32]:
    """Drop each query's own row, or else the last."""
    keep = found != own[:, None]
    keep[keep.all(axis=1), -1] = False
    others: NDArray[np.int32] = found[keep].reshape(len(found), -1)
    return others


def _recall(
    train: Rows,
    query: Rows,
    indices: NDArray[np.int32],
    metric: _checks.Metric,
    exclude_self: bool,
    threads: int,
    seed: int,
) -> float:
    """The share of the exact neighbours among those found, for a sample of the queries."""
    some = sample(seeds.split(seed, "hnsw recall"), "queries", len(query), SAMPLE)
    k = indices.shape[1]
    exact = search_by(train, query[some], k + exclude_self, metric=metric, threads=threads or None)[0]
    if exclude_self:
        exact = _without(exact, some)
    hits = sum(np.intersect1d(*pair).size for pair in zip(indices[some], exact, strict=True))
    return float(hits / exact.size)


def _columns(name: str, source: Rows, size: int, cosine: bool) -> Columns:
    width = source.shape[1]
    columns = Columns(np.zeros(width), np.full(width, np.inf), np.full(width, -np.inf))
    with np.errstate(over="ignore", invalid="ignore"):  # of rows that are refused below
        for part in _blocks(len(source), size):
            x = _wide(source[part], cosine)
            columns = Columns(
                columns.total + x.sum(axis=0),
                np.minimum(columns.least, x.min(axis=0)),
                np.maximum(columns.greatest, x.max(axis=0)),
            )
    if not columns.finite:
        refuse(name, source)
    return columns


def _placed(part: Rows, space: Space, cosine: bool) -> NDArray[np.float32]:
    return ((_wide(part, cosine) - space.center) * space.scale).astype(np.float32)


def _wide(part: Rows, cosine: bool) -> NDArray[np.float64]:
    """Rows in float64, of norm 1 for the metric "cosine"."""
    x = part.astype(np.float64)
    if cosine:
        x /= np.abs(x).max(axis=1, keepdims=True)  # else squares may overflow
        x /= np.sqrt((x * x).sum(axis=1, keepdims=True))
    return x


def _blocks(rows: int, size: int) -> Iterator[slice]:
    for start in range(0, rows, size):
        yield slice(start, min(start + size, rows))
