"""Drawing some of many, without replacement."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pynoise import _core

__all__ = ["sample"]


def sample(seed: int, stream: str, examples: int, count: int) -> NDArray[np.int64]:
    """Draw `count` of the numbers below `examples`, in order.

    Each has a random key for a seed and a stream, and the smallest are drawn: more add to fewer, and every
    machine draws the same.
    """
    keys = _core.random_uniform(seed, stream, examples)
    return np.sort(np.argsort(keys, kind="stable")[:count])
