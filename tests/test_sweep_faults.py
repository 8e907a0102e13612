"""What goes wrong in a sweep: the others go on, and nothing that is done is lost."""

import json
import threading
import time

import numpy as np
import pytest

from pynoise import sweep
from pynoise.errors import InputFileNotFoundError, InputValueError, SweepError
from pynoise.sweep import Grid, Store
from pynoise.sweep.expand import expand
from pynoise.sweep.lock import holding
from tests.sweeps import results, rows_of, save_blobs, states


def test_a_failure_is_its_trials_alone(tmp_path, blobs):
    grid = Grid(
        dataset=[blobs], method=["knn"], noise=["flip", "hubness"], level=[0.2, 0.999], seed=[0, 1], K=[1, 5]
    )
    summary = sweep.run(grid, tmp_path / "sweep.db")
    assert summary.counts == {"queued": 0, "running": 0, "done": 12, "failed": 4}
    with Store.open(tmp_path / "sweep.db") as store:
        failures = store.failures()
    assert {(trial.noise, trial.level) for trial, _ in failures} == {("hubness", 0.999)}
    for _, error in failures:
        assert "Traceback (most recent call last)" in error
        assert "0.999 is out of reach" in error
    assert sweep.resume(tmp_path / "sweep.db").ran == 0
    again = sweep.resume(tmp_path / "sweep.db", failed=True)
    assert (again.ran, again.counts["failed"]) == (4, 4)


def test_a_trial_that_crashes_the_interpreter(tmp_path, blobs, patched):
    patched(
        """
        import os
        from pynoise.sweep import votes

        usual = votes.Votes.results

        def results(self, trials):
            if any(trial.k == 7 and trial.seed == 1 for trial in trials):
                os.abort()
            return usual(self, trials)

        votes.Votes.results = results
        """
    )
    grid = Grid(dataset=[blobs], method=["knn"], noise=["flip"], level=[0.1, 0.3], seed=[0, 1], K=[5, 7])
    summary = sweep.run(grid, tmp_path / "sweep.db", retries=1)
    assert summary.counts == {"queued": 0, "running": 0, "done": 6, "failed": 2}
    with Store.open(tmp_path / "sweep.db") as store:
        for trial, error in store.failures():
            assert (trial.k, trial.seed) == (7, 1)
            assert "signal 6 (SIGABRT)" in error


def test_where_memory_does_not_do_there_are_fewer_at_a_time(tmp_path, blobs, patched):
    patched(
        f"""
        from pathlib import Path
        from pynoise.sweep import votes

        usual = votes.Votes.results

        def results(self, trials):
            try:
                Path({str(tmp_path / "once")!r}).touch(exist_ok=False)
            except FileExistsError:
                return usual(self, trials)
            raise MemoryError

        votes.Votes.results = results
        """
    )
    votes = {"dataset": [blobs], "method": ["knn"], "K": [5]}
    grid = Grid(noise=["flip", "uniform"], level=[0.1], **votes)
    summary = sweep.run(grid, tmp_path / "sweep.db", workers=2, retries=0)
    assert summary.counts["done"] == 2
    assert sorted(row["attempts"] for row in rows_of(tmp_path / "sweep.db")) == [1, 2]
    (tmp_path / "once").unlink()
    summary = sweep.run(
        Grid(method=["knn"], noise=["flip"], level=[0.2], K=[5]), tmp_path / "sweep.db", workers=1
    )
    assert summary.counts["failed"] == 0  # another try did
    (tmp_path / "once").unlink()
    assert (
        sweep.run(Grid(level=[0.3], **votes), tmp_path / "sweep.db", workers=1, retries=0).counts["failed"]
        == 1
    )


def test_what_others_need_fails_and_so_do_they(tmp_path, blobs, patched):
    patched(
        """
        from pynoise.sweep import shared

        def neighbours(self, task):
            raise OSError(28, "No space left on device")

        shared.Workshop.neighbours = neighbours
        """
    )
    summary = sweep.run(Grid(dataset=[blobs], level=[0.1, 0.2]), tmp_path / "sweep.db")
    assert summary.counts["failed"] == 4
    with Store.open(tmp_path / "sweep.db") as store:
        assert all("No space left on device" in error for _, error in store.failures())


