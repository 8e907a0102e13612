"""Thousands of settings of K-NN in one sweep, beside a process for each; and a store of 100,000 trials."""

import subprocess
import sys
import tempfile
from pathlib import Path

from setting import CORES, seconds, timed

from pynoise.sweep import Store
from pynoise.sweep.store import Outcome
from pynoise.sweep.trial import Trial

NOISES = ("flip", "uniform", "symmetric", "all:0")
LEVELS = [round(i / 20, 2) for i in range(21)]
SEEDS = 10
KS = (1, 5, 11, 21, 31, 51, 71, 101, 151, 201, 301)
GRID = f"""[grid]
method = ["knn", "analytic"]
noise = {list(NOISES)}
level = {LEVELS}
seed = {list(range(SEEDS))}
K = {list(KS)}
"""
PYNOISE = [sys.executable, "-c", "from pynoise.cli import main; main()"]

# Settings that are measured in a process of their own.
SAMPLE = 20
LIMIT, ROWS, ROWS_LIMIT = 60, 100_000, 2
# One trial in so many is a network's.
NETWORKS = 10


def main(scale=1):
    with tempfile.TemporaryDirectory() as folder:
        sweep(Path(folder))
        store(Path(folder), int(ROWS * scale))


def sweep(folder):
    (folder / "grid.toml").write_text(GRID)
    took = seconds(command, folder, "sweep", "run", "grid.toml", "--store", "sweep.db")
    with Store.open(folder / "sweep.db") as found:
        rows = found.rows()
    if any(row["state"] != "done" for row in rows):
        sys.exit("the sweep failed")
    print(
        f"\nsweep on digits, {len(rows):,} settings (K-NN measured, predicted), whole commands, {CORES} cores"
    )
    show("one sweep, store included", took, LIMIT)
    each = 0.0
    for row in rows[:: len(rows) // SAMPLE][:SAMPLE]:
        each += seconds(one_setting, folder, row)
    ratio = each / SAMPLE * len(rows) / took
    print(f"  {'a process a setting, pynoise curve, of ' + str(SAMPLE):58}{each / SAMPLE:10.3f} s each")
    print(f"  {f'times {len(rows):,}, by multiplication, / one sweep':58}{ratio:10,.0f}")


def one_setting(folder, row):
    """The same number as a command: what is predicted, or measured once."""
    given = ["--noise", row["noise"], "--K", row["K"], "--levels", row["level"], "--repeats", 1]
    given += ["--no-measure"] if row["method"] == "analytic" else ["--seed", row["seed"]]
    command(folder, "curve", *given)


def store(folder, rows):
    train = {"train": {"epochs": 20, "lr": 0.1}, "method": "cross-entropy", "options": {}}
    small = {"accuracy": 0.912, "selected_fraction": 0.30069, "realised_rate": 0.27139, "seconds": 0.00123}
    large = small | {
        "test_accuracy_last": 0.8125,
        "test_accuracy_selected": 0.8212,
        "validation_accuracy": 0.8375,
        "parameters": 85_514,
        "train_examples": 1167,
        "validation_examples": 130,
        "test_examples": 500,
        "epochs": 20,
        "selected_epoch": 13,
        "stopped_early": False,
        "images_per_second": 48123.123,
        "validation_labels": "clean",
        "precision": "float32",
        "processes": 1,
        "run": "0" * 32,
    }
    vote = ("digits", "0" * 64, "knn", None, "inputs", "flip")
    network = ("digits", "0" * 64, "cross-entropy", "mlp", None, "flip")
    trials = [
        Trial(*vote, i / rows, i, 51, {"ties": "first"})
        if i % 2
        else Trial(*network, i / rows, i, None, train)
        for i in range(rows)
    ]
    here = {"versions": {"pynoise": "0"}, "hardware": {"cores": CORES}}
    with Store.create(folder / "many.db") as found:
        added, _ = timed(found.add, trials, {"0" * 64: {"name": "digits"}})
        keys = [trial.key for trial in trials]
        outcomes = [
            Outcome(key, small if i % NETWORKS else large, provenance=here) for i, key in enumerate(keys)
        ]
        finished = seconds(found.finish, outcomes)
    print(f"store of {rows:,} trials, one in {NETWORKS} with the {len(large)} results of a network")
    print(f"  {'queued':58}{added:10.2f} s")
    print(f"  {'finished, in one go':58}{finished:10.2f} s")
    show(
        "pynoise sweep status", seconds(command, folder, "sweep", "status", "--store", "many.db"), ROWS_LIMIT
    )
    took = seconds(command, folder, "sweep", "export", "--store", "many.db", "--out", "many.csv")
    show("pynoise sweep export, CSV", took, ROWS_LIMIT)


def command(folder, *arguments):
    done = [*PYNOISE, *map(str, arguments)]
    subprocess.run(done, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def show(what, took, limit):
    print(f"  {what:58}{took:10.2f} s, {took / limit:.2f} of {limit} s")
