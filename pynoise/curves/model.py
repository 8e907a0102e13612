"""From neighbours, or given distributions, to a predictor: the model that a curve rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core
from pynoise.curves.cases import Cases, distinct
from pynoise.curves.concentrated import Concentrated
from pynoise.curves.examples import Examples
from pynoise.curves.fixed import Fixed
from pynoise.curves.noise import CurveNoise
from pynoise.curves.predict import Iid, Predictor
from pynoise.noise.spread import movable
from pynoise.noise.structure import structure_of

__all__ = ["NODE_BUDGET", "Setting"]

# An exact case of this many nodes takes some milliseconds; time grows with the square.
NODE_BUDGET = 200


@dataclass(frozen=True)
class Setting:
    """All that the analytic curve of any K follows from."""

    examples: Examples
    indices: NDArray[np.int32] | None
    noise: CurveNoise
    ties: _checks.Ties
    model: _checks.Model
    threads: int
    node_budget: int = NODE_BUDGET
    seed: int = 0

    def meta(self) -> dict[str, Any]:
        """What a result says of it."""
        matrix = self.noise.matrix
        return self.examples.meta(self.indices) | {
            "noise": self.noise.name,
            "matrix": matrix.tolist() if len(matrix) <= 100 else None,
            "ties": self.ties,
            "model": "concentrated" if self.noise.concentrated else self.model,
        }

    def predictor(self, ks: list[int]) -> Predictor:
        """Make the predictor for some K."""
        if self.noise.concentrated:
            moved = movable(self.noise.matrix)[self.examples.dataset.y_test].mean()
            record = self.noise.record
            return Concentrated(float(moved), None if record is None else record.realised_rate)
        structure = structure_of(self.noise.matrix)
        data, given = self.examples.dataset, self.examples.given
        cases: dict[int, Cases]
        if given is not None:
            once = np.ones(len(data.y_test), dtype=np.int64)
            cases = dict.fromkeys(ks, Cases(given.rows, data.y_test, once))
        else:
            cases = {
                k: distinct(*neighbourhoods, structure, self.ties)
                for k, neighbourhoods in zip(ks, self._neighbourhoods(ks), strict=True)
            }
        if self.model == "iid":
            return Iid(cases, structure, self.ties, self.threads)
        return Fixed(
            cases,
            structure,
            self.noise.matrix,
            len(data.y_train),
            self.ties,
            self.threads,
            self.node_budget,
            self.seed,
        )

    def _neighbourhoods(
        self, ks: list[int]
    ) -> list[tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]]:
        """Label counts of the clean neighbours, right labels, and how many test examples have both."""
        data, classes = self.examples.dataset, self.examples.dataset.num_classes
        if self.examples.pure or self.indices is None:
            sizes = np.bincount(data.y_test, minlength=classes)
            labels = np.flatnonzero(sizes).astype(np.int32)
            pure = np.eye(classes, dtype=np.int32)[labels]
            return [(k * pure, labels, sizes[labels]) for k in ks]
        histograms = _core.label_histograms(self.indices, data.y_train, ks, classes, self.threads)
        once = np.ones(len(data.y_test), dtype=np.int64)
        return [(counts, data.y_test, once) for counts in histograms]
