"""Which kinds of noise take which arguments of `pynoise.noise.make`."""

from __future__ import annotations

from typing import Any

from pynoise.errors import InputValueError, unknown_name
from pynoise.noise.matrices import CONCENTRATED_KINDS, KINDS, PLACED_KINDS
from pynoise.noise.spread import SELECTIONS

__all__ = ["check_options"]

# Which kinds take what; what is not named here goes with all, or says so itself.
_GOES_WITH = {
    "features": PLACED_KINDS,
    "neighbors": ("hubness",),
    "k": ("hubness",),
    "noisy": ("human",),
}
_DOES_NOT_GO_WITH = {
    "selection": (*CONCENTRATED_KINDS, "hubness", "human"),
    "per_class": (*CONCENTRATED_KINDS, "human"),
    "mapped_only": (*CONCENTRATED_KINDS, "human"),
    "level": ("human",),
    "matrix": ("human",),
    "label_map": ("human",),
    "alternatives": ("human",),
}


def check_options(kind: str, given: dict[str, Any]) -> None:
    """Refuse what does not go with a kind; `given` are None where they are not."""
    selection = given["selection"]
    if selection is not None and selection not in SELECTIONS:
        raise unknown_name("selection", selection, SELECTIONS)
    if given["per_class"] and selection == "bernoulli":
        raise InputValueError("per_class", "changes nothing about a coin for each example; leave it out")
    for argument, value in given.items():
        if value is None:
            continue
        if kind in _DOES_NOT_GO_WITH.get(argument, ()):
            raise InputValueError(argument, f"does not go with noise {kind!r}; leave it out")
        kinds = _GOES_WITH.get(argument, KINDS)
        if kind not in kinds:
            raise InputValueError(
                argument, f"goes with noise {', '.join(map(repr, kinds))}, not with {kind!r}; leave it out"
            )
