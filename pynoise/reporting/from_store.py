"""The store of a sweep as a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pynoise._words import writable
from pynoise.errors import InputError, InputValueError
from pynoise.reporting.trial import KINDS, Metrics, Source, Trial, distinct_values, number

__all__ = ["is_database", "read_store"]

# Columns of rows that are settings.
_SETTINGS = ("train.", "clean.train.", "ties", "model")


def is_database(path: Path) -> bool:
    """Whether a file is of SQLite's format, which stores of sweeps have."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def read_store(path: Path) -> Source:
    """Read a sweep's store; the sweep may be running.

    Raises
    ------
    InputValueError
        If it is damaged, no store of a sweep, or has no trial.
    """
    from pynoise.sweep import Store

    try:
        with Store.open(path) as store:
            rows, meta = store.rows(), store.meta()
    except InputError as error:
        raise type(error)("runs", error.problem) from None
    if not rows:
        raise InputValueError("runs", f"{str(path)!r} is a sweep without a trial")

    def metrics(names: Sequence[str]) -> list[Metrics]:
        with Store.open(path) as store:
            return [store.metrics(name) for name in names]

    settings = distinct_values(_flat(one) for one in meta["settings"])
    # Rows have no settings that all trainings share; what "auto" stands for is known to runs alone.
    common = {
        name: values[0]
        for name, values in distinct_values(one.get("train", {}) for one in meta["settings"]).items()
        if len(values) == 1 and values != ["auto"]
    }
    own = [name for name in rows[0] if name.startswith(_SETTINGS)]
    finished = [row["finished"] for row in rows if row["finished"] is not None]
    return Source(
        path=writable(str(path)),
        kind="sweep",
        trials=[_trial(row, own, common, str(path)) for row in rows],
        meta={
            "versions": meta["versions"],
            "hardware": meta["hardware"],
            "settings": settings,
            "when": " to ".join([meta["created"], *([max(finished)] if finished else [])]),
        },
        metrics=metrics,
    )


def _trial(row: Mapping[str, Any], settings: Iterable[str], common: Mapping[str, Any], place: str) -> Trial:
    """A row as a trial; `settings` are columns, `common` those that no column has."""
    trained = row["method"] not in KINDS
    # Where noise lies among the inputs nothing needs to be said of a network.
    space = None if trained and row["space"] == "inputs" else row["space"]
    own = {name.removeprefix("train."): row[name] for name in settings if row[name] is not None}
    return Trial(
        name=row["trial"],
        state=row["state"],
        dataset=row["dataset"],
        method=row["method"],
        network=row["network"],
        space=space,
        noise=row["noise"],
        seed=row["seed"],
        k=row["K"],
        error=row["error"],
        level=number(row, "level", place),
        accuracy=number(row, "accuracy", place),
        last=number(row, "test_accuracy_last", place),
        selected=number(row, "test_accuracy_selected", place),
        selected_fraction=number(row, "selected_fraction", place),
        realised_rate=number(row, "realised_rate", place),
        seconds=number(row, "seconds", place),
        options={**common, **own} if trained else own,
    )


def _flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings of a trial by name, options of a method behind the method's."""
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if name == "train":
            found |= value
        elif name == "options":
            found |= {f"{settings['method']}: {key}": one for key, one in value.items()}
        elif name == "clean":
            found |= {f"network of the features, {key}": one for key, one in _flat(value).items()}
        elif name != "method":
            found[name] = value
    return found
