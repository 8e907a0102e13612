"""The columns of a curve, once the neighbours are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core, seeds
from pynoise import noise as noise_package
from pynoise.data import Dataset

__all__ = ["Drawer", "Measured", "Progress", "Run", "silent"]

Progress = Callable[[str, int, int], object]


def silent(phase: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Measured:
    """Counts at each level and repeat, not shares: equal repeats then have a deviation of exactly 0."""

    correct: NDArray[np.float64]  # test examples labelled rightly, [levels, repeats, ks]; ties in part
    selected: NDArray[np.int64]  # training examples selected for noise, [levels, repeats]
    wrong: NDArray[np.int64]  # training labels that the noise changed, [levels, repeats]


class Drawer(Protocol):
    """Noise that can be drawn for the training labels."""

    def draw(
        self, level: float, seeds: Sequence[int], threads: int
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Noisy labels and masks of what was selected, once a seed: both [B, N]."""

    def reach(self) -> float:
        """The largest level."""

    def check(self, argument: str, level: float) -> None:
        """Refuse a level that is out of reach."""


@dataclass(frozen=True)
class Run:
    """One curve in the making: neighbours are known, labels come and go."""

    dataset: Dataset
    indices: NDArray[np.int32]
    ks: list[int]
    levels: list[float]
    ties: _checks.Ties
    threads: int
    progress: Progress

    def measured(self, drawer: Drawer, repeats: int, seed: int) -> Measured:
        """Accuracy on labels drawn anew for each level and repeat."""
        clean = self.dataset.y_train
        repeat_seeds = [seeds.split(seed, "noise", r) for r in range(repeats)]
        # Copies of the labels are made in batches of at most 64 MiB or so.
        batch = max(1, (1 << 24) // len(clean))
        correct = np.empty((len(self.levels), repeats, len(self.ks)))
        selected = np.empty((len(self.levels), repeats), np.int64)
        wrong = np.empty_like(selected)
        for j, level in enumerate(self.levels):
            for first in range(0, repeats, batch):
                self.progress("measured", j * repeats + first, wrong.size)
                part = slice(first, first + batch)
                drawn = repeat_seeds[part]
                noisy, masks = drawer.draw(level, drawn, self.threads)
                correct[j, part] = self._vote(noisy)
                selected[j, part] = np.count_nonzero(masks, axis=1)
                wrong[j, part] = np.count_nonzero(noisy != clean, axis=1)
        self.progress("measured", wrong.size, wrong.size)
        return Measured(correct, selected, wrong)

    def given(self, record: noise_package.NoisyLabels) -> Measured:
        """Accuracy on labels that the caller brought."""
        wrong = np.count_nonzero(record.noisy != record.clean)
        selected = np.count_nonzero(record.selected)
        return Measured(self._vote(record.noisy[None])[None], np.array([[selected]]), np.array([[wrong]]))

    def _vote(self, noisy: NDArray[np.int32]) -> NDArray[np.float64]:
        """How many test examples the vote gets right, [copies, ks]."""
        data = self.dataset
        return _core.count_correct(
            self.indices, noisy, data.y_test, self.ks, data.num_classes, self.ties, self.threads
        )
