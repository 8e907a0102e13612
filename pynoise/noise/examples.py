"""What records of examples' labels share: how their arrays are checked, and how labels are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise._words import writable
from pynoise.data import ImageFolders
from pynoise.errors import InputValueError

if TYPE_CHECKING:
    from pynoise.noise.suspects import Suspects

__all__ = ["check_data", "checked_arrays", "columns_text", "file_words", "named", "names_of"]


def names_of(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the classes as the JSON of a record has them; ValueError if they are none."""
    given = meta["names"]
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ValueError(f"names are {given!r}, not a list of words")
    return tuple(given)


def checked_arrays(
    arrays: Mapping[str, NDArray[Any]],
    dtypes: Mapping[str, Any],
    shapes: Mapping[str, tuple[int, ...]],
    labels: Sequence[str],
    classes: int,
) -> dict[str, NDArray[Any]]:
    """The arrays of a record's file in their dtypes; ValueError if they do not fit.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        As they were read.
    dtypes : mapping of str to dtype
        What each should be; the same kind will do.
    shapes : mapping of str to tuple of int
        Of those that have not a value for each entry of ``index``.
    labels : sequence of str
        Which of them are labels, 0..L-1.
    classes : int
        L.
    """
    found = {}
    for name, values in arrays.items():
        shape = shapes.get(name, (arrays["index"].size,))
        if values.shape != shape:
            raise ValueError(f"{name} has shape {values.shape}, not {shape}")
        dtype = np.dtype(dtypes[name])
        if (values.dtype.kind == "U") != (dtype.kind == "U") or not np.can_cast(
            values.dtype, dtype, "same_kind"
        ):
            raise ValueError(f"{name} has dtype {values.dtype}, not {dtype}")
        if name in labels and not ((values >= 0) & (values < classes)).all():
            raise ValueError(f"{name} has labels that are none of {classes} classes")
        found[name] = values.astype(dtype)
    return found


def check_data(found: Suspects, data: Any) -> None:
    """Refuse data (a Dataset, ImageFolders or ImageSets) that suspects are not of, as far as they tell."""
    count, most = len(data.y_train), int(found.index.max(initial=-1))
    if most >= count:
        problem = f"has {count:,} training examples, and the suspects are of more than {most:,}"
    elif data.names != found.names:
        problem = "has classes of other names than the suspects"
    elif not np.array_equal(data.y_train[found.index], found.labels if found.clean is None else found.clean):
        problem = "has other labels than the suspects' examples"
    elif found.files is not None and not (
        isinstance(data, ImageFolders) and np.array_equal(data.train.paths[found.index], found.files)
    ):
        problem = "has other files than the suspects' examples"
    else:
        return
    raise InputValueError("data", f"{data.name} {problem}; give the data that the run was trained on")


def named(labels: NDArray[np.int32], names: Sequence[str]) -> list[str]:
    """Labels by name."""
    return [names[label] for label in labels]


def file_words(files: NDArray[np.str_]) -> list[str]:
    """Paths as text that can be written."""
    return [writable(name) for name in files.tolist()]


def columns_text(columns: Mapping[str, Sequence[Any]]) -> str:
    """Columns as CSV."""
    from pynoise.curves.files import csv_text

    rows = [dict(zip(columns, cells, strict=True)) for cells in zip(*columns.values(), strict=True)]
    return csv_text(list(columns), rows)
