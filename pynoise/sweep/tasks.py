"""What a worker does: a task in, what came of its trials out; both are JSON."""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pynoise import _provenance
from pynoise.errors import InputError, TrainingError
from pynoise.sweep.networks import result_of, train_trial
from pynoise.sweep.shared import Workshop
from pynoise.sweep.trial import Trial
from pynoise.sweep.votes import Votes

__all__ = ["FINAL", "NO_MEMORY", "perform", "perform_there"]

# What is worth another try: an error whose kind is one of these is not.
FINAL = "final"
NO_MEMORY = "no memory"
_OTHER = "error"


def perform(task: Mapping[str, Any], workshop: Workshop) -> list[dict[str, Any]]:
    """Do a task.

    Parameters
    ----------
    task : dict
        ``kind`` ("votes", "network", "features" or "neighbours") and what `pynoise.sweep.plan` puts beside
        it.
    workshop : Workshop
        Where.

    Returns
    -------
    list of dict
        One a trial: ``key``, ``result``, ``epochs`` and ``provenance``; or ``key``, ``error``, the traceback,
        and ``kind``, whether another try is worth it. Of a task without trials nothing, or the one error with
        an empty key.
    """
    listed = [(one["key"], Trial(**one["trial"])) for one in task.get("trials", ())]
    kinds: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "votes": lambda: _votes(task, workshop, listed),
        "network": lambda: _network(task, workshop, listed),
        "features": lambda: _nothing(workshop.space(task)),
        "neighbours": lambda: _nothing(workshop.neighbours(task)),
    }
    try:
        found: list[dict[str, Any]] = _finite(kinds[task["kind"]]())
        return found
    except Exception as error:  # whatever it is, the sweep goes on
        keys = [key for key, _ in listed] or [""]
        return [{"key": key, **_failure(error)} for key in keys]


@cache
def workshop_of(
    folder: str, data_root: str | None, device: str, threads: int, search_threads: int
) -> Workshop:
    """The workshop of this process, as `pynoise.sweep.engines.Place.on` says it."""
    return Workshop(Path(folder), data_root, device, threads, search_threads)


def perform_there(task: Mapping[str, Any], place: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Do a task in the workshop of this process."""
    return perform(task, workshop_of(**place))


def _votes(
    task: Mapping[str, Any], workshop: Workshop, listed: Sequence[tuple[str, Trial]]
) -> list[dict[str, Any]]:
    votes = Votes(workshop.space(task), workshop.neighbours(task), workshop.threads)
    here = {"versions": _provenance.versions(), "hardware": _provenance.hardware(workshop.threads)}

    def outcomes(part: Sequence[tuple[str, Trial]]) -> list[dict[str, Any]]:
        """Of all in one call; where that fails, by halves, until the failure is one trial's alone."""
        started = time.perf_counter()
        try:
            results = votes.results([trial for _, trial in part])
        except Exception as error:
            if len(part) == 1:
                return [{"key": part[0][0], **_failure(error)}]
            middle = len(part) // 2
            return [*outcomes(part[:middle]), *outcomes(part[middle:])]
        seconds = (time.perf_counter() - started) / len(part)
        return [
            {"key": key, "result": result | {"seconds": seconds}, "epochs": [], "provenance": here}
            for (key, _), result in zip(part, results, strict=True)
        ]

    return outcomes(listed)


def _network(
    task: Mapping[str, Any], workshop: Workshop, listed: Sequence[tuple[str, Trial]]
) -> list[dict[str, Any]]:
    run = train_trial(workshop, task, listed[0][1])
    assert run.result is not None  # noqa: S101 - tells the type checker
    made = {
        "result": result_of(run),
        "epochs": run.metrics,
        "provenance": {key: run.result[key] for key in ("versions", "hardware")},
    }
    return [{"key": key, **made} for key, _ in listed]


def _nothing(_: object) -> list[dict[str, Any]]:
    return []


def _failure(error: Exception) -> dict[str, Any]:
    text = "".join(traceback.format_exception(error))
    kind = _OTHER
    if isinstance(error, TrainingError) or (isinstance(error, InputError) and error.argument != "out"):
        kind = FINAL  # the folder of a run may be in use by a process that is ending
    elif isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":  # torch's
        kind = NO_MEMORY
    return {"error": text, "kind": kind}


def _finite(content: Any) -> Any:
    """Numbers that JSON does not have are None."""
    if isinstance(content, Mapping):
        return {key: _finite(value) for key, value in content.items()}
    if isinstance(content, list | tuple):
        return [_finite(value) for value in content]
    return None if isinstance(content, float) and not math.isfinite(content) else content
