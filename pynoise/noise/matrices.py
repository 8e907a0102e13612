"""Corruption matrices P[k, j] = P(noisy label j | clean label k) of a selected example."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError, unknown_name
from pynoise.noise.maps import LabelMap, targets_of

__all__ = [
    "CONCENTRATED_KINDS",
    "DRAWN_KINDS",
    "KINDS",
    "MATRIX_SUFFIXES",
    "PLACED_KINDS",
    "SPREAD_KINDS",
    "checked_matrix",
    "corruption_matrix",
    "load_matrix",
    "off_diagonal",
    "true_class_words",
]

# Readers need to know whether a selected label may come out right.
_TRUE_CLASS = {"uniform": "included", "symmetric": "excluded"}

# The files that hold a matrix.
MATRIX_SUFFIXES = (".npy", ".csv")

# Kinds that select examples at random, and those that select what lies together.
SPREAD_KINDS = (
    "uniform",
    "symmetric",
    "flip",
    "matrix",
    "general",
    "random-asymmetric",
    "semantic-asymmetric",
    "hubness",
)
CONCENTRATED_KINDS = ("concentrated", "concentrated-exact")
# Kinds that depend on where examples lie, and those whose matrix is drawn by a seed.
PLACED_KINDS = (*CONCENTRATED_KINDS, "hubness")
DRAWN_KINDS = ("general", "random-asymmetric")
# And labels that are given: nothing is selected or drawn.
KINDS = (*SPREAD_KINDS, *CONCENTRATED_KINDS, "human")

_MAPPED = ("flip", "semantic-asymmetric", "hubness", *CONCENTRATED_KINDS)

# The labels that random-asymmetric noise gives instead: Mizrahi and Avidan print 66.6 % and 33.3 %.
_ASYMMETRIC = (2 / 3, 1 / 3)

# A row of P may miss a sum of 1 by this much: what a matrix written with ten digits misses it by.
_SUM_TOLERANCE = 1e-9


def true_class_words(kind: str) -> str:
    """Whether a selected label may stay, in words behind the name of a kind that is mixed up often."""
    return f" (true class {_TRUE_CLASS[kind]})" if kind in _TRUE_CLASS else ""


def corruption_matrix(
    kind: str,
    num_classes: int,
    *,
    matrix: ArrayLike | None = None,
    label_map: LabelMap | str | None = None,
    alternatives: int | None = None,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Build the corruption matrix of a noise kind.

    Parameters
    ----------
    kind : str
        - "uniform": any of the L labels, the true one included.
        - "symmetric": any of the other L-1.
        - "flip": one counterpart for each label, `label_map`.
        - "matrix": the given `matrix`.
        - "general": each class has `alternatives` other labels, drawn by `seed`, with probabilities drawn
          from all that sum to 1 (Drory et al., Fig. 4 g, who do not give theirs).
        - "random-asymmetric": two other labels, drawn by `seed`, with 2/3 and 1/3 (Mizrahi and Avidan).
        - "semantic-asymmetric": what looks alike: `label_map`, the name of a data set or a map.
        - "hubness": as "symmetric", or `label_map` (Tomašev and Buza, Neurocomputing 160, 2015).
        - "concentrated", "concentrated-exact": one counterpart for each label (Drory et al., Section 3.3):
          `label_map`, or else (c + L//2) mod L, as in the authors' code.
    num_classes : int
        L, 2..10,000.
    matrix : array_like of float, [L, L], optional
        For "matrix": row-stochastic (entries not negative, rows sum to 1 within 1e-9).
    label_map : mapping of int to int, or str, optional
        The counterpart of each label, as ``{0: 1, 1: 0}``, or ``{"all": 0}`` for all-to-one; or the same as
        text, "0:1,1:0" or "all:0"; or the name of a data set that `semantic_map` knows. A label that the map
        does not name keeps its value, as does the target of all-to-one. For "flip" the next class by
        default, cyclically.
    alternatives : int, optional
        For "general": how many other labels each class has, 1..L-1; 2 by default.
    seed : int
        For "general" and "random-asymmetric": draws their labels.

    Returns
    -------
    ndarray of float64, [L, L]
        P, row-stochastic.

    Raises
    ------
    InputValueError, InputTypeError
        For an unknown kind, a matrix that is not row-stochastic or has another size, a map to a class that
        does not exist or that moves nothing, or more alternatives than there are.
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    classes = _checks.whole("num_classes", num_classes, 2, _checks.MOST_CLASSES)
    if (matrix is not None) != (kind == "matrix"):
        wanted = "needs a matrix" if kind == "matrix" else "takes no matrix"
        raise InputValueError("matrix", f"noise {kind!r} {wanted}")
    if label_map is not None and kind not in _MAPPED:
        raise InputValueError(
            "label_map", f"goes with noise {', '.join(map(repr, _MAPPED))}, not with {kind!r}"
        )
    if alternatives is not None and kind != "general":
        raise InputValueError("alternatives", f"goes with noise 'general', not with {kind!r}")
    if kind == "human":
        raise InputValueError("kind", "'human' has the matrix of its labels; pynoise.noise.make gives it")
    if matrix is not None:
        return checked_matrix(matrix, classes)
    if label_map is not None:
        return np.eye(classes)[targets_of(label_map, classes)]
    if kind == "uniform":
        return np.full((classes, classes), 1 / classes)
    if kind in ("symmetric", "hubness"):
        return (1 - np.eye(classes)) / (classes - 1)
    if kind == "semantic-asymmetric":
        raise InputValueError("label_map", f"noise {kind!r} needs one: a map, or a data set that has one")
    if kind in ("flip", *CONCENTRATED_KINDS):
        step = 1 if kind == "flip" else classes // 2
        return np.eye(classes)[(np.arange(classes) + step) % classes]
    checked_seed = _checks.seed("seed", seed)
    if kind == "random-asymmetric":
        if classes < 3:
            raise InputValueError("kind", f"{kind!r} needs two other labels; there are {classes} classes")
        return _with_alternatives(np.tile(_ASYMMETRIC, (classes, 1)), checked_seed)
    limit = ", the other labels"
    count = _checks.whole("alternatives", 2 if alternatives is None else alternatives, 1, classes - 1, limit)
    return _with_alternatives(_shares(classes, count, checked_seed), checked_seed)


def _with_alternatives(shares: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    """Each class's `shares` [L, A] on so many of the other labels, drawn without replacement."""
    classes, count = shares.shape
    keys = _core.random_uniform(seed, "noise/alternatives", classes * classes).reshape(classes, classes)
    np.fill_diagonal(keys, 2)  # never the label itself
    result = np.zeros((classes, classes))
    np.put_along_axis(result, np.argsort(keys, axis=1, kind="stable")[:, :count], shares, axis=1)
    return result


def _shares(classes: int, count: int, seed: int) -> NDArray[np.float64]:
    """Probabilities, uniform over all that sum to 1: the gaps between sorted uniform numbers."""
    cuts = _core.random_uniform(seed, "noise/shares", classes * (count - 1)).reshape(classes, count - 1)
    edges = np.pad(np.sort(cuts, axis=1), ((0, 0), (1, 1)), constant_values=(0, 1))
    return np.diff(edges, axis=1)


def checked_matrix(matrix: ArrayLike, classes: int | None = None) -> NDArray[np.float64]:
    """Check a row-stochastic matrix [L, L], of `classes` if that is given; it is copied."""
    result = _checks.floats("matrix", matrix).copy()  # the caller may change theirs
    if result.size == 0:
        raise InputValueError("matrix", "is empty; give [L, L] probabilities")
    if result.ndim != 2 or result.shape[0] != result.shape[1]:
        raise InputValueError("matrix", f"has shape {result.shape}; it must be square, [L, L]")
    if classes is not None and len(result) != classes:
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


def off_diagonal(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """What a matrix [L, L] gives to other labels: the same with zeros on the diagonal."""
    others = matrix.copy()
    np.fill_diagonal(others, 0)
    return others


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
