"""What trials share: data, features of a clean network, neighbours; made once, kept in files."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import data as data_package
from pynoise import knn
from pynoise.data import Dataset
from pynoise.data.named import load_origin
from pynoise.errors import InputError, InputValueError
from pynoise.sweep.expand import data_digest
from pynoise.sweep.networks import train_trial
from pynoise.sweep.trial import Trial, digest_of

__all__ = ["Workshop"]

# Data sets that are kept in memory.
_KEPT = 2


@dataclass
class Workshop:
    """Where a worker works, and what it has at hand.

    Attributes
    ----------
    folder : Path
        Holds ``runs/``, ``features/`` and ``neighbours/``; other workers use them, too.
    data_root : str or None
        Where data sets lie, if not where they did.
    device : str
        Where networks run.
    threads : int
        Of a trial.
    search_threads : int
        Of the search for neighbours, for which others wait.
    """

    folder: Path
    data_root: str | None
    device: str
    threads: int
    search_threads: int
    _data: dict[str, Any] = field(default_factory=dict)
    _found: dict[str, NDArray[np.int32]] = field(default_factory=dict)

    def dataset(self, task: Mapping[str, Any]) -> Any:
        """The data set of a task, as its digest has it."""
        if task["data"] not in self._data:
            dataset = load_origin(task["origin"], self.data_root if "name" in task["origin"] else None)
            if data_digest(dataset) != task["data"]:
                raise InputValueError(
                    "data", f"{task['name']!r} is not what it was when the trial was queued; bring it back"
                )
            self._keep(self._data, task["data"], dataset)
        return self._data[task["data"]]

    def space(self, task: Mapping[str, Any]) -> Dataset:
        """Where neighbours are looked for: the examples as they are, or as the clean network sees them."""
        if task["clean"] is None:
            dataset: Dataset = self.dataset(task)
            return dataset
        clean = Trial(**task["clean"])
        file = self.folder / "features" / f"{clean.work}.npz"
        if str(file) not in self._data:
            own = self.dataset(task)
            with _alone(file):
                found = _kept_features(file)
                if found is None:
                    from pynoise.training import extract

                    run = train_trial(self, task, clean)
                    extracted = extract(run, own, device=self.device, threads=self.threads)
                    extracted.save(file)
                    found = extracted.dataset()
            # By the name of the data: some kinds of noise know it.
            self._keep(self._data, str(file), replace(found, name=own.name))
        features: Dataset = self._data[str(file)]
        return features

    def neighbours(self, task: Mapping[str, Any]) -> NDArray[np.int32]:
        """The neighbours of the test examples [M, K], K at least the task's."""
        space = self.space(task)
        name = digest_of([task["data"], task["clean"] and Trial(**task["clean"]).work])[:32]
        if name in self._found and self._found[name].shape[1] >= task["k"]:
            return self._found[name]
        file = self.folder / "neighbours" / f"{name}.npz"
        with _alone(file):
            found = _kept(file, space, task["k"])
            if found is None:
                found = knn.neighbors(space, task["k"], threads=self.search_threads)
                found.save(file)
        self._keep(self._found, name, found.indices)
        return found.indices

    def _keep(self, kept: dict[str, Any], key: str, value: Any) -> None:
        while len(kept) >= _KEPT:
            del kept[next(iter(kept))]
        kept[key] = value


def _kept_features(file: Path) -> Dataset | None:
    """Features in a file, if there are any."""
    if not file.is_file():
        return None
    try:
        return data_package.load(file)
    except InputError:  # damaged: they are made anew
        return None


def _kept(file: Path, space: Dataset, k: int) -> knn.Neighbors | None:
    """Neighbours in a file, if they will do."""
    if not file.is_file():
        return None
    try:
        found = knn.Neighbors.load(file)
        found.check(space)
    except InputError:  # of an older version, say: they are found anew
        return None
    return found if found.k >= k else None


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Have no other worker make the same file meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(file.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
