"""Files of labels: one a line, a column of a table, or an array."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
from numpy.typing import NDArray

from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError

__all__ = ["LABEL_SUFFIXES", "load_labels"]

LABEL_SUFFIXES = (".npy", ".npz", ".csv", ".txt")

# Of several columns or arrays these are taken unasked, the first that is there.
_USUAL = ("label", "labels", "noisy", "y")


def load_labels(path: str | Path) -> NDArray[Any]:
    """Read labels from a file; nothing is unpickled.

    Parameters
    ----------
    path : str or Path
        - FILE.npy: an array [N].
        - FILE.npz: the array label, labels, noisy or y, or the only one; FILE.npz:NAME for another, as in
          ``CIFAR-10_human.npz:worse_label``.
        - FILE.csv: a table with a line of headings; the column label, labels, noisy or y, or the only one;
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
    if not isinstance(path, str | Path):
        raise InputTypeError("labels", f"{path!r} is not the path of a file")
    file, name = _split(str(path))
    if not file.is_file():
        raise InputFileNotFoundError("labels", f"there is no file {str(file)!r}")
    try:
        if file.suffix.lower() == ".npz":
            return _from_npz(file, name)
        if file.suffix.lower() == ".csv":
            return _from_csv(file, name)
        if name:
            raise InputValueError("labels", f"a {file.suffix} file has no part {name!r}")
        if file.suffix.lower() == ".npy":
            return _row(np.load(file, allow_pickle=False))
        return _numbers([line.strip() for line in file.read_text("utf-8-sig").splitlines() if line.strip()])
    except InputError as error:
        raise InputValueError("labels", f"{str(path)!r} will not do: {error.problem}") from None
    except (ValueError, EOFError, OSError, csv.Error):  # numpy's own words are about pickles
        raise InputValueError("labels", f"{str(path)!r} does not hold labels") from None


def _split(path: str) -> tuple[Path, str]:
    """The file, and the name of the part of it."""
    head, colon, name = path.rpartition(":")
    if colon and Path(head).suffix.lower() in LABEL_SUFFIXES:
        path = head
    else:
        name = ""
    if Path(path).suffix.lower() not in LABEL_SUFFIXES:
        raise InputValueError("labels", f"{path!r} ends in none of {', '.join(LABEL_SUFFIXES)}")
    return Path(path), name


def _from_npz(file: Path, name: str) -> NDArray[Any]:
    if not is_zipfile(file):  # numpy would take it for a pickle, and say so
        raise InputValueError("labels", "it is no zip archive, or one that is cut short")
    with np.load(file, allow_pickle=False) as content:
        return _row(content[_chosen(name, content.files, "array")])


def _from_csv(file: Path, name: str) -> NDArray[Any]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.reader(lines)
        headings = next(reader, [])
        column = headings.index(_chosen(name, headings, "column"))
        rows = [row for row in reader if row]
    short = next((i for i, row in enumerate(rows) if len(row) <= column), None)
    if short is not None:
        raise InputValueError("labels", f"row {short + 1} has no column {headings[column]!r}")
    return _numbers([row[column].strip() for row in rows])


def _chosen(name: str, there: list[str], what: str) -> str:
    if name in there:
        return name
    if not name:
        usual = [one for one in _USUAL if one in there]
        if usual or len(there) == 1:
            return (usual or there)[0]
    missing = f"no {what} {name!r}" if name else f"several {what}s"
    raise InputValueError(
        "labels", f"it has {missing}; name one of {', '.join(there) or 'nothing'} as FILE:NAME"
    )


def _row(values: NDArray[Any]) -> NDArray[Any]:
    if values.ndim != 1 or values.dtype.kind not in "iuUT":
        raise InputValueError(
            "labels", f"it is {values.dtype} of shape {values.shape}; labels are one row of integers or names"
        )
    return values


def _numbers(words: list[str]) -> NDArray[Any]:
    """Integers where all are, and the words otherwise."""
    if not words:
        raise InputValueError("labels", "it is empty")
    try:
        return np.array([int(word) for word in words])
    except ValueError:
        return np.array(words)
