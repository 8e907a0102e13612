"""Class labels as people have them, numbers or names, and as kernels want them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputTypeError, InputValueError

__all__ = ["class_names", "encode", "some_of"]


def encode(
    argument: str, labels: ArrayLike, names: Iterable[str] | None = None, num_classes: int | None = None
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Number labels: integers stay, names are looked up.

    Parameters
    ----------
    argument : str
        What errors blame.
    labels : array_like of int or str, [N]
        Integers 0..L-1, or names of classes.
    names : sequence of str, optional
        The names of all classes. For labels that are names, by default those that occur, sorted; for
        integers "0".."L-1".
    num_classes : int, optional
        L for integers without `names`; one more than the largest label, and 2 at least, by default.

    Returns
    -------
    labels : ndarray of int32, [N]
        0..L-1.
    names : tuple of str
        L names.

    Raises
    ------
    InputTypeError, InputValueError
        For labels that are neither, an unknown name, or a class named twice.
    """
    known = class_names(names, num_classes)
    values = _checks.array(argument, labels)
    if values.dtype.kind == "O" and values.size and all(isinstance(v, str) for v in values.flat):
        values = values.astype(str)
    if values.dtype.kind not in "UT":
        codes = _checks.labels(argument, values, len(known) or num_classes)
        return codes, known or tuple(map(str, range(num_classes or max(2, int(codes.max()) + 1))))
    if values.ndim != 1 or not values.size:
        raise InputValueError(argument, f"has shape {values.shape}; give one row of names")
    words = values.tolist()
    if not known:
        known = tuple(sorted(set(words)))
        if len(known) < 2:
            raise InputValueError(argument, f"has one class, {known[0]!r}, in which no label can be wrong")
        _checks.whole(argument, len(known), 2, _checks.MOST_CLASSES, " classes")
        if num_classes is not None and num_classes != len(known):
            raise InputValueError(
                "num_classes", f"is {num_classes}; {argument} name {len(known)}: give names too"
            )
    places = {name: i for i, name in enumerate(known)}
    for i, word in enumerate(words):
        if word not in places:
            raise InputValueError(
                argument, f"{word!r} at position {i} is none of the classes {some_of(known)}"
            )
    return np.array([places[word] for word in words], np.int32), known


def class_names(names: Iterable[str] | None, num_classes: int | None = None) -> tuple[str, ...]:
    """Check the names of classes, each once; empty where there are none."""
    if names is None:
        return ()
    known = None if isinstance(names, str) or not isinstance(names, Iterable) else tuple(names)
    if known is None or not all(isinstance(name, str) for name in known):
        raise InputTypeError("names", f"{names!r} is no sequence of strings; give one a class")
    if len(set(known)) < len(known):
        raise InputValueError("names", "name a class twice")
    if len(known) == 1 or (num_classes is not None and known and len(known) != num_classes):
        wanted = "two or more" if num_classes is None else num_classes
        raise InputValueError("names", f"are {len(known)}; give {wanted}, one a class")
    return tuple(str(name) for name in known)  # numpy's strings too


def some_of(names: Sequence[str]) -> str:
    """The first of some names."""
    shown = ", ".join(names[:8])
    return shown if len(names) <= 8 else f"{shown}, … ({len(names)} in all)"
