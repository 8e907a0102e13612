"""The store of a sweep as a source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pynoise._words import writable
from pynoise.errors import InputError, InputValueError
from pynoise.reporting.trial import Metrics, Source, Trial, number

__all__ = ["is_database", "read_store"]


def is_database(path: Path) -> bool:
    """Whether a file is of SQLite's format, which stores of sweeps have."""
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def read_store(path: Path) -> Source:
    """Read a sweep's store.

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

    settings = {key: value if isinstance(value, list) else [value] for key, value in meta["settings"].items()}
    versions = meta["versions"] if isinstance(meta["versions"], list) else [meta["versions"]]
    return Source(
        path=writable(str(path)),
        kind="sweep",
        trials=[_trial(row, str(path)) for row in rows],
        meta=dict(meta) | {"versions": versions, "settings": settings},
        metrics=metrics,
    )


def _trial(row: Mapping[str, Any], place: str) -> Trial:
    return Trial(
        name=row["trial"],
        state=row["state"],
        dataset=row["dataset"],
        method=row["method"],
        network=row["network"],
        space=row["space"],
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
    )
