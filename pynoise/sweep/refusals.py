"""What SQLite says when it cannot go on, as a user's error or the system's."""

from __future__ import annotations

import errno
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pynoise.errors import InputValueError, SweepError

__all__ = ["refusals"]

# By the name of SQLite's primary code: what the system would say.
_SYSTEM = {
    "SQLITE_FULL": errno.ENOSPC,
    "SQLITE_READONLY": errno.EROFS,
    "SQLITE_PERM": errno.EACCES,
    "SQLITE_CANTOPEN": errno.EACCES,
    "SQLITE_IOERR": errno.EIO,
    "SQLITE_BUSY": errno.EBUSY,
    "SQLITE_LOCKED": errno.EBUSY,
}


@contextmanager
def refusals(path: Path) -> Iterator[None]:
    """Within, SQLite's errors name the store and what is wrong with it.

    Raises
    ------
    InputValueError
        If the file is damaged, or no database.
    SweepError
        If a result would change, which the store does not allow.
    OSError
        If the system refuses: a disk that is full or read-only.
    """
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", None) or ""
        for code, number in _SYSTEM.items():
            if name.startswith(code):
                raise OSError(number, f"{os.strerror(number)} ({error})", str(path)) from None
        if name.startswith("SQLITE_CONSTRAINT"):
            raise SweepError(f"{path}: {error}") from None
        if isinstance(error, sqlite3.OperationalError) or name.startswith(
            ("SQLITE_NOTADB", "SQLITE_CORRUPT")
        ):
            raise InputValueError("store", f"{str(path)!r} is damaged, or no store: {error}") from None
        raise
    except json.JSONDecodeError as error:
        raise InputValueError("store", f"{str(path)!r} is damaged: {error}") from None
