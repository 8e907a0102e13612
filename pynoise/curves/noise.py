"""What the argument `noise` of a curve means: a matrix to predict from, and labels to measure with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise import noise as noise_package
from pynoise._fingerprint import Fingerprint
from pynoise.curves.run import Drawer, Progress
from pynoise.data import Dataset
from pynoise.errors import InputTypeError, InputValueError, unknown_name
from pynoise.noise.concentrated import CLUSTER_LEVELS, ConcentratedNoise
from pynoise.noise.hubness import NEIGHBORHOOD, occurrences_of
from pynoise.noise.maps import map_words, numbered
from pynoise.noise.matrices import CONCENTRATED_KINDS, DRAWN_KINDS, MATRIX_SUFFIXES, SPREAD_KINDS
from pynoise.noise.record import NOISE_SUFFIX
from pynoise.noise.spread import SpreadNoise

__all__ = ["CurveNoise", "NoiseLike", "noise_of"]

NoiseLike = (
    str | Path | ArrayLike | noise_package.LabelMap | noise_package.NoisyLabels | noise_package.EstimatedNoise
)

# Kinds that need nothing but their name.
_NAMED = tuple(kind for kind in (*SPREAD_KINDS, *CONCENTRATED_KINDS) if kind != "matrix")


@dataclass(frozen=True)
class CurveNoise:
    """The noise of a curve.

    Attributes
    ----------
    name : str
        What a result calls it.
    matrix : ndarray of float64, [L, L]
        P.
    kind : str
        One of `pynoise.noise.KINDS`.
    record : NoisyLabels or None
        The labels, where they are given.
    label_map : mapping of int to int, str or None
        The map that the matrix was made of.
    """

    name: str
    matrix: NDArray[np.float64]
    kind: str
    record: noise_package.NoisyLabels | None = None
    label_map: noise_package.LabelMap | str | None = None

    @property
    def concentrated(self) -> bool:
        """Whether what is selected lies together, so that no neighbourhood is like another."""
        return self.kind in CONCENTRATED_KINDS

    @property
    def drawn(self) -> bool:
        """Whether the matrix is drawn by a seed."""
        return self.kind in DRAWN_KINDS

    def levels(self, drawer: Drawer | None) -> list[float]:
        """Levels where none are given: 0, 0.05, …, 1 within reach, or those of the paper's clusters."""
        if self.record is not None:
            return [self.record.level]
        levels = CLUSTER_LEVELS if self.kind == "concentrated" else [i / 20 for i in range(21)]
        most = 1.0 if drawer is None else drawer.reach()
        return [level for level in levels if level <= most]

    def selected_fraction(self, level: float, examples: int) -> float | None:
        """The share of the examples that a level selects, as far as it is known without a draw."""
        if self.record is not None:
            return self.record.selected_fraction
        if self.kind == "concentrated":
            return None
        return noise_package.selected_count(level, examples) / examples

    def check_fixed(self) -> None:
        """Refuse what is not selected as the model "fixed" has it: ⌈γN⌉ of all, each subset alike."""
        record = self.record
        even = record is None or not (
            record.selection == "bernoulli" or record.per_class or record.mapped_only
        )
        if self.kind == "hubness" or self.concentrated or not even:
            raise InputValueError(
                "model",
                f"'fixed' has every subset of the examples selected alike; {self.name} has not: give 'iid'",
            )

    def drawer(self, dataset: Dataset, threads: int | None, progress: Progress | None) -> Drawer:
        """The noise, ready to be drawn."""
        clean, x = dataset.y_train, dataset.x_train
        if self.concentrated:
            return ConcentratedNoise.of(self.kind, clean, self.matrix, x, progress)
        weights = None
        if self.kind == "hubness":
            weights, _ = occurrences_of(x, None, NEIGHBORHOOD, len(clean), threads)
        return SpreadNoise(self.kind, clean, self.matrix, weights=weights)


