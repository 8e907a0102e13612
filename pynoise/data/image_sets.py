"""Pairs of map-style data sets, as torchvision's are, with their labels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks
from pynoise._fingerprint import Fingerprint
from pynoise.data.dataset import class_names
from pynoise.errors import InputError, InputTypeError, InputValueError

__all__ = ["ImageSets", "MapStyle", "check_map_style"]


class MapStyle(Protocol):
    """What a map-style data set is: (image, label) by number."""

    def __getitem__(self, index: int, /) -> Any: ...

    def __len__(self) -> int: ...


def check_map_style(argument: str, value: Any) -> None:
    """Check that it has items by number and a length, as far as can be seen."""
    if not (hasattr(value, "__getitem__") and hasattr(value, "__len__")):
        kind = type(value).__name__
        raise InputTypeError(argument, f"{kind} is no map-style data set, with items by number and a length")


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class ImageSets:
    """A training and a test set that give an example when asked for it, as torchvision's data sets do.

    Parameters
    ----------
    train, test : map-style data sets
        Items are (image, label), labels stand in ``targets`` or ``labels`` as integers 0..L-1: any data set
        of torchvision that has them, or one's own. No item is looked at here. `test` may be left out:
        networks learn without, whatever measures accuracy refuses.
    names : sequence of str, optional
        The names of the L classes. Left out or empty: the ``classes`` of `train` or else of `test`, or else
        "0".."L-1", where L is one more than the largest label.
    name : str
        What to call the data set.

    Attributes
    ----------
    y_train, y_test : ndarray of int32, [N] and [M]
        The labels. Those of the items are never asked for.

    Raises
    ------
    InputTypeError, InputValueError
        A data set without length, items or labels, not one label an example, a label outside 0..L-1, names
        that are not strings.

    Examples
    --------
    >>> from pynoise.data import ImageSets
    >>> class Two:
    ...     targets, classes = [1, 0], ["cat", "dog"]
    ...     def __getitem__(self, index):
    ...         return f"image {index}", self.targets[index]
    ...     def __len__(self):
    ...         return 2
    >>> ImageSets(Two(), Two())
    ImageSets(names=('cat', 'dog'), name='custom')
    """

    train: MapStyle = field(repr=False)
    test: MapStyle = field(default=(), repr=False)
    names: tuple[str, ...] = ()
    name: str = "custom"
    y_train: NDArray[np.int32] = field(init=False, repr=False)
    y_test: NDArray[np.int32] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = class_names(self.names) or _classes(self.train) or _classes(self.test)
        y_train = _labels("train", self.train, len(names) or None)
        check_map_style("test", self.test)
        y_test = _labels("test", self.test, len(names) or None) if len(self.test) else y_train[:0]
        if not names:
            names = tuple(str(label) for label in range(1 + max(y_train.max(), y_test.max(initial=0))))
        for key, value in {"names": names, "y_train": y_train, "y_test": y_test}.items():
            object.__setattr__(self, key, value)

    @property
    def num_classes(self) -> int:
        """The number of classes, L."""
        return len(self.names)

    @property
    def origin(self) -> None:
        """Nowhere: these are objects, which no name loads again."""

    def fingerprints(self) -> dict[str, Any]:
        """What the two parts are, as JSON has it: their sizes, and the SHA-256 of their labels."""
        parts = {"train": self.y_train, "test": self.y_test}
        return {part: {"shape": [len(y)], "labels": Fingerprint.of(y).sha256} for part, y in parts.items()}


def _classes(examples: Any) -> tuple[str, ...]:
    """The names of classes as torchvision's data sets have them; ImageNet's are tuples of synonyms."""
    classes = getattr(examples, "classes", None) or ()
    return tuple(name if isinstance(name, str) else ", ".join(name) for name in classes)


def _labels(argument: str, examples: MapStyle, num_classes: int | None) -> NDArray[np.int32]:
    check_map_style(argument, examples)
    kind = type(examples).__name__
    found = next((name for name in ("targets", "labels") if getattr(examples, name, None) is not None), None)
    if found is None:
        raise InputTypeError(
            argument,
            f"{kind} has neither targets nor labels; set its targets, integers 0..L-1, one an example (a "
            "torch.utils.data.Subset needs those of its own examples)",
        )
    limit = "" if num_classes is None else f": there are {num_classes} names"
    try:
        labels = _checks.labels(argument, getattr(examples, found), num_classes, limit)
    except InputError as error:
        raise type(error)(argument, f"its {found}: {error.problem}") from None
    if len(labels) != len(examples):
        raise InputValueError(argument, f"its {found}: {len(labels)} for {len(examples)} examples")
    return labels
