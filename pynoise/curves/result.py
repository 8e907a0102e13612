"""A curve: its rows, and the files that they are written to."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pynoise._files import check_output, write_whole

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.curves.predict import Predictor

__all__ = ["COLUMNS", "OUTPUT_SUFFIXES", "AccuracyCurve"]

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
PICTURE_SUFFIXES = (".png", ".svg")
OUTPUT_SUFFIXES = (".csv", ".json", *PICTURE_SUFFIXES)


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
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return _write(text.getvalue(), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "rows": […]}`` as JSON; write it to `path` if one is given."""
        meta, *rows = (json.dumps(part, allow_nan=False) for part in (self.meta, *self.rows))
        lines = ",\n  ".join(rows)  # a line a row: for eyes, and for diff
        text = f'{{"meta": {meta},\n "rows": [\n  {lines}\n ]}}\n'
        return _write(text, path, ".json")

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the curves as in Fig. 3 of the paper: lines predicted, points measured.

        Parameters
        ----------
        path : str or Path, optional
            A .png or .svg file to write.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from pynoise import plots  # matplotlib takes a second to import

        figure = plots.accuracy_curve(self)
        if path is not None:
            file = check_output("path", path, PICTURE_SUFFIXES)
            write_whole(file, plots.render(figure, file.suffix.lower()))
        return figure

    def save(self, path: str | Path) -> None:
        """Write the curve to a .csv, .json, .png or .svg file: the suffix decides."""
        file = check_output("path", path, OUTPUT_SUFFIXES)
        suffix = file.suffix.lower()
        {".csv": self.to_csv, ".json": self.to_json}.get(suffix, self.plot)(file)


def _write(text: str, path: str | Path | None, suffix: str) -> str:
    if path is not None:
        write_whole(check_output("path", path, (suffix,)), text.encode())
    return text
