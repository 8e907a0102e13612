"""Arguments as the kernels want them, or an error that says what would do."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise._core import MOST_VOTES
from pynoise._mapped import check_mapped
from pynoise.errors import InputTypeError, InputValueError, unknown_name

Ties = Literal["strict", "first", "random"]
Model = Literal["iid", "fixed"]
Metric = Literal["euclidean", "cosine"]
_Name = TypeVar("_Name", bound=str)
_Scalar = TypeVar("_Scalar", bound=np.generic)

# Numbers looked at in one go for one that is not finite: memory-mapped arrays stay on disk.
_BLOCK = 2**22

# Corruption matrices are L by L: a stray label (an id, a year) must not make millions of classes.
MOST_CLASSES = 10_000

TIES: tuple[Ties, ...] = ("strict", "first", "random")
MODELS: tuple[Model, ...] = ("iid", "fixed")
METRICS: tuple[Metric, ...] = ("euclidean", "cosine")


def whole(argument: str, value: Any, least: int, most: int | None = None, limit: str = "") -> int:
    """Check a whole number within `least`..`most`; `limit` says where the latter comes from."""
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(cast(SupportsIndex, value))
    except TypeError:
        raise InputTypeError(argument, f"{value!r} is not a whole number") from None
    if number < least:
        raise InputValueError(argument, f"{number} is too small; give at least {least}")
    if most is not None and number > most:
        raise InputValueError(argument, f"{number} is too large; give at most {most}{limit}")
    return number


def number(argument: str, value: Any) -> float:
    """Check a finite number of 0 or more."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InputTypeError(argument, f"{value!r} is not a number")
    if not 0 <= value < math.inf:
        raise InputValueError(argument, f"{value!r} is not a finite number of 0 or more")
    return float(value)


def positive(argument: str, value: Any) -> float:
    """Check a finite number above 0."""
    if isinstance(value, int | float | np.integer | np.floating) and not 0 < value < math.inf:
        raise InputValueError(argument, f"{value!r} is not a finite number above 0")
    return number(argument, value)


def seed(argument: str, value: Any) -> int:
    """Check a seed: a whole number that fits 64 bits."""
    return whole(argument, value, 0, 2**64 - 1)


def seeds(argument: str, value: Any) -> list[int]:
    """Check a sequence of seeds, one or more, each named once."""
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        raise InputTypeError(argument, f"{value!r} is no sequence of seeds; give one or more")
    checked = [seed(argument, one) for one in value]
    if len(set(checked)) < len(checked):
        raise InputValueError(argument, f"{list(value)} names one twice; name each once")
    return checked


def threads(value: Any) -> int:
    """Check a number of threads; 0 stands for one a core."""
    return 0 if value is None else whole("threads", value, 1, 1024)


def flag(argument: str, value: Any) -> bool:
    """Check True or False."""
    if not isinstance(value, bool | np.bool_):
        raise InputTypeError(argument, f"{value!r} is neither True nor False")
    return bool(value)


def callback(argument: str, value: Any) -> None:
    """Check something to be called, or None."""
    if value is not None and not callable(value):
        raise InputTypeError(argument, f"{value!r} cannot be called; give a function or None")


def one_of(argument: str, value: Any, known: tuple[_Name, ...]) -> _Name:
    """Check a name among those that are known."""
    if not isinstance(value, str) or value not in known:
        raise unknown_name(argument, value, known)
    return value


def ties(value: Any) -> Ties:
    """Check the name of a tie rule."""
    return one_of("ties", value, TIES)


def model(value: Any) -> Model:
    """Check the name of a model of neighbourhoods."""
    return one_of("model", value, MODELS)


def metric(value: Any) -> Metric:
    """Check the name of a distance."""
    return one_of("metric", value, METRICS)


