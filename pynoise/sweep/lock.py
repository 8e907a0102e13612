"""One writer a store: the process that runs the sweep holds a lock, which ends with it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pynoise.errors import InputValueError, SweepError
from pynoise.sweep.store import Store

__all__ = ["cancel", "cancelled", "holder", "holding"]

# How long a sweep that is cancelled may take to notice and end its workers; a Ray cluster starts in a minute.
_SECONDS = 90.0

# Seconds after which is looked again; and how often, and after how many, a lock is tried that somebody may
# only be looking at.
_LOOK = 0.05
_TRIES, _PAUSE = 20, 0.005


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
    lock = os.open(_beside(store, "lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        _take(lock, store)
        os.pwrite(lock, str(os.getpid()).encode(), 0)
        _beside(store, "cancel").unlink(missing_ok=True)  # of a sweep that has ended meanwhile
        yield
    finally:
        os.close(lock)


def holder(store: str | Path) -> int | None:
    """The number of the process that runs the sweep of a store, 0 if it has not said; None if none does."""
    try:
        lock = os.open(_beside(store, "lock"), os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _number(lock) or 0
    finally:
        os.close(lock)
    return None


def cancel(store: str | Path) -> bool:
    """Stop the sweep of a store, whoever runs it.

    What is done is kept, what was running is queued again. The process that runs it looks for a file beside
    the store twice a second; it ends with a `SweepError`.

    Parameters
    ----------
    store : str or Path
        The store.

    Returns
    -------
    bool
        Whether it was running.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If there is no such store.
    SweepError
        If the process does not stop.
    """
    Store.open(store).close()
    if holder(store) is None:
        return False
    request = _beside(store, "cancel")
    request.touch()
    deadline = time.monotonic() + _SECONDS
    while holder(store) is not None and request.exists():
        if time.monotonic() > deadline:
            request.unlink(missing_ok=True)
            raise SweepError(
                f"process {holder(store)} does not stop; end it with kill -9, nothing that is done is lost"
            )
        time.sleep(_LOOK)
    while holder(store) is not None and time.monotonic() < deadline:  # it has heard, and ends its workers
        time.sleep(_LOOK)
    return True


def cancelled(store: str | Path) -> bool:
    """Whether somebody has asked the sweep of a store to stop; the request is taken back."""
    request = _beside(store, "cancel")
    if not request.exists():
        return False
    request.unlink(missing_ok=True)
    return True


def _take(lock: int, store: str | Path) -> None:
    """Take the lock; one that looks who holds it has it for a moment."""
    for tried in range(_TRIES):
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if tried + 1 < _TRIES:
                time.sleep(_PAUSE)
            continue
        os.ftruncate(lock, 0)
        return
    raise InputValueError(
        "store",
        f"{str(store)!r}: process {_number(lock) or 'unknown'} is running this sweep; wait for it, or end "
        "it with pynoise sweep cancel",
    )


def _beside(store: str | Path, what: str) -> Path:
    """A file beside the store itself, by whatever link it is named."""
    return Path(f"{Path(store).resolve()}.{what}")


def _number(lock: int) -> int | None:
    content = os.pread(lock, 32, 0)
    return int(content) if content.isdigit() else None
