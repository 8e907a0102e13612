"""What the tests of sweeps share."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from pynoise.sweep import Store

# What differs from one run to the next.
_TIMES = ("seconds", "images_per_second", "attempts", "finished")


def results(path):
    """What a store holds, without what depends on the clock; in the order of the trials' keys."""
    with Store.open(path) as store:
        rows = store.rows()
        metrics = {row["trial"]: store.metrics(row["trial"]) for row in rows}
    for row in rows:
        for key in _TIMES:
            row.pop(key, None)
        row["metrics"] = [
            {key: value for key, value in one.items() if key not in _TIMES} for one in metrics[row["trial"]]
        ]
    return sorted(rows, key=lambda row: row["trial"])


def states(path):
    """State, attempts and time of the end of each trial, by its key."""
    with Store.open(path) as store:
        return {row["trial"]: (row["state"], row["attempts"], row["finished"]) for row in store.rows()}


def descendants(process):
    """The numbers of all processes that a process has started, and they."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except (OSError, IndexError):  # it has ended meanwhile
                continue
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found[1:]


def command_of(process):
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def alive(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(processes, seconds=20):
    deadline = time.monotonic() + seconds
    while any(alive(one) and command_of(one) for one in processes):
        assert time.monotonic() < deadline, "processes are left"
        time.sleep(0.05)


def save_blobs(path, train=3000, test=400, width=16, classes=5, seed=0):
    """Some Gaussians as a data set in a file: large enough for a vote to take a while."""
    rng = np.random.default_rng(seed)
    centers = 2 * rng.standard_normal((classes, width))
    y_train, y_test = rng.integers(0, classes, train), rng.integers(0, classes, test)
    arrays = {
        "x_train": centers[y_train] + rng.standard_normal((train, width)),
        "y_train": y_train,
        "x_test": centers[y_test] + rng.standard_normal((test, width)),
        "y_test": y_test,
    }
    np.savez(path, **arrays)


def rows_of(path, **wanted):
    with Store.open(path) as store:
        return [row for row in store.rows() if all(row[key] == value for key, value in wanted.items())]
