"""A data set of one's own, in one .npz file."""

from __future__ import annotations

from pathlib import Path
from zipfile import is_zipfile

import numpy as np

from pynoise.data.dataset import Dataset
from pynoise.errors import InputError, InputFileNotFoundError, InputValueError

_KEYS = ("x_train", "y_train", "x_test", "y_test")
_WANTED = (
    f"wanted is a file of numpy.savez with plain arrays {', '.join(_KEYS)} and, if you like, names (strings)"
)


def read(path: Path) -> Dataset:
    """Read x_train, y_train, x_test, y_test and, where present, names; nothing is unpickled."""
    if not path.is_file():
        raise InputFileNotFoundError("data", f"there is no file {str(path)!r}; {_WANTED}")
    with path.open("rb") as file:
        if not is_zipfile(file):  # numpy would take it for a pickle, and say so
            raise _unfit(path, "it is no zip archive, or one that is cut short")
        file.seek(0)
        try:
            with np.load(file, allow_pickle=False) as content:
                arrays = {key: content[key] for key in (*_KEYS, "names") if key in content}
        except Exception as error:  # a damaged file can raise almost anything
            raise _unfit(path, f"numpy cannot read it ({type(error).__name__}: {error})") from None
    if missing := [key for key in _KEYS if key not in arrays]:
        raise _unfit(path, f"it has no {', '.join(missing)}")
    names = np.asarray(arrays["names"]).tolist() if "names" in arrays else ()
    try:
        return Dataset(**{key: arrays[key] for key in _KEYS}, names=names, name=path.stem)
    except InputError as error:
        raise _unfit(path, error) from None


def _unfit(path: Path, problem: object) -> InputValueError:
    return InputValueError("data", f"{str(path)!r} will not do: {problem}; {_WANTED}")
