"""Label maps: the counterpart that each class is mistaken for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks
from pynoise.errors import InputTypeError, InputValueError, unknown_name

__all__ = [
    "SEMANTIC_MAPS",
    "LabelMap",
    "map_words",
    "numbered",
    "parse_label_map",
    "semantic_map",
    "targets_of",
]

# {0: 1, 1: 0}, or {"all": 0} for all-to-one.
LabelMap: TypeAlias = Mapping[int, int] | Mapping[str, int] | Mapping[int | str, int]

# Digits that look alike: Ma et al., "Dimensionality-Driven Learning with Noisy Labels", ICML 2018, for MNIST.
_DIGITS = MappingProxyType({7: 1, 2: 7, 5: 6, 6: 5, 3: 8})

# The superclass of each of CIFAR-100's classes in the order of their names.
_SUPERCLASSES = (
    *(4, 1, 14, 8, 0, 6, 7, 7, 18, 3, 3, 14, 9, 18, 7, 11, 3, 9, 7, 11, 6, 11, 5, 10, 7),
    *(6, 13, 15, 3, 15, 0, 11, 1, 10, 12, 14, 16, 9, 11, 5, 5, 19, 8, 8, 15, 13, 14, 17, 18, 10),
    *(16, 4, 17, 4, 2, 0, 17, 4, 18, 17, 10, 3, 2, 12, 12, 16, 12, 1, 9, 19, 2, 10, 0, 1, 16),
    *(12, 9, 13, 15, 13, 16, 19, 2, 4, 6, 19, 5, 5, 8, 19, 18, 1, 2, 15, 6, 0, 17, 8, 14, 13),
)


def _next_within(groups: tuple[int, ...]) -> dict[int, int]:
    """The next class of the same group, the first after the last."""
    members = {g: [k for k, group in enumerate(groups) if group == g] for g in groups}
    return {k: same[(same.index(k) + 1) % len(same)] for same in members.values() for k in same}


# By data set. Each is applied once, to the clean label: no label moves twice.
SEMANTIC_MAPS: Mapping[str, Mapping[int, int]] = MappingProxyType(
    {
        # truck -> automobile, bird -> airplane, deer -> horse, cat <-> dog: Patrini et al., CVPR 2017
        "cifar10": MappingProxyType({9: 1, 2: 0, 4: 7, 3: 5, 5: 3}),
        # the next class within the superclass: Patrini et al., CVPR 2017
        "cifar100": MappingProxyType(_next_within(_SUPERCLASSES)),
        # no paper at hand gives one for SVHN: digits are digits
        "svhn": _DIGITS,
        "mnist": _DIGITS,
        "digits": _DIGITS,
    }
)


def semantic_map(data: str) -> dict[int, int]:
    """Give the classes of a data set that look alike: which is mistaken for which.

    Parameters
    ----------
    data : {"cifar10", "cifar100", "svhn", "mnist", "digits"}
        CIFAR-10: truck to automobile, bird to airplane, deer to horse, cat and dog to each other; CIFAR-100:
        the next class within the superclass, cyclically (both Patrini et al., CVPR 2017). MNIST, and here
        SVHN and the digits: 7 to 1, 2 to 7, 3 to 8, 5 and 6 to each other (Ma et al., ICML 2018).

    Returns
    -------
    dict of int to int
        Classes that it does not name keep their labels.

    Raises
    ------
    InputValueError
        For another data set.
    """
    if not isinstance(data, str) or data not in SEMANTIC_MAPS:
        raise unknown_name("label_map", data, SEMANTIC_MAPS)
    return dict(SEMANTIC_MAPS[data])


def map_words(label_map: LabelMap | str) -> str:
    """A label map as text."""
    if isinstance(label_map, str):
        return label_map
    return ",".join(f"{label}:{target}" for label, target in label_map.items())


def numbered(label_map: LabelMap | str, names: Sequence[str]) -> LabelMap | str:
    """Put numbers in the place of the names of classes; a map of numbers stays."""
    pairs: dict[object, object]
    if isinstance(label_map, str):
        parts = [part.split(":") for part in label_map.split(",")]
        if label_map in SEMANTIC_MAPS or any(len(part) != 2 for part in parts):
            return label_map
        pairs = {one.strip(): target.strip() for one, target in parts}
        if len(pairs) < len(parts):
            return label_map  # a label twice: the parser says so
    elif isinstance(label_map, Mapping):
        pairs = dict(label_map.items())
    else:
        return label_map
    known = {name: i for i, name in enumerate(names)}
    words = [word for pair in pairs.items() for word in pair if word != "all"]
    if not any(isinstance(word, str) for word in words):
        return label_map
    unknown = next((word for word in words if word not in known), None)
    if unknown is not None:
        if isinstance(unknown, str) and not unknown.isdecimal():
            raise unknown_name("label_map", unknown, names)
        return label_map  # a number, which the check of numbers blames
    return {("all" if one == "all" else known[str(one)]): known[str(target)] for one, target in pairs.items()}


def parse_label_map(text: str) -> dict[int | str, int]:
    """Read a label map from text such as "0:1,1:0", or "all:0" for all-to-one.

    Raises
    ------
    InputValueError
        If the text is not of that form, or names a label twice.
    """
    result: dict[int | str, int] = {}
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9}|all)\s*:\s*(\d{1,9})\s*", part, re.ASCII)
        if not match:
            raise InputValueError("label_map", f"{part!r} is not FROM:TO; write 0:1,1:0 or all:0")
        label: int | str = "all" if match[1] == "all" else int(match[1])
        if label in result:
            raise InputValueError("label_map", f"{text!r} names {label} twice")
        result[label] = int(match[2])
    return result


def targets_of(label_map: LabelMap | str, classes: int) -> NDArray[np.intp]:
    """The counterpart of every label, [L]."""
    pairs: LabelMap
    if isinstance(label_map, str):
        pairs = semantic_map(label_map) if label_map in SEMANTIC_MAPS else parse_label_map(label_map)
    else:
        pairs = label_map
    if not isinstance(pairs, Mapping):
        raise InputTypeError("label_map", f"{label_map!r} is not a mapping of labels, {{0: 1, 1: 0}}")

    def label(value: object) -> int:
        return _checks.whole("label_map", value, 0, classes - 1, f", the last of {classes} classes")

    if "all" in pairs:
        if len(pairs) > 1:
            raise InputValueError("label_map", "'all' stands alone; name every label, or all of them at once")
        targets = np.full(classes, label(*pairs.values()))
    else:
        targets = np.arange(classes)
        for one, target in pairs.items():
            targets[label(one)] = label(target)
    if (targets == np.arange(classes)).all():
        raise InputValueError("label_map", "moves no label; name one with another target")
    return targets
