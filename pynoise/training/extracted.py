"""What a trained network makes of its data: penultimate features and softmax, as a data set of their own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pynoise import _checks
from pynoise._files import check_output, writing_whole
from pynoise._progress import Counted
from pynoise._torch_device import device_of, tuned
from pynoise.data import Dataset
from pynoise.networks import Network
from pynoise.training.distributed import Team
from pynoise.training.evaluate import Evaluation, evaluate
from pynoise.training.inputs import Data, Inputs, Reading, inputs_of
from pynoise.training.saved import FEATURES, Run

__all__ = ["Extracted", "extract", "kept_features", "outputs_of"]

FEATURES_SUFFIX = ".npz"


@dataclass(frozen=True, eq=False)
class Extracted:
    """Features and softmax of training and test examples; saved, a data set for every other command.

    Attributes
    ----------
    x_train, x_test : ndarray of float32, [N, d] and [M, d]
        Penultimate features, what the network's head takes; NaN for damaged images that were skipped.
    y_train, y_test : ndarray of int32, [N] and [M]
        The clean labels of the data set.
    softmax_train, softmax : ndarray of float32, [N, L] and [M, L]
        Softmax of the training and the test examples. Data without test examples have M = 0.
    names : tuple of str
        The classes.
    name : str
        What the data set is called.
    """

    x_train: NDArray[np.float32] = field(repr=False)
    y_train: NDArray[np.int32] = field(repr=False)
    x_test: NDArray[np.float32] = field(repr=False)
    y_test: NDArray[np.int32] = field(repr=False)
    softmax_train: NDArray[np.float32] = field(repr=False)
    softmax: NDArray[np.float32] = field(repr=False)
    names: tuple[str, ...]
    name: str

    @classmethod
    def of(cls, parts: Mapping[str, Evaluation], data: Data) -> Extracted:
        """Put together what a network said of the parts "train" and, if there is one, "test" of data."""
        arrays: dict[str, Any] = {}
        for part, suffix in {"train": "_train", "test": ""}.items():
            if part not in parts:
                arrays |= {"x_test": arrays["x_train"][:0], "softmax": arrays["softmax_train"][:0]}
                continue
            features = parts[part].features
            assert features is not None  # noqa: S101 - tells the type checker
            arrays[f"x_{part}"] = features.cpu().numpy()
            arrays[f"softmax{suffix}"] = parts[part].softmax.cpu().numpy()
        return cls(**arrays, y_train=data.y_train, y_test=data.y_test, names=data.names, name=data.name)

    def dataset(self) -> Dataset:
        """The features as a data set; examples that were skipped, whose features are NaN, are left out."""
        own = self.read()
        return Dataset(own.x_train, own.y_train, own.x_test, own.y_test, self.names, self.name)

    def save(self, path: str | Path) -> None:
        """Write a .npz file that `pynoise.data.load` reads, and that ``clean="softmax:FILE"`` does.

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If the path is no place for such a file.
        OSError
            If the system refuses.
        """
        arrays = ("x_train", "y_train", "x_test", "y_test", "softmax_train", "softmax")
        own = self.read()
        with writing_whole(check_output("path", path, (FEATURES_SUFFIX,))) as file:
            np.savez(file, names=np.array(self.names), **{name: getattr(own, name) for name in arrays})

    def read(self) -> Extracted:
        """Those of them whose images could be read: all, unless some were skipped."""
        train, test = (~np.isnan(values).any(axis=1) for values in (self.softmax_train, self.softmax))
        return Extracted(
            self.x_train[train],
            self.y_train[train],
            self.x_test[test],
            self.y_test[test],
            self.softmax_train[train],
            self.softmax[test],
            self.names,
            self.name,
        )


def extract(
    run: str | Path | Run,
    data: Data | None = None,
    *,
    checkpoint: str = "selected",
    device: str = "auto",
    threads: int | None = None,
    data_root: str | Path | None = None,
    workers: int = 0,
    progress: Counted | None = None,
) -> Extracted:
    """Compute features and softmax of a trained network on the data that it was trained on.

    Parameters
    ----------
    run : str, Path or Run
        The run, or its folder.
    data : Dataset, ImageFolders or ImageSets, optional
        Its data, where they have no name to load them by.
    checkpoint : {"selected", "last"}
        The weights of the selected epoch (the last where none was selected) or of the last.
    device, threads, data_root, workers
        As for `pynoise.training.train`.
    progress : callable, optional
        Called with (phase, done, total).

    Returns
    -------
    Extracted

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If there is no such run, its files are damaged, or the data are not what it was trained on.
    """
    found = run if isinstance(run, Run) else Run.load(run)
    pool = _checks.threads(threads)
    _checks.callback("progress", progress)
    where = device_of(device)
    network = found.network(checkpoint, device=str(where))
    dataset = found.data(data, root=data_root)
    with tuned(pool, where):
        config = found.config
        reading = Reading(config["recipe"], workers, config["skip_corrupt"])
        inputs = inputs_of(dataset, "none", where, reading, config["normal"])
        parts = outputs_of(network, inputs, config["settings"]["batch_size"], progress=progress)
        return Extracted.of(parts, dataset)


def kept_features(
    run: Run,
    data: Data,
    *,
    device: str,
    threads: int | None,
    workers: int = 0,
    progress: Counted | None = None,
) -> Path:
    """The file of a run's features, written now if it is not there: they are computed once.

    Another device, or number of threads, rounds them in its own way, and noise may follow.
    """
    file = run.path / FEATURES
    if not file.is_file():
        found = extract(run, data, device=device, threads=threads, workers=workers, progress=progress)
        found.save(file)
    return file


def outputs_of(
    network: Network,
    inputs: Inputs,
    batch_size: int,
    *,
    team: Team | None = None,
    progress: Counted | None = None,
) -> dict[str, Evaluation]:
    """Features and logits of the parts: "train" and, where there are test examples, "test"."""
    sources = {"train": inputs.train} | ({} if inputs.test is None else {"test": inputs.test})
    total = sum(map(len, sources.values()))
    found: dict[str, Evaluation] = {}
    before = 0

    def report(done: int, _: int) -> None:
        if progress is not None:
            progress("features", before + done, total)

    for part, source in sources.items():
        rows = torch.arange(len(source), device="cpu")
        found[part] = evaluate(network, source, rows, batch_size, features=True, team=team, progress=report)
        before += len(source)
    return found
