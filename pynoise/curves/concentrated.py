"""The analytic column for concentrated noise: what lies in the noisy regions is lost, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pynoise.curves.predict import Predicted, Report

__all__ = ["Concentrated"]


@dataclass(frozen=True)
class Concentrated:
    """Accuracy 1-γ, whatever K (Drory et al., BMVC 2020, Section 3.3).

    A neighbourhood is all clean or all noisy, test examples lie as training examples do, and all would be
    right without noise.
    """

    def work(self, k: int, levels: int) -> int:
        """Count a level as one unit."""
        return levels

    def curve(self, k: int, levels: Sequence[float], report: Report | None = None) -> list[Predicted]:
        """Predict 1-γ."""
        if report is not None:
            report(len(levels))
        return [Predicted(1 - level) for level in levels]
