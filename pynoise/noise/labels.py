"""Noisy labels, and the record of how they came about."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise.matrices import LabelMap, corruption_matrix

__all__ = ["NoisyLabels", "make", "selected_count"]


@dataclass(frozen=True, eq=False)
class NoisyLabels:
    """Labels with noise in them, and what noise it is.

    Attributes
    ----------
    kind : str
        "uniform" (the true class included), "symmetric" (excluded), "flip" or "matrix".
    level : float
        The noise level γ that was asked for: the fraction of all examples to select.
    seed : int
        The seed of the draw.
    clean, noisy : ndarray of int32, [N]
        Labels before and after, 0..L-1.
    selected : ndarray of bool, [N]
        The ⌈γN⌉ examples whose label was drawn anew (it may have come out the same).
    matrix : ndarray of float64, [L, L]
        Corruption matrix P of a selected example.
    """

    kind: str
    level: float
    seed: int
    clean: NDArray[np.int32]
    noisy: NDArray[np.int32]
    selected: NDArray[np.bool_]
    matrix: NDArray[np.float64]

    @property
    def transition(self) -> NDArray[np.float64]:
        """Transition matrix T = (1-γ)I + γP of any example, float64 [L, L]."""
        return (1 - self.level) * np.eye(len(self.matrix)) + self.level * self.matrix

    @property
    def selected_fraction(self) -> float:
        """Share of the examples that were selected, ⌈γN⌉/N."""
        return float(self.selected.mean())

    @property
    def realised_rate(self) -> float:
        """Share of the labels that are wrong."""
        return float((self.noisy != self.clean).mean())


def check_level(argument: str, level: float) -> float:
    """Check a noise level, a number within [0, 1]."""
    try:
        value = float(level)
    except (TypeError, ValueError):
        raise InputTypeError(argument, f"{level!r} is not a number within [0, 1]") from None
    if not 0 <= value <= 1:  # catches NaN too
        raise InputValueError(argument, f"{value} is outside [0, 1]")
    return value + 0.0  # never -0.0


def selected_count(level: float, n: int) -> int:
    """How many of `n` examples a noise level selects: ⌈γN - 1e-9⌉.

    The small number undoes the rounding of the product: 0.07 × 100 is a little above 7 in floating
    point, and must not select 8.

    Raises
    ------
    InputValueError, InputTypeError
        For a level outside [0, 1] or an `n` below 0.
    """
    return max(0, math.ceil(check_level("level", level) * _checks.whole("n", n, 0) - 1e-9))


def make(
    labels: ArrayLike,
    kind: str,
    level: float,
    *,
    seed: int = 0,
    num_classes: int | None = None,
    matrix: ArrayLike | None = None,
    label_map: LabelMap | str | None = None,
) -> NoisyLabels:
    """Put noise into labels.

    Exactly ⌈γN⌉ of all N examples are selected, uniformly at random without replacement; each gets a
    label drawn from its row of the corruption matrix P. The result depends on the arguments alone: it is
    the same on every machine and for any number of threads. With the same seed a higher level keeps the
    selection of a lower one and adds to it.

    Parameters
    ----------
    labels : array_like of int, [N]
        Clean labels, 0..L-1.
    kind : {"uniform", "symmetric", "flip", "matrix"}
        "uniform": any label, the true one included. "symmetric": any other label. "flip": the label's
        one counterpart. "matrix": a row of `matrix`.
    level : float
        γ, within [0, 1].
    seed : int
        0 ≤ seed < 2⁶⁴.
    num_classes : int, optional
        L, 2..10,000; one more than the largest label, and 2 at least, by default.
    matrix, label_map
        As for `corruption_matrix`.

    Returns
    -------
    NoisyLabels
        The noisy labels and their record.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.

    Examples
    --------
    >>> from pynoise import noise
    >>> record = noise.make([0, 1, 2, 0, 1, 2, 0, 1, 2, 0], "flip", 0.3, seed=1)
    >>> int(record.selected.sum()), record.realised_rate
    (3, 0.3)
    """
    if num_classes is not None:
        num_classes = _checks.whole("num_classes", num_classes, 2, _checks.MOST_CLASSES)
    clean = _checks.labels("labels", labels, num_classes)
    classes = max(2, int(clean.max()) + 1) if num_classes is None else num_classes
    p = corruption_matrix(kind, classes, matrix=matrix, label_map=label_map)
    checked_seed = _checks.seed("seed", seed)
    count = selected_count(level, len(clean))
    noisy, selected = _core.corrupt(clean, p, [count], [checked_seed], threads=1)
    return NoisyLabels(kind, float(level), checked_seed, clean, noisy[0], selected[0], p)
