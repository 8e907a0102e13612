"""Training and test examples with their clean labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise._fingerprint import Fingerprint
from pynoise.errors import InputTypeError, InputValueError


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class Dataset:
    """A training and a test set with their labels, checked when it is made.

    Arrays that are already as they should be are kept, not copied.

    Parameters
    ----------
    x_train : ndarray of shape [N, ...]
        Training examples, any integers or finite floats of up to 64 bits; uint8 [N, 28, 28] or
        [N, 32, 32, 3] for images.
    y_train : ndarray of shape [N]
        Their labels, integers 0..L-1; kept as int32.
    x_test : ndarray of shape [M, ...], optional
        Test examples, rows of the same shape. Left out with `y_test`, there are none: M = 0. Networks learn
        without; whatever measures accuracy refuses.
    y_test : ndarray of shape [M], optional
        Their labels; kept as int32.
    names : sequence of str, optional
        The names of the L classes; kept as a tuple. Left out, empty or None: "0".."L-1", where L is one
        more than the largest label.
    name : str
        What to call the data set.
    origin : mapping of str to str or int, optional
        Where it comes from: what `pynoise.data.load` takes to load it again.

    Raises
    ------
    InputTypeError
        An array that does not hold numbers, labels that are not integers, names that are not strings.
    InputValueError
        An empty array (but for test examples that there are none of), rows of two shapes, a number that is
        not finite, not one label an example, or a label outside 0..L-1.
    """

    x_train: NDArray[Any] = field(repr=False)
    y_train: NDArray[np.int32] = field(repr=False)
    x_test: NDArray[Any] = field(default_factory=lambda: np.empty(0), repr=False)
    y_test: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32), repr=False)
    names: tuple[str, ...] = ()
    name: str = "custom"
    origin: Mapping[str, str | int] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        x_train = _checks.finite_rows("x_train", self.x_train)
        test = {"x_test": self.x_test, "y_test": self.y_test}
        tested = any(_checks.array(name, values).size for name, values in test.items())
        x_test = _checks.finite_rows("x_test", self.x_test) if tested else x_train[:0]
        if x_train.shape[1:] != x_test.shape[1:]:
            raise InputValueError(
                "x_test", f"has rows of shape {x_test.shape[1:]}; those of x_train have {x_train.shape[1:]}"
            )
        names = class_names(self.names)
        num_classes = len(names) or None
        y_train = _labels("y_train", self.y_train, x_train, num_classes)
        y_test = _labels("y_test", self.y_test, x_test, num_classes) if tested else y_train[:0]
        if not names:
            names = tuple(str(label) for label in range(1 + max(y_train.max(), y_test.max(initial=0))))
        for key, value in {
            "x_train": x_train,
            "y_train": y_train,
            "x_test": x_test,
            "y_test": y_test,
            "names": names,
        }.items():
            object.__setattr__(self, key, value)

    @property
    def num_classes(self) -> int:
        """The number of classes, L."""
        return len(self.names)

    def fingerprints(self) -> dict[str, Any]:
        """What the two parts are, as JSON has it: `Fingerprint` of the examples, SHA-256 of the labels."""
        parts = {"train": (self.x_train, self.y_train), "test": (self.x_test, self.y_test)}
        found: dict[str, Any] = {}
        for part, (x, y) in parts.items():
            own = asdict(Fingerprint.of(x))
            found[part] = own | {"shape": list(own["shape"]), "labels": Fingerprint.of(y).sha256}
        return found


def class_names(value: Sequence[str] | None) -> tuple[str, ...]:
    """Check the names of classes, strings; None stands for no names."""
    if isinstance(value, str) or not isinstance(value, Iterable | None):
        raise InputTypeError("names", f"{value!r} is no sequence of strings; give one a class")
    names = () if value is None else tuple(value)
    for position, name in enumerate(names):
        if not isinstance(name, str):
            raise InputTypeError("names", f"{name!r} at position {position} is not a string")
    return tuple(str(name) for name in names)  # numpy's strings too


def _labels(
    argument: str, value: ArrayLike, rows: NDArray[Any], num_classes: int | None
) -> NDArray[np.int32]:
    limit = "" if num_classes is None else f": there are {num_classes} names"
    labels = _checks.labels(argument, value, num_classes, limit)
    if len(labels) != len(rows):
        raise InputValueError(argument, f"has {len(labels)} labels for {len(rows)} rows; give one a row")
    return labels
