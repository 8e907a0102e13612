"""The K that fits measured accuracies: its rows, and the files that they are written to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pynoise.curves import files

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.curves.predict import Predictor

__all__ = ["FIT_COLUMNS", "KFit", "family"]

FIT_COLUMNS = ("level", "accuracy", "analytic", "residual")

# Levels of a drawn curve: 0, 0.025, …, 1, and those measured.
_STEPS = 40


@dataclass(frozen=True)
class KFit:
    """The number of neighbours whose analytic curve is nearest to measured accuracies.

    Attributes
    ----------
    k : int
        The best K: least squares.
    interval : tuple of int
        The smallest and the largest K tried that fit as well, by the 95 % profile interval:
        RSS(K) ≤ RSS(best) (1 + F/(n-1)), F the 95 % quantile of the F distribution with 1 and n-1 degrees
        of freedom. It rests on independent errors of equal size, and spans only what was tried.
    at_edge : bool
        Whether the interval reaches the smallest or the largest K tried, and so may end there for want of
        others.
    rms : float
        Root of the mean squared residual.
    ks, rss : list
        The K tried, in order, and their sums of squared residuals.
    rows : list of dict
        The measured points as given. Keys: ``level``, ``accuracy``, ``analytic`` (the curve of the best
        K), ``residual`` (accuracy - analytic).
    meta : dict
        What was fitted, how, versions, hardware, and seconds by phase.
    """

    k: int
    interval: tuple[int, int]
    at_edge: bool
    rms: float
    ks: list[int] = field(repr=False)
    rss: list[float] = field(repr=False)
    rows: list[dict[str, float]] = field(repr=False)
    meta: dict[str, Any] = field(repr=False)
    # Predicts the curves of the picture.
    _predictor: Predictor = field(repr=False, compare=False)

    @property
    def largest(self) -> dict[str, float]:
        """The row of the largest residual, whatever its sign; the first of equal ones."""
        return max(self.rows, key=lambda row: abs(row["residual"]))

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV; write them to `path` if one is given."""
        return files.write_text(files.csv_text(FIT_COLUMNS, self.rows), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return all attributes and ``largest`` as one JSON object; write it to `path` if one is given."""
        text = files.json_text(
            self.meta,
            self.rows,
            k=self.k,
            interval=self.interval,
            at_edge=self.at_edge,
            rms=self.rms,
            largest=self.largest,
            ks=self.ks,
            rss=self.rss,
        )
        return files.write_text(text, path, ".json")

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the measured points over the analytic curves of the best K, of the interval, and beyond.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from pynoise import plots  # matplotlib takes a second to import

        levels = sorted({i / _STEPS for i in range(_STEPS + 1)} | {row["level"] for row in self.rows})
        curves = {
            k: [one.accuracy for one in self._predictor.curve(k, levels)]
            for k in family(self.k, self.interval, self.ks)
        }
        return plots.write_figure(plots.k_fit(self, levels, curves), path)

    def save(self, path: str | Path) -> None:
        """Write the fit to a .csv, .json, .png, .svg or .pdf file: the suffix decides."""
        files.save(self, path)


def family(best: int, interval: tuple[int, int], ks: list[int]) -> list[int]:
    """The K to draw: the best, the ends of the interval, and those nearest to ¼, ½, 2 and 4 times the best.

    The latter are odd if the best is, or even: curves of one kind that ties shape alike.
    """
    same = [k for k in ks if k % 2 == best % 2]
    around = {min(same, key=lambda k: abs(np.log(k / (share * best)))) for share in (0.25, 0.5, 2, 4)}
    return sorted({best, *interval, *around})
