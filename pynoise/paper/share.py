"""A share of the training examples, for a table in less time."""

from __future__ import annotations

import copy

from pynoise import seeds
from pynoise._sample import sample
from pynoise.data import Dataset

__all__ = ["share_of", "share_size"]


def share_size(dataset: Dataset, scale: float) -> int:
    """How many training examples a share is."""
    return max(1, round(scale * len(dataset.y_train)))


def share_of(dataset: Dataset, scale: float, seed: int) -> Dataset:
    """The data set with a share of its training examples, drawn without replacement; its name says so.

    Parameters
    ----------
    dataset : Dataset
        N training examples; all test examples stay.
    scale : float
        The share, within (0, 1].
    seed : int
        The run's seed; that of the draw is ``seeds.split(seed, "share")``. A larger share adds to a smaller
        one.
    """
    examples, count = len(dataset.y_train), share_size(dataset, scale)
    if count == examples:
        return dataset
    rows = sample(seeds.split(seed, "share"), "share", examples, count)
    part = copy.copy(dataset)  # not made anew: what was checked need not be read again
    changed = {
        "x_train": dataset.x_train[rows],
        "y_train": dataset.y_train[rows],
        "name": f"{dataset.name} ({count:,} of {examples:,} training examples)",
        "origin": None,  # what it names is the whole
    }
    for key, value in changed.items():
        object.__setattr__(part, key, value)
    return part
