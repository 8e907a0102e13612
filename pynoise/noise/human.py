"""Labels that people gave: their record, and the classes that they have."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise.classes import encode
from pynoise.noise.record import NoisyLabels, counts_of, shares_of

__all__ = ["classes_of", "human_noise"]


def classes_of(
    labels: ArrayLike, noisy: ArrayLike, num_classes: int | None
) -> tuple[list[str] | None, int | None]:
    """The names of classes that occur in either of two sets of labels, or the number of classes."""
    both = [_checks.array(*pair) for pair in (("labels", labels), ("noisy", noisy))]
    words = [array.dtype.kind in "UTO" for array in both]
    if words[0] != words[1]:
        raise InputTypeError("noisy", "are names and the labels numbers, or the other way: give names= too")
    if words[0]:
        return sorted({str(word) for array in both for word in array.ravel().tolist()}), num_classes
    if num_classes is None and all(array.dtype.kind in "iu" and array.size for array in both):
        num_classes = min(_checks.MOST_CLASSES, max(2, *(int(array.max()) + 1 for array in both)))
    return None, num_classes


def human_noise(
    clean: NDArray[np.int32], names: tuple[str, ...], noisy: ArrayLike | None, seed: int
) -> NoisyLabels:
    """The record of labels that people gave: a draw, by all of them, from the matrix of what they did."""
    if noisy is None:
        raise InputValueError("noisy", "noise 'human' needs them: the labels that people gave")
    given, _ = encode("noisy", noisy, names)
    if len(given) != len(clean):
        raise InputValueError("noisy", f"has {len(given)} labels for {len(clean)} clean ones")
    matrix = shares_of(counts_of(clean, given, len(names)))
    everyone = np.ones(len(clean), np.bool_)
    return NoisyLabels("human", 1.0, seed, clean, given, everyone, matrix, names=names, selection="given")
