import csv
import json
import os
import subprocess
import sys

import pytest

from tests.sweeps import save_blobs

GRID = """
[grid]
dataset = ["blobs.npz"]
method = ["knn", "analytic"]
level = [0, 0.2]
K = [1, 5]
"""


@pytest.fixture
def there(tmp_path, run):
    save_blobs(tmp_path / "blobs.npz")
    (tmp_path / "grid.toml").write_text(GRID)
    return run


def test_run_status_export(there, tmp_path):
    code, out, err = there("sweep", "run", "grid.toml", "--store", "sweep.db")
    assert code == 0
    assert "8 trials run in" in err
    assert out.splitlines()[0] == "sweep.db: 8 trials"
    rows = [line.split() for line in out.splitlines()[2:]]
    assert rows == [
        ["data", "set", "method", "queued", "running", "done", "failed"],
        ["blobs", "analytic", "0", "0", "4", "0"],
        ["blobs", "knn", "0", "0", "4", "0"],
        ["all", "0", "0", "8", "0"],
    ]
    assert there("sweep", "status", "--store", "sweep.db")[:2] == (0, out)
    code, out, err = there("sweep", "run", "grid.toml", "--store", "sweep.db")
    assert "0 trials run in" in err
    code, out, err = there("sweep", "export", "--store", "sweep.db", "--out", "t.csv")
    assert (code, out, err) == (0, "", "wrote t.csv: 8 rows\n")
    with (tmp_path / "t.csv").open(newline="") as lines:
        found = list(csv.DictReader(lines))
    assert [row["state"] for row in found] == ["done"] * 8
    assert all(0 < float(row["accuracy"]) <= 1 for row in found)


def test_a_dry_run(there, tmp_path):
    code, out, _ = there("sweep", "run", "grid.toml", "--store", "sweep.db", "--dry-run", "--workers", 3)
    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "new      blobs, knn, flip, level 0, K 1, seed 0"
    assert len(lines) == 10
    assert lines[-1].startswith("8 trials, 8 to run, about 0 min ")
    assert lines[-1].endswith(" with 3 at a time")
    assert not (tmp_path / "sweep.db").exists()
    code, out, _ = there("sweep", "run", "grid.toml", "--store", "sweep.db", "--dry-run", "--json")
    found = json.loads(out)
    assert len(found["rows"]) == 8
    assert found["seconds"] > 0


def test_json(there):
    there("sweep", "run", "grid.toml", "--store", "sweep.db")
    code, out, _ = there("sweep", "status", "--store", "sweep.db", "--json")
    found = json.loads(out)
    assert code == 0
    assert found["process"] is None
    assert found["failed"] == []
    assert found["rows"][0] == {
        "dataset": "blobs",
        "method": "analytic",
        "queued": 0,
        "running": 0,
        "done": 4,
        "failed": 0,
    }


