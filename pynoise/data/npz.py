"""A data set of one's own, in one .npz file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pynoise._npz import read_arrays, unfit
from pynoise.data.dataset import Dataset
from pynoise.errors import InputError

_KEYS = ("x_train", "y_train", "x_test", "y_test")
_WANTED = (
    f"wanted is a file of numpy.savez with plain arrays {', '.join(_KEYS)} and, if you like, names (strings)"
)


def read(path: Path) -> Dataset:
    """Read x_train, y_train, x_test, y_test and, where present, names; nothing is unpickled."""
    arrays = read_arrays("data", path, _KEYS, ("names",), wanted=_WANTED)
    names = np.asarray(arrays["names"]).tolist() if "names" in arrays else ()
    try:
        parts: dict[str, Any] = {key: arrays[key] for key in _KEYS}
        return Dataset(**parts, names=names, name=path.stem)
    except InputError as error:
        raise unfit("data", path, error, _WANTED) from None
