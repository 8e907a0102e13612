"""Runs and sweeps for tests of reports: their files, without a training."""

from __future__ import annotations

import json
import sqlite3
import sys
import types

EPOCHS = 3


def write_run(
    folder,
    *,
    data="digits",
    network="mlp",
    method="gce",
    noise="flip",
    level=0.2,
    seed=0,
    accuracy=0.8,
    finished=True,
    options=None,
    settings=None,
    result=None,
):
    """Write the folder of a run; `accuracy` is that of the selected epoch, the last has 0.01 less."""
    folder.mkdir(parents=True)
    digests = {"dtype": "uint8", "shape": [10, 8, 8], "sha256": "ab" * 32, "labels": "cd" * 32}
    words = {"kind": noise, "level": level, "seed": seed, "selection": "exact", "labels": f"{seed}"}
    words |= {"selected_fraction": level, "expected_rate": level, "realised_rate": level}
    config = {
        "record": "pynoise run",
        "format": 1,
        "data": {"name": data, "origin": None, "names": ["0", "1"], "train": digests, "test": digests},
        "input_shape": [1, 8, 8],
        "normal": None,
        "recipe": None,
        "skip_corrupt": False,
        "network": network,
        "method": method,
        "method_options": options or {},
        "noise": None if noise is None else words,
        "seed": seed,
        "settings": {"epochs": EPOCHS, "batch_size": 128, "validation": 0.1} | (settings or {}),
    }
    (folder / "config.json").write_text(json.dumps(config))
    rows = [f"{i + 1},{accuracy - 0.1 * (EPOCHS - i):.6f},{1 / (i + 1)}" for i in range(EPOCHS)]
    (folder / "metrics.csv").write_text("\n".join(["epoch,test_accuracy,train_loss", *rows, ""]))
    if finished:
        found = {
            "test_accuracy_last": accuracy - 0.01,
            "test_accuracy_selected": accuracy,
            "selected_epoch": 2,
            "validation_examples": 1,
            "validation_labels": "clean",
            "train_examples": 9,
            "seconds": 1.5,
            "images_per_second": 18.0,
            "versions": {"pynoise": "0.1.0"},
            "hardware": {"processor": "abacus"},
            "skipped": [],
        }
        (folder / "result.json").write_text(json.dumps(found | (result or {})))
    return folder


def row(trial, **changes):
    """A row of a sweep's store."""
    found = {
        "trial": trial,
        "state": "done",
        "dataset": "digits",
        "method": "knn",
        "network": None,
        "space": "pixels",
        "noise": "flip",
        "level": 0.2,
        "seed": 0,
        "K": 11,
        "accuracy": 0.9,
        "test_accuracy_last": None,
        "test_accuracy_selected": None,
        "selected_fraction": 0.2,
        "realised_rate": 0.2,
        "seconds": 0.5,
        "error": None,
    }
    return found | changes


def stand_in_store(monkeypatch, path, rows, metrics=()):
    """A file of SQLite's, and a store that finds these rows in it."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE trials (trial TEXT)")
    connection.close()

    class Store:
        @classmethod
        def open(cls, opened):
            assert opened == path
            return cls()

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def rows(self):
            return rows

        def meta(self):
            settings = {"repeats": 3}
            versions = {"pynoise": "0.1.0"}
            hardware = [{"processor": "abacus"}, {"processor": "slide rule"}]
            return {"versions": versions, "hardware": hardware, "settings": settings, "created": "2026-01-02"}

        def metrics(self, trial):
            return dict(metrics).get(trial, [])

    module = types.ModuleType("pynoise.sweep")
    module.Store = Store
    monkeypatch.setitem(sys.modules, "pynoise.sweep", module)
    return path
