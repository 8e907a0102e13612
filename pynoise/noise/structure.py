"""What a corruption matrix is made of: a label map, a spread, or neither."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dense", "LabelMapped", "Spread", "Structure", "structure_of"]

# A diagonal may miss what the rest of its row says by this much for each class: rounding, and no more.
_ROUNDING = 4 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class LabelMapped:
    """A selected example of class k gets the label ``targets[k]``, int32 [L]."""

    targets: NDArray[np.int32]

    def corrupt(self, clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute clean @ P for rows of probabilities."""
        result = np.zeros_like(clean)
        np.add.at(result.T, self.targets, clean.T)
        return result

    def invariant(self) -> bool:
        """Whether every renaming of the classes leaves the noise as it is."""
        return False


@dataclass(frozen=True)
class Spread:
    """A selected example keeps its label, or with probability `leave` draws one from `shares`.

    P = (1 - leave) I + leave 1 vᵀ, v = `shares` (float64 [L]); or, if `others_only`, any other label, each
    equally likely: P = (1 - leave) I + leave (1 1ᵀ - I)/(L - 1).
    """

    shares: NDArray[np.float64]
    leave: float
    others_only: bool

    def corrupt(self, clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute clean @ P for rows of probabilities."""
        total = clean.sum(axis=1, keepdims=True)
        drawn = total * self.shares
        if self.others_only:
            drawn = (total - clean) / (len(self.shares) - 1)
        result: NDArray[np.float64] = (1 - self.leave) * clean + self.leave * drawn
        return result

    def invariant(self) -> bool:
        """Whether every renaming of the classes leaves the noise as it is."""
        return bool((self.shares == self.shares[0]).all())


@dataclass(frozen=True)
class Dense:
    """Any corruption matrix P [L, L]."""

    matrix: NDArray[np.float64]

    def corrupt(self, clean: NDArray[np.float64]) -> NDArray[np.float64]:
        """Compute clean @ P for rows of probabilities."""
        return clean @ self.matrix

    def invariant(self) -> bool:
        """Whether every renaming of the classes leaves the noise as it is."""
        return False


Structure = LabelMapped | Spread | Dense


def structure_of(matrix: NDArray[np.float64]) -> Structure:
    """Find the structure of a row-stochastic matrix [L, L].

    A map and a spread are told by equal entries, not by nearly equal ones.
    """
    classes = len(matrix)
    targets = matrix.argmax(axis=1)
    if np.count_nonzero(matrix) == classes and (matrix[np.arange(classes), targets] == 1).all():
        return LabelMapped(targets.astype(np.int32))
    diagonal = matrix.diagonal()
    # What the other classes give to each label: one number a column, if this is a spread.
    given = matrix[np.where(np.arange(classes) == 0, 1, 0), np.arange(classes)]
    for k, row in enumerate(matrix):
        unlike = row != given
        unlike[k] = False
        if unlike.any():
            return Dense(matrix)
    leave = float(given.sum())
    rounding = _ROUNDING * classes
    if abs(diagonal - (1 - leave + given)).max() > rounding or leave == 0:
        return Dense(matrix)
    if leave <= 1 + rounding:
        return Spread(given / leave, min(1.0, leave), others_only=False)
    if (given == given[0]).all():
        even = np.full(classes, 1 / classes)
        return Spread(even, 1 - float(max(0.0, diagonal.mean())), others_only=True)
    return Dense(matrix)
