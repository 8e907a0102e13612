"""Twins of the search: float64 brute force, and label counts one by one."""

import numpy as np


def in_order(terms, width):
    """Σ of what `terms` gives for each column, added column by column."""
    total = terms(0)
    for j in range(1, width):
        total = total + terms(j)
    return total


def rows_of(array, metric):
    """Rows as float64; for the cosine divided by their norms."""
    rows = np.asarray(array, dtype=np.float64).reshape(len(array), -1)
    if metric == "cosine":
        rows = rows / np.sqrt(in_order(lambda j: rows[:, j] ** 2, rows.shape[1]))[:, None]
    return rows


def settle(train, query, candidates, k, metric="euclidean", exclude_self=False, threads=1):
    """The k nearest of each query's candidates, ties to the lower index; -1 is none."""
    train, query = rows_of(train, metric), rows_of(query, metric)
    indices, distances = np.empty((len(query), k), np.int32), np.empty((len(query), k), np.float32)
    for i, row in enumerate(query):
        among = np.sort(candidates[i][(candidates[i] >= 0) & ~(exclude_self & (candidates[i] == i))])
        near = train if len(among) == len(train) else train[among]
        squared = in_order(lambda j, near=near, row=row: (near[:, j] - row[j]) ** 2, len(row))
        distance = squared / 2 if metric == "cosine" else np.sqrt(squared)
        order = np.argsort(distance, kind="stable")[:k]
        indices[i] = among[order]
        with np.errstate(over="ignore"):  # infinite where float32 cannot hold it
            distances[i] = distance[order]
    return indices, distances


def search(train, query, k, metric="euclidean", exclude_self=False):
    """Every row is a candidate."""
    every = np.broadcast_to(np.arange(len(train), dtype=np.int32), (len(query), len(train)))
    return settle(train, query, every, k, metric, exclude_self)


def label_histograms(indices, labels, ks, num_classes):
    """Count the labels of the first k neighbours."""
    return np.array(
        [[np.bincount(labels[row[:k]], minlength=num_classes) for row in indices] for k in ks], dtype=np.int32
    )


def accuracy(indices, labels, truth, k, num_classes, ties):
    """Share of the queries that the vote of the first k neighbours gets right."""
    counts = label_histograms(indices, labels, [k], num_classes)[0]
    if ties == "first":
        return np.mean(counts.argmax(axis=1) == truth)
    own = np.take_along_axis(counts, truth[:, None], axis=1)
    level = (counts == own).sum(axis=1)
    best = own[:, 0] == counts.max(axis=1)
    return np.mean(best / level) if ties == "random" else np.mean(best & (level == 1))
