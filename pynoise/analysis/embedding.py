"""Features in two dimensions, to be looked at."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputValueError, unknown_name

__all__ = ["EMBEDDINGS", "embed"]

EMBEDDINGS = ("pca", "tsne")

# What t-SNE is given at most: its authors' number of principal components.
_COMPONENTS = 50


def embed(features: ArrayLike, method: str = "pca", *, seed: int = 0) -> NDArray[np.floating[Any]]:
    """Place rows in two dimensions.

    Parameters
    ----------
    features : array_like, [N, ...]
        Rows, finite; N ≥ 3.
    method : {"pca", "tsne"}
        The two principal components, or t-SNE (van der Maaten and Hinton, 2008) of the first 50 of them. Both
        are scikit-learn's; t-SNE takes a minute for 5,000 rows, and its places differ from one machine to
        another.
    seed : int
        For t-SNE, 0 ≤ seed < 2⁶⁴.

    Returns
    -------
    ndarray of float32 or float64, [N, 2]

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.

    Examples
    --------
    >>> from pynoise.analysis import embed
    >>> abs(embed([[0.0, 0.0, 1.0], [0.0, 2.0, 1.0], [0.0, 4.0, 1.0]])).round(6)[:, 0].tolist()
    [2.0, 0.0, 2.0]
    """
    x = _checks.features("features", _checks.finite_rows("features", features))
    if len(x) < 3:
        raise InputValueError("features", f"has {len(x)} rows; give three or more")
    if not isinstance(method, str) or method not in EMBEDDINGS:
        raise unknown_name("method", method, EMBEDDINGS)
    start = _checks.seed("seed", seed)
    x = x.astype(np.float32 if x.dtype == np.uint8 else x.dtype, copy=False)
    if x.shape[1] == 1:
        x = np.pad(x, ((0, 0), (0, 1)))
    if (x == x[0]).all():
        return np.zeros((len(x), 2), x.dtype)  # one place for all: there is nothing to find
    from sklearn.decomposition import PCA

    kept = 2 if method == "pca" else min(_COMPONENTS, *x.shape)
    places: NDArray[np.floating[Any]] = PCA(kept, svd_solver="full").fit_transform(x)
    if method == "tsne":
        from sklearn.manifold import TSNE

        # Fewer rows than usual take a smaller perplexity.
        found = TSNE(perplexity=min(30, (len(x) - 1) / 3), random_state=start % 2**32).fit_transform(places)
        places = np.asarray(found)
    return places
