"""The table of a store: a row a trial, with what its setting says, and what came of it, in columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

__all__ = ["WANTED", "assembled", "flat"]

# What is read of each trial.
WANTED = (
    *("key", "state", "level", "seed", "k", "accuracy", "attempts", "finished"),
    *("error", "setting", "names", "result"),
)

# The columns before and behind those that trials may have; and those that the setting says.
_SAID = ("dataset", "method", "network", "space", "noise")
_FIRST = ("trial", "state", *_SAID, "level", "seed", "K", "accuracy")
_LAST = ("attempts", "finished", "error")

# Settings that are columns where trials differ in them.
_SHOWN = ("train.", "clean.train.", "ties", "model")


def assembled(
    found: Sequence[tuple[Any, ...]], contents: Mapping[int, Any]
) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
    """Put a table together.

    Parameters
    ----------
    found : sequence of tuple
        What the store holds of each trial, `WANTED`.
    contents : mapping of int to dict or list
        What settings and the names of results are, by the numbers that stand there.

    Returns
    -------
    tuple of str, iterator of tuple
        The names of the columns, and the rows.
    """
    settings = {number: flat(contents[number]["settings"]) for number in {row[-3] for row in found}}
    differing = _differing(settings.values())
    names = dict.fromkeys(row[-2] for row in found if row[-2] is not None)
    own = dict.fromkeys([*differing, *(name for number in names for name in contents[number])])
    columns = (*_FIRST, *(name for name in own if name not in (*_FIRST, *_LAST)), *_LAST)

    @cache
    def places(setting: int, named: int | None) -> tuple[tuple[Any, ...], itemgetter[Any]]:
        """What a setting says; and, for each column, where its value stands among all there are."""
        said = [contents[setting][name] for name in _SAID] + [
            settings[setting].get(name) for name in differing
        ]
        there = ["trial", "state", "level", "seed", "K", "accuracy", *_LAST, "", *_SAID, *differing]
        there += [] if named is None else contents[named]
        # Of results with a name that stands there already the first is meant.
        place = {name: i for i, name in reversed(list(enumerate(there)))}
        return tuple(said), itemgetter(*(place.get(name, place[""]) for name in columns))

    # One document is read faster than as many as there are trials.
    results = json.loads(f"[{','.join(row[-1] or '[]' for row in found)}]")

    def rows() -> Iterator[tuple[Any, ...]]:
        for (*parts, error, setting, named, _), result in zip(found, results, strict=True):
            said, pick = places(setting, named)
            if parts[3] is not None:
                parts[3] = int(parts[3])
            line = error.rstrip().rpartition("\n")[2] if error else None
            yield pick((*parts, line, None, *said, *result))

    return columns, rows()


def flat(content: Mapping[str, Any], below: str = "") -> dict[str, Any]:
    """Values by their path, "train.lr" say; lists as JSON."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= flat(value, f"{below}{key}.")
        else:
            found[f"{below}{key}"] = json.dumps(value) if isinstance(value, list) else value
    return found


def _differing(settings: Iterable[dict[str, Any]]) -> list[str]:
    """Names of settings in which trials differ that have them; a method's own stand behind its name."""
    values: dict[str, set[Any]] = {}
    for one in settings:
        for name, value in one.items():
            if name.startswith(_SHOWN):
                values.setdefault(name, set()).add(value)
    return [name for name, found in values.items() if len(found) > 1]
