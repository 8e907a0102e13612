"""Where concentrated noise lies: one region a class."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputValueError

__all__ = ["Regions", "margins_of"]


@dataclass(frozen=True, eq=False)
class Regions:
    """The noisy region of each class, in the space of the features.

    Attributes
    ----------
    centers : ndarray of float32 or float64, [L, k, d]
        The centres of each class's clusters; NaN where a class has fewer than k.
    chosen : ndarray of int32, [L]
        Which of them is the noisy region's; -1 for a class that has none.
    margins : ndarray of float64 [L], or None
        None: the region is the cluster, what lies nearer to the chosen centre than to the others (nearer or
        as near as to those after it). Otherwise it is the cluster grown or shrunk: what has a margin of at
        most this; see `margins_of`.
    """

    centers: NDArray[Any] = field(repr=False)
    chosen: NDArray[np.int32]
    margins: NDArray[np.float64] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        centers = _checks.array("centers", self.centers)
        chosen = _checks.array("chosen", self.chosen)
        if centers.ndim != 3 or centers.dtype.type not in (np.float32, np.float64) or 0 in centers.shape:
            raise InputValueError(
                "centers", f"are {centers.dtype} of shape {centers.shape}; wanted: floats [L, k, d]"
            )
        if chosen.shape != centers.shape[:1] or chosen.dtype.kind not in "iu":
            raise InputValueError(
                "chosen", f"are {chosen.dtype} of shape {chosen.shape}; wanted: integers [L]"
            )
        there = np.isfinite(centers).all(axis=2)
        if ((chosen < -1) | (chosen >= centers.shape[1])).any() or not there[
            chosen >= 0, chosen[chosen >= 0]
        ].all():
            raise InputValueError("chosen", "names a centre that is not there")
        checked: dict[str, NDArray[Any]] = {"centers": centers.copy(), "chosen": chosen.astype(np.int32)}
        if self.margins is not None:
            margins = _checks.floats("margins", self.margins).copy()
            if margins.shape != chosen.shape or np.isnan(margins).any():
                raise InputValueError("margins", f"have shape {margins.shape}; wanted: a number a class")
            checked["margins"] = margins
        for name, value in checked.items():
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def noisy(
        self, features: ArrayLike, labels: ArrayLike, *, threads: int | None = None
    ) -> NDArray[np.bool_]:
        """Tell which examples lie in the noisy region of their class, [M].

        Of the training examples that are those selected; but of several that are equally far out, on the edge
        of an exact level, some were selected and all lie in the region.

        Parameters
        ----------
        features : array_like, [M, ...]
            Examples, in the space that the noise was made in.
        labels : array_like of int, [M]
            Their clean labels.
        threads : int, optional
            Number of threads; one a core by default.

        Raises
        ------
        InputValueError, InputTypeError
            If shapes do not fit, or a number is not finite.
        """
        from pynoise.knn import search

        x = _checks.features("features", _checks.finite_rows("features", features))
        classes, _, width = self.centers.shape
        if x.shape[1] != width:
            raise InputValueError("features", f"has {x.shape[1]} columns; the regions have {width}")
        y = _checks.labels("labels", labels, classes, f", the last of {classes} classes")
        if len(y) != len(x):
            raise InputValueError("labels", f"has {len(y)} labels for {len(x)} rows of features")
        result = np.zeros(len(y), np.bool_)
        for label, rows in self._members(y):
            centers, chosen = self.centers[label], int(self.chosen[label])
            centers = centers[np.isfinite(centers).all(axis=1)]
            if self.margins is None:
                nearest, _ = search(centers, x[rows], 1, threads=threads)
                result[rows] = nearest[:, 0] == chosen
            else:
                result[rows] = margins_of(x[rows], centers, chosen, threads) <= self.margins[label]
        return result

    def _members(self, labels: NDArray[np.int32]) -> Iterator[tuple[int, NDArray[np.intp]]]:
        """The classes that have a region, and which examples are theirs."""
        for label in np.flatnonzero(self.chosen >= 0):
            rows = np.flatnonzero(labels == label)
            if len(rows):
                yield int(label), rows


def margins_of(
    x: NDArray[Any], centers: NDArray[Any], chosen: int, threads: int | None = None
) -> NDArray[np.float64]:
    """How much farther rows [n, d] are from the chosen centre than from the nearest of the others, [n].

    A difference of squared distances: where it is one number the border is straight, as between clusters.
    """
    from pynoise.knn import search

    indices, distances = search(centers, x, len(centers), threads=threads)
    squares = np.empty(distances.shape)
    np.put_along_axis(squares, indices, distances.astype(np.float64) ** 2, axis=1)
    own = squares[:, chosen]
    result: NDArray[np.float64] = (
        own if len(centers) == 1 else own - np.delete(squares, chosen, axis=1).min(axis=1)
    )
    return result
