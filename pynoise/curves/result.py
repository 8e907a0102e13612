"""A curve: its rows, and the files that they are written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pynoise.curves import files
from pynoise.curves.predict import SOLVER_ERROR
from pynoise.curves.tolerance import tolerated_level
from pynoise.noise.levels import check_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.curves.predict import Predictor

__all__ = ["COLUMNS", "AccuracyCurve"]

COLUMNS = (
    "k",
    "level",
    "analytic",
    "analytic_se",
    "exact_share",
    "measured",
    "measured_sd",
    "difference",
    "selected_fraction",
    "realised_rate",
)


@dataclass(frozen=True)
class AccuracyCurve:
    """Predicted and measured accuracy, one row a K and noise level.

    Attributes
    ----------
    rows : list of dict
        Sorted by K as given, then by level as given. Keys: ``k``; ``level``, the noise level γ;
        ``analytic``, the predicted accuracy; ``analytic_se``, its standard error where it was sampled,
        0 where nothing was; ``exact_share``, the share of test examples computed exactly;
        ``measured``, the mean over the repeats; ``measured_sd``, their standard deviation (ddof 1);
        ``difference``, measured - analytic; ``selected_fraction``, ⌈γN⌉/N; ``realised_rate``, the mean
        share of wrong training labels. What was not measured is None, the standard deviation of a single
        repeat too.
    meta : dict
        What the curve is of, how it was made, versions, hardware, and seconds by phase.
    """

    rows: list[dict[str, Any]]
    meta: dict[str, Any] = field(repr=False)
    # Predicts at levels between those of the rows.
    _predictor: Predictor = field(repr=False, compare=False)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV, empty where not measured; write them to `path` if one is given."""
        return files.write_text(files.csv_text(COLUMNS, self.rows), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "rows": […]}`` as JSON; write it to `path` if one is given."""
        return files.write_text(files.json_text(self.meta, self.rows), path, ".json")

    def plot(self, path: str | Path | None = None, *, beside: Sequence[AccuracyCurve] = ()) -> Figure:
        """Draw the curves as in Fig. 3 of the paper: lines predicted, points measured.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.
        beside : sequence of AccuracyCurve
            Others to draw into the same picture, of other noise, say.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from pynoise import plots  # matplotlib takes a second to import

        return plots.write_figure(plots.accuracy_curve(self, beside), path)

    def save(self, path: str | Path) -> None:
        """Write the curve to a .csv, .json, .png, .svg or .pdf file: the suffix decides."""
        files.save(self, path)

    def tolerance(self, accuracy: float) -> list[dict[str, Any]]:
        """Find the noise level up to which the analytic accuracy stays at or above `accuracy`.

        Where a curve falls below and comes back, the first fall counts. It is looked for among the levels
        0, 0.05, …, 1 and those of the rows: a dip that ends before the next of them is not seen. From
        there the level is found to 1e-6.

        Parameters
        ----------
        accuracy : float
            Within [0, 1].

        Returns
        -------
        list of dict
            For each K, in the order of the rows: ``k``, and ``level``, which is None where the accuracy
            is lower even without noise, and 1.0 where it never falls so low.

        Raises
        ------
        InputValueError, InputTypeError
            If `accuracy` is not a number within [0, 1].

        Examples
        --------
        >>> import pynoise
        >>> curve = pynoise.accuracy_curve("ideal", k=[1, 11], noise="flip", measure=False)
        >>> [(row["k"], round(row["level"], 3)) for row in curve.tolerance(0.9)]
        [(1, 0.1), (11, 0.318)]
        """
        target = check_level("accuracy", accuracy)
        known: dict[int, dict[float, float]] = {}
        for row in self.rows:
            known.setdefault(row["k"], {})[row["level"]] = row["analytic"]
        return [
            {"k": k, "level": tolerated_level(self._predictor, k, target, there)}
            for k, there in known.items()
        ]

    def best_k(self) -> list[dict[str, Any]]:
        """Name the K of the highest analytic accuracy at each level, the smallest of equal ones.

        Accuracies that differ by 1e-12 or less are equal.

        Returns
        -------
        list of dict
            For each level, in the order of the rows: ``level``, ``k``, and that K's accuracy ``analytic``.
        """
        rivals: dict[float, list[dict[str, Any]]] = {}
        for row in self.rows:
            rivals.setdefault(row["level"], []).append(row)
        result = []
        for level, rows in rivals.items():
            highest = max(row["analytic"] for row in rows)
            best = min(
                (row for row in rows if row["analytic"] >= highest - SOLVER_ERROR), key=lambda row: row["k"]
            )
            result.append({"level": level, "k": best["k"], "analytic": best["analytic"]})
        return result
