"""Reading .npz files: plain arrays, and nothing unpickled."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
from numpy.typing import NDArray

from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

__all__ = ["read_arrays", "unfit"]


def read_arrays(
    argument: str,
    path: str | os.PathLike[str],
    keys: Sequence[str],
    optional: Sequence[str] = (),
    *,
    wanted: str,
) -> dict[str, NDArray[Any]]:
    """Read the arrays `keys`, and those of the `optional` that are there.

    Parameters
    ----------
    argument : str
        What errors blame.
    path : str or path
        The file.
    keys, optional : sequence of str
        Names of arrays.
    wanted : str
        What would do, for the errors: "wanted is ...".

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputTypeError, InputValueError
        If it is no path, or no whole .npz file with plain arrays of these names.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputTypeError(argument, f"{path!r} is not the path of a file; {wanted}")
    try:
        found = Path(path).is_file()
    except ValueError:  # a NUL, before Python 3.12
        found = False
    if not found:
        raise InputFileNotFoundError(argument, f"there is no file {str(path)!r}; {wanted}")
    with Path(path).open("rb") as file:
        if not is_zipfile(file):  # numpy would take it for a pickle, and say so
            raise unfit(argument, path, "it is no zip archive, or one that is cut short", wanted)
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as content:
                arrays = {key: content[key] for key in (*keys, *optional) if key in content}
        except Exception as error:  # a damaged file can raise almost anything
            problem = f"numpy cannot read it ({type(error).__name__}: {error})"
            raise unfit(argument, path, problem, wanted) from None
    if missing := [key for key in keys if key not in arrays]:
        raise unfit(argument, path, f"it has no {', '.join(missing)}", wanted)
    return arrays


def unfit(argument: str, path: str | os.PathLike[str], problem: object, wanted: str) -> InputValueError:
    """The error for a file that is there and will not do."""
    return InputValueError(argument, f"{str(path)!r} will not do: {problem}; {wanted}")
