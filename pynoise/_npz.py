"""Files .npz: plain arrays, and records of arrays with what is to be said of them; nothing is pickled."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from zipfile import is_zipfile

import numpy as np
from numpy.typing import NDArray

from pynoise._files import writing_whole
from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError

__all__ = ["read_arrays", "read_record", "unfit", "write_record"]

_Record = TypeVar("_Record")


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


def write_record(
    path: Path, record: str, version: int, meta: Mapping[str, Any], arrays: Mapping[str, Any]
) -> None:
    """Write a file whole: the `arrays`, and as the array ``meta`` JSON of what kind of record they are.

    Raises
    ------
    OSError
        If the system refuses.
    """
    text = json.dumps({"record": record, "format": version} | dict(meta), default=dict)
    with writing_whole(path) as target:
        np.savez(target, meta=np.array(text), **arrays)


def read_record(
    argument: str,
    path: str | os.PathLike[str],
    record: str,
    version: int,
    make: Callable[[dict[str, Any], dict[str, Any]], _Record],
    *,
    keys: Sequence[str],
    optional: Sequence[str] = (),
    wanted: str,
) -> _Record:
    """Read what `write_record` wrote, and `make` of arrays and meta what it is.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputTypeError, InputValueError
        If it is no path, or the file is damaged, of another kind, or `make` refuses it.
    """
    arrays = read_arrays(argument, path, (*keys, "meta"), optional, wanted=wanted)
    try:
        meta = json.loads(arrays.pop("meta").item())
        if meta["record"] != record:
            raise InputValueError("record", f"it holds {meta['record']!r}, not {record!r}")
        if meta["format"] != version:
            raise InputValueError("format", f"{meta['format']!r} is not {version}, which is read here")
        return make(arrays, meta)
    except InputError as error:
        raise unfit(argument, path, error, wanted) from None
    except Exception as error:  # foreign JSON can be wrong in any way
        problem = f"its record is damaged ({type(error).__name__}: {error})"
        raise unfit(argument, path, problem, wanted) from None


def unfit(argument: str, path: str | os.PathLike[str], problem: object, wanted: str) -> InputValueError:
    """The error for a file that is there and will not do."""
    return InputValueError(argument, f"{str(path)!r} will not do: {problem}; {wanted}")
