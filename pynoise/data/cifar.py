"""The Python files of CIFAR-10 and CIFAR-100: pickles, read without letting them run anything."""

from __future__ import annotations

import codecs
import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise.data.layout import Parts, check_images, check_labels, damaged

FILES_10 = tuple(
    f"cifar-10-batches-py/{name}"
    for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta")
)
FILES_100 = tuple(f"cifar-100-python/{name}" for name in ("train", "test", "meta"))

_RECONSTRUCT = np.empty(0).__reduce__()[0]  # numpy's own, by the name that its version gives it
_ALLOWED: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("_codecs", "encode"): codecs.encode,  # how Python 3 pickles bytes for Python 2
}


class _ArraysOnly(pickle.Unpickler):
    """Makes arrays and plain values; a pickle that asks for anything else is refused."""

    def find_class(self, module: str, name: str) -> Any:
        """Look up what a pickle may call: nothing that runs code or opens files."""
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}, which data does not need")
        return _ALLOWED[module, name]


def read_10(paths: Sequence[Path]) -> Parts:
    """Read `FILES_10`: images uint8 [N, 32, 32, 3] and labels."""
    return _read(paths, "labels", "label_names", 10)


def read_100(paths: Sequence[Path]) -> Parts:
    """Read `FILES_100`: images uint8 [N, 32, 32, 3] and fine labels."""
    return _read(paths, "fine_labels", "fine_label_names", 100)


def _read(paths: Sequence[Path], labels: str, label_names: str, num_classes: int) -> Parts:
    *train, test, meta = paths
    names = _read_names(meta, label_names, num_classes)
    batches = [_read_batch(path, labels, num_classes) for path in train]
    x_train = np.concatenate([x for x, _ in batches])
    y_train = np.concatenate([y for _, y in batches])
    return x_train, y_train, *_read_batch(test, labels, num_classes), names


def _read_batch(path: Path, labels: str, num_classes: int) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    data, values = _unpickle(path, "data", labels)
    check_images(path, data, (None, 3 * 32 * 32))
    if not isinstance(values, list):
        raise damaged(path, f"its {labels} are no list")
    y = check_labels(path, values, len(data), num_classes)
    return np.ascontiguousarray(data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)), y


def _read_names(path: Path, key: str, num_classes: int) -> tuple[str, ...]:
    (names,) = _unpickle(path, key)
    if not isinstance(names, list) or len(names) != num_classes or not all(type(n) is bytes for n in names):
        raise damaged(path, f"its {key} are not {num_classes} names")
    return tuple(name.decode("ascii", "replace") for name in names)


def _unpickle(path: Path, *keys: str) -> list[Any]:
    """The values of `keys` in a pickled dict."""
    stream = io.BytesIO(path.read_bytes())
    try:
        content = _ArraysOnly(stream, encoding="bytes").load()
    except Exception as error:  # a damaged pickle can raise almost anything
        raise damaged(path, f"it cannot be unpickled ({type(error).__name__}: {error})") from None
    missing = [key for key in keys if not isinstance(content, dict) or key.encode() not in content]
    if missing:
        raise damaged(path, f"it has no {' and no '.join(missing)}")
    return [content[key.encode()] for key in keys]
