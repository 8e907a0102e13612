"""One writer a store: the process that runs the sweep holds a lock, which ends with it."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pynoise.errors import InputValueError, SweepError
from pynoise.sweep.store import Store

__all__ = ["cancel", "holder", "holding"]

# How long a sweep that is cancelled may take to end its workers.
_SECONDS = 30.0


@contextmanager
def holding(store: str | Path) -> Iterator[None]:
    """Be the one that writes into a store.

    Raises
    ------
    InputValueError
        If another process is.
    OSError
        If the system refuses.
    """
    # Not the store itself: closing it would end the locks that SQLite has on it.
    lock = os.open(_file(store), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputValueError(
                "store",
                f"{str(store)!r}: process {_number(lock) or 'unknown'} is running this sweep; wait for it, "
                "or end it with pynoise sweep cancel",
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(lock)


def holder(store: str | Path) -> int | None:
    """The number of the process that runs the sweep of a store; None if none does."""
    try:
        lock = os.open(_file(store), os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _number(lock)
    finally:
        os.close(lock)
    return None


def cancel(store: str | Path) -> int | None:
    """Stop the process that runs the sweep of a store.

    What is done is kept, what was running is queued again.

    Parameters
    ----------
    store : str or Path
        The store.

    Returns
    -------
    int or None
        The number of the process that was stopped; None if there was none.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If there is no such store.
    SweepError
        If the process does not stop.
    """
    Store.open(store).close()
    process = holder(store)
    if process is None:
        return None
    os.kill(process, signal.SIGTERM)
    deadline = time.monotonic() + _SECONDS
    while holder(store) == process:
        if time.monotonic() > deadline:
            raise SweepError(
                f"process {process} does not stop; end it with kill -9 {process}, nothing is lost"
            )
        time.sleep(0.05)
    return process


def _file(store: str | Path) -> Path:
    return Path(f"{store}.lock")


def _number(lock: int) -> int | None:
    content = os.pread(lock, 32, 0)
    return int(content) if content.isdigit() else None
