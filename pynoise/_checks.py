"""Arguments as the kernels want them, or an error that says what would do."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any, Literal, SupportsIndex, TypeVar, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise.errors import InputTypeError, InputValueError, unknown_name

Ties = Literal["strict", "first"]
_Scalar = TypeVar("_Scalar", bound=np.generic)

INT32 = int(np.iinfo(np.int32).max)

TIES: tuple[Ties, ...] = ("strict", "first")


def whole(argument: str, value: Any, least: int, most: int | None = None, limit: str = "") -> int:
    """Check a whole number within `least`..`most`; `limit` says where the latter comes from."""
    try:
        number = operator.index(cast(SupportsIndex, value))
    except TypeError:
        raise InputTypeError(argument, f"{value!r} is not a whole number") from None
    if number < least:
        raise InputValueError(argument, f"{number} is too small; give at least {least}")
    if most is not None and number > most:
        raise InputValueError(argument, f"{number} is too large; give at most {most}{limit}")
    return number


def seed(argument: str, value: Any) -> int:
    """Check a seed: a whole number that fits 64 bits."""
    return whole(argument, value, 0, 2**64 - 1)


def threads(value: Any) -> int:
    """Check a number of threads; 0 stands for one a core."""
    return 0 if value is None else whole("threads", value, 1, 1024)


def ties(value: Any) -> Ties:
    """Check the name of a tie rule."""
    if not isinstance(value, str) or value not in TIES:
        raise unknown_name("ties", value, TIES)
    return value


def counts(argument: str, value: Any, most: int = INT32, limit: str = "") -> tuple[list[int], bool]:
    """Check one K or a sequence of K; the flag says whether it was one."""
    if isinstance(value, str) or not isinstance(value, Sequence | np.ndarray):
        return [whole(argument, value, 1, most, limit)], True
    values = [whole(argument, k, 1, most, limit) for k in value]
    if not values:
        raise InputValueError(argument, "is empty; give at least one K")
    return values, False


def _array(argument: str, value: ArrayLike) -> NDArray[Any]:
    try:
        return np.asarray(value)
    except (TypeError, ValueError) as error:  # ragged lists, tensors on a device
        raise InputTypeError(argument, f"is not an array of numbers: {error}") from None


def plain(array: NDArray[Any], dtype: type[_Scalar]) -> NDArray[_Scalar]:
    """Lay an array out as kernels read it: in C order, aligned, in this machine's byte order."""
    return np.require(array, dtype, ["C_CONTIGUOUS", "ALIGNED"])


def labels(argument: str, value: ArrayLike, num_classes: int | None = None) -> NDArray[np.int32]:
    """Check labels, int [N] within 0..L-1; L is one more than the largest where it is not given."""
    array = _array(argument, value)
    if array.size == 0:
        raise InputValueError(argument, "is empty; give at least one label")
    if array.dtype.kind not in "iu":
        raise InputTypeError(argument, f"has dtype {array.dtype}; labels are integers 0..L-1")
    if array.ndim != 1:
        raise InputValueError(argument, f"has shape {array.shape}; labels are one row of integers")
    most = num_classes - 1 if num_classes is not None else INT32 - 1
    wrong = np.flatnonzero((array < 0) | (array > most))
    if wrong.size:
        i = int(wrong[0])
        raise InputValueError(argument, f"{array[i]} at position {i} is outside 0..{most}")
    return plain(array, np.int32)


def rows(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Check rows of numbers, [N, ...] with at least one number."""
    array = _array(argument, value)
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise InputTypeError(argument, f"has dtype {array.dtype}; give integers or floats of up to 64 bits")
    if array.ndim < 2:
        raise InputValueError(argument, f"has shape {array.shape}; give rows of numbers, [N, d]")
    if array.size == 0:
        raise InputValueError(argument, f"has shape {array.shape}: it is empty; give at least one row")
    return array


def features(argument: str, value: ArrayLike) -> NDArray[Any]:
    """Check rows of numbers [N, ...]: [N, d] in C order, as uint8, float32 or float64, exactly."""
    array = rows(argument, value)
    if array.dtype == bool:
        array = array.view(np.uint8)
    elif array.dtype.type not in (np.uint8, np.float32, np.float64):
        size = array.dtype.itemsize
        if size == 8 and (array.max() > 2**53 or array.min() < -(2**53)):
            raise InputValueError(argument, "has integers beyond 2⁵³, which float64 cannot hold")
        array = array.astype(np.float32 if size < 4 else np.float64)  # float32 holds 16 bits exactly
    return plain(array.reshape(len(array), -1), array.dtype.type)
