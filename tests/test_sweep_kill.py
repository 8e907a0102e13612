"""`kill -9` at random moments: after `resume` every trial is there once, and none that was done ran again."""

import os
import signal
import sys
import time

import numpy as np
import pytest

from pynoise import sweep
from tests import processes
from tests.sweeps import command_of, descendants, results, save_blobs, states, wait_until_gone

NOISES = [
    *(f"{a}:{b}" for a in range(5) for b in range(2) if a != b),
    "flip",
    "uniform",
    "symmetric",
    "all:0",
]
VOTES = {"method": ["knn"], "noise": NOISES, "level": [0.1, 0.2, 0.3, 0.4, 0.5], "K": [21]}
NETWORKS = {
    "method": ["cross-entropy", "knn"],
    "noise": ["flip", "uniform", "symmetric"],
    "level": [0.1, 0.2, 0.3, 0.4, 0.5],
    "seed": [0, 1],
    "K": [21],
    "train": {"epochs": 3},
}
# Each vote takes some time, so that there is something to be disturbed.
SLOWLY = """
import time
from pynoise.sweep import votes

usual = votes.Votes.results

def results(self, trials):
    time.sleep(0.08)
    return usual(self, trials)

votes.Votes.results = results
"""

# Where in the course of the sweep: drawn once.
MOMENTS = np.random.default_rng(11).uniform(0.05, 0.95, 16).round(3).tolist()


