"""The table of a store: a row a trial, with what its settings say, and what came of it, in columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

__all__ = ["GRID", "WANTED", "assembled", "flat"]

# The grid's keys but for K.
GRID = ("dataset", "method", "network", "space", "noise", "level", "seed")

# Columns before and behind those that trials may have, and what they are called in the store.
_FIRST = ("trial", "state", *GRID, "K", "accuracy")
_LAST = ("attempts", "finished", "error")
WANTED = ("key", "state", *GRID, "k", "accuracy", *_LAST, "settings", "names", "result")
_SEED = WANTED.index("seed")

# Settings that are columns where trials differ in them.
_SHOWN = ("train.", "clean.train.", "ties", "model")


def assembled(
    found: Sequence[tuple[Any, ...]], contents: Mapping[int, Any]
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Put a table together.

    Parameters
    ----------
    found : sequence of tuple
        What the store holds in the columns `WANTED`.
    contents : mapping of int to dict or list
        What settings and the names of results are, by the numbers that stand there.

    Returns
    -------
    tuple of str, list of tuple
        The names of the columns, and the rows.
    """
    numbers = dict.fromkeys(row[-3] for row in found)
    settings = {number: flat(contents[number]) for number in numbers}
    differing = _differing(settings.values())
    names = dict.fromkeys(row[-2] for row in found if row[-2] is not None)
    own = dict.fromkeys([*differing, *(name for number in names for name in contents[number])])
    columns = (*_FIRST, *own, *_LAST)

    @cache
    def places(number: int, names: int | None) -> tuple[tuple[Any, ...], itemgetter[Any]]:
        """What settings say; and, for each column, where its value stands among all there are."""
        there = (*_FIRST, *_LAST, "", *differing, *(() if names is None else contents[names]))
        place = {name: i for i, name in enumerate(there)}
        said = tuple(settings[number].get(name) for name in differing)
        return said, itemgetter(*(place.get(name, place[""]) for name in columns))

    rows = []
    # One document is read faster than as many as there are trials.
    results = json.loads(f"[{','.join(row[-1] or '[]' for row in found)}]")
    for one, result in zip(found, results, strict=True):
        *parts, error, setting, named, _ = one
        parts[_SEED] = None if parts[_SEED] is None else int(parts[_SEED])
        said, pick = places(setting, named)
        line = error.rstrip().rpartition("\n")[2] if error else None
        rows.append(pick((*parts, line, None, *said, *result)))
    return columns, rows


def flat(content: Mapping[str, Any], below: str = "") -> dict[str, Any]:
    """Values by their path, "train.lr" say; lists as JSON."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{below}{key}.")
        else:
            found[f"{below}{key}"] = json.dumps(value) if isinstance(value, list) else value
    return found


def _differing(contents: Iterable[dict[str, Any]]) -> list[str]:
    """Names of settings in which trials differ that have them; a method's own stand behind its name."""
    values: dict[str, set[Any]] = {}
    for content in contents:
        for name, value in content.items():
            if name.startswith(_SHOWN):
                values.setdefault(name, set()).add(value)
    return [name for name, found in values.items() if len(found) > 1]
