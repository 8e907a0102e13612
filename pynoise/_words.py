"""Numbers and options as words: on the command line, and in the names of methods; names of files as text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from typing import Any

import numpy as np

from pynoise.errors import InputValueError

__all__ = ["parse_counts", "parse_levels", "parse_options", "writable"]

# Of a list that START:STOP:STEP stands for.
_MOST_NUMBERS = 100_000


def parse_counts(text: str, argument: str = "k") -> list[int]:
    """Read whole numbers, "1,11,51", or "10:300:10" for 10, 20, …, 300."""
    ranged = ":" in text
    parts = [part.strip() for part in text.split(":" if ranged else ",")]
    if not all(re.fullmatch("[+-]?[0-9]{1,18}", part) for part in parts) or (ranged and len(parts) != 3):
        raise InputValueError(
            argument, f"{text!r} is not a list of whole numbers; write 1,11,51 or START:STOP:STEP"
        )
    numbers = [int(part) for part in parts]
    if not ranged:
        return numbers
    start, stop, step = numbers
    if step < 1 or stop < start:
        raise InputValueError(argument, f"{text!r}: START must not exceed STOP, and STEP must be above 0")
    if (stop - start) // step > _MOST_NUMBERS:
        raise InputValueError(argument, f"{text!r} has over {_MOST_NUMBERS} numbers; take a larger STEP")
    return list(range(start, stop + 1, step))


def parse_levels(text: str) -> list[float]:
    """Read noise levels: START:STOP:STEP with both ends, "0:1:0.05", or a list, "0,0.2,0.45"."""
    ranged = ":" in text
    try:
        numbers = [float(part) for part in text.split(":" if ranged else ",")]
    except ValueError:
        numbers = []
    if not numbers or (ranged and len(numbers) != 3):
        raise InputValueError("levels", f"{text!r} is not START:STOP:STEP or a list; write 0:1:0.05 or 0,0.2")
    if not ranged:
        return numbers
    start, stop, step = numbers
    if not all(map(math.isfinite, numbers)) or step <= 0 or stop < start:
        raise InputValueError("levels", f"{text!r}: START must not exceed STOP, and STEP must be above 0")
    count = (stop - start) / step + 1e-9
    if count >= _MOST_NUMBERS + 1:
        raise InputValueError("levels", f"{text!r} has over {_MOST_NUMBERS} levels; take a larger STEP")
    # Rounded, so that 3 × 0.05 is 0.15.
    return [float(np.round(start + i * step, 12)) for i in range(int(count) + 1)]


def parse_options(texts: Iterable[str]) -> dict[str, Any]:
    """Read NAME=VALUE each: values are numbers, lists of them if whole, true, false, none, words."""
    found: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.isidentifier():
            raise InputValueError(
                "method_options", f"{text!r} is not NAME=VALUE; docs/methods.md has the names"
            )
        if name in found:
            raise InputValueError("method_options", f"{name} is given twice")
        found[name] = _value(value)
    return found


def writable(name: str) -> str:
    """The name of a file or a folder as text: what is no UTF-8 in it is escaped, it could not be written."""
    return name.encode(errors="backslashreplace").decode()


def _value(text: str) -> Any:
    words = {"true": True, "false": False, "none": None}
    if text.lower() in words:
        return words[text.lower()]
    if re.fullmatch("[0-9]+:[0-9]+", text):  # a range, whose ends are wanted
        return [int(end) for end in text.split(":")]
    if re.fullmatch("[-+0-9,: ]+", text) and re.search("[,:]", text):
        return parse_counts(text, "method_options")
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
