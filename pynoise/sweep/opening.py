"""Opening the file of a store, or making one; what is no store is refused."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from pynoise import _provenance
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.sweep.refusals import refusals

__all__ = ["check_store", "path_of", "to_read", "to_write"]

# What meta says that the file is, and in which form.
_RECORD, _FORMAT = "pynoise sweep", 1


def to_write(file: Path) -> sqlite3.Connection:
    """Open a store to write into, made anew if it is not there."""
    with refusals(file):
        if not file.exists() or not file.stat().st_size:
            _make(file.resolve())
        connection = _connect(f"{file.resolve().as_uri()}?mode=rw")
        try:
            _check(connection, file)
            connection.execute("BEGIN IMMEDIATE").execute("ROLLBACK")  # what is read-only shows now
        except BaseException:
            connection.close()
            raise
    return connection


def to_read(file: Path) -> sqlite3.Connection:
    """Open a store to read."""
    if not file.is_file():
        raise InputFileNotFoundError("store", f"there is no file {str(file)!r}")
    with refusals(file):
        address = f"{file.resolve().as_uri()}?mode=ro"
        try:
            connection = _connect(address)
        except sqlite3.OperationalError:
            # In a folder that may not be written to SQLite has no place for what readers share; nobody writes
            # there.
            connection = _connect(f"{address}&immutable=1")
        try:
            _check(connection, file)
        except BaseException:
            connection.close()
            raise
    return connection


def check_store(path: str | Path) -> None:
    """Check, before any work is done, that a store can be there.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        As `pynoise.sweep.Store.create`.
    """
    file = path_of(path)
    if not file.parent.is_dir():
        raise InputFileNotFoundError("store", f"{str(path)!r}: there is no folder {str(file.parent)!r}")
    if file.exists() and file.stat().st_size:
        to_read(file).close()


def path_of(path: Any) -> Path:
    """The path of a store, if it may be one."""
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
        connection.execute("SELECT count(*) FROM sqlite_master")
    except BaseException:
        connection.close()
        raise
    return connection


def _make(file: Path) -> None:
    """Make a store without trials: whole, under a temporary name first."""
    temporary = file.with_name(f".{secrets.token_hex(6)}.tmp")
    meta = {
        "record": _RECORD,
        "format": str(_FORMAT),
        "version": _provenance.versions()["pynoise"],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    try:
        with closing(_connect(f"{temporary.as_uri()}?mode=rwc")) as connection:
            # WAL lets others read meanwhile.
            connection.execute("PRAGMA journal_mode = WAL")
            schema = files("pynoise.sweep").joinpath("schema.sql").read_text("utf-8")
            connection.executescript(f"BEGIN;\n{schema}")
            connection.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            connection.execute("COMMIT")
        temporary.replace(file)
    finally:
        for suffix in ("", "-wal", "-shm"):
            Path(f"{temporary}{suffix}").unlink(missing_ok=True)


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
    # With WAL, a process that is killed loses nothing that was committed.
    connection.execute("PRAGMA synchronous = NORMAL")
