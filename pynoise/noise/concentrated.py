"""Locally concentrated noise: what lies together gets one wrong label (Drory et al., Section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core, seeds
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
# A cluster that misses it by more than this share is no cluster of that level.
_FAR = 1.0

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

    @classmethod
    def of(
        cls,
        kind: str,
        clean: NDArray[np.int32],
        matrix: NDArray[np.float64],
        features: ArrayLike | None,
        progress: Progress | None,
    ) -> ConcentratedNoise:
        """Make it of features that are checked here."""
        if features is None:
            raise InputValueError("features", f"noise {kind!r} needs them, [N, d]: where the examples lie")
        x = _checks.features("features", _checks.finite_rows("features", features))
        return cls(kind, clean, matrix, _checks.one_row_each("features", x, len(clean)), progress)

    @property
    def exact(self) -> bool:
        """Whether the level is met exactly."""
        return self.kind == "concentrated-exact"

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

    def select(self, level: float, seed: int, threads: int = 0) -> tuple[NDArray[np.bool_], Regions]:
        """Select what lies together, [N], and say where.

        Raises
        ------
        InputValueError
            For a level that clusters do not reach, or features that do not divide into clusters.
        """
        gamma = check_level("level", level)
        self.check("level", gamma)
        selected = np.zeros(len(self.clean), np.bool_)
        classes, width = len(self.matrix), self.features.shape[1]
        if gamma == 0:
            nowhere = np.full(classes, -1, np.int32)
            return selected, Regions(np.zeros((classes, 1, width), np.float32), nowhere)
        members = [np.flatnonzero(self.clean == label) for label in range(classes)]
        clusters = _clusters(gamma)
        if self.exact:
            clusters = min(clusters, _MOST_CLUSTERS, max(map(len, members)))
        counts = _shared([len(rows) for rows in members], gamma)
        dtype = np.float64 if self.features.dtype == np.float64 else np.float32
        centers = np.full((classes, clusters, width), np.nan, dtype)
        chosen = np.full(classes, -1, np.int32)
        margins = np.zeros(classes)
        surplus = 0.0  # what the clusters have more than the level, so far
        for label, rows in enumerate(members):
            if self.progress is not None:
                self.progress("clusters", label, classes)
            if not len(rows):
                continue
            x = self.features[rows]
            count = min(clusters, len(rows))  # the exact kind takes a class of any size
            found, chosen[label], over = self._cluster(label, x, count, gamma, surplus, seed, threads)
            surplus += over
            centers[label, :count] = found
            if self.exact:
                nearest, margins[label] = _nearest(x, found, int(chosen[label]), counts[label], threads)
                selected[rows[nearest]] = True
        if self.progress is not None:
            self.progress("clusters", classes, classes)
        regions = Regions(centers, chosen, margins if self.exact else None)
        if not self.exact:
            selected = regions.noisy(self.features, self.clean, threads=threads or None)
        return selected, regions

    def check(self, argument: str, level: float) -> None:
        """Refuse a level that clusters do not reach."""
        if self.exact or level == 0:
            return
        if level > 0.5:
            raise InputValueError(
                argument, f"{level!r} is above 0.5, half of a class: 'concentrated-exact' reaches up to 1"
            )
        clusters = _clusters(level)
        sizes = np.bincount(self.clean)
        label = int(np.where(sizes > 0, sizes, len(self.clean) + 1).argmin())
        size = int(sizes[label])
        if size < clusters:
            least = f"at least {np.ceil(1e4 / size) / 1e4:.4f}, or " if size > 1 else ""
            raise InputValueError(
                argument,
                f"{level!r} takes {clusters:,} clusters in each class, and class {label} has {size:,} "
                f"examples; give {least}noise 'concentrated-exact'",
            )

    def reach(self) -> float:
        """The largest level."""
        return 1.0 if self.exact else 0.5

    def _cluster(
        self,
        label: int,
        x: NDArray[Any],
        clusters: int,
        level: float,
        surplus: float,
        seed: int,
        threads: int,
    ) -> tuple[NDArray[Any], int, float]:
        """Centres of a class's clusters, the one nearest in size to the level, and what it has more.

        Of two that are equally near, as all are at level 0.5, that which makes up for the classes before.
        """
        from pynoise.clustering import kmeans

        wanted = level * len(x)
        of_class = seeds.split(seed, "noise/cluster", label)
        best: tuple[tuple[float, float], NDArray[Any], int, float] | None = None
        for refit in range(1 if self.exact else _REFITS):
            found = kmeans(
                x,
                clusters,
                n_init=_STARTS,
                seed=seeds.split(of_class, "refit", refit),
                threads=threads or None,
            )
            sizes = np.bincount(found.labels, minlength=clusters)
            for c in np.flatnonzero(sizes).tolist():
                over = float(sizes[c] - wanted)
                miss = (abs(over), abs(surplus + over))
                if best is None or miss < best[0]:
                    best = miss, found.centers, c, over
            if best is not None and best[0][0] <= _NEAR * wanted:
                break
        assert best is not None  # noqa: S101 - there is a first fit
        if not self.exact and best[0][0] > max(1.0, _FAR * wanted):
            raise InputValueError(
                "features",
                f"do not divide class {label} into {clusters} clusters: the one nearest in size to "
                f"{wanted:.0f} of its {len(x):,} examples misses that by {best[0][0]:.0f}; give noise "
                "'concentrated-exact'",
            )
        return best[1:]


def _clusters(level: float) -> int:
    """How many clusters a level takes: 1/γ, rounded."""
    return max(2, int(min(1 / level, 1e9) + 0.5))


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
