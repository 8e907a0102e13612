"""Accuracies that somebody measured: points of noise level and accuracy, and the file of them."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputFileNotFoundError, InputValueError

__all__ = ["load_measured", "points"]

_COLUMNS = ("level", "accuracy")
# A mean square needs two.
_LEAST = 2


def load_measured(path: str | Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Read measured accuracies from a .csv file with the columns ``level`` and ``accuracy``.

    The first line names the columns, separated by commas; others than these two are ignored, and so are
    blank lines. A level may be given several times.

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    levels, accuracy : ndarray of float64, [n]
        Noise levels γ and accuracies, both within [0, 1], n ≥ 2.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputValueError
        If the file is not such a table; the message names the line and what stands there.
    """
    file = Path(path)
    if not file.is_file():
        raise InputFileNotFoundError("measured", f"{str(path)!r} is not a file")
    try:
        # utf-8-sig: a byte-order mark, which spreadsheets write, is no part of the first name.
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.reader(lines, strict=True)
            cells = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputValueError("measured", f"{str(path)!r} is not a table of text: {error}") from None
    cells = [(line, row) for line, row in cells if any(row)]
    if not cells:
        raise InputValueError("measured", f"{str(path)!r} is empty; its first line names {_names()}")
    (_, header), *rows = cells
    for name in _COLUMNS:
        if header.count(name) != 1:
            raise InputValueError(
                "measured",
                f"{str(path)!r} has {header.count(name)} columns {name!r}, its first line being "
                f"{','.join(header)!r}; it must name {_names()}, once each, separated by commas",
            )
    if len(rows) < _LEAST:
        raise InputValueError("measured", f"{str(path)!r} has {len(rows)} rows; give at least {_LEAST}")
    values = [[_number(path, line, name, row, header.index(name)) for name in _COLUMNS] for line, row in rows]
    levels, accuracy = np.array(values).T
    return levels.copy(), accuracy.copy()


def _names() -> str:
    return " and ".join(map(repr, _COLUMNS))


def _number(path: str | Path, line: int, name: str, row: list[str], place: int) -> float:
    where = f"{str(path)!r}, line {line}: {name}"
    if place >= len(row) or not row[place]:
        raise InputValueError("measured", f"{where} is empty; give a number within [0, 1]")
    try:
        value = float(row[place])
    except ValueError:
        raise InputValueError("measured", f"{where} {row[place]!r} is not a number") from None
    if not 0 <= value <= 1:  # catches NaN too
        raise InputValueError(
            "measured", f"{where} {row[place]} is outside [0, 1]; write 0.9 for 90 per cent"
        )
    return value + 0.0  # never -0.0


def points(levels: ArrayLike, accuracy: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Check pairs of a noise level and an accuracy."""
    result = []
    for name, given in (("levels", levels), ("accuracy", accuracy)):
        values = _checks.floats(name, given)
        if values.ndim != 1 or len(values) < _LEAST:
            raise InputValueError(
                name, f"has shape {values.shape}; give a sequence of at least {_LEAST} numbers within [0, 1]"
            )
        wrong = np.flatnonzero(~((values >= 0) & (values <= 1)))
        if wrong.size:
            i = int(wrong[0])
            raise InputValueError(name, f"{values[i]} at position {i} is outside [0, 1]")
        result.append(values + 0.0)  # never -0.0
    if len(result[0]) != len(result[1]):
        raise InputValueError(
            "accuracy", f"has {len(result[1])} values for {len(result[0])} levels; give one a level"
        )
    return result[0], result[1]
