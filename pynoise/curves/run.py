"""The columns of a curve, once the neighbours are known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core, seeds
from pynoise import noise as noise_package
from pynoise.data import Dataset

__all__ = ["Measured", "Progress", "Run", "silent"]

Progress = Callable[[str, int, int], object]


def silent(phase: str, done: int, total: int) -> None:
    """Report nothing."""


@dataclass(frozen=True)
class Measured:
    """Counts at each level and repeat, not shares: equal repeats then have a deviation of exactly 0."""

    correct: NDArray[np.float64]  # test examples labelled rightly, [levels, repeats, ks]; ties in part
    wrong: NDArray[np.int64]  # training labels that the noise changed, [levels, repeats]


@dataclass(frozen=True)
class Run:
    """One curve in the making: neighbours are known, labels come and go."""

    dataset: Dataset
    indices: NDArray[np.int32]
    ks: list[int]
    levels: list[float]
    matrix: NDArray[np.float64]
    ties: _checks.Ties
    threads: int
    progress: Progress

    def measured(self, repeats: int, seed: int) -> Measured:
        """Accuracy on labels drawn anew for each level and repeat."""
        clean = self.dataset.y_train
        repeat_seeds = [seeds.split(seed, "noise", r) for r in range(repeats)]
        # Copies of the labels are made in batches of at most 64 MiB or so.
        batch = max(1, (1 << 24) // len(clean))
        correct = np.empty((len(self.levels), repeats, len(self.ks)))
        wrong = np.empty((len(self.levels), repeats), np.int64)
        for j, level in enumerate(self.levels):
            count = noise_package.selected_count(level, len(clean))
            for first in range(0, repeats, batch):
                self.progress("measured", j * repeats + first, wrong.size)
                part = slice(first, first + batch)
                drawn = repeat_seeds[part]
                noisy, _ = _core.corrupt(clean, self.matrix, [count] * len(drawn), drawn, self.threads)
                correct[j, part] = self._vote(noisy)
                wrong[j, part] = np.count_nonzero(noisy != clean, axis=1)
        self.progress("measured", wrong.size, wrong.size)
        return Measured(correct, wrong)

    def given(self, record: noise_package.NoisyLabels) -> Measured:
        """Accuracy on labels that the caller brought."""
        wrong = np.count_nonzero(record.noisy != record.clean)
        return Measured(self._vote(record.noisy[None])[None], np.array([[wrong]]))

    def _vote(self, noisy: NDArray[np.int32]) -> NDArray[np.float64]:
        """How many test examples the vote gets right, [copies, ks]."""
        data = self.dataset
        return _core.count_correct(
            self.indices, noisy, data.y_test, self.ks, data.num_classes, self.ties, self.threads
        )
