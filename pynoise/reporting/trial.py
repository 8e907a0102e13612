"""What a report reads: trials, and where they come from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pynoise.errors import InputValueError

__all__ = ["KINDS", "NO_NOISE", "Metrics", "Source", "Trial", "distinct_values", "number"]

# How accuracies of a method came about; all other methods are trained.
KINDS = {"analytic": "predicted", "knn": "measured"}

# What the noise is called where none was added.
NO_NOISE = "none"

# An epoch a row, as metrics.csv has it.
Metrics = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Trial:
    """A network's run, or the accuracy of K-NN in one setting: what a report says of it.

    Attributes
    ----------
    name : str
        The trial's name in its source.
    state : str
        "done", "failed", "running", "queued", or "unfinished" of a run's folder.
    dataset, method, network, space, noise : str
        What it is of. The method of K-NN is "knn" where it was measured, "analytic" where it was predicted;
        a network has no K, and K-NN among inputs no network.
    level, seed, k, selected_fraction, realised_rate : float or int
        γ and what it made of the labels; the seed; K.
    accuracy : float or None
        What is drawn: of a network that of the selected epoch, or else of the last.
    last, selected : float or None
        A network's test accuracies.
    seconds : float or None
        What it took.
    labels : str or None
        A digest of the noisy labels: with another of one seed, a trial is no copy.
    error : str or None
        Why it failed, in a line.
    options : mapping
        Whatever else tells it from others: options of the method, settings of the training.
    """

    name: str
    state: str
    dataset: str
    method: str
    noise: str
    network: str | None = None
    space: str | None = None
    level: float | None = None
    seed: int | None = None
    k: int | None = None
    accuracy: float | None = None
    last: float | None = None
    selected: float | None = None
    selected_fraction: float | None = None
    realised_rate: float | None = None
    seconds: float | None = None
    labels: str | None = None
    error: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Source:
    """A sweep or a folder of runs.

    Attributes
    ----------
    path : str
        The path as it was given.
    kind : str
        What lies there.
    trials : list of Trial
        What it holds.
    meta : dict
        Provenance: ``versions`` and ``hardware``, lists of what is distinct; ``settings``, their values by
        name; ``when`` it was, None if nobody knows.
    metrics : callable
        Gives ``metrics.csv`` of each of several trials, by their names.
    """

    path: str
    kind: str
    trials: list[Trial]
    meta: dict[str, Any]
    metrics: Callable[[Sequence[str]], list[Metrics]]

    @property
    def states(self) -> list[str]:
        """The state of each trial; what is known of a run by K is one with it."""
        return list({one.name: one.state for one in self.trials}.values())


def distinct_values(contents: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """The values that each name has, each once, in order."""
    found: dict[str, list[Any]] = {}
    for content in contents:
        for name, value in content.items():
            values = found.setdefault(name, [])
            if value not in values:
                values.append(value)
    return found


def number(found: Mapping[str, Any], key: str, where: str) -> float | None:
    """A number of a file, None where there is none; infinite ones are none.

    Raises
    ------
    InputValueError
        If it is something else; `where` says in which file.
    """
    value = found.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputValueError("runs", f"{where!r} is damaged: {key} is {value!r}")
    return value if math.isfinite(value) else None
