"""The store of a sweep: one SQLite file that holds every trial and what came of it."""

from __future__ import annotations

import gc
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pynoise.sweep import table
from pynoise.sweep.opening import path_of, to_read, to_write
from pynoise.sweep.refusals import refusals
from pynoise.sweep.trial import Trial

__all__ = ["STATES", "Outcome", "Store", "Stored"]

STATES = ("queued", "running", "done", "failed")

# All that a trial is but its level, seed and K.
_SETTING = ("dataset", "data", "method", "network", "space", "noise", "settings")

# One encoder for all: to make one takes as long as to use it.
_json = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False).encode

# Keys of a statement at a time.
_BATCH = 500


@dataclass(frozen=True)
class Stored:
    """A trial, and how far it is.

    Attributes
    ----------
    key : str
        `Trial.key`.
    trial : Trial
        The setting.
    state : str
        One of `STATES`.
    attempts : int
        How often it was begun.
    """

    key: str
    trial: Trial
    state: str
    attempts: int


@dataclass(frozen=True)
class Outcome:
    """What came of a trial.

    Attributes
    ----------
    key : str
        The trial's.
    result : dict or None
        With the key ``accuracy``; None if it failed.
    error : str or None
        The traceback, or what else is known, if it failed.
    epochs : sequence of dict
        A row an epoch, with the key ``epoch``.
    provenance : dict
        Versions and hardware.
    """

    key: str
    result: dict[str, Any] | None
    error: str | None = None
    epochs: Sequence[dict[str, Any]] = ()
    provenance: dict[str, Any] | None = None


