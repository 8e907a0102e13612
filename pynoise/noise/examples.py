"""What records of examples' labels share: how their arrays are checked, and how labels are written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

import numpy as np
from numpy.typing import NDArray

from pynoise._files import check_output
from pynoise._npz import read_record, write_record
from pynoise._words import writable
from pynoise.data import ImageFolders
from pynoise.errors import InputValueError

if TYPE_CHECKING:
    from pynoise.noise.suspects import Suspects

__all__ = ["ExampleRecord", "check_data", "columns_text", "file_words", "named"]

_FORMAT = 1


class ExampleRecord:
    """A record of training examples in a .npz file: arrays, names of classes, and how it came about."""

    # What an error blames, what the file says that it holds, and what the folder of a run has it in.
    _argument: ClassVar[str]
    _record: ClassVar[str]
    _file: ClassVar[str]

    # The attributes that are arrays and their dtypes, those that may be None, and those that hold labels.
    _arrays: ClassVar[Mapping[str, Any]]
    _optional: ClassVar[Mapping[str, Any]] = {"clean": np.int32, "files": np.str_}
    _labels: ClassVar[Sequence[str]]

    # Of the arrays, those of shape [n, L], and those that are as long as they like; all others are [n].
    _wide: ClassVar[Sequence[str]] = ()
    _free: ClassVar[Sequence[str]] = ()

    # The attributes that are numbers.
    _numbers: ClassVar[Sequence[str]] = ()

    index: NDArray[np.int64]
    names: tuple[str, ...]
    meta: dict[str, Any]

    def __len__(self) -> int:
        """The number of examples, n."""
        return len(self.index)

    def save(self, path: str | Path) -> None:
        """Write it to a .npz file, without pickle.

        Raises
        ------
        InputValueError, InputTypeError
            If the path does not end in .npz.
        OSError
            If the system refuses.
        """
        file = check_output("path", path, (".npz",))
        arrays = {name: getattr(self, name) for name in (*self._arrays, *self._optional)}
        arrays = {name: values for name, values in arrays.items() if values is not None}
        about = {"names": list(self.names)} | {name: getattr(self, name) for name in self._numbers}
        write_record(file, self._record, _FORMAT, self.meta | about, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote, or the file of it in a run's folder.

        Raises
        ------
        InputFileNotFoundError
            If there is no such file.
        InputValueError, InputTypeError
            If it is damaged, or something else.
        """
        if isinstance(path, str | Path) and Path(path).is_dir():
            path = Path(path) / cls._file
        return read_record(
            cls._argument,
            path,
            cls._record,
            _FORMAT,
            cls._made,
            keys=[*cls._arrays],
            optional=[*cls._optional],
            wanted=f"wanted is a file that {cls.__name__}.save wrote, or the folder of a run that has one",
        )

    @classmethod
    def _made(cls, arrays: dict[str, Any], meta: dict[str, Any]) -> Self:
        names = _names_of(meta)
        numbers = {name: float(meta[name]) for name in cls._numbers}
        shapes: dict[str, tuple[int, ...]] = {name: (arrays["index"].size, len(names)) for name in cls._wide}
        shapes |= {name: (arrays[name].size,) for name in cls._free}
        dtypes = {**cls._arrays, **cls._optional}
        arrays = _checked_arrays(arrays, dtypes, shapes, cls._labels, len(names))
        known = ("record", "format", "names", *cls._numbers)
        about = {key: value for key, value in meta.items() if key not in known}
        found = cast(Any, cls)(**arrays, **numbers, names=names, meta=about)
        found._check()
        return cast(Self, found)

    def _check(self) -> None:
        """Refuse what was read by ValueError, if the parts do not go together."""


def _names_of(meta: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the classes as the JSON of a record has them; ValueError if they are none."""
    given = meta["names"]
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise ValueError(f"names are {given!r}, not a list of words")
    return tuple(given)


def _checked_arrays(
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
