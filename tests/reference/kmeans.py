"""Twin of k-means: every distance in float64, one point after the other."""

import numpy as np


def squared(x, centers):
    """Squared distances [N, k], by differences."""
    return ((x[:, None, :] - centers[None]) ** 2).sum(axis=2)


def inertia(x, centers):
    return squared(np.asarray(x, np.float64), np.asarray(centers, np.float64)).min(axis=1).sum()


def lloyd(x, init, max_iter=300, tol=1e-4):
    """Lloyd's iterations from the centres `init`: centres, labels, inertia, iterations."""
    rounded = np.float64 if x.dtype == np.float64 else np.float32
    x = np.asarray(x, np.float64)
    centers = np.asarray(init, rounded).astype(np.float64)
    limit = tol * x.var(axis=0).mean()
    labels = np.full(len(x), -1)
    iterations = 0
    while iterations < max_iter:
        iterations += 1
        before, (labels, distances) = labels, nearest(x, centers)
        members = [np.flatnonzero(labels == c) for c in range(len(centers))]
        repaired = repair(members, labels, distances)
        new = np.array([x[m].mean(axis=0) if len(m) else c for m, c in zip(members, centers, strict=True)])
        new = new.astype(rounded).astype(np.float64)
        shift, centers = ((new - centers) ** 2).sum(), new
        if (labels == before).all() and not repaired:
            break
        if shift <= limit:
            break
    labels, distances = nearest(x, centers)
    return centers.astype(rounded), labels, distances.sum(), iterations


def nearest(x, centers):
    every = squared(x, centers)
    return every.argmin(axis=1), every.min(axis=1)


def repair(members, labels, distances):
    """Give each empty cluster one of the points that are farthest from their centres."""
    far = iter(np.lexsort((np.arange(len(labels)), -distances)))
    repaired = False
    for empty in [c for c, m in enumerate(members) if len(m) == 0]:
        point = next((i for i in far if distances[i] > 0 and len(members[labels[i]]) > 1), None)
        if point is None:
            break
        members[labels[point]] = members[labels[point]][members[labels[point]] != point]
        members[empty] = np.array([point])
        repaired = True
    return repaired
