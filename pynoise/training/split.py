"""Which training examples are held out to select an epoch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pynoise import seeds
from pynoise._sample import sample
from pynoise.errors import InputValueError

__all__ = ["split_rows"]


def split_rows(
    examples: int, share: float, seed: int, own: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Split training examples at random into those to learn from and those to select by, both in order.

    Parameters
    ----------
    examples : int
        N.
    share : float
        Of the second part, within [0, 1): ``round(share * N)`` examples.
    seed : int
        The run's seed; that of the draw is ``seeds.split(seed, "validation")``.
    own : int
        How many examples, the last ones, are a validation set of the data's own. If there are some nothing is
        drawn: with a share above 0 these are the second part, all of them, and with 0 they are in neither.

    Returns
    -------
    tuple of ndarray of int64
        Training and validation examples.

    Raises
    ------
    InputValueError
        If either part has too few examples.
    """
    if own:
        rows = np.arange(examples)
        return rows[:-own], rows[-own:] if share > 0 else rows[:0]
    count = round(share * examples)
    if share > 0 and count == 0:
        raise InputValueError(
            "validation", f"{share:.10g} of {examples} examples is none; give a larger share, or 0"
        )
    if examples - count < 2:
        raise InputValueError(
            "validation", f"{share:.10g} of {examples} examples leaves fewer than 2 to learn from"
        )
    held = sample(seeds.split(seed, "validation"), "validation", examples, count)
    return np.setdiff1d(np.arange(examples), held), held