def noise_of(
    noise: NoiseLike, dataset: Dataset, label_map: noise_package.LabelMap | str | None = None, seed: int = 0
) -> CurveNoise:
    """What `noise` means for a data set; `seed` draws matrices that are drawn."""
    if label_map is not None:
        if not isinstance(noise, str):
            raise InputValueError("label_map", "goes with a kind that maps labels, 'flip' say; leave it out")
        return _named(noise, dataset, label_map, seed)
    classes = dataset.num_classes
    if isinstance(noise, str | Path) and str(noise).lower().endswith(NOISE_SUFFIX):
        noise = noise_package.load(noise)
    if isinstance(noise, noise_package.EstimatedNoise):
        return _estimated(noise, dataset)
    if isinstance(noise, noise_package.NoisyLabels):
        noise.check(dataset)
        name = noise.kind if noise.path is None else f"{noise.kind} {noise.path}"
        return CurveNoise(name, noise.matrix, noise.kind, noise)
    if isinstance(noise, Path) or (isinstance(noise, str) and noise.lower().endswith(MATRIX_SUFFIXES)):
        matrix = noise_package.load_matrix(noise)
        return CurveNoise(str(noise), _of_file(matrix, classes, str(noise)), "matrix")
    if isinstance(noise, Mapping) or (isinstance(noise, str) and ":" in noise):
        return _named("flip", dataset, noise, seed)
    if isinstance(noise, str):
        return _named(noise, dataset, None, seed)
    if np.ndim(_checks.array("noise", noise)) == 0:
        raise InputTypeError("noise", f"{noise!r} is no noise; give a kind, a label map or a matrix")
    return CurveNoise("matrix", noise_package.corruption_matrix("matrix", classes, matrix=noise), "matrix")


def _named(
    kind: str, dataset: Dataset, label_map: noise_package.LabelMap | str | None, seed: int
) -> CurveNoise:
    if kind == "matrix":
        raise InputValueError("noise", "'matrix' needs one: give the array, or its .npy or .csv file")
    if kind == "human":
        raise InputValueError("noise", "'human' needs labels: give the NoisyLabels, or their .npz file")
    if kind not in _NAMED:
        raise unknown_name("noise", kind, [*_NAMED, "FILE.npz", "FILE.npy", "FILE.csv"])
    name = kind if label_map is None else f"{kind} {map_words(label_map)}"
    if kind == "semantic-asymmetric" and label_map is None:
        if dataset.name not in noise_package.SEMANTIC_MAPS:
            known = ", ".join(noise_package.SEMANTIC_MAPS)
            raise InputValueError(
                "noise",
                f"{kind!r} knows what looks alike in {known}, not in {dataset.name}; give a label map",
            )
        label_map = dataset.name
    if label_map is not None:
        label_map = numbered(label_map, dataset.names)
    if kind in DRAWN_KINDS and dataset.num_classes < 3:
        raise InputValueError("noise", f"{kind!r} needs 2 other labels; {dataset.name} has 2 classes")
    p = noise_package.corruption_matrix(kind, dataset.num_classes, label_map=label_map, seed=seed)
    return CurveNoise(name, p, kind, label_map=label_map)


def _estimated(noise: noise_package.EstimatedNoise, dataset: Dataset) -> CurveNoise:
    """Noise as it was estimated is that of level 1, with the matrix T."""
    name = noise.path or "estimated"
    if noise.labels == Fingerprint.of(dataset.y_train):
        raise InputValueError(
            "noise",
            f"{name} was estimated from the labels of {dataset.name}, which have that noise already; give it "
            "to data whose labels are clean",
        )
    return CurveNoise(name, _of_file(noise.transition, dataset.num_classes, name), "matrix")


def _of_file(matrix: NDArray[np.float64], classes: int, name: str) -> NDArray[np.float64]:
    try:
        return noise_package.corruption_matrix("matrix", classes, matrix=matrix)
    except InputValueError as error:
        raise InputValueError("matrix", f"{name!r}: {error.problem}") from None
