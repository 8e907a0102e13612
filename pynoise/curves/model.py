"""From neighbours, or given distributions, to a predictor: the model that a curve rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core, knn
from pynoise.curves.cases import Cases, distinct
from pynoise.curves.clean import Given
from pynoise.curves.fixed import Fixed
from pynoise.curves.predict import Iid, Predictor
from pynoise.curves.run import Progress
from pynoise.data import Dataset
from pynoise.noise.structure import structure_of

__all__ = ["NODE_BUDGET", "Setting", "neighbours_of"]

# An exact case of this many nodes takes some milliseconds; time grows with the square.
NODE_BUDGET = 200


def neighbours_of(
    dataset: Dataset,
    given: Given | None,
    k: int,
    *,
    measure: bool,
    threads: int | None,
    progress: Progress | None,
) -> NDArray[np.int32] | None:
    """The neighbours, where they are needed.

    They are not for distributions that are given, nor for ideal data, where every neighbour is of the
    example's own class; unless accuracy is measured.
    """
    if not measure and (given is not None or dataset.name == "ideal"):
        return None
    return knn.search(dataset.x_train, dataset.x_test, k, threads=threads, progress=progress)[0]


@dataclass(frozen=True)
class Setting:
    """All that the analytic curve of any K follows from."""

    dataset: Dataset
    indices: NDArray[np.int32] | None
    given: Given | None
    matrix: NDArray[np.float64]
    ties: _checks.Ties
    model: _checks.Model
    threads: int
    node_budget: int = NODE_BUDGET
    seed: int = 0

    def meta(self, noise: str) -> dict[str, Any]:
        """What a result says of it; `noise` is the noise's name."""
        data = self.dataset
        return {
            "data": data.name,
            "train_examples": len(data.y_train),
            "test_examples": len(data.y_test),
            "classes": data.num_classes,
            "noise": noise,
            "matrix": self.matrix.tolist() if data.num_classes <= 100 else None,
            "ties": self.ties,
            "model": self.model,
            "clean": "neighbours" if self.given is None else self.given.meta,
        }

    def predictor(self, ks: list[int]) -> Predictor:
        """Make the predictor for some K."""
        structure = structure_of(self.matrix)
        data = self.dataset
        cases: dict[int, Cases]
        if self.given is not None:
            once = np.ones(len(data.y_test), dtype=np.int64)
            cases = dict.fromkeys(ks, Cases(self.given.rows, data.y_test, once))
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
            self.matrix,
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
        data, classes = self.dataset, self.dataset.num_classes
        if data.name == "ideal" or self.indices is None:
            sizes = np.bincount(data.y_test, minlength=classes)
            labels = np.flatnonzero(sizes).astype(np.int32)
            pure = np.eye(classes, dtype=np.int32)[labels]
            return [(k * pure, labels, sizes[labels]) for k in ks]
        histograms = _core.label_histograms(self.indices, data.y_train, ks, classes, self.threads)
        once = np.ones(len(data.y_test), dtype=np.int64)
        return [(counts, data.y_test, once) for counts in histograms]
