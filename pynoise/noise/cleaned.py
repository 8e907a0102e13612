"""What is left of labels once the suspects are left out of them, or relabelled."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise._files import check_output, writing_whole
from pynoise.data import Dataset, ImageFolders
from pynoise.errors import InputValueError
from pynoise.noise.classes import encode
from pynoise.noise.examples import check_data, columns_text, file_words, named
from pynoise.noise.suspects import Suspects

__all__ = ["CLEANED_SUFFIXES", "check_cleaned", "cleaned_labels", "save_cleaned", "with_labels"]

# Those for any data, and those for arrays.
CLEANED_SUFFIXES = (".csv", ".npz")


def cleaned_labels(
    suspects: Suspects, data: Any, *, relabel: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Leave the suspects out, or give them the labels that are suggested.

    Examples that were not judged, since their files could not be read, stay as they are.

    Parameters
    ----------
    suspects : Suspects
        Found in these data.
    data : Dataset, ImageFolders or ImageSets
        N training examples.
    relabel : bool
        Whether suspects stay, with the labels that are suggested.

    Returns
    -------
    index : ndarray of int64, [m]
        Which training examples stay, in order: all N of them with `relabel`.
    labels : ndarray of int32, [m]
        Their labels.

    Raises
    ------
    InputValueError
        If the suspects were found in other data.
    """
    check_data(suspects, data)
    labels = data.y_train.copy()
    index, suspected = suspects.index, suspects.suspected
    labels[index] = suspects.labels  # which are noisy, where the data's own are known to be right
    kept = np.ones(len(labels), np.bool_)
    if relabel:
        labels[index[suspected]] = suspects.suggested[suspected]
    else:
        kept[index[suspected]] = False
    return np.flatnonzero(kept).astype(np.int64), labels[kept]


def save_cleaned(suspects: Suspects, data: Any, path: str | Path, *, relabel: bool = False) -> None:
    """Write what `cleaned_labels` leaves to a file.

    Parameters
    ----------
    suspects, data, relabel
        As for `cleaned_labels`.
    path : str or Path
        FILE.csv, with the columns index, file (where examples are files) and label, by name; or of arrays
        FILE.npz, a data set for `pynoise.data.load`, whose test examples and classes are those of `data`.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If the path is no place for such a file, or the suspects were found in other data.
    OSError
        If the system refuses.
    """
    from pynoise.curves.files import write_text

    file = check_cleaned("path", path, data)
    index, labels = cleaned_labels(suspects, data, relabel=relabel)
    if file.suffix.lower() == ".csv":
        columns: dict[str, Any] = {"index": index.tolist()}
        if isinstance(data, ImageFolders):
            columns["file"] = file_words(data.train.paths[index])
        write_text(columns_text(columns | {"label": named(labels, data.names)}), file, ".csv")
        return
    arrays = {"x_train": data.x_train[index], "y_train": labels, "names": np.array(data.names)}
    if len(data.y_test):
        arrays |= {"x_test": data.x_test, "y_test": data.y_test}
    with writing_whole(file) as target:
        np.savez(target, **arrays)


def check_cleaned(argument: str, path: str | Path, data: Any) -> Path:
    """Check, before any work is done, that `save_cleaned` can write there."""
    file = check_output(argument, path, CLEANED_SUFFIXES)
    if file.suffix.lower() == ".npz" and not isinstance(data, Dataset):
        raise InputValueError(
            argument, f"{str(path)!r} would hold arrays, and {data.name!r} has none; name a .csv file"
        )
    return file


def with_labels(data: Any, labels: ArrayLike) -> Any:
    """The data with other training labels.

    Parameters
    ----------
    data : Dataset or ImageFolders
        N training examples.
    labels : array_like of int or str, [N]
        Names of the classes, numbers among them (folders may be called so), or else 0..L-1.

    Raises
    ------
    InputValueError, InputTypeError
        If they are no labels of these examples.
    """
    values = np.asarray(labels)
    if values.dtype.kind in "iu" and set(map(str, np.unique(values).tolist())) <= set(data.names):
        values = values.astype(str)
    codes, _ = encode("labels", values, data.names)
    if len(codes) != len(data.y_train):
        raise InputValueError(
            "labels", f"are {len(codes):,}, and {data.name!r} has {len(data.y_train):,} training examples"
        )
    part = copy.copy(data)  # not made anew: what was checked need not be read again
    object.__setattr__(part, "y_train", codes)
    if isinstance(data, Dataset):
        object.__setattr__(part, "origin", None)  # what it names has other labels
    return part
