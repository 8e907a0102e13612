"""Running a sweep: a grid into a store, and what is queued there to its end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pynoise import _checks
from pynoise._progress import Progress
from pynoise.sweep.asked import Asked
from pynoise.sweep.driver import Driver
from pynoise.sweep.engines import Place
from pynoise.sweep.expand import expand
from pynoise.sweep.grid import Grid
from pynoise.sweep.lock import holding
from pynoise.sweep.opening import check_store
from pynoise.sweep.plan import plan
from pynoise.sweep.store import STATES, Store

__all__ = ["Summary", "resume", "run"]


@dataclass(frozen=True)
class Summary:
    """What there is once a sweep has come to its end.

    Attributes
    ----------
    store : Path
        The store.
    new : int
        Trials of the grid that were not there before.
    ran : int
        Trials that were done or failed in this call.
    seconds : float
        What it took.
    counts : dict of str to int
        How many trials of the store there are in each state.
    """

    store: Path
    new: int
    ran: int
    seconds: float
    counts: dict[str, int]


def run(
    grid: Grid | str | Path,
    store: str | Path,
    *,
    engine: str = "local",
    address: str | None = None,
    workers: int | None = None,
    cpus: int = 1,
    gpus: float = 0.25,
    device: str = "auto",
    retries: int = 1,
    data_root: str | Path | None = None,
    download: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Run the trials of a grid that a store does not hold yet, and those that are queued there.

    A trial is known by its setting, the digest of its data and the version of the results: one that is there
    is not run again, however often it is asked for. What is killed goes on where it stopped with `resume`, or
    with the same call; of finished trials nothing is lost, those in flight begin anew (a network after its
    last whole epoch).

    Trials that share work do it once: neighbours are found once for all noises, levels, seeds and K, and all
    votes are counted in few calls; a network trained on clean labels gives its features to all who want them.

    Parameters
    ----------
    grid : Grid, str or Path
        The grid, or its file.
    store : str or Path
        The SQLite file of trials and results; made if it is not there. Beside it are a lock and a folder with
        what networks write, neighbours and features: sweep.db.lock and sweep.db.runs/.
    engine : {"local", "ray"}
        Processes of this machine, or a Ray cluster, whose machines have the data and, if there are several,
        this folder at the same places.
    address : str, optional
        Of a Ray cluster that is there, "10.0.0.1:6379" say, or "auto" for the one that this machine belongs
        to. By default one is started here, and ended.
    workers : int, optional
        How many jobs there are at a time. By default as many as there are cores, or devices, for.
    cpus : int
        Threads of a trial. Networks that are trained on the CPU have other last digits with another number.
    gpus : float
        The share of a CUDA device that a trial takes, above 0 and at most 1, which it is trained on: 0.25
        puts four on each. Where memory does not do, there are fewer.
    device : str
        "auto" (CUDA where there is one), "cpu" or "cuda".
    retries : int
        How often a trial is tried again whose process ended, or that failed otherwise than by a mistake in
        its setting.
    data_root : str or Path, optional
        As `root` of `pynoise.data.load`.
    download : bool
        As for `pynoise.data.load`.
    progress : callable, optional
        Called with (phase, done, total, words), phase "trials".

    Returns
    -------
    Summary

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For a grid that will not do (names file, line and key), a store of something else or of another
        version, or one that another process writes into.
    SweepError
        If no worker starts, or a Ray cluster does not answer or is lost.
    OSError
        If the store cannot be written to; what is done is kept.

    Examples
    --------
    >>> import tempfile
    >>> from pynoise import sweep
    >>> grid = sweep.Grid(noise=["flip", "uniform"], level=[0.0, 0.4], K=[1, 51])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     summary = sweep.run(grid, f"{folder}/sweep.db", workers=1)
    ...     with sweep.Store.open(f"{folder}/sweep.db") as store:
    ...         rows = store.rows()
    >>> summary.counts["done"], len(rows), rows[0]["method"], rows[0]["K"]
    (16, 16, 'knn', 1)
    """
    check_store(store)
    chosen = grid if isinstance(grid, Grid) else Grid.read(grid)
    asked = Asked.of(
        engine=engine,
        address=address,
        workers=workers,
        cpus=cpus,
        gpus=gpus,
        device=device,
        retries=retries,
        progress=progress,
    )
    started = time.perf_counter()
    # Before anything is written.
    expanded = expand(chosen, data_root=data_root, download=_checks.flag("download", download))
    asked.check_device(trains=any(trial.trains for trial in expanded.trials))
    with holding(store), Store.create(store) as there:
        new = there.add(expanded.trials, expanded.origins)
        return _drive(there, asked, data_root, new, started)


def resume(
    store: str | Path,
    *,
    failed: bool = False,
    engine: str = "local",
    address: str | None = None,
    workers: int | None = None,
    cpus: int = 1,
    gpus: float = 0.25,
    device: str = "auto",
    retries: int = 1,
    data_root: str | Path | None = None,
    progress: Progress | None = None,
) -> Summary:
    """Run the trials of a store that are queued, or were running when the sweep was stopped.

    Parameters
    ----------
    store : str or Path
        The store.
    failed : bool
        Whether those that have failed are tried again, too.
    engine, address, workers, cpus, gpus, device, retries, data_root, progress
        As for `run`.

    Returns
    -------
    Summary

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError, SweepError, OSError
        As `run`; or if there is no such store.
    """
    asked = Asked.of(
        engine=engine,
        address=address,
        workers=workers,
        cpus=cpus,
        gpus=gpus,
        device=device,
        retries=retries,
        progress=progress,
    )
    again = _checks.flag("failed", failed)
    started = time.perf_counter()
    Store.open(store).close()
    with holding(store), Store.create(store) as there:
        if again:
            there.requeue_all(["failed"])
        return _drive(there, asked, data_root, 0, started)


def _drive(store: Store, asked: Asked, data_root: str | Path | None, new: int, started: float) -> Summary:
    """Do what is queued, and all that a process before has left running."""
    store.requeue_all(["running"])
    queued = list(store.trials("queued"))
    origins = {digest: store.origin(digest) for digest in {one.trial.data for one in queued}}
    folder = Path(f"{store.path.resolve()}.runs")
    root = None if data_root is None else str(Path(data_root).resolve())
    place = Place(str(folder), root, asked.cpus, asked.gpus)
    if queued:
        folder.mkdir(exist_ok=True)
        trains = any(one.trial.trains for one in queued)
        try:
            with _ended_by_signal(), asked.engine_for(place, trains=trains) as engine:
                Driver(store, engine, asked.retries, asked.report).run(plan(queued, origins))
        finally:
            with suppress(OSError):  # which the store has told of already
                store.requeue_all(["running"])
    counts = dict.fromkeys(STATES, 0)
    for (_, _, state), count in store.counts().items():
        counts[state] += count
    ran = len(queued) - counts["queued"]
    return Summary(store.path, new, ran, time.perf_counter() - started, counts)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Have SIGTERM, by which `cancel` and batch systems end a sweep, do what Ctrl-C does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
