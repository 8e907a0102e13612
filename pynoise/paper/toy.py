"""The toy of kNet's Figures 2 and 3: three Gaussians in the plane, and their noise."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _core, seeds
from pynoise.data import Dataset

__all__ = ["CENTERS", "LEVEL", "MATRIX", "SETTINGS", "TOY", "nearest_center", "toy"]

TOY = "toy"

# The paper does not say where they lie: here 4 standard deviations from each other, round the origin. To name
# the nearest, which no classifier can beat, is then right for 95.9 % of all points.
_ANGLES = np.pi / 2 + 2 * np.pi / 3 * np.arange(3)
CENTERS: NDArray[np.float64] = 4 / np.sqrt(3) * np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1)

# Points of each class, of which the paper does not speak.
_TRAIN, _TEST = 500, 1000

# Of each class 20 % become the next one, and 10 % the one after, as the paper says.
LEVEL = 0.3
MATRIX: NDArray[np.float64] = np.array([[0, 2 / 3, 1 / 3], [1 / 3, 0, 2 / 3], [2 / 3, 1 / 3, 0]])

# Nothing is held out, since nobody knows clean labels; the rest is as pynoise.training.Settings has it. The
# paper is silent.
SETTINGS = {"validation": 0.0}


def toy(seed: int) -> Dataset:
    """Draw the points.

    Parameters
    ----------
    seed : int
        The run's seed; that of the points is ``seeds.split(seed, "toy")``.

    Returns
    -------
    Dataset
        x float32 [1500, 2] and [3000, 2], in standard deviations; the classes take turns.
    """
    train, test = (_draw(seeds.split(seed, "toy", i), 3 * count) for i, count in enumerate((_TRAIN, _TEST)))
    return Dataset(*train, *test, name=TOY)


def nearest_center(points: NDArray[np.floating[Any]]) -> NDArray[np.int32]:
    """The class whose centre is nearest, [M], of points [M, 2]: what the best of all classifiers says."""
    squares: NDArray[np.float64] = ((points[:, None] - CENTERS) ** 2).sum(axis=2)
    classes: NDArray[np.int32] = squares.argmin(axis=1).astype(np.int32)
    return classes


def _draw(seed: int, count: int) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """So many points [count, 2], and their classes [count]."""
    u, v = _core.random_uniform(seed, "toy", 2 * count).reshape(2, count)
    # Box and Muller: a point of the standard normal distribution of the plane for two uniform numbers.
    radius, angle = np.sqrt(-2 * np.log1p(-u)), 2 * np.pi * v
    labels = np.arange(count, dtype=np.int32) % 3
    points = CENTERS[labels] + np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)
    return points.astype(np.float32), labels
