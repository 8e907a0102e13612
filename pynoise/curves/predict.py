"""The analytic column: accuracy as a function of K and the noise level, without drawing anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core
from pynoise.curves.cases import Cases
from pynoise.noise.structure import Structure

__all__ = ["SOLVER_ERROR", "Iid", "Predicted", "Predictor", "Report"]

# Entries of q made at a time: 32 MiB.
_BLOCK = 1 << 22

# Accuracies nearer to each other than this are equal: the error of the solver.
SOLVER_ERROR = 1e-12

Report = Callable[[int], object]


@dataclass(frozen=True)
class Predicted:
    """An accuracy, its standard error from sampling, and the share of test examples computed exactly."""

    accuracy: float
    se: float = 0.0
    exact_share: float = 1.0


class Predictor(Protocol):
    """Accuracy of K-NN against noise level, for the K that it was made for."""

    def curve(self, k: int, levels: Sequence[float], report: Report | None = None) -> list[Predicted]:
        """Predict the accuracy at each level; `report` is told the units of work done so far."""

    def work(self, k: int, levels: int) -> int:
        """How many units of work this many levels are."""


@dataclass(frozen=True)
class Iid:
    """The paper's model: the noisy labels of K neighbours are drawn independently (Eq. 1-4)."""

    cases: dict[int, Cases]
    structure: Structure
    ties: _checks.Ties
    threads: int

    def work(self, k: int, levels: int) -> int:
        """Count a case at a level as one unit."""
        return len(self.cases[k].right) * levels

    def curve(self, k: int, levels: Sequence[float], report: Report | None = None) -> list[Predicted]:
        """Average Q over the test examples (Eq. 1)."""
        cases = self.cases[k]
        sums = np.zeros(len(levels))
        done = 0
        for part, clean, corrupted in _blocks(cases, self.structure):
            right, weights = cases.right[part], cases.weights[part]
            for j, level in enumerate(levels):
                q = (1 - level) * clean + level * corrupted  # Eq. 3

                def tell(rows: int, before: int = done) -> None:
                    if report is not None:
                        report(before + rows)

                (correct,) = _core.plurality_accuracy(q, right, [k], self.ties, "auto", self.threads, tell)
                sums[j] += correct @ weights
                done += len(right)
        return [Predicted(float(total)) for total in sums / cases.weights.sum()]


def _blocks(
    cases: Cases, structure: Structure
) -> Iterator[tuple[slice, NDArray[np.float64], NDArray[np.float64]]]:
    """The clean distributions and what full noise makes of them, block by block."""
    step = max(1, _BLOCK // cases.clean.shape[1])
    for start in range(0, len(cases.right), step):
        part = slice(start, start + step)
        clean = cases.clean[part].astype(np.float64)
        if cases.clean.dtype != np.float64:  # counts, and probabilities of less than 64 bits
            clean /= clean.sum(axis=1, keepdims=True)
        yield part, clean, structure.corrupt(clean)