def toml(grid, blobs):
    lines = ["[grid]", f"dataset = ['{blobs}']"]
    lines += [f"{key} = {value!r}" for key, value in grid.items() if key != "train"]
    lines += ["[train]", *(f"{key} = {value!r}" for key, value in grid.get("train", {}).items())]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A folder with data, grids, and what slows votes down."""
    folder = tmp_path_factory.mktemp("kill")
    save_blobs(folder / "blobs.npz", train=1000)
    (folder / "sitecustomize.py").write_text(SLOWLY)
    for name, grid in {"votes": VOTES, "networks": NETWORKS}.items():
        (folder / f"{name}.toml").write_text(toml(grid, folder / "blobs.npz"))
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path[:] = before


def undisturbed(place, name):
    """What there is without a disturbance, and how long it takes."""
    processes.start(place, "--version").join()  # once its server is there
    started = time.monotonic()
    process = start(place, place / f"{name}.toml", f"{name}.db")
    process.join(100)
    assert process.exitcode == 0
    found = results(place / f"{name}.db")
    assert len(found) == 60
    return found, time.monotonic() - started


@pytest.fixture(scope="module")
def votes(place):
    return undisturbed(place, "votes")


@pytest.fixture(scope="module")
def networks(place):
    return undisturbed(place, "networks")


def start(folder, grid, store):
    return processes.start(
        folder,
        "sweep",
        "run",
        grid,
        "--store",
        store,
        "--workers",
        2,
        "--device",
        "cpu",
        PATCH=place_of(grid),
    )


def place_of(grid):
    return str(grid.parent)


def workers_of(process):
    return [one for one in descendants(process) if "pynoise.sweep.worker" in command_of(one)]


def kill(process):
    """End it at once, if it is there still; its workers follow."""
    workers = workers_of(process.pid)
    process.kill()
    process.join()
    wait_until_gone(workers)


def check(store, before, expected):
    """All are there once, and what was done before is as it was."""
    assert results(store) == expected
    after = states(store)
    assert len(after) == 60
    done = {key: one for key, one in before.items() if one[0] == "done"}
    assert done.items() <= after.items()


@pytest.mark.parametrize("moment", MOMENTS[:8])
def test_the_driver_is_killed(tmp_path, place, votes, moment):
    expected, seconds = votes
    process = start(tmp_path, place / "votes.toml", "sweep.db")
    time.sleep(moment * seconds)
    kill(process)
    store = tmp_path / "sweep.db"
    before = states(store) if store.exists() else {}
    if before:
        summary = sweep.resume(store, workers=2)
        assert summary.ran == 60 - sum(one[0] == "done" for one in before.values())
    else:  # the grid had not been taken in
        sweep.run(place / "votes.toml", store, workers=2)
    check(store, before, expected)


@pytest.mark.parametrize("moment", MOMENTS[8:14])
def test_a_worker_is_killed(tmp_path, place, votes, moment):
    expected, seconds = votes
    process = start(tmp_path, place / "votes.toml", "sweep.db")
    store = tmp_path / "sweep.db"
    time.sleep(moment * seconds)
    for worker in workers_of(process.pid)[:1]:
        os.kill(worker, signal.SIGKILL)
    before = states(store) if store.exists() else {}
    process.join(60)
    assert process.exitcode == 0, (tmp_path / "err.txt").read_text()
    check(store, before, expected)


@pytest.mark.parametrize("moment", MOMENTS[14:])
def test_the_driver_is_killed_while_networks_train(tmp_path, place, networks, moment):
    expected, seconds = networks
    process = start(tmp_path, place / "networks.toml", "sweep.db")
    time.sleep(moment * seconds)
    kill(process)
    store = tmp_path / "sweep.db"
    before = states(store) if store.exists() else {}
    sweep.run(place / "networks.toml", store, workers=2, device="cpu")
    check(store, before, expected)


def test_ctrl_c_keeps_what_is_done(tmp_path, place, networks):
    expected, _ = networks
    process = start(tmp_path, place / "networks.toml", "sweep.db")
    store = tmp_path / "sweep.db"
    processes.wait_for(lambda: store.exists() and any(one[0] == "done" for one in states(store).values()))
    workers = workers_of(process.pid)
    os.kill(process.pid, signal.SIGINT)
    process.join(20)
    assert process.exitcode == 130
    wait_until_gone(workers)
    said = (tmp_path / "err.txt").read_text()
    assert (
        "interrupted; sweep.db keeps what is done; go on with pynoise sweep resume --store sweep.db" in said
    )
    before = states(store)
    assert {one[0] for one in before.values()} == {"done", "queued"}
    sweep.resume(store, workers=2, device="cpu")
    check(store, before, expected)


def test_cancel_stops_it_from_elsewhere(tmp_path, place, networks, run):
    expected, _ = networks
    process = start(tmp_path, place / "networks.toml", "sweep.db")
    store = tmp_path / "sweep.db"
    processes.wait_for(lambda: store.exists() and any(one[0] == "done" for one in states(store).values()))
    code, out, _ = run("sweep", "status", "--store", store)
    assert code == 0
    assert f"60 trials, process {process.pid} is running them" in out
    code, out, _ = run("sweep", "cancel", "--store", store)
    assert (code, out) == (0, f"{store}: stopped\n")
    process.join(20)
    assert process.exitcode == 1
    said = (tmp_path / "err.txt").read_text()
    assert said == "Error: cancelled; what is done is kept: pynoise sweep resume goes on\n"
    assert sweep.holder(store) is None
    before = states(store)
    assert {one[0] for one in before.values()} == {"done", "queued"}
    sweep.resume(store, workers=2, device="cpu")
    check(store, before, expected)
    assert sweep.cancel(store) is False


def test_a_full_disk(tmp_path, place, votes):
    expected, _ = votes
    grid = place / "votes.toml"
    process = processes.start(
        tmp_path, "sweep", "run", grid, "--store", "sweep.db", "--workers", 1, room=120_000
    )
    process.join(60)
    said = (tmp_path / "err.txt").read_text()
    assert process.exitcode == 1, said
    assert "Error: sweep.db: " in said
    assert "Traceback" not in said
    store = tmp_path / "sweep.db"
    before = states(store) if store.exists() and store.stat().st_size else {}
    sweep.run(grid, store, workers=2)
    check(store, before, expected)
