"""Hubness: how often an example is a neighbour of others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise._fingerprint import Fingerprint
from pynoise.errors import InputValueError

if TYPE_CHECKING:
    from pynoise.knn import Neighbors

__all__ = ["NEIGHBORHOOD", "occurrences_of"]

# Neighbours in whose lists occurrences are counted: our choice; the paper's is not at hand.
NEIGHBORHOOD = 10


def occurrences_of(
    features: ArrayLike | None,
    neighbors: str | Path | Neighbors | None,
    k: int,
    examples: int,
    threads: int | None = None,
) -> tuple[NDArray[np.float64], Fingerprint]:
    """Count in how many other examples' K-neighbour lists each example stands.

    Returns the counts [N] and the fingerprint of the features that neighbours were found in.
    """
    from pynoise import knn  # which loads what is needed for it, and for little else

    limit = ", the other examples"
    if neighbors is None:
        if features is None:
            raise InputValueError("features", "noise 'hubness' needs them, [N, d], or neighbors")
        given = _checks.finite_rows("features", features)
        x = _checks.one_row_each("features", _checks.features("features", given), examples)
        count = _checks.whole("k", k, 1, len(x) - 1, limit)
        indices, _ = knn.search(x, x, count, exclude_self=True, threads=threads)
        return np.bincount(indices.reshape(-1), minlength=examples).astype(float), Fingerprint.of(given)
    if features is not None:
        raise InputValueError("neighbors", "do not go with features, from which they would be found")
    found = knn.Neighbors.given(neighbors, "train")
    if len(found.indices) != examples:
        raise InputValueError("neighbors", f"are those of {len(found.indices)} examples, not {examples}")
    count = _checks.whole("k", k, 1, found.k, f", as many as {found} keeps")
    indices = found.indices[:, :count]
    return np.bincount(indices.reshape(-1), minlength=examples).astype(float), found.train
