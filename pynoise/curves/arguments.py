"""What the arguments of `accuracy_curve` mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise import noise as noise_package
from pynoise.curves.examples import Examples
from pynoise.data import Dataset, registry
from pynoise.errors import InputTypeError, InputValueError, unknown_name
from pynoise.noise.labels import check_level
from pynoise.noise.matrices import MATRIX_SUFFIXES

__all__ = ["NoiseLike", "counts_of", "dataset_of", "levels_of", "noise_of"]

NoiseLike = str | Path | ArrayLike | noise_package.LabelMap | noise_package.NoisyLabels


def dataset_of(data: str | Path | Dataset) -> Dataset:
    """The data set itself, loaded if it is only named."""
    dataset = registry.dataset_of(data)
    if dataset.num_classes < 2:
        raise InputValueError("data", "has one class, in which no label can be wrong; give two or more")
    return dataset


def noise_of(
    noise: NoiseLike, dataset: Dataset
) -> tuple[str, NDArray[np.float64], noise_package.NoisyLabels | None]:
    """What `noise` means: its name, its corruption matrix, and the labels where they are given."""
    classes = dataset.num_classes
    if isinstance(noise, noise_package.NoisyLabels):
        if not np.array_equal(noise.clean, dataset.y_train):
            raise InputValueError("noise", "the clean labels of these NoisyLabels are not the data's")
        if len(noise.matrix) != classes:
            raise InputValueError(
                "noise", f"was made for {len(noise.matrix)} classes; the data have {classes} (num_classes)"
            )
        return noise.kind, noise.matrix, noise
    if isinstance(noise, Path) or (isinstance(noise, str) and noise.lower().endswith(MATRIX_SUFFIXES)):
        matrix = noise_package.load_matrix(noise)
        try:
            return str(noise), noise_package.corruption_matrix("matrix", classes, matrix=matrix), None
        except InputValueError as error:
            raise InputValueError("matrix", f"{str(noise)!r}: {error.problem}") from None
    if isinstance(noise, Mapping) or (isinstance(noise, str) and ":" in noise):
        p = noise_package.corruption_matrix("flip", classes, label_map=noise)
        text = noise if isinstance(noise, str) else ",".join(f"{a}:{b}" for a, b in noise.items())
        return f"flip {text}", p, None
    if isinstance(noise, str):
        if noise == "matrix":
            raise InputValueError("noise", "'matrix' needs one: give the array, or its .npy or .csv file")
        if noise not in noise_package.KINDS:
            known = [kind for kind in noise_package.KINDS if kind != "matrix"]
            raise unknown_name("noise", noise, [*known, "FILE.npy", "FILE.csv"])
        return noise, noise_package.corruption_matrix(noise, classes), None
    if np.ndim(_checks.array("noise", noise)) == 0:
        raise InputTypeError("noise", f"{noise!r} is no noise; give a kind, a label map or a matrix")
    return "matrix", noise_package.corruption_matrix("matrix", classes, matrix=noise), None


def levels_of(levels: ArrayLike | None, record: noise_package.NoisyLabels | None) -> list[float]:
    """The noise levels: as given, the record's own, or 0, 0.05, …, 1."""
    if record is not None:
        if levels is not None:
            raise InputValueError("levels", "NoisyLabels have their own level; leave levels out")
        return [record.level]
    if levels is None:
        return [i / 20 for i in range(21)]
    values = np.atleast_1d(_checks.floats("levels", levels))
    if values.ndim != 1 or values.size == 0:
        raise InputValueError("levels", "give a sequence of at least one number within [0, 1]")
    return [check_level("levels", value) for value in values.tolist()]


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
