"""Noise that is spread: examples are selected at random, and their labels drawn from a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pynoise import _core
from pynoise.errors import InputValueError
from pynoise.noise.levels import check_level, selected_count
from pynoise.noise.matrices import off_diagonal

__all__ = ["SELECTIONS", "SpreadNoise", "movable"]

# So many examples, without replacement, or a coin for each.
SELECTIONS = ("exact", "bernoulli")


@dataclass(frozen=True, eq=False)
class SpreadNoise:
    """Noise of one kind for given labels, to be drawn at any level.

    Attributes
    ----------
    kind : str
        What it is called.
    clean : ndarray of int32, [N]
        The labels.
    matrix : ndarray of float64, [L, L]
        Corruption matrix P of a selected example.
    selection : {"exact", "bernoulli"}
        Exactly so many examples, or each by a coin.
    per_class : bool
        Whether every class has its own ⌈γN_c⌉ selected.
    mapped_only : bool
        Whether only examples are selected whose class P can move; N counts these.
    weights : ndarray of float64 [N], or None
        How likely an example is selected against another; 0 is never.
    """

    kind: str
    clean: NDArray[np.int32]
    matrix: NDArray[np.float64]
    selection: str = "exact"
    per_class: bool = False
    mapped_only: bool = False
    weights: NDArray[np.float64] | None = None

    def groups(self) -> NDArray[np.int32]:
        """The group that each example is selected in, [N]; -1 for one that is not."""
        groups = self.clean.copy() if self.per_class else np.zeros_like(self.clean)
        if self.mapped_only:
            groups[~movable(self.matrix)[self.clean]] = -1
            if (groups < 0).all():
                raise InputValueError("mapped_only", "no example is of a class that the noise can move")
        return groups

    def select(self, level: float, seeds: Sequence[int], threads: int = 0) -> NDArray[np.bool_]:
        """Select examples, once a seed: masks [B, N].

        Raises
        ------
        InputValueError
            For a level that asks for more examples than may be selected.
        """
        groups = self.groups()
        if self.selection == "bernoulli":
            return _core.toss(groups, [level] * len(seeds), seeds, threads)
        self.check("level", level)
        counts = [selected_count(level, int(size)) for size in np.bincount(groups[groups >= 0])]
        return _core.select(groups, [counts] * len(seeds), seeds, self.weights, threads)

    def reach(self) -> float:
        """The largest level, in steps of 0.0001, that there are enough examples for."""
        if self.weights is None:
            return 1.0
        groups = self.groups()
        sizes = np.bincount(groups[groups >= 0])
        there = np.bincount(groups[(groups >= 0) & (self.weights > 0)], minlength=len(sizes))
        least = (there / np.maximum(sizes, 1))[sizes > 0].min()
        return float(np.floor(least * 1e4) / 1e4)

    def check(self, argument: str, level: float) -> None:
        """Refuse a level that asks for more examples than may be selected."""
        if level > self.reach():
            never = np.count_nonzero(self.weights == 0)
            raise InputValueError(
                argument,
                f"{level!r} is out of reach: {never:,} of {len(self.clean):,} examples are nobody's "
                f"neighbour and never selected; give at most {self.reach():.4f}",
            )

    def draw(
        self, level: float, seeds: Sequence[int], threads: int = 0
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Draw noisy labels and the masks of what was selected, once a seed: both [B, N]."""
        selected = self.select(check_level("level", level), seeds, threads)
        return _core.relabel(self.clean, self.matrix, selected, seeds, threads), selected


def movable(matrix: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which classes a corruption matrix [L, L] gives another label, [L]."""
    return np.asarray((off_diagonal(matrix) > 0).any(axis=1))
