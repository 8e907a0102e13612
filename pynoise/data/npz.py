"""A data set of one's own, in one .npz file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from pynoise._npz import read_arrays, unfit
from pynoise.data.dataset import Dataset
from pynoise.errors import InputError

_KEYS = ("x_train", "y_train")
_TEST = ("x_test", "y_test")
_WANTED = (
    f"wanted is a file of numpy.savez with plain arrays {', '.join(_KEYS)} and, if you like, "
    f"{', '.join(_TEST)}, names (strings)"
)


def read(path: Path) -> Dataset:
    """Read x_train, y_train and, where present, x_test, y_test, names; nothing is unpickled."""
    arrays = read_arrays("data", path, _KEYS, (*_TEST, "names"), wanted=_WANTED)
    names = np.asarray(arrays["names"]).tolist() if "names" in arrays else ()
    try:
        parts: dict[str, Any] = {key: arrays[key] for key in (*_KEYS, *_TEST) if key in arrays}
        return Dataset(**parts, names=names, name=path.stem)
    except InputError as error:
        raise unfit("data", path, error, _WANTED) from None
