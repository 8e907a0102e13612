"""A share of the training examples, for a table in less time."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from pynoise import seeds
from pynoise._sample import sample
from pynoise.data import Dataset, ImageFolders

__all__ = ["share_of", "share_size"]


def share_size(dataset: Dataset | ImageFolders, scale: float) -> int:
    """How many training examples a share is, not counting a validation set of the data's own."""
    return max(1, round(scale * _count(dataset)))


def share_of(dataset: Dataset | ImageFolders, scale: float, seed: int) -> Dataset | ImageFolders:
    """The data set with a share of its training examples, drawn without replacement; its name says so.

    Parameters
    ----------
    dataset : Dataset or ImageFolders
        N training examples; all test examples stay, and so does a validation set of its own.
    scale : float
        The share, within (0, 1].
    seed : int
        The run's seed; that of the draw is ``seeds.split(seed, "share")``. A larger share adds to a smaller
        one.
    """
    examples, count = _count(dataset), share_size(dataset, scale)
    if count == examples:
        return dataset
    rows = sample(seeds.split(seed, "share"), "share", examples, count)
    part = copy.copy(dataset)  # not made anew: what was checked need not be read again
    changed: dict[str, Any] = {
        "name": f"{dataset.name} ({count:,} of {examples:,} training examples)",
        "origin": None,  # what it names is the whole
    }
    if isinstance(dataset, ImageFolders):
        rows = np.append(rows, np.arange(examples, len(dataset.y_train)))
        changed["train"] = dataset.train.taken(rows)
    else:
        changed["x_train"] = dataset.x_train[rows]
    for key, value in (changed | {"y_train": dataset.y_train[rows]}).items():
        object.__setattr__(part, key, value)
    return part


def _count(dataset: Dataset | ImageFolders) -> int:
    held = dataset.held if isinstance(dataset, ImageFolders) else 0
    return len(dataset.y_train) - held
