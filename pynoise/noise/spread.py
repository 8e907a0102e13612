"""Noise that is spread: examples are selected at random, and their labels drawn from a matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pynoise import _core
from pynoise.errors import InputValueError
from pynoise.noise.levels import check_level, selected_count

__all__ = ["SELECTIONS", "SpreadNoise"]

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
            groups[(self.matrix.diagonal() == 1)[self.clean]] = -1
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
        sizes = np.bincount(groups[groups >= 0], minlength=1)
        counts = [selected_count(level, int(size)) for size in sizes]
        self._check_reach(level, groups, sizes, counts)
        return _core.select(groups, [counts] * len(seeds), seeds, self.weights, threads)

    def _check_reach(
        self, level: float, groups: NDArray[np.int32], sizes: NDArray[np.intp], counts: list[int]
    ) -> None:
        if self.weights is None:
            return
        there = np.bincount(groups[(groups >= 0) & (self.weights > 0)], minlength=len(sizes))
        if (there < counts).any():
            most = (there / np.maximum(sizes, 1))[sizes > 0].min()
            raise InputValueError(
                "level",
                f"{level:.10g} is out of reach: {there.sum():,} of {sizes.sum():,} examples may be selected, "
                f"those that are a neighbour of another; give at most {np.floor(most * 1e4) / 1e4:.4f}",
            )

    def draw(
        self, level: float, seeds: Sequence[int], threads: int = 0
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Draw noisy labels and the masks of what was selected, once a seed: both [B, N]."""
        selected = self.select(check_level("level", level), seeds, threads)
        return _core.relabel(self.clean, self.matrix, selected, seeds, threads), selected
