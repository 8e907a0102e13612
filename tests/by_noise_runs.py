"""Runs of a table by noise that nobody trained: what `pynoise.paper` reads of them, and nothing else."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np

from pynoise import data, training


class Runs:
    """Stands in for `pynoise.training.train`: `own` gives keys of result.json from what is trained."""

    def __init__(self, own):
        self.calls = []
        self._own = own

    def train(self, data, network, *, out, method, method_options, level, seed, **given):
        call = {"data": data, "network": network, "out": Path(out), "method": method}
        self.calls.append(given | call | {"options": method_options, "level": level, "seed": seed})
        result = {
            "test_accuracy_selected": 0.1,
            "train_examples": len(data.y_train),
            "validation_examples": 0,
            "test_examples": len(data.y_test),
            "noise": {"selected_fraction": level, "realised_rate": level / 2 + 0.01 * seed},
            "seconds": 2.0,
            "versions": {"pynoise": "0", "torch": "2"},
            "hardware": {"processor": "none"},
        }
        return SimpleNamespace(result=result | self._own(method, method_options, level, seed, given))


def install(monkeypatch, own):
    runs = Runs(own)
    monkeypatch.setattr(training, "train", runs.train)
    return runs


def only_cifar10(monkeypatch, tmp_path):
    """Few images that are called CIFAR-10; CIFAR-100 is not there."""
    x = (np.arange(400 * 192, dtype=np.uint64).reshape(400, 8, 8, 3) * 7 % 251).astype(np.uint8)
    y = np.arange(400) % 10
    images = data.Dataset(x, y, x[:50], y[:50], name="cifar10")
    load = data.load

    def there(name, root, **options):
        return images if name == "cifar10" else load(name, tmp_path / "nowhere", **options)

    monkeypatch.setattr(data, "load", there)
    return images


def named(call):
    return call["out"].parent.name
