"""The store of a sweep: one SQLite file that holds every trial and what came of it."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pynoise import _provenance
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.sweep.refusals import refusals
from pynoise.sweep.trial import Trial

__all__ = ["STATES", "Outcome", "Store", "Stored", "check_store"]

STATES = ("queued", "running", "done", "failed")

# What meta says that the file is, and in which form.
_RECORD, _FORMAT = "pynoise sweep", 1

# The grid's keys but for K, and all that a trial is.
_GRID = ("dataset", "method", "network", "space", "noise", "level", "seed")
_COLUMNS = ("data", *_GRID, "k")

# Settings that are columns of the table where trials differ in them.
_SHOWN = ("train.", "clean.train.", "ties", "model")

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
        file = _path(path)
        with refusals(file):
            connection = _connect(f"{file.resolve().as_uri()}?mode=rwc")
            try:
                if not _tables(connection):
                    _make(connection)
                _check(connection, file)
                connection.execute("BEGIN IMMEDIATE").execute("ROLLBACK")  # what is read-only shows now
            except BaseException:
                connection.close()
                raise
        return cls(file, connection)

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
        file = _path(path)
        if not file.is_file():
            raise InputFileNotFoundError("store", f"there is no file {str(path)!r}")
        with refusals(file):
            address = f"{file.resolve().as_uri()}?mode=ro"
            try:
                connection = _connect(address)
            except sqlite3.OperationalError:
                # In a folder that may not be written to SQLite has no place for what readers share; nobody
                # writes there.
                connection = _connect(f"{address}&immutable=1")
            try:
                _check(connection, file)
            except BaseException:
                connection.close()
                raise
        return cls(file, connection)

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
            before = self._count()
            settings: dict[str, int] = {}
            for trial in trials:
                content = _json(trial.settings)
                if content not in settings:
                    settings[content] = self._words(content)
                self._connection.execute(
                    "INSERT OR IGNORE INTO data VALUES (?, ?, ?)",
                    (trial.data, trial.dataset, _json(origins[trial.data])),
                )
                seed = None if trial.seed is None else str(trial.seed)
                values = vars(trial) | {"seed": seed, "settings": settings[content], "key": trial.key}
                names = ("key", *_COLUMNS, "settings")
                self._connection.execute(
                    f"INSERT OR IGNORE INTO trials ({', '.join(names)}) "  # noqa: S608 - names of our own
                    f"VALUES ({', '.join('?' * len(names))})",
                    [values[name] for name in names],
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
                f"UPDATE trials SET state = 'queued' WHERE state IN ({marks})",  # noqa: S608
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
                    result = _flat(one.result)
                    accuracy = result.pop("accuracy")
                    names, values = words(_json(list(result))), _json(list(result.values()))
                (number,) = self._connection.execute(
                    "UPDATE trials SET state = ?, accuracy = ?, names = ?, result = ?, error = ?, "
                    "provenance = ?, finished = ? WHERE key = ? RETURNING id",
                    (
                        "failed" if one.error else "done",
                        *(accuracy, names, values, one.error, provenance, now, one.key),
                    ),
                ).fetchone()
                rows = [(number, row["epoch"], _json(row)) for row in one.epochs]
                self._connection.executemany("INSERT OR REPLACE INTO epochs VALUES (?, ?, ?)", rows)

    # Reading.

    def counts(self) -> Counter[tuple[str, str, str]]:
        """How many trials there are, by data set, method and state."""
        with refusals(self.path):
            rows = self._connection.execute(
                "SELECT dataset, method, state, count(*) FROM trials GROUP BY state, dataset, method"
            ).fetchall()
        return Counter({(dataset, method, state): count for dataset, method, state, count in rows})

    def trials(self, state: str | None = None) -> Iterator[Stored]:
        """The trials, all or those of one state, in the order in which they were added."""
        settings = self._contents()
        for row in self._select(["key", *_COLUMNS, "settings", "state", "attempts"], state):
            values = dict(zip(_COLUMNS, row[1:-3], strict=True))
            values["seed"] = None if values["seed"] is None else int(values["seed"])
            yield Stored(row[0], Trial(**values, settings=settings[row[-3]]), row[-2], row[-1])

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
        """The same as columns and rows: for as many as there may be."""
        contents = {
            number: _flat(content) if isinstance(content, dict) else content
            for number, content in self._contents().items()
        }
        differing = _differing(contents[number] for number in self._used("settings"))
        results = [contents[number] for number in self._used("names")]
        own = dict.fromkeys([*differing, *(name for names in results for name in names)])
        first = ("trial", "state", *_GRID, "K", "accuracy")
        last = ("attempts", "finished", "error")
        columns = (*first, *own, *last)
        wanted = ("key", "state", *_GRID, "k", "accuracy", *last, "settings", "names", "result")
        found = list(self._select(wanted, None))
        # One document is read faster than as many as there are trials.
        values = json.loads(f"[{','.join(row[-1] or '[]' for row in found)}]")

        seed = wanted.index("seed")

        @cache
        def places(settings: int, names: int | None) -> tuple[tuple[Any, ...], itemgetter[Any]]:
            """What the settings say; and, for each column, where its value stands among all there are."""
            said = tuple(contents[settings].get(name) for name in differing)
            there = (*first, *last, "", *differing, *(() if names is None else contents[names]))
            numbers = {name: i for i, name in enumerate(there)}
            return said, itemgetter(*(numbers.get(name, numbers[""]) for name in columns))

        def row(one: tuple[Any, ...], result: list[Any]) -> tuple[Any, ...]:
            *parts, error, settings, names, _ = one
            parts[seed] = None if parts[seed] is None else int(parts[seed])
            said, pick = places(settings, names)
            line = error.rstrip().rpartition("\n")[2] if error else None
            made: tuple[Any, ...] = pick((*parts, line, None, *said, *result))
            return made

        return columns, map(row, found, values)

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
        errors = dict(self._connection.execute("SELECT key, error FROM trials WHERE state = 'failed'"))
        return [(one.trial, errors[one.key]) for one in self.trials("failed")]

    def meta(self) -> dict[str, Any]:
        """Where results come from.

        Keys: ``created``, when, in UTC; ``versions`` and ``hardware``, lists of what has made results;
        ``settings``, a list of the settings of trials; ``data``, the origin of each data set by its name.
        """
        with refusals(self.path):
            meta = dict(self._connection.execute("SELECT key, value FROM meta"))
            data = dict(self._connection.execute("SELECT name, origin FROM data"))
        contents = self._contents()
        made = [contents[number] for number in self._used("provenance")]
        parts: dict[str, list[Any]] = {"versions": [], "hardware": []}
        for key, found in parts.items():
            for one in made:
                if one[key] not in found:
                    found.append(one[key])
        settings = [contents[number] for number in self._used("settings")]
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

    def _contents(self) -> dict[int, dict[str, Any]]:
        with refusals(self.path):
            rows = self._connection.execute("SELECT id, content FROM words").fetchall()
        return {number: json.loads(content) for number, content in rows}

    def _used(self, column: str) -> list[int]:
        with refusals(self.path):
            rows = self._connection.execute(
                f"SELECT DISTINCT {column} FROM trials WHERE {column} IS NOT NULL ORDER BY {column}"  # noqa: S608
            )
            return [number for (number,) in rows]


def check_store(path: str | Path) -> None:
    """Check, before any work is done, that a store can be there.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        As `Store.create`.
    """
    file = _path(path)
    if not file.parent.is_dir():
        raise InputFileNotFoundError("store", f"{str(path)!r}: there is no folder {str(file.parent)!r}")
    if file.exists() and file.stat().st_size:
        Store.open(file).close()


def _path(path: Any) -> Path:
    if not isinstance(path, str | Path):
        raise InputTypeError("store", f"{path!r} is not the path of a file")
    file = Path(path)
    try:
        if file.is_dir():
            raise InputValueError("store", f"{str(path)!r} is a folder; name a file, sweep.db say")
    except (OSError, ValueError) as error:  # a name too long, a NUL
        if isinstance(error, InputValueError):
            raise
        raise InputValueError("store", f"{str(path)!r} is not a path that can be written: {error}") from None
    return file


def _connect(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=30)
    try:
        connection.execute("PRAGMA query_only")  # opens the file
        connection.execute("SELECT count(*) FROM sqlite_master")
    except BaseException:
        connection.close()
        raise
    return connection


def _tables(connection: sqlite3.Connection) -> bool:
    (count,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return bool(count)


def _make(connection: sqlite3.Connection) -> None:
    """Make the tables: all of them or none."""
    connection.execute("PRAGMA journal_mode = WAL")
    schema = files("pynoise.sweep").joinpath("schema.sql").read_text("utf-8")
    meta = {
        "record": _RECORD,
        "format": str(_FORMAT),
        "version": _provenance.versions()["pynoise"],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    connection.executescript(f"BEGIN IMMEDIATE;\n{schema}")
    connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
    connection.execute("COMMIT")


def _check(connection: sqlite3.Connection, file: Path) -> None:
    """Refuse what is no store, or one of another version."""
    meta: dict[str, str] = {}
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "meta" in tables:
        try:
            meta = dict(connection.execute("SELECT key, value FROM meta"))
        except sqlite3.OperationalError:  # another program's table of that name
            meta = {}
    if meta.get("record") != _RECORD:
        raise InputValueError(
            "store", f"{str(file)!r} is a database of something else, not of a sweep; name another file"
        )
    if meta.get("format") != str(_FORMAT):
        raise InputValueError(
            "store",
            f"{str(file)!r} has format {meta.get('format')}, written by pynoise {meta.get('version')}; this "
            f"one reads format {_FORMAT}: use that version, or another store",
        )
    # WAL lets others read meanwhile; a process that is killed loses nothing that was committed.
    connection.execute("PRAGMA synchronous = NORMAL")


def _json(content: Any) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _flat(content: Mapping[str, Any], below: str = "") -> dict[str, Any]:
    """Values by their path, "train.lr" say; lists as JSON."""
    found: dict[str, Any] = {}
    for key, value in content.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{below}{key}.")
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