def test_workers_that_cannot_start(tmp_path, blobs, patched):
    patched("raise SystemExit('no licence')")
    with pytest.raises(SweepError, match="no worker starts"):
        sweep.run(Grid(dataset=[blobs], level=[0.1]), tmp_path / "sweep.db")
    assert {state for state, _, _ in states(tmp_path / "sweep.db").values()} == {"queued"}


def test_data_that_are_not_what_they_were(tmp_path):
    save_blobs(tmp_path / "own.npz")
    grid = Grid(dataset=[str(tmp_path / "own.npz")], method=["knn"], noise=["flip"], level=[0.1], K=[5])
    with Store.create(tmp_path / "sweep.db") as store:
        expanded = expand(grid)
        store.add(expanded.trials, expanded.origins)
    save_blobs(tmp_path / "own.npz", seed=1)
    assert sweep.resume(tmp_path / "sweep.db").counts["failed"] == 1
    with Store.open(tmp_path / "sweep.db") as store:
        ((_, error),) = store.failures()
    assert "'own' is not what it was when the trial was queued" in error


def queue(grid, path):
    expanded = expand(grid)
    with Store.create(path) as store:
        store.add(expanded.trials, expanded.origins)


def test_a_file_of_noise_that_is_not_what_it_was(tmp_path):
    save_blobs(tmp_path / "own.npz")
    matrix = tmp_path / "p.npy"
    np.save(matrix, np.eye(5)[[1, 0, 2, 3, 4]])
    grid = Grid(dataset=[str(tmp_path / "own.npz")], method=["knn"], noise=[str(matrix)], level=[0.2], K=[5])
    queue(grid, tmp_path / "sweep.db")
    np.save(matrix, np.full((5, 5), 0.2))
    assert sweep.resume(tmp_path / "sweep.db").counts["failed"] == 1
    with Store.open(tmp_path / "sweep.db") as store:
        ((_, error),) = store.failures()
    assert "is not what it was when the trial was queued; bring it back" in error
    np.save(matrix, np.eye(5)[[1, 0, 2, 3, 4]])
    assert sweep.resume(tmp_path / "sweep.db", failed=True).counts["done"] == 1


def test_data_that_lie_elsewhere_now(tmp_path):
    (tmp_path / "here").mkdir()
    save_blobs(tmp_path / "own.npz")
    grid = {"method": ["knn"], "level": [0.2], "K": [5]}
    queue(Grid(dataset=[str(tmp_path / "own.npz")], **grid), tmp_path / "sweep.db")
    (tmp_path / "own.npz").rename(tmp_path / "here" / "own.npz")
    summary = sweep.run(Grid(dataset=[str(tmp_path / "here" / "own.npz")], **grid), tmp_path / "sweep.db")
    assert (summary.new, summary.counts["done"]) == (0, 1)


def test_by_another_name_the_store_is_the_same(tmp_path):
    with Store.create(tmp_path / "sweep.db"):
        pass
    (tmp_path / "link.db").symlink_to(tmp_path / "sweep.db")
    with holding(tmp_path / "sweep.db"), pytest.raises(InputValueError, match="is running this sweep"):
        sweep.resume(tmp_path / "link.db")
    assert sweep.holder(tmp_path / "link.db") is None


def test_who_looks_is_in_nobodys_way(tmp_path):
    with Store.create(tmp_path / "sweep.db"), holding(tmp_path / "sweep.db"):
        pass
    stop = threading.Event()

    def look():
        while not stop.is_set():
            sweep.holder(tmp_path / "sweep.db")

    thread = threading.Thread(target=look)
    thread.start()
    try:
        for _ in range(300):
            with holding(tmp_path / "sweep.db"):
                pass
    finally:
        stop.set()
        thread.join()