class Store:
    """A sweep's file, open.

    `open` and `create` make one; it is a context manager. Reading goes on while a sweep writes. Only the
    process that holds the sweep's lock (`pynoise.sweep.lock`) writes.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def create(cls, path: str | Path) -> Self:
        """Open a store to write into, made anew if it is not there.

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If the file is something else, of another version, or in no folder.
        OSError
            If the system refuses.
        """
        file = path_of(path)
        return cls(file, to_write(file))

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Open a store to read.

        Raises
        ------
        InputFileNotFoundError
            If it is not there.
        InputValueError, InputTypeError
            If the file is something else, damaged or of another version.
        OSError
            If the system refuses.
        """
        file = path_of(path)
        return cls(file, to_read(file))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    # Writing: by the one process that runs the sweep.

    def add(self, trials: Iterable[Trial], origins: dict[str, dict[str, Any]]) -> int:
        """Queue trials that are not there yet, in this order; gives how many were not.

        Parameters
        ----------
        trials : iterable of Trial
            Those that are there already stay as they are.
        origins : dict of str to dict
            How to load the data of each digest.
        """
        with self._writing():
            words, before = cache(self._words), self._count()
            rows, called = [], {}
            for trial in trials:
                called[trial.data] = trial.dataset
                setting = words(_json({name: getattr(trial, name) for name in _SETTING}))
                seed = None if trial.seed is None else str(trial.seed)
                rows.append((trial.key, setting, trial.level, seed, trial.k))
            data = [(digest, name, _json(origins[digest])) for digest, name in called.items()]
            # Files may lie elsewhere now.
            self._connection.executemany(
                "INSERT INTO data VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET origin = excluded.origin", data
            )
            self._connection.executemany(
                "INSERT INTO trials (key, setting, level, seed, k) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET setting = excluded.setting "
                "WHERE state <> 'done' AND setting <> excluded.setting",
                rows,
            )
            return self._count() - before

    def begin(self, keys: Sequence[str]) -> None:
        """Say that trials are running."""
        self._update("state = 'running', attempts = attempts + 1, error = NULL", keys)

    def requeue(self, keys: Sequence[str]) -> None:
        """Say that trials are queued again."""
        self._update("state = 'queued'", keys)

    def requeue_all(self, states: Sequence[str]) -> int:
        """Queue all trials of these states again; gives how many there were."""
        marks = ", ".join("?" * len(states))
        with self._writing():
            return self._connection.execute(
                f"UPDATE trials SET state = 'queued', error = NULL, finished = NULL "  # noqa: S608
                f"WHERE state IN ({marks})",
                states,
            ).rowcount

    def finish(self, outcomes: Iterable[Outcome]) -> None:
        """Keep what came of trials: all of it or, if the system refuses, nothing."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self._writing():
            words = cache(self._words)  # of many outcomes they are the same
            for one in outcomes:
                provenance = None if one.provenance is None else words(_json(one.provenance))
                names, values, accuracy = None, None, None
                if one.result is not None:
                    result = table.flat(one.result)
                    accuracy = result.pop("accuracy")
                    names, values = words(_json(list(result))), _json(list(result.values()))
                state = "failed" if one.error else "done"
                self._connection.execute(
                    "UPDATE trials SET state = ?, accuracy = ?, names = ?, result = ?, error = ?, "
                    "provenance = ?, finished = ? WHERE key = ?",
                    (state, accuracy, names, values, one.error, provenance, now, one.key),
                )
                self._connection.executemany(
                    "INSERT OR REPLACE INTO epochs SELECT id, ?, ? FROM trials WHERE key = ?",
                    [(row["epoch"], _json(row), one.key) for row in one.epochs],
                )

    # Reading.

    def counts(self) -> Counter[tuple[str, str, str]]:
        """How many trials there are, by data set, method and state."""
        with self._reading():
            contents = self._contents()
            rows = self._connection.execute(
                "SELECT setting, state, count(*) FROM trials GROUP BY state, setting"
            ).fetchall()
        counts: Counter[tuple[str, str, str]] = Counter()
        for setting, state, count in rows:
            counts[contents[setting]["dataset"], contents[setting]["method"], state] += count
        return counts

    def trials(self, state: str | None = None) -> Iterator[Stored]:
        """The trials, all or those of one state, in the order in which they were added."""
        with self._reading():
            contents = self._contents()
            found = list(self._select(("key", "setting", "level", "seed", "k", "state", "attempts"), state))
        for key, setting, level, seed, k, now, attempts in found:
            number = None if seed is None else int(seed)
            yield Stored(key, Trial(**contents[setting], level=level, seed=number, k=k), now, attempts)

    def origin(self, digest: str) -> dict[str, Any]:
        """How to load the data of a digest."""
        with refusals(self.path):
            (text,) = self._connection.execute(
                "SELECT origin FROM data WHERE digest = ?", (digest,)
            ).fetchone()
        origin: dict[str, Any] = json.loads(text)
        return origin

    def rows(self) -> list[dict[str, Any]]:
        """A dict a trial, in the order in which they were added.

        Keys: ``trial``, the key; ``state``; ``dataset``, ``method``, ``network``, ``space``, ``noise``,
        ``level``, ``seed``, ``K``, those of the grid; ``accuracy``; settings in which trials differ,
        "train.lr" say, and what else results have, None where one has not; ``attempts``; ``finished``, when,
        in UTC; ``error``, the last line of it.
        """
        columns, rows = self.table()
        return [dict(zip(columns, row, strict=True)) for row in rows]

    def table(self) -> tuple[tuple[str, ...], Iterator[tuple[Any, ...]]]:
        """The same as names of columns, and rows one by one: a hundred thousand in a second or two."""
        with _no_garbage():
            with self._reading():
                found = list(self._select(table.WANTED, None))
                contents = self._contents()
            return table.assembled(found, contents)

    def metrics(self, trial: str) -> list[dict[str, Any]]:
        """What was measured of a trial after each epoch; `trial` is its key."""
        with refusals(self.path):
            rows = self._connection.execute(
                "SELECT metrics FROM epochs JOIN trials ON trials.id = trial WHERE key = ? ORDER BY epoch",
                (trial,),
            ).fetchall()
        return [json.loads(text) for (text,) in rows]

    def failures(self) -> list[tuple[Trial, str]]:
        """The trials that failed, and the traceback of each."""
        failed = list(self.trials("failed"))
        with refusals(self.path):
            errors = dict(self._connection.execute("SELECT key, error FROM trials WHERE state = 'failed'"))
        return [(one.trial, errors[one.key]) for one in failed if one.key in errors]

    def meta(self) -> dict[str, Any]:
        """Where results come from.

        Keys: ``created``, when, in UTC; ``versions`` and ``hardware``, lists of what has made results;
        ``settings``, a list of the settings of trials; ``data``, the origin of each data set by its name.
        """
        with self._reading():
            meta = dict(self._connection.execute("SELECT key, value FROM meta"))
            data = dict(self._connection.execute("SELECT name, origin FROM data"))
            contents = self._contents()
            made = [contents[number] for number in self._used("provenance")]
            settings = [contents[number]["settings"] for number in self._used("setting")]
        parts: dict[str, list[Any]] = {"versions": [], "hardware": []}
        for key, found in parts.items():
            for one in made:
                if one[key] not in found:
                    found.append(one[key])
        origins = {name: json.loads(origin) for name, origin in data.items()}
        return {"created": meta["created"], **parts, "settings": settings, "data": origins}

    # What the others are made of.

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with refusals(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Have all that is read within be of one moment."""
        with refusals(self.path):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("ROLLBACK")

    def _update(self, change: str, keys: Sequence[str]) -> None:
        with self._writing():
            for start in range(0, len(keys), _BATCH):
                part = keys[start : start + _BATCH]
                marks = ", ".join("?" * len(part))
                self._connection.execute(f"UPDATE trials SET {change} WHERE key IN ({marks})", part)  # noqa: S608

    def _select(self, columns: Sequence[str], state: str | None) -> Iterator[tuple[Any, ...]]:
        where = "" if state is None else "WHERE state = ? "
        with refusals(self.path):
            yield from self._connection.execute(
                f"SELECT {', '.join(columns)} FROM trials {where}ORDER BY id",  # noqa: S608 - of our own
                () if state is None else (state,),
            )

    def _count(self) -> int:
        (count,) = self._connection.execute("SELECT count(*) FROM trials").fetchone()
        return int(count)

    def _words(self, content: str) -> int:
        self._connection.execute("INSERT OR IGNORE INTO words (content) VALUES (?)", (content,))
        row = self._connection.execute("SELECT id FROM words WHERE content = ?", (content,)).fetchone()
        return int(row[0])

    def _contents(self) -> dict[int, Any]:
        with refusals(self.path):
            rows = self._connection.execute("SELECT id, content FROM words").fetchall()
        return {number: json.loads(content) for number, content in rows}

    def _used(self, column: str) -> list[int]:
        with refusals(self.path):
            rows = self._connection.execute(
                f"SELECT DISTINCT {column} FROM trials WHERE {column} IS NOT NULL ORDER BY {column}"  # noqa: S608
            )
            return [number for (number,) in rows]


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Look for no garbage meanwhile: millions of values are made, and none of them is any."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()
