"""The analytic column for neighbourhoods that are known: which neighbours are selected is all that varies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core, seeds
from pynoise.curves.cases import Cases
from pynoise.curves.predict import Predicted, Report
from pynoise.noise import selected_count
from pynoise.noise.structure import LabelMapped, Spread, Structure

__all__ = ["DRAWS", "Fixed", "selected_neighbors"]

# Draws for each case beyond the node budget: the error of the mean over many cases is then far below 0.001.
DRAWS = 1000


@dataclass(frozen=True)
class _Solved:
    """Σ weight·g_R over the exact cases, [K + 1], and the draws of the others, [draws, K + 1]."""

    exact: NDArray[np.float64]
    drawn: NDArray[np.float64] | None
    exact_share: float


@dataclass(frozen=True)
class Fixed:
    """The labels of the neighbours are known; R of the K are selected, hypergeometric.

    Given R every subset is as likely: the right label wins with a probability g_R that holds for all
    levels, and Q = Σ_R w_R(γ) g_R.
    """

    cases: dict[int, Cases]
    structure: Structure
    matrix: NDArray[np.float64]
    train_examples: int
    ties: _checks.Ties
    threads: int
    node_budget: int
    seed: int
    solved: dict[int, _Solved] = field(default_factory=dict, repr=False)

    def work(self, k: int, levels: int) -> int:
        """Count a case as one unit, and a draw for all cases beyond the budget as one."""
        return len(self.cases[k].right) + DRAWS

    def curve(self, k: int, levels: Sequence[float], report: Report | None = None) -> list[Predicted]:
        """Average Q over the test examples."""
        if k not in self.solved:
            self.solved[k] = self._solve(k, report or _silent)
        solved = self.solved[k]
        examples = self.cases[k].weights.sum()
        result = []
        for level in levels:
            weights = self._weights(k, level)
            accuracy, se = solved.exact @ weights, 0.0
            if solved.drawn is not None:
                sums = solved.drawn @ weights
                accuracy += sums.mean()
                se = sums.std(ddof=1) / np.sqrt(len(sums))
            result.append(Predicted(float(accuracy / examples), float(se / examples), solved.exact_share))
        return result

    def _weights(self, k: int, level: float) -> NDArray[np.float64]:
        """The probability of R neighbours that the kernel takes as selected, [K + 1]."""
        count = selected_count(level, self.train_examples)
        weights = selected_neighbors(k, count, self.train_examples)
        if isinstance(self.structure, Spread) and self.structure.leave < 1:
            # Of the selected, each leaves its label with this probability; the kernel counts those.
            weights = _thinned(weights, self.structure.leave)
        return weights

    def _solve(self, k: int, report: Report) -> _Solved:
        cases = self.cases[k]
        counts = cases.clean.astype(np.int32, copy=False)
        noise = _kernel_noise(self.structure, self.matrix)
        values, exact = _core.fixed_accuracy(
            counts, cases.right, k, noise, self.ties, self.node_budget, self.threads, report
        )
        done = len(cases.right)
        total = cases.weights @ values
        drawn = None
        if not exact.all():
            rest = ~exact
            drawn = _core.fixed_sample(
                counts[rest],
                cases.right[rest],
                cases.weights[rest],
                k,
                self._drawn_matrix(),
                self.ties,
                DRAWS,
                seeds.split(self.seed, "fixed", k),
                self.threads,
                lambda draws: report(done + draws),
            )
        report(done + DRAWS)
        return _Solved(total, drawn, float(cases.weights[exact].sum() / cases.weights.sum()))

    def _drawn_matrix(self) -> NDArray[np.float64]:
        """What the kernel's selected neighbours draw from."""
        if not isinstance(self.structure, Spread):
            return self.matrix
        one = Spread(self.structure.shares, 1.0, self.structure.others_only)
        return one.corrupt(np.eye(len(self.matrix)))


def selected_neighbors(k: int, selected: int, train_examples: int) -> NDArray[np.float64]:
    """P(R of K neighbours are selected), R = 0..K, with so many of the training examples selected.

    Hypergeometric; by ratios from the mode, so that no factorial is needed and nothing cancels.
    """
    n, others = selected, train_examples - selected
    lowest, highest = max(0, k - others), min(k, n)
    mode = min(max((k + 1) * (n + 1) // (train_examples + 2), lowest), highest)
    weights = np.zeros(k + 1)
    up = np.arange(mode, highest, dtype=np.float64)
    down = np.arange(mode, lowest, -1, dtype=np.float64)
    weights[mode] = 1.0
    weights[mode + 1 : highest + 1] = np.cumprod((n - up) * (k - up) / ((up + 1) * (others - k + up + 1)))
    ratios = down * (others - k + down) / ((n - down + 1) * (k - down + 1))
    weights[lowest:mode] = np.cumprod(ratios)[::-1]
    result: NDArray[np.float64] = weights / weights.sum()
    return result


def _thinned(weights: NDArray[np.float64], leave: float) -> NDArray[np.float64]:
    """Weights of Binomial(R, `leave`), R with these `weights`."""
    binomial = np.zeros(len(weights))
    binomial[0] = 1.0
    result: NDArray[np.float64] = weights[0] * binomial
    for weight in weights[1:]:
        binomial[1:] = (1 - leave) * binomial[1:] + leave * binomial[:-1]
        binomial[0] *= 1 - leave
        result += weight * binomial
    return result


def _kernel_noise(
    structure: Structure, matrix: NDArray[np.float64]
) -> NDArray[np.int32] | NDArray[np.float64] | None:
    if isinstance(structure, LabelMapped):
        return structure.targets
    if isinstance(structure, Spread):
        return None if structure.others_only else structure.shares
    return matrix


def _silent(done: int) -> None:
    """Report nothing."""