def test_cancel_of_a_sweep_in_a_thread(tmp_path, blobs, patched):
    patched(
        """
        import time
        from pynoise.sweep import votes

        def results(self, trials):
            time.sleep(100)

        votes.Votes.results = results
        """
    )
    said = []

    def work():
        try:
            sweep.run(Grid(dataset=[blobs], level=[0.1]), tmp_path / "sweep.db")
        except SweepError as error:
            said.append(str(error))

    thread = threading.Thread(target=work)
    thread.start()
    deadline = time.monotonic() + 60
    while not ((tmp_path / "sweep.db").exists() and sweep.holder(tmp_path / "sweep.db") is not None):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert sweep.cancel(tmp_path / "sweep.db") is True
    thread.join(30)
    assert said == ["cancelled; what is done is kept: pynoise sweep resume goes on"]
    assert {state for state, _, _ in states(tmp_path / "sweep.db").values()} == {"queued"}


def test_workers_that_always_end(tmp_path, blobs, patched):
    patched(
        """
        import os
        from pynoise.sweep import votes

        votes.Votes.results = lambda self, trials: os.abort()
        """
    )
    monkey = pytest.MonkeyPatch()
    monkey.setattr("pynoise.sweep.driver._MOST_CRASHES", 5)
    grid = Grid(dataset=[blobs], method=["knn"], level=[i / 50 for i in range(40)], K=[5])
    try:
        with pytest.raises(SweepError, match=r"6 workers ended in a row.*SIGABRT"):
            sweep.run(grid, tmp_path / "sweep.db")
    finally:
        monkey.undo()
    assert {state for state, _, _ in states(tmp_path / "sweep.db").values()} == {"queued"}


def test_a_passing_error_of_the_clean_network(tmp_path, blobs, patched):
    patched(
        f"""
        from pathlib import Path
        from pynoise.sweep import tasks

        usual = tasks.train_trial

        def train_trial(workshop, task, trial):
            try:
                Path({str(tmp_path / "once")!r}).touch(exist_ok=False)
            except FileExistsError:
                return usual(workshop, task, trial)
            raise OSError(5, "Input/output error")

        tasks.train_trial = train_trial
        """
    )
    grid = Grid(
        dataset=[blobs],
        method=["cross-entropy", "knn"],
        space=["features"],
        level=[0.0],
        K=[5],
        train={"epochs": 1},
    )
    summary = sweep.run(grid, tmp_path / "sweep.db", workers=2, device="cpu")
    assert summary.counts["done"] == 2
    assert sorted(row["attempts"] for row in rows_of(tmp_path / "sweep.db")) == [1, 2]
    # A file that is damaged is made anew.
    (features,) = (tmp_path / "sweep.db.runs" / "features").glob("*.npz")
    content = features.read_bytes()
    features.write_bytes(content[:100])
    grid = Grid(dataset=[blobs], method=["knn"], space=["features"], level=[0.2], K=[5], train={"epochs": 1})
    assert sweep.run(grid, tmp_path / "sweep.db", device="cpu").counts["failed"] == 0
    assert features.stat().st_size == len(content)


def test_a_strangers_store_downloads_nothing(tmp_path):
    from pynoise.data.named import load_origin

    with pytest.raises(InputFileNotFoundError):
        load_origin({"name": "cifar10", "root": str(tmp_path / "new"), "download": True})
    assert not list(tmp_path.iterdir())


def test_a_run_of_another_version_is_begun_anew(tmp_path, blobs):
    grid = Grid(dataset=[blobs], method=["cross-entropy"], level=[0.1], train={"epochs": 1})
    sweep.run(grid, tmp_path / "first.db", device="cpu")
    (row,) = rows_of(tmp_path / "first.db")
    folder = tmp_path / "first.db.runs" / "runs" / row["run"]
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"seed": 9}))
    (tmp_path / "first.db.runs").rename(tmp_path / "second.db.runs")
    assert sweep.run(grid, tmp_path / "second.db", device="cpu").counts["done"] == 1
    assert results(tmp_path / "second.db") == results(tmp_path / "first.db")
