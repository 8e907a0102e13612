"""What a table of methods under several noises trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pynoise import noise
from pynoise.errors import InputValueError
from pynoise.paper.by_noise_published import Line, PublishedTable
from pynoise.paper.parts import Part, asked, with_data
from pynoise.paper.registry import Options

__all__ = ["Block", "Cell", "Methods", "Trained", "blocks_of", "trained_of"]

# The lines that are made anew, by method and variant: a method of `pynoise.methods`, and options of its own.
Methods = Mapping[tuple[str, str | None], tuple[str, Mapping[str, Any]]]


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


def trained_of(lines: Sequence[Line], known: Methods, own: str, options: Options) -> list[Trained]:
    """The lines that are made anew.

    Parameters
    ----------
    lines : sequence of Line
        All of a table.
    known : mapping
        Which lines, and how.
    own : str
        The paper's own method in `pynoise.methods`, to which the options belong that are given.
    options : Options
        What is asked for.

    Raises
    ------
    InputValueError, InputTypeError
        For options of that method that are out of range, or would make two lines the same.
    """
    from pynoise import methods

    found: list[Trained] = []
    for line in lines:
        if (line.method, line.variant) not in known:
            continue
        method, changed = known[line.method, line.variant]
        given = {**options.method_options, **changed} if method == own else changed
        made = methods.make(method, given).options()
        if any((one.method, one.options) == (method, made) for one in found):
            words = ", ".join(f"{name}={value}" for name, value in changed.items())
            raise InputValueError("method_options", f"{words} is the table's, of {line.name!r}; leave it out")
        found.append(Trained(line, method, made))
    return found


def blocks_of(
    table: PublishedTable, trained: Sequence[Trained], settings: dict[str, Any], options: Options
) -> list[Block]:
    """The data sets that are asked for, each with its numbers that are made anew.

    Parameters
    ----------
    table : PublishedTable
        Whose.
    trained : sequence of Trained
        As `trained_of` has them.
    settings : dict
        All of training.
    options : Options
        What is asked for.

    Raises
    ------
    InputValueError, InputTypeError
        As `pynoise.paper.parts.with_data`.
    """
    k = max(one.options.get("k", 0) for one in trained)
    blocks = []
    for name, network in asked(table.networks, options, "table"):
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