def test_failures_are_told_of(there, tmp_path):
    text = GRID.replace('"knn", "analytic"', '"knn"').replace("[0, 0.2]", "[0.9999]").replace("[1, 5]", "[5]")
    (tmp_path / "grid.toml").write_text(text + 'noise = ["hubness"]\nseed = "0:11:1"\n')
    code, out, err = there("sweep", "run", "grid.toml", "--store", "sweep.db")
    assert code == 1
    assert "Traceback" not in out + err
    lines = out.splitlines()
    assert lines[5].startswith(
        "failed: blobs, knn, hubness, level 0.9999, K 5, seed 0: pynoise.errors.InputValueError: level: "
    )
    assert lines[-1] == "… and 2 more; --json has them all, with tracebacks"
    _, out, _ = there("sweep", "status", "--store", "sweep.db", "--json")
    failed = json.loads(out)["failed"]
    assert len(failed) == 12
    assert failed[0]["error"].startswith("Traceback")
    code, _, err = there("sweep", "resume", "--store", "sweep.db", "--failed")
    assert code == 1
    assert "12 trials run" in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "gone.toml", "--store", "s.db"], "Invalid value for 'GRID': there is no file 'gone.toml'"),
        (
            ["run", "bad.toml", "--store", "s.db"],
            "Invalid value for 'GRID': bad.toml, line 5: grid.levl: 'levl'",
        ),
        (["run", "grid.toml"], "Missing option '--store'"),
        (
            ["run", "grid.toml", "--store", "no/s.db"],
            "Invalid value for '--store': 'no/s.db': there is no folder",
        ),
        (["run", "grid.toml", "--store", "s.db", "--engine", "dask"], "Invalid value for '--engine': 'dask'"),
        (["run", "grid.toml", "--store", "s.db", "--gpus", "3"], "Invalid value for '--gpus': 3 is above 1"),
        (
            ["run", "grid.toml", "--store", "s.db", "--address", "x:1"],
            "Invalid value for '--address': goes with",
        ),
        (
            ["status", "--store", "grid.toml"],
            "Invalid value for '--store': 'grid.toml' is damaged, or no store",
        ),
        (["status", "--store", "gone.db"], "Invalid value for '--store': there is no file 'gone.db'"),
        (["resume", "--store", "gone.db"], "Invalid value for '--store': there is no file 'gone.db'"),
        (["cancel", "--store", "gone.db"], "Invalid value for '--store': there is no file 'gone.db'"),
        (["export", "--store", "gone.db", "--out", "t.csv"], "Invalid value for '--store': there is no file"),
        (
            ["export", "--store", "gone.db", "--out", "t.txt"],
            "Invalid value for '--out': 't.txt' must end in",
        ),
        (["rune", "grid.toml"], "No such command 'rune'"),
    ],
)
def test_mistakes(there, tmp_path, arguments, said):
    (tmp_path / "bad.toml").write_text(GRID.replace("level", "levl"))
    code, out, err = there("sweep", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "s.db").exists()


def test_two_processes_do_not_run_one_sweep(there, tmp_path):
    from pynoise.sweep.lock import holding

    there("sweep", "run", "grid.toml", "--store", "sweep.db")
    with holding(tmp_path / "sweep.db"):
        for line in (["run", "grid.toml"], ["resume"]):
            code, out, err = there("sweep", *line, "--store", "sweep.db")
            assert (code, out) == (2, "")
            assert f"process {os.getpid()} is running this sweep; wait for it, or end it with pynoise" in err


def test_cancel_where_nobody_runs(there):
    there("sweep", "run", "grid.toml", "--store", "sweep.db")
    assert there("sweep", "cancel", "--store", "sweep.db") == (0, "sweep.db: nobody was running it\n", "")


def test_an_address_where_no_cluster_is(there):
    arguments = ["--store", "sweep.db", "--engine", "ray", "--address", "127.0.0.1:1"]
    code, out, err = there("sweep", "run", "grid.toml", *arguments)
    assert (code, out) == (1, "")
    assert err.startswith("Error: no Ray cluster at 127.0.0.1:1: nothing answers there: ")


def test_votes_need_no_torch(tmp_path):
    save_blobs(tmp_path / "blobs.npz")
    (tmp_path / "grid.toml").write_text(GRID)
    code = (
        "import sys; sys.modules['torch'] = None;"
        "sys.argv[1:] = ['sweep', 'run', 'grid.toml', '--store', 's.db'];"
        "from pynoise.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert "8 trials run in" in done.stderr


def test_errors_do_not_steer_the_terminal(there, tmp_path):
    from pynoise.sweep import Store
    from pynoise.sweep.store import Outcome

    there("sweep", "run", "grid.toml", "--store", "sweep.db")
    with Store.create(tmp_path / "more.db") as store, Store.open(tmp_path / "sweep.db") as other:
        trials = [one.trial for one in other.trials()][:1]
        store.add(trials, {trials[0].data: {"name": "blobs.npz"}})
        store.finish([Outcome(trials[0].key, None, "Error: \x1b]0;title\x07 \x1b[31mred")])
    code, out, _ = there("sweep", "status", "--store", "more.db")
    assert code == 0
    assert "Error: ?]0;title? ?[31mred" in out
