"""One array of a .npy or .npz file, by name: nothing is unpickled."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

import numpy as np
from numpy.typing import NDArray

from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError

__all__ = ["ARRAY_SUFFIXES", "chosen_part", "load_array", "split_part"]

ARRAY_SUFFIXES = (".npy", ".npz")


def split_part(argument: str, path: str | Path, suffixes: Sequence[str]) -> tuple[Path, str]:
    """Take FILE:NAME apart; the name is empty where there is none.

    Raises
    ------
    InputTypeError, InputValueError, InputFileNotFoundError
        If it is no path, has none of the suffixes, or there is no such file.
    """
    if not isinstance(path, str | Path):
        raise InputTypeError(argument, f"{path!r} is not the path of a file")
    head, colon, name = str(path).rpartition(":")
    if not colon or Path(head).suffix.lower() not in suffixes:
        head, name = str(path), ""
    file = Path(head)
    if file.suffix.lower() not in suffixes:
        raise InputValueError(argument, f"{head!r} ends in none of {', '.join(suffixes)}")
    try:
        found = file.is_file()
    except ValueError:  # a NUL, before Python 3.12
        found = False
    if not found:
        raise InputFileNotFoundError(argument, f"there is no file {head!r}")
    return file, name


def chosen_part(argument: str, name: str, there: Sequence[str], usual: Sequence[str], what: str) -> str:
    """Choose the part of a file: the one named, the first of the usual ones, or the only one."""
    if name in there:
        return name
    taken = [one for one in usual if one in there] if not name else []
    if not name and (taken or len(there) == 1):
        return [*taken, *there][0]
    missing = f"no {what} {name!r}" if name else f"no single {what}"
    raise InputValueError(
        argument, f"it has {missing}; name one of {', '.join(there) or 'nothing'} as FILE:NAME"
    )


def load_array(argument: str, path: str | Path, usual: Sequence[str]) -> NDArray[Any]:
    """Read the array of FILE.npy, or of FILE.npz one of the `usual` names or the only one, or FILE.npz:NAME.

    Raises
    ------
    InputTypeError, InputValueError, InputFileNotFoundError
        If there is no such array.
    """
    file, name = split_part(argument, path, ARRAY_SUFFIXES)
    try:
        if file.suffix.lower() == ".npy":
            if name:
                raise InputValueError(argument, f"an .npy file has no array {name!r}")
            return _array(argument, np.load(file, allow_pickle=False))
        if not is_zipfile(file):  # numpy would take it for a pickle, and say so
            raise InputValueError(argument, "it is no zip archive, or one that is cut short")
        with np.load(file, allow_pickle=False) as content:
            return _array(argument, content[chosen_part(argument, name, content.files, usual, "array")])
    except InputError as error:
        raise InputValueError(argument, f"{str(path)!r} will not do: {error.problem}") from None
    except OSError:
        raise
    except Exception:  # a damaged file can raise almost anything, and numpy's own words are about pickles
        raise InputValueError(argument, f"{str(path)!r} does not hold an array") from None


def _array(argument: str, value: Any) -> NDArray[Any]:
    """Check that numpy found an array: a .npz file may be called .npy, or hold other files."""
    if not isinstance(value, np.ndarray):
        raise InputValueError(argument, "it holds no array of numpy's there")
    return value
