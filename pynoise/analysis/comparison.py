"""Outputs beside neighbours: the distances between them, and the files that they are written to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks
from pynoise._probabilities import Probabilities
from pynoise.curves import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.plots.chi_square import Pair

__all__ = ["COMPARISON_COLUMNS", "Comparison"]

COMPARISON_COLUMNS = ("k", "preferred", "share", "median_distance", "mean_distance")

# Pairs of one picture that can still be read.
_MOST_PAIRS = 24


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class Comparison:
    """How near a network's outputs are to the labels of the K nearest neighbours.

    Attributes
    ----------
    rows : list of dict
        One a K, in the order given. Keys: ``k``; ``preferred``, how many examples prefer it; ``share``, their
        share; ``median_distance`` and ``mean_distance``, over all examples at this K.
    meta : dict
        What is compared, how, and versions; ``published`` is the median distance that the paper has.
    distances : ndarray of float64, [M]
        The chi-square distance of each example at its preferred K, within [0, 1].
    preferred : ndarray of int, [M]
        The K of the lowest distance, the smallest of equal ones; distances that differ by 1e-12 or less are
        equal.
    """

    rows: list[dict[str, Any]]
    meta: dict[str, Any] = field(repr=False)
    distances: NDArray[np.float64] = field(repr=False)
    preferred: NDArray[np.int64] = field(repr=False)
    # What pairs are drawn of: true classes [M], outputs [M, L], and votes at the preferred K [M, L].
    _labels: NDArray[np.int32] = field(repr=False)
    _outputs: Probabilities = field(repr=False)
    _votes: NDArray[np.integer[Any]] = field(repr=False)

    @property
    def median_distance(self) -> float:
        """The median of `distances`, each at its preferred K."""
        return float(np.median(self.distances))

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV; write them to `path` if one is given."""
        return files.write_text(files.csv_text(COMPARISON_COLUMNS, self.rows), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return all attributes as one JSON object; write it to `path` if one is given."""
        text = files.json_text(
            self.meta,
            self.rows,
            median_distance=self.median_distance,
            distances=self.distances.tolist(),
            preferred=self.preferred.tolist(),
        )
        return files.write_text(text, path, ".json")

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw how often each K is preferred, and the distances there, as in Fig. 5 of the paper.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from pynoise import plots  # matplotlib takes a second to import

        return plots.write_figure(plots.preferred_k(self), path)

    def plot_pairs(self, path: str | Path | None = None, *, pairs: int = 6) -> Figure:
        """Draw outputs beside neighbours at the preferred K, as in Fig. 6 of the paper.

        Drawn are the examples whose distance is nearest to the median, of equal ones the first, in the order
        of their distances.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.
        pairs : int
            How many, 24 at most; all examples if there are fewer.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputValueError, InputTypeError
            If `pairs` is out of its range.
        """
        from pynoise import plots

        shown = self.pairs(pairs)
        return plots.write_figure(plots.pairs(shown, self.meta["names"], self.median_distance), path)

    def pairs(self, count: int = 6) -> list[Pair]:
        """Give what `plot_pairs` draws of so many examples, 24 at most.

        Raises
        ------
        InputValueError, InputTypeError
            If `count` is out of its range.
        """
        from pynoise.plots.chi_square import Pair

        most = _checks.whole("pairs", count, 1, _MOST_PAIRS)
        apart = abs(self.distances - self.median_distance).round(12)  # rounding is no order
        nearest = np.argsort(apart, kind="stable")[:most]
        drawn = nearest[np.argsort(self.distances[nearest].round(12), kind="stable")]
        return [
            Pair(
                int(i),
                int(self._labels[i]),
                int(self.preferred[i]),
                float(self.distances[i]),
                softmax,
                self._votes[i] / self.preferred[i],
            )
            for i, softmax in zip(drawn, self._outputs.of(drawn), strict=True)
        ]

    def save(self, path: str | Path) -> None:
        """Write the comparison to a .csv, .json, .png, .svg or .pdf file: the suffix decides."""
        files.save(self, path)
