"""Corruption matrices P[k, j] = P(noisy label j | clean label k) of a selected example."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError, unknown_name

__all__ = ["KINDS", "MATRIX_SUFFIXES", "LabelMap", "corruption_matrix", "load_matrix", "parse_label_map"]

# {0: 1, 1: 0}, or {"all": 0} for all-to-one.
LabelMap: TypeAlias = Mapping[int, int] | Mapping[str, int] | Mapping[int | str, int]

# The files that hold a matrix.
MATRIX_SUFFIXES = (".npy", ".csv")

KINDS = ("uniform", "symmetric", "flip", "matrix")

# A row of P may miss a sum of 1 by this much: what a matrix written with ten digits misses it by.
_SUM_TOLERANCE = 1e-9


def corruption_matrix(
    kind: str,
    num_classes: int,
    *,
    matrix: ArrayLike | None = None,
    label_map: LabelMap | str | None = None,
) -> NDArray[np.float64]:
    """Build the corruption matrix of a noise kind.

    Parameters
    ----------
    kind : {"uniform", "symmetric", "flip", "matrix"}
        "uniform": any of the L labels, the true one included. "symmetric": any of the other L-1.
        "flip": one counterpart for each label. "matrix": the given `matrix`.
    num_classes : int
        L, 2..10,000.
    matrix : array_like of float, [L, L], optional
        For "matrix": row-stochastic (entries not negative, rows sum to 1 within 1e-9).
    label_map : mapping of int to int, or str, optional
        For "flip": the counterpart of each label, as ``{0: 1, 1: 0}``, or ``{"all": 0}`` for all-to-one;
        or the same as text, "0:1,1:0" or "all:0". A label that the map does not name keeps its value, as
        does the target of all-to-one. By default the next class, cyclically.

    Returns
    -------
    ndarray of float64, [L, L]
        P, row-stochastic.

    Raises
    ------
    InputValueError, InputTypeError
        For an unknown kind, a matrix that is not row-stochastic or has another size, or a map to a class
        that does not exist or that moves nothing.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    classes = _checks.whole("num_classes", num_classes, 2, _checks.MOST_CLASSES)
    if (matrix is not None) != (kind == "matrix"):
        wanted = "needs a matrix" if kind == "matrix" else "takes no matrix"
        raise InputValueError("matrix", f"noise {kind!r} {wanted}")
    if label_map is not None and kind != "flip":
        raise InputValueError("label_map", f"goes with noise 'flip', not with {kind!r}")
    if matrix is not None:
        return _checked(matrix, classes)
    if kind == "uniform":
        return np.full((classes, classes), 1 / classes)
    if kind == "symmetric":
        return (1 - np.eye(classes)) / (classes - 1)
    targets = np.roll(np.arange(classes), -1) if label_map is None else _targets(label_map, classes)
    return np.eye(classes)[targets]


def parse_label_map(text: str) -> dict[int | str, int]:
    """Read a label map from text such as "0:1,1:0", or "all:0" for all-to-one.

    Raises
    ------
    InputValueError
        If the text is not of that form, or names a label twice.
    """
    result: dict[int | str, int] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9}|all)\s*:\s*(\d{1,9})\s*", part, re.ASCII)
        if not match:
            raise InputValueError("label_map", f"{part!r} is not FROM:TO; write 0:1,1:0 or all:0")
        label: int | str = "all" if match[1] == "all" else int(match[1])
        if label in result:
            raise InputValueError("label_map", f"{text!r} names {label} twice")
        result[label] = int(match[2])
    return result


def _targets(label_map: LabelMap | str, classes: int) -> NDArray[np.intp]:
    """The counterpart of every label."""
    pairs = parse_label_map(label_map) if isinstance(label_map, str) else label_map
    if not isinstance(pairs, Mapping):
        raise InputTypeError("label_map", f"{label_map!r} is not a mapping of labels, {{0: 1, 1: 0}}")

    def label(value: object) -> int:
        return _checks.whole("label_map", value, 0, classes - 1, f", the last of {classes} classes")

    if "all" in pairs:
        if len(pairs) > 1:
            raise InputValueError("label_map", "'all' stands alone; name every label, or all of them at once")
        targets = np.full(classes, label(*pairs.values()))
    else:
        targets = np.arange(classes)
        for one, target in pairs.items():
            targets[label(one)] = label(target)
    if (targets == np.arange(classes)).all():
        raise InputValueError("label_map", "moves no label; name one with another target")
    return targets


def _checked(matrix: ArrayLike, classes: int) -> NDArray[np.float64]:
    result = _checks.floats("matrix", matrix).copy()  # the caller may change theirs
    if result.size == 0:
        raise InputValueError("matrix", "is empty; give [L, L] probabilities")
    if result.ndim != 2 or result.shape[0] != result.shape[1]:
        raise InputValueError("matrix", f"has shape {result.shape}; it must be square, [L, L]")
    if len(result) != classes:
        raise InputValueError("matrix", f"has {len(result)} rows; the data have {classes} classes")
    bad = np.argwhere(~np.isfinite(result) | (result < 0))
    if len(bad):
        k, j = bad[0]
        raise InputValueError(
            "matrix", f"entry [{k}, {j}] is {result[k, j]}; probabilities are finite and not negative"
        )
    sums = result.sum(axis=1)
    off = np.flatnonzero(abs(sums - 1) > _SUM_TOLERANCE)
    if off.size:
        k = off[0]
        raise InputValueError("matrix", f"row {k} sums to {sums[k]:.10g}; every row must sum to 1")
    return result


def load_matrix(path: str | Path) -> NDArray[np.float64]:
    """Read a matrix from an .npy file or a .csv file of numbers separated by commas.

    Parameters
    ----------
    path : str or Path
        The file; its suffix says the format.

    Returns
    -------
    ndarray of float64, [rows, columns]
        The matrix as it stands; `corruption_matrix` checks that it is one of probabilities.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputValueError
        If the suffix is not known, or the file does not hold a matrix of numbers.
    """
    file = Path(path)
    if file.suffix.lower() not in MATRIX_SUFFIXES:
        raise InputValueError("matrix", f"{str(path)!r} ends in neither .npy nor .csv")
    if not file.is_file():
        raise InputFileNotFoundError("matrix", f"{str(path)!r} is not a file")
    try:
        if file.suffix.lower() == ".npy":
            return _checks.floats("matrix", np.load(file, allow_pickle=False))
        # utf-8-sig: a byte-order mark, which spreadsheets write, is no number.
        lines = [line for line in file.read_text("utf-8-sig").splitlines() if line.strip()]
        rows = [[float(cell) for cell in line.split(",")] for line in lines]
    except InputTypeError:
        raise
    except (ValueError, TypeError, EOFError) as error:
        raise InputValueError("matrix", f"{str(path)!r} does not hold a matrix of numbers: {error}") from None
    widths = {len(row) for row in rows}
    if len(widths) > 1:
        raise InputValueError("matrix", f"{str(path)!r} has rows of {min(widths)} to {max(widths)} numbers")
    return np.array(rows)
