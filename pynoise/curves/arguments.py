"""What the arguments of `accuracy_curve` mean."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.curves.examples import Examples
from pynoise.curves.noise import CurveNoise
from pynoise.curves.run import Drawer
from pynoise.data import Dataset, registry
from pynoise.errors import InputValueError
from pynoise.noise.levels import check_level

__all__ = ["counts_of", "dataset_of", "levels_of"]


def dataset_of(data: str | Path | Dataset) -> Dataset:
    """The data set itself, loaded if it is only named."""
    dataset = registry.dataset_of(data)
    if dataset.num_classes < 2:
        raise InputValueError("data", "has one class, in which no label can be wrong; give two or more")
    return dataset


def levels_of(levels: ArrayLike | None, noise: CurveNoise, drawer: Drawer | None) -> list[float]:
    """The noise levels: as given, or the noise's own."""
    if levels is None:
        return noise.levels(drawer)
    if noise.record is not None:
        raise InputValueError("levels", "NoisyLabels have their own level; leave levels out")
    values = np.atleast_1d(_checks.floats("levels", levels))
    if values.ndim != 1 or values.size == 0:
        raise InputValueError("levels", "give a sequence of at least one number within [0, 1]")
    checked = [check_level("levels", value) for value in values.tolist()]
    if drawer is not None:
        for level in checked:
            drawer.check("levels", level)
    return checked


def counts_of(
    argument: str,
    k: int | Sequence[int] | NDArray[np.integer],
    examples: Examples,
    model: _checks.Model,
    *,
    neighbours: bool,
) -> list[int]:
    """Check numbers of neighbours: no more than there are."""
    most, limit = examples.most(model, neighbours=neighbours)
    return _checks.counts(argument, k, most, limit)[0]
