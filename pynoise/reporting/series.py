"""Trials as series: which of them are repetitions of each other, and what each is called."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pynoise.reporting.trial import KINDS, Trial

__all__ = ["Series", "series_of"]

# Data set, method, network, space and K.
_Key = tuple[str, str, str | None, str | None, int | None]


@dataclass(frozen=True)
class Series:
    """What is one line in a picture.

    Attributes
    ----------
    dataset, network, space, k
        As a trial has them.
    method : str
        The method, and in parentheses the options that tell it from another series of that method.
    kind : {"predicted", "measured", "trained"}
        How its accuracies came about.
    label : str
        What a legend calls it.
    look : int
        Which colour, dashes and marker it has: K-NN predicted and measured, of one K, share them.
    """

    dataset: str
    method: str
    network: str | None
    space: str | None
    k: int | None
    kind: str
    label: str
    look: int


def series_of(trials: Sequence[Trial]) -> list[Series]:
    """The series of each of some trials; those that differ in noise, level and seed alone share one."""
    names = _methods(trials)
    keys: list[_Key] = [
        (one.dataset, name, one.network, one.space, one.k) for one, name in zip(trials, names, strict=True)
    ]
    kinds = {key: KINDS.get(one.method, "trained") for key, one in zip(keys, trials, strict=True)}
    ordered = sorted(kinds, key=lambda key: _order(key, kinds[key]))
    # Predicted and measured look alike: their method does not count.
    looks = {key: (key if kinds[key] == "trained" else (key[0], "", *key[2:])) for key in ordered}
    numbers = {look: i for i, look in enumerate(dict.fromkeys(looks.values()))}
    several = {i: len({key[i] for key in keys if key[i] is not None}) > 1 for i in (0, 2, 3)}
    by_k = {key[:3] for key in keys if key[4] is not None}
    made = {
        key: Series(*key, kinds[key], _label(key, kinds[key], several, key[:3] in by_k), numbers[looks[key]])
        for key in ordered
    }
    return [made[key] for key in keys]


def _order(key: _Key, kind: str) -> tuple[Any, ...]:
    """K-NN first, that among inputs first, by K, predictions before measurements; then networks."""
    dataset, method, network, space, k = key
    trained = kind == "trained"
    name = method if trained else ""
    return (
        dataset,
        trained,
        space not in (None, "inputs"),
        network or "",
        name,
        k or 0,
        kind != "predicted",
        method,
    )


def _label(key: _Key, kind: str, several: dict[int, bool], by_k: bool) -> str:
    """What a legend says of a series; `by_k` tells that its method has accuracies of each K, too."""
    dataset, method, network, space, k = key
    words = [dataset] if several[0] else []
    if network is not None and (several[2] or kind != "trained"):
        words.append(network)
    if kind == "trained":
        words += [method, *([f"K = {k}"] if k is not None else ["its network"] if by_k else [])]
        words += [f"noise by its {space}"] if space else []
    else:
        own = method.partition(" ")[2]  # the options that tell it from others
        words += [f"K = {k}", *([space] if space and several[3] else []), *([own] if own else []), kind]
    return ", ".join(words)


def _methods(trials: Sequence[Trial]) -> list[str]:
    """The method of each trial, with the options that differ within what would be one series."""
    groups: dict[Any, list[Trial]] = defaultdict(list)
    for one in trials:
        groups[_group(one)].append(one)
    differing = {group: _differing(members) for group, members in groups.items()}
    return [_name(one, differing[_group(one)]) for one in trials]


def _group(one: Trial) -> tuple[Any, ...]:
    return one.dataset, one.method, one.network, one.space, one.k


def _differing(trials: Iterable[Trial]) -> list[str]:
    values: dict[str, set[str]] = defaultdict(set)
    options = [one.options for one in trials]
    for name in dict.fromkeys(name for one in options for name in one):
        values[name] = {_word(one[name]) for one in options if name in one}
    return [name for name, found in values.items() if len(found) > 1]


def _name(one: Trial, differing: Sequence[str]) -> str:
    if not differing:
        return one.method
    words = [f"{name}={_word(one.options[name])}" for name in differing if name in one.options]
    return f"{one.method} ({', '.join(words)})" if words else one.method


def _word(value: Any) -> str:
    """A value as --set takes it, as far as it does."""
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)
