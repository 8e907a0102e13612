"""How nearly kNet says what K-NN says: the measures of the paper's Fig. 3."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["agreement"]


def agreement(knn: NDArray[np.floating[Any]], knet: NDArray[np.floating[Any]]) -> dict[str, float]:
    """Compare the shares that K-NN and kNet give the classes, [M, L] each.

    Returns
    -------
    dict
        ``difference``: mean absolute difference over examples and classes. ``knn_maximum`` and
        ``knet_maximum``: mean over examples of the largest share.
    """
    return {
        "difference": float(np.abs(knn - knet).mean()),
        "knn_maximum": float(knn.max(axis=1).mean()),
        "knet_maximum": float(knet.max(axis=1).mean()),
    }
