"""Files of labels: one a line, a column of a table, or an array."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise._arrays import ARRAY_SUFFIXES, chosen_part, load_array, split_part
from pynoise.errors import InputError, InputValueError

__all__ = ["LABEL_SUFFIXES", "load_labels"]

LABEL_SUFFIXES = (*ARRAY_SUFFIXES, ".csv", ".txt")

# Others are names: 007 is not 7.
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})", re.ASCII)
_FLOAT = re.compile(r"-?[0-9]+(\.[0-9]*)?", re.ASCII)

# Of several columns or arrays these are taken unasked, the first that is there.
_USUAL = ("label", "labels", "y")


def load_labels(path: str | Path) -> NDArray[Any]:
    """Read labels from a file; nothing is unpickled.

    Parameters
    ----------
    path : str or Path
        - FILE.npy: an array [N].
        - FILE.npz: the array label, labels or y, or the only one; FILE.npz:NAME for another, as in
          ``CIFAR-10_human.npz:worse_label``.
        - FILE.csv: a table with a line of headings; the column label, labels or y, or the only one;
          FILE.csv:NAME for another.
        - FILE.txt: one label a line.

    Returns
    -------
    ndarray of int or str, [N]
        Numbers where all of them are, names of classes otherwise.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputTypeError, InputValueError
        If it is no path, or no file of labels.
    """
    file, name = split_part("labels", path, LABEL_SUFFIXES)
    if file.suffix.lower() in ARRAY_SUFFIXES:
        return _row(load_array("labels", path, _USUAL), path)
    try:
        if file.suffix.lower() == ".csv":
            return _numbers(_column(file, name), first=2)
        if name:
            raise InputValueError("labels", f"a .txt file has no column {name!r}")
        return _numbers([line.strip() for line in file.read_text("utf-8-sig").rstrip().splitlines()], first=1)
    except InputError as error:
        raise InputValueError("labels", f"{str(path)!r} will not do: {error.problem}") from None
    except (UnicodeError, csv.Error):
        raise InputValueError("labels", f"{str(path)!r} is no text") from None


def _column(file: Path, name: str) -> list[str]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines, skipinitialspace=True)
        headings = [heading.strip() for heading in next(reader, [])]
        chosen = chosen_part("labels", name, headings, _USUAL, "column")
        column = headings.index(chosen)
        words = []
        for row in reader:
            if len(row) > column:
                words.append(row[column])
            elif row:
                raise InputValueError("labels", f"line {reader.line_num} has no column {chosen!r}")
    return words


def _row(values: NDArray[Any], path: str | Path) -> NDArray[Any]:
    if values.ndim != 1 or values.dtype.kind not in "iuUT":
        raise InputValueError(
            "labels",
            f"{str(path)!r} will not do: it is {values.dtype} of shape {values.shape}; labels are one row of "
            "integers or names",
        )
    return values


def _numbers(words: list[str], first: int) -> NDArray[Any]:
    """Integers where all are, and the words otherwise; `first` is the line of the first."""
    if not words:
        raise InputValueError("labels", "it is empty")
    if "" in words:
        raise InputValueError(
            "labels", f"it has no label on line {first + words.index('')}; give each example one"
        )
    if all(_INTEGER.fullmatch(word) for word in words):
        return np.array([int(word) for word in words])
    if all(_FLOAT.fullmatch(word) for word in words) and any("." in word for word in words):
        raise InputValueError(
            "labels", f"it has numbers that are not whole, {words[0]} first; labels are 0..L-1"
        )
    return np.array(words)
