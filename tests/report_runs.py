"""Runs and sweeps for tests of reports: their files, without a training."""

from __future__ import annotations

import json

from pynoise.sweep import Store
from pynoise.sweep.store import Outcome
from pynoise.sweep.trial import Trial

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


def row(**changes):
    """A trial of a sweep, and what came of it."""
    found = {
        "state": "done",
        "dataset": "digits",
        "method": "knn",
        "network": None,
        "space": "inputs",
        "noise": "flip",
        "level": 0.2,
        "seed": 0,
        "k": 11,
        "settings": {"ties": "first"},
        "result": {"accuracy": 0.9, "selected_fraction": 0.2, "realised_rate": 0.2, "seconds": 0.5},
        "error": None,
        "epochs": (),
        "hardware": {"processor": "abacus"},
    }
    if "accuracy" in changes:
        found["result"]["accuracy"] = changes.pop("accuracy")
    return found | changes


def write_store(path, rows):
    """Write a sweep's store with these trials; gives their keys."""
    keys = []
    with Store.create(path) as store:
        for one in rows:
            names = ("dataset", "method", "network", "space", "noise", "level", "seed", "k", "settings")
            trial = Trial(data="ab" * 32, **{name: one[name] for name in names})
            store.add([trial], {trial.data: {"name": one["dataset"]}})
            keys.append(trial.key)
            if one["state"] != "queued":
                store.begin([trial.key])
            if one["state"] in ("done", "failed"):
                provenance = {"versions": {"pynoise": "0.1.0"}, "hardware": one["hardware"]}
                result = one["result"] if one["state"] == "done" else None
                store.finish([Outcome(trial.key, result, one["error"], one["epochs"], provenance)])
    return keys
