"""What is at the paths that a report is of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.reporting.from_runs import read_runs
from pynoise.reporting.from_store import is_database, read_store
from pynoise.reporting.trial import Source

__all__ = ["sources_of"]


def sources_of(runs: Any) -> list[Source]:
    """Read sweeps, runs and folders of runs; what is named twice is read once.

    Parameters
    ----------
    runs : str, Path, or sequence of them
        Where they lie.

    Raises
    ------
    InputFileNotFoundError
        If there is nothing there, or a folder without a run.
    InputValueError, InputTypeError
        If it is another thing, damaged, or no path.
    """
    given = [runs] if isinstance(runs, str | Path) else runs
    if not isinstance(given, Iterable) or not (paths := list(given)):
        raise InputTypeError("runs", f"{runs!r} is no path and no list of paths of sweeps and runs")
    seen: set[Path] = set()
    sources = []
    for path in paths:
        if not isinstance(path, str | Path):
            raise InputTypeError("runs", f"{path!r} is not the path of a sweep or a run")
        source = _source_of(Path(path), seen)
        if source is not None:
            sources.append(source)
    return sources


def _source_of(path: Path, seen: set[Path]) -> Source | None:
    try:
        is_folder, is_file = path.is_dir(), path.is_file()
    except (OSError, ValueError) as error:  # a name too long, a NUL
        raise InputValueError("runs", f"{str(path)!r} is not a path that can be read: {error}") from None
    if is_folder:
        source = read_runs(path, seen)
        return source if source.trials else None
    if not is_file:
        raise InputFileNotFoundError("runs", f"{str(path)!r}: there is no such file or folder")
    if not is_database(path):
        raise InputValueError(
            "runs", f"{str(path)!r} is neither the store of a sweep, .db, nor a folder of runs"
        )
    if path.resolve() in seen:
        return None
    seen.add(path.resolve())
    return read_store(path)