def counts(argument: str, value: Any, most: int = MOST_VOTES, limit: str = "") -> tuple[list[int], bool]:
    """Check one K or a sequence of K; the flag says whether it was one."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, str) or not isinstance(value, Sequence):
        return [whole(argument, value, 1, most, limit)], True
    values = [whole(argument, k, 1, most, limit) for k in value]
    if not values:
        raise InputValueError(argument, "is empty; give at least one K")
    repeated = next((k for i, k in enumerate(values) if k in values[:i]), None)
    if repeated is not None:
        raise InputValueError(argument, f"{repeated} is given twice; name each K once")
    return values, False


def array(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Make an array of it, of whatever dtype."""
    if np.ma.isMaskedArray(value):
        raise InputTypeError(argument, "is a masked array; fill it or leave the masked out")
    try:
        return np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:  # ragged lists, tensors that are tracked
        raise InputTypeError(argument, f"is not an array of numbers: {error}") from None


def floats(argument: str, value: ArrayLike) -> NDArray[np.float64]:
    """Check real numbers of any shape: float64, as kernels read it."""
    numbers = array(argument, value)
    if numbers.dtype.kind not in "biuf" and numbers.size:
        raise InputTypeError(argument, f"has dtype {numbers.dtype}; give real numbers")
    return plain(numbers, np.float64)


def plain(values: NDArray[Any], dtype: type[_Scalar]) -> NDArray[_Scalar]:
    """Lay an array out as kernels read it: in C order, aligned, in this machine's byte order."""
    return np.require(values, dtype, ["C_CONTIGUOUS", "ALIGNED"])


def labels(
    argument: str, value: ArrayLike, num_classes: int | None = None, limit: str = ""
) -> NDArray[np.int32]:
    """Check labels, int [N] within 0..L-1; `limit` says where L comes from."""
    values = array(argument, value)
    if values.size == 0:
        raise InputValueError(argument, "is empty; give at least one label")
    if values.dtype.kind not in "iu":
        raise InputTypeError(argument, f"has dtype {values.dtype}; labels are integers 0..L-1")
    if values.ndim != 1:
        raise InputValueError(argument, f"has shape {values.shape}; labels are one row of integers")
    most = (MOST_CLASSES if num_classes is None else num_classes) - 1
    wrong = np.flatnonzero((values < 0) | (values > most))
    if wrong.size:
        i = int(wrong[0])
        raise InputValueError(argument, f"{values[i]} at position {i} is outside 0..{most}{limit}")
    return plain(values, np.int32)


def rows(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Check rows of numbers, [N, ...] with at least one number."""
    values = array(argument, value)
    if values.dtype.kind not in "biuf" or values.dtype.itemsize > 8:
        raise InputTypeError(argument, f"has dtype {values.dtype}; give integers or floats of up to 64 bits")
    if values.ndim < 2:
        raise InputValueError(argument, f"has shape {values.shape}; give rows of numbers, [N, d]")
    if values.size == 0:
        raise InputValueError(argument, f"has shape {values.shape}: it is empty; give at least one row")
    return values


def one_row_each(argument: str, values: NDArray[Any], labels: int) -> NDArray[Any]:
    """Check that there are as many rows as labels."""
    if len(values) != labels:
        raise InputValueError(argument, f"has {len(values)} rows for {labels} labels")
    return values


def finite_rows(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Check rows of numbers, [N, ...], all finite."""
    values = rows(argument, value)
    if values.dtype.kind != "f":
        return values
    step = max(1, _BLOCK // values[0].size)
    for start in range(0, len(values), step):
        finite = np.isfinite(values[start : start + step]).reshape(-1, values[0].size).all(axis=1)
        if not finite.all():
            row = start + int(finite.argmin())
            raise InputValueError(
                argument, f"row {row} has a value that is not finite; mend it or leave it out"
            )
    return values


def features(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Check rows of numbers [N, ...]: [N, d] in any layout, as uint8, float32 or float64, exactly."""
    values = rows(argument, value)
    check_mapped(argument, values)
    if values.dtype == bool:
        values = values.view(np.uint8)
    elif values.dtype.type not in (np.uint8, np.float32, np.float64):
        size = values.dtype.itemsize
        if size == 8 and (values.max() > 2**53 or values.min() < -(2**53)):
            raise InputValueError(
                argument, "has integers beyond 2⁵³, which float64 cannot hold; round them to floats yourself"
            )
        values = values.astype(np.float32 if size < 4 else np.float64)  # float32 holds 16 bits exactly
    return np.require(values.reshape(len(values), -1), values.dtype.newbyteorder("="), ["ALIGNED"])
