"""Twin of the kernel that settles candidates: each by its float64 distance."""

import numpy as np


def settle(train, query, candidates, k, metric, exclude_self, threads):
    """The k nearest of each query's candidates, nearest first."""
    train, query = train.astype(np.float64), query.astype(np.float64)
    if metric == "cosine":
        train, query = (x / np.sqrt(in_order(x**2))[:, None] for x in (train, query))
    indices, distances = np.empty((len(query), k), np.int32), np.empty((len(query), k), np.float32)
    for i, row in enumerate(query):
        rows = candidates[i][candidates[i] >= 0]
        rows = np.sort(rows[rows != i] if exclude_self else rows)
        squared = in_order((train[rows] - row) ** 2)
        distance = squared / 2 if metric == "cosine" else np.sqrt(squared)
        order = np.argsort(distance, kind="stable")[:k]
        indices[i] = rows[order]
        with np.errstate(over="ignore"):  # infinite where float32 cannot hold it
            distances[i] = distance[order]
    return indices, distances


def search(train, query, k, metric="euclidean", exclude_self=False):
    """Brute force: every row is a candidate."""
    every = np.broadcast_to(np.arange(len(train), dtype=np.int32), (len(query), len(train)))
    return settle(train, query, every, k, metric, exclude_self, 1)


def in_order(terms):
    """Sums of rows, added column by column."""
    return np.cumsum(terms, axis=1)[:, -1]
