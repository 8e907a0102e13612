"""A profile of outputs: its rows, and the files that they are written to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pynoise import _checks
from pynoise.curves import files
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise.classes import some_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PROFILE_COLUMNS", "SoftmaxProfile"]

PROFILE_COLUMNS = (
    "region",
    "class",
    "output",
    "examples",
    "median",
    "lower",
    "upper",
    "mean",
    "expected",
    "is_true",
)

# Panels of one picture that can still be read.
_MOST_PANELS = 16


@dataclass(frozen=True)
class SoftmaxProfile:
    """What a network puts out for the examples of each true class.

    Attributes
    ----------
    rows : list of dict
        One a region, true class and output, in the order of the classes; a class without examples has none.
        Keys: ``region``, "all", or "clean" and "noisy" of concentrated noise; ``class``, the true class;
        ``output``, the class that the output is for; ``examples``, how many have this true class;
        ``median``, ``lower`` and ``upper``, the quantiles 0.5, 0.25 and 0.75 of the output over these
        examples (linear between two of them); ``mean``; ``expected``, P(label is `output` | `class`) by the
        noise, None where none was given; ``is_true``, whether class and output are one.
    meta : dict
        What the profile is of, how it was made, and versions.
    """

    rows: list[dict[str, Any]]
    meta: dict[str, Any] = field(repr=False)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV, empty where nothing is expected; write them to `path` if one is given."""
        return files.write_text(files.csv_text(PROFILE_COLUMNS, self.rows), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "rows": […]}`` as JSON; write it to `path` if one is given."""
        return files.write_text(files.json_text(self.meta, self.rows), path, ".json")

    def plot(
        self, path: str | Path | None = None, *, classes: Sequence[int | str] | int | str | None = None
    ) -> Figure:
        """Draw a panel a true class, as in Fig. 8-13 of the paper: medians, and the central 50 %.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.
        classes : int, str or sequence of these, optional
            The true classes to draw, by number or name, 16 at most; the first 16 that have examples by
            default. Their panels show all outputs.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputValueError, InputTypeError
            If a class is not known or has no examples.
        """
        from pynoise import plots  # matplotlib takes a second to import

        return plots.write_figure(plots.softmax_panels(self, self._drawn(classes)), path)

    def save(self, path: str | Path) -> None:
        """Write the profile to a .csv, .json, .png, .svg or .pdf file: the suffix decides."""
        files.save(self, path)

    def _drawn(self, classes: Sequence[int | str] | int | str | None) -> list[str]:
        """The names of the classes to draw."""
        names = self.meta["names"]
        there = {row["class"] for row in self.rows}
        if classes is None:
            return [name for name in names if name in there][:_MOST_PANELS]
        try:
            given = [classes] if isinstance(classes, int | str) else list(classes)
        except TypeError:
            raise InputTypeError("classes", f"{classes!r} is no sequence of numbers or names") from None
        limit = f": there are {len(names)} classes"
        drawn: list[str] = [
            one if isinstance(one, str) else names[_checks.whole("classes", one, 0, len(names) - 1, limit)]
            for one in given
        ]
        for i, name in enumerate(drawn):
            if name not in names:
                raise InputValueError("classes", f"{name!r} is none of the classes {some_of(names)}")
            if name in drawn[:i]:
                raise InputValueError("classes", f"name {name!r} twice")
            if name not in there:
                raise InputValueError("classes", f"{name!r} has no examples")
        _checks.whole("classes", len(drawn), 1, _MOST_PANELS, " classes for one picture")
        return drawn
