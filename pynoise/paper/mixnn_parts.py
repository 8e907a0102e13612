"""What MixNN's tables train: cross-entropy, MixNN, and MixNN without parts of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from pynoise import noise
from pynoise.errors import InputValueError
from pynoise.paper.mixnn_published import Line, PublishedTable, mixnn_networks
from pynoise.paper.parts import Part, asked, settings_of, with_data
from pynoise.paper.registry import Options

__all__ = ["Block", "Cell", "Trained", "blocks_of", "own_settings", "trained_of"]

_NONE: Mapping[str, Any] = MappingProxyType({})

# The lines that are made anew, by method and variant: a method of `pynoise.methods`, and options of its own.
_TRAINED: dict[tuple[str, str | None], tuple[str, Mapping[str, Any]]] = {
    ("CE", None): ("cross-entropy", _NONE),
    ("MixNN", None): ("mixnn", _NONE),
    ("MixNN", "full"): ("mixnn", _NONE),
    ("MixNN", "AVG"): ("mixnn", {"weights": "average"}),
    ("MixNN", "RDM"): ("mixnn", {"weights": "random"}),
    ("MixNN", "no label correction"): ("mixnn", {"correction_start": None}),
    ("MixNN", "random partners"): ("mixnn", {"neighbors": "random"}),
}


@dataclass(frozen=True)
class Trained:
    """A line that is made anew: its method, and all options of that."""

    line: Line
    method: str
    options: dict[str, Any]


@dataclass(frozen=True)
class Cell:
    """A number that is made anew: its line, its column among the table's noises, and what is trained."""

    line: Line
    column: int
    part: Part


@dataclass(frozen=True)
class Block:
    """What is made anew of a data set.

    Attributes
    ----------
    dataset, network : str
        Which.
    problem : str or None
        Why there are no data.
    cells : tuple of Cell
        None where there are no data. A data set without a map of what looks alike has no asymmetric noise.
    """

    dataset: str
    network: str
    problem: str | None
    cells: tuple[Cell, ...]


def own_settings() -> dict[str, Any]:
    """The paper's settings of training; it has no validation examples, and takes the last epoch."""
    from pynoise.methods.mixnn import MixNN

    return {**MixNN.settings, "validation": 0.0}


def trained_of(table: PublishedTable, options: Options) -> list[Trained]:
    """The lines that are made anew.

    Raises
    ------
    InputValueError, InputTypeError
        For options of MixNN that are out of range, or would make two lines the same.
    """
    from pynoise import methods

    found: list[Trained] = []
    for line in table.lines:
        if (line.method, line.variant) not in _TRAINED:
            continue
        method, own = _TRAINED[line.method, line.variant]
        given = {**options.method_options, **own} if method == "mixnn" else own
        made = methods.make(method, given).options()
        if any((one.method, one.options) == (method, made) for one in found):
            words = ", ".join(f"{name}={value}" for name, value in own.items())
            raise InputValueError("method_options", f"{words} is the table's, of {line.name!r}; leave it out")
        found.append(Trained(line, method, made))
    return found


def blocks_of(table: PublishedTable, trained: Sequence[Trained], options: Options) -> list[Block]:
    """The data sets that are asked for, each with its numbers that are made anew.

    Raises
    ------
    InputValueError, InputTypeError
        As `pynoise.paper.parts.with_data`.
    """
    settings = settings_of(own_settings(), options)
    k = max(one.options.get("k", 0) for one in trained)
    blocks = []
    for name, network in asked(mixnn_networks(), options, "table"):
        # The first noise and method stand for all of them, which are put in their place below.
        first = Part(name, network, *table.noises[0], trained[0].method, settings, {}, options.scale)
        whole = with_data(first, options, k)
        cells = () if whole.problem is not None else _cells(table, trained, whole)
        blocks.append(Block(whole.dataset, network, whole.problem, tuple(cells)))
    return blocks


def _cells(table: PublishedTable, trained: Sequence[Trained], whole: Part) -> Iterator[Cell]:
    for one in trained:
        for column, (kind, level) in enumerate(table.noises):
            mapped = kind == "semantic-asymmetric"
            if mapped and whole.dataset not in noise.SEMANTIC_MAPS:
                continue
            part = replace(
                whole,
                noise=kind,
                level=level,
                label_map=whole.dataset if mapped else None,
                method=one.method,
                method_options=one.options,
                variant=f"{kind} {level:.10g} {one.line.name}",
            )
            yield Cell(one.line, column, part)
