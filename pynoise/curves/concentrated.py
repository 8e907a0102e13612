"""The analytic column for concentrated noise: what lies in the noisy regions is lost, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pynoise.curves.predict import Predicted, Report

__all__ = ["Concentrated"]


@dataclass(frozen=True)
class Concentrated:
    """Accuracy 1-γ, whatever K (Drory et al., BMVC 2020, Section 3.3).

    A neighbourhood is taken to be all clean or all noisy, test examples to lie as training examples do, and
    all to be right without noise.

    Attributes
    ----------
    moved : float
        The share of the test examples whose class has a wrong label to get: 1 unless a map leaves some out.
    rate : float or None
        The share of wrong labels where these are given: it takes the place of γ.
    """

    moved: float
    rate: float | None

    def work(self, k: int, levels: int) -> int:
        """Count a level as one unit."""
        return levels

    def curve(self, k: int, levels: Sequence[float], report: Report | None = None) -> list[Predicted]:
        """Predict 1-γ."""
        if report is not None:
            report(len(levels))
        lost = [level * self.moved if self.rate is None else self.rate for level in levels]
        return [Predicted(1 - share) for share in lost]
