"""A part of a test set, drawn at random."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, seeds
from pynoise._sample import sample
from pynoise.data.dataset import Dataset

__all__ = ["draw_queries", "with_queries"]


def draw_queries(dataset: Dataset, count: Any, seed: int) -> NDArray[np.int64]:
    """Draw test examples without replacement.

    Each test example has a random key for a seed, and the `count` smallest are drawn: more examples add to
    fewer, and every machine draws the same.

    Parameters
    ----------
    dataset : Dataset
        M test examples.
    count : int
        How many, 1..M.
    seed : int
        The run's seed; that of the draw is ``seeds.split(seed, "queries")``.

    Returns
    -------
    ndarray of int64, [count]
        Which test examples, in order.

    Raises
    ------
    InputValueError, InputTypeError
        For a count or a seed out of its range.
    """
    examples = len(dataset.x_test)
    checked = _checks.whole("queries", count, 1, examples, ", the number of test examples")
    return sample(seeds.split(seed, "queries"), "queries", examples, checked)


def with_queries(dataset: Dataset, queries: NDArray[np.int64]) -> Dataset:
    """The data set with these of its test examples; the training set, names and name stay."""
    part = copy.copy(dataset)  # not made anew: what was checked need not be read again
    object.__setattr__(part, "x_test", dataset.x_test[queries])
    object.__setattr__(part, "y_test", dataset.y_test[queries])
    return part
