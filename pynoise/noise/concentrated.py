"""Locally concentrated noise: what lies together gets one wrong label (Drory et al., Section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _core, seeds
from pynoise.errors import InputValueError
from pynoise.noise.levels import check_level, selected_count
from pynoise.noise.regions import Regions, margins_of

__all__ = ["CLUSTER_LEVELS", "ConcentratedNoise"]

# What the paper leaves open is as in its authors' code: https://github.com/AmnonDrory/CNNs-With-Label-Noise
CLUSTER_LEVELS = (0.0, 1 / 10, 1 / 8, 1 / 6, 1 / 5, 1 / 4, 1 / 3, 1 / 2)
_STARTS = 20
_REFITS = 10
# The exact kind grows or shrinks one of at most so many clusters: the paper's largest number.
_MOST_CLUSTERS = 10
# Refit until the cluster's size is within this share of the one wanted.
_NEAR = 0.1

Progress = Callable[[str, int, int], object]


@dataclass(frozen=True, eq=False)
class ConcentratedNoise:
    """Concentrated noise for given labels and features, to be drawn at any level.

    Attributes
    ----------
    kind : {"concentrated", "concentrated-exact"}
        "concentrated": every label of one cluster of each class. "concentrated-exact": that cluster, grown or
        shrunk until the level is met.
    clean : ndarray of int32, [N]
        The labels.
    matrix : ndarray of float64, [L, L]
        Corruption matrix P: one wrong label a class.
    features : ndarray, [N, d]
        Where examples lie.
    progress : callable, optional
        Called with ("clusters", classes done, classes in all) in each draw.
    """

    kind: str
    clean: NDArray[np.int32]
    matrix: NDArray[np.float64]
    features: NDArray[Any]
    progress: Progress | None = None

    def draw(
        self, level: float, draws: Sequence[int], threads: int = 0
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """Draw noisy labels and the masks of what was selected, once a seed: both [B, N]."""
        selected = np.stack([self.select(level, seed, threads)[0] for seed in draws])
        return self.relabel(selected, draws, threads), selected

    def relabel(
        self, selected: NDArray[np.bool_], draws: Sequence[int], threads: int = 0
    ) -> NDArray[np.int32]:
        """Give what was selected its wrong label, [B, N]."""
        return _core.relabel(self.clean, self.matrix, selected, draws, threads)

    def select(self, level: float, seed: int, threads: int = 0) -> tuple[NDArray[np.bool_], Regions | None]:
        """Select what lies together, [N], and say where; None at level 0.

        Raises
        ------
        InputValueError
            For a level that clusters do not reach, or that takes more clusters than a class has examples.
        """
        gamma = check_level("level", level)
        selected = np.zeros(len(self.clean), np.bool_)
        if gamma == 0:
            return selected, None
        exact = self.kind == "concentrated-exact"
        if gamma > 0.5 and not exact:
            raise InputValueError(
                "level", f"{gamma:.10g} is above 0.5, half of a class: 'concentrated-exact' reaches up to 1"
            )
        members = [np.flatnonzero(self.clean == label) for label in range(len(self.matrix))]
        sizes = [len(rows) for rows in members]
        clusters = max(2, int(1 / gamma + 0.5))
        if exact:  # any level, and any class
            clusters = min(clusters, _MOST_CLUSTERS, *(size for size in sizes if size))
        self._check_sizes(gamma, clusters, sizes)
        counts = _shared(sizes, gamma)
        centers = None
        chosen = np.full(len(members), -1, np.int32)
        margins = np.zeros(len(members))
        for label, rows in enumerate(members):
            if self.progress is not None:
                self.progress("clusters", label, len(members))
            if not len(rows):
                continue
            found, chosen[label] = self._cluster(
                rows, clusters, gamma, seeds.split(seed, "noise/cluster", label), threads
            )
            if centers is None:
                centers = np.zeros((len(members), *found.shape), found.dtype)
            centers[label] = found
            if exact:
                nearest, margins[label] = _nearest(
                    self.features[rows], found, int(chosen[label]), counts[label], threads
                )
                selected[rows[nearest]] = True
        if self.progress is not None:
            self.progress("clusters", len(members), len(members))
        assert centers is not None  # noqa: S101 - there is an example, so a class that has one
        regions = Regions(centers, chosen, margins if exact else None)
        if not exact:
            selected = regions.noisy(self.features, self.clean, threads=threads or None)
        return selected, regions

    def _check_sizes(self, level: float, clusters: int, sizes: list[int]) -> None:
        small = [(size, label) for label, size in enumerate(sizes) if 0 < size < clusters]
        if small:
            size, label = min(small)
            raise InputValueError(
                "level",
                f"{level:.10g} takes {clusters:,} clusters in each class, and class {label} has {size:,} "
                f"examples; give at least {np.ceil(1e4 / size) / 1e4:.4f}, or 0",
            )

    def _cluster(
        self, rows: NDArray[np.intp], clusters: int, level: float, seed: int, threads: int
    ) -> tuple[NDArray[Any], int]:
        """Centres of a class's clusters, and the one nearest in size to the level."""
        from pynoise.clustering import kmeans

        wanted = level * len(rows)
        best: tuple[float, NDArray[Any], int] | None = None
        for refit in range(_REFITS):
            found = kmeans(
                self.features[rows],
                clusters,
                n_init=_STARTS,
                seed=seeds.split(seed, "refit", refit),
                threads=threads or None,
            )
            misses = abs(np.bincount(found.labels, minlength=clusters) - wanted)
            nearest = int(misses.argmin())
            if best is None or misses[nearest] < best[0]:
                best = float(misses[nearest]), found.centers, nearest
            if best[0] <= _NEAR * wanted or self.kind == "concentrated-exact":
                break
        assert best is not None  # noqa: S101 - there is a first fit
        return best[1], best[2]


def _nearest(
    x: NDArray[Any], centers: NDArray[Any], chosen: int, count: int, threads: int
) -> tuple[NDArray[np.intp], float]:
    """The `count` rows that are nearest to the chosen centre, against the others, and the last's margin."""
    margins = margins_of(x, centers, chosen, threads or None)
    nearest = np.argsort(margins, kind="stable")[:count]
    return nearest, float(margins[nearest[-1]]) if count else -np.inf


def _shared(sizes: list[int], level: float) -> list[int]:
    """⌈γN⌉ divided among the classes by their sizes: the largest remainders are rounded up."""
    total = selected_count(level, sum(sizes))
    shares = np.array(sizes) * (total / sum(sizes))
    counts = np.floor(shares + 1e-9).astype(int)
    rest = total - int(counts.sum())
    counts[np.argsort(-(shares - counts), kind="stable")[:rest]] += 1
    return [int(count) for count in counts]
