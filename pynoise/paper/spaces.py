"""Examples in two dimensions, as figures of several papers show them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # comes with scikit-learn

from pynoise import knn, seeds
from pynoise._sample import sample
from pynoise.analysis import embed

__all__ = ["MOST", "NEAR", "chosen_examples", "places_of", "unmixed"]

# More could not be told apart.
MOST = 2000

# Neighbours in a picture by which it is told how mixed its classes are.
NEAR = 10


def chosen_examples(count: int, seed: int) -> NDArray[np.int64]:
    """Which of so many examples are shown: at most `MOST`, drawn by ``seeds.split(seed, "t-SNE")``."""
    return sample(seeds.split(seed, "t-SNE"), "examples", count, min(MOST, count))


def places_of(features: NDArray[Any], seed: int, threads: int | None) -> NDArray[np.floating[Any]]:
    """Where t-SNE places rows [n, d], started by ``seeds.split(seed, "t-SNE", 1)``; [n, 2]."""
    with threadpool_limits(threads):
        return embed(features, "tsne", seed=seeds.split(seed, "t-SNE", 1))


def unmixed(places: NDArray[Any], labels: NDArray[np.int32]) -> NDArray[np.float64]:
    """Of each example [n] the share of the `NEAR` nearest in a picture [n, 2] that have the same class."""
    near, _ = knn.search(places, places, min(NEAR, len(places) - 1), exclude_self=True)
    shares: NDArray[np.float64] = (labels[near] == labels[:, None]).mean(axis=1)
    return shares
