"""Training: from data to a folder of results."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from pynoise import _checks, methods, networks
from pynoise._progress import Progress, silent, wordless
from pynoise._torch_device import device_of, tuned
from pynoise.curves.noise import NoiseLike
from pynoise.data.tested import check_tested
from pynoise.errors import InputValueError
from pynoise.methods import Method
from pynoise.noise import LabelMap, NoisyLabels
from pynoise.training import saved
from pynoise.training.device import hardware, precision_of, versions
from pynoise.training.distributed import team_of
from pynoise.training.extracted import Extracted, extract, outputs_of
from pynoise.training.folder import RunFolder
from pynoise.training.inputs import Data, Inputs, Reading, augmentation_of, data_of, held_of, inputs_of
from pynoise.training.labels import noisy_labels
from pynoise.training.loop import Examples, Training
from pynoise.training.saved import Run
from pynoise.training.settings import Settings
from pynoise.training.source import Source
from pynoise.training.split import split_rows

__all__ = ["train"]


def train(
    data: Any,
    network: str = "mlp",
    *,
    out: str | Path,
    noise: NoiseLike | None = None,
    level: float | None = None,
    label_map: LabelMap | str | None = None,
    method: str | Method = "cross-entropy",
    method_options: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    data_root: str | Path | None = None,
    recipe: str | None = None,
    workers: int = 0,
    skip_corrupt: bool = False,
    features: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
    on_epoch: Callable[[dict[str, Any]], object] | None = None,
    **settings: Any,
) -> Run:
    """Train a network on noisy labels, and keep all that came of it in a folder.

    Parameters
    ----------
    data : str, Path, Dataset, ImageFolders, ImageSets or tuple
        A data set, or what `pynoise.data.load` or `pynoise.data.load_images` takes, or a folder of images
        (`pynoise.data.load_folder`), or a pair of training and test data: arrays (x, y) each, or data sets of
        torchvision's kind. It need not have test examples: then nothing is measured on them.
    network : str
        One of `pynoise.networks.NETWORKS`, or "torchvision:NAME" or "timm:NAME".
    out : str or Path
        The folder; it must not hold a run yet, unless `resume` says that it may.
    noise : str, Path, matrix, label map, NoisyLabels or EstimatedNoise, optional
        As for `pynoise.accuracy_curve`; by default "flip" if a level is given, and none if not.
    level : float, optional
        γ, within [0, 1]: exactly ⌈γN⌉ of all N training examples are selected, before some are held out.
        Not with labels that are given.
    label_map : mapping or str, optional
        With "flip" and other kinds that map labels.
    method : str or Method
        One of `pynoise.methods.METHODS`, or one of your own; see `pynoise.methods.Method`.
    method_options : dict, optional
        Options of a method that is named, by name; docs/methods.md has them.
    seed : int
        0 ≤ seed < 2⁶⁴; split by name into those of the noise, the first weights, the examples held out, the
        order of the examples, augmentation, and what the method draws.
    device : str
        "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".
    threads : int, optional
        Of torch on the CPU, and of Rust; one a core by default.
    data_root : str or Path, optional
        As `root` of `pynoise.data.load`.
    recipe : str, optional
        For images that are read from files: how they are resized, cropped and mirrored, one of
        `pynoise.training.RECIPES`. By default that of a data set with a name (`pynoise.data.load_images`);
        others are taken as they are.
    workers : int
        Processes that read such images ahead.
    skip_corrupt : bool
        Whether images that are damaged or missing are left out rather than an error; result.json names them.
    features : bool
        Whether to write ``features.npz``, as `pynoise.training.extract` makes it.
    resume : bool
        Go on where a run with the same arguments stopped; on the CPU, and with as many threads, bit for bit
        as if it had not. A finished run is given back as it is.
    progress : callable, optional
        Called with (phase, done, total, words).
    on_epoch : callable, optional
        Called with each new row of ``metrics.csv``, a dict.
    **settings
        Those of `pynoise.training.Settings`: epochs, batch_size, optimizer, lr … A method may have its own
        where none is given.

    Returns
    -------
    Run
        What the folder holds: ``config.json``, ``metrics.csv`` (a row an epoch), ``noise.npz``, ``last.pt``,
        ``selected.pt``, ``softmax.npz`` (of the test examples, if there are any) and ``result.json``.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For an argument out of its range, data that do not fit the network, data without test examples where
        the method needs some, a folder that holds another run.
    TrainingError
        If a loss is no finite number; the last whole epoch is kept.
    OSError
        If the system refuses to write; what was written is kept.

    Examples
    --------
    >>> import tempfile
    >>> from pynoise.training import train
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = train("digits", "mlp", out=f"{folder}/run", noise="flip", level=0.2, epochs=2)
    >>> round(run.result["noise"]["realised_rate"], 3), run.result["epochs"]
    (0.2, 2)
    """
    learning = methods.make(method, method_options)
    checked = Settings.of(settings, learning.settings)
    seed = _checks.seed("seed", seed)
    pool = _checks.threads(threads)
    features, resume = _checks.flag("features", features), _checks.flag("resume", resume)
    for argument, value in {"progress": progress, "on_epoch": on_epoch}.items():
        _checks.callback(argument, value)
    chosen = device_of(device)
    dataset = data_of(data, data_root)
    if dataset.num_classes < 2:
        raise InputValueError("data", f"{dataset.name} has one class: there is nothing to learn")
    if learning.needs_test:
        check_tested(dataset, f"the method {_name_of(method)}")
    reading = Reading.of(dataset, recipe, workers, skip_corrupt)
    augment = augmentation_of(dataset, checked, reading)
    report = progress or silent
    with (
        RunFolder(out, resume=resume) as folder,
        team_of(chosen, checked.batch_size) as (team, own),
        tuned(pool, own),
    ):
        if team.size > 1 and skip_corrupt:
            raise InputValueError(
                "skip_corrupt", "goes with one process, or they would lose step; leave it out"
            )
        if not team.first:
            report = silent
        record = noisy_labels(noise, level, dataset, label_map, seed, threads, wordless(report))
        inputs = inputs_of(dataset, augment, own, reading)
        shape = inputs.train.input_shape
        make_network = partial(networks.make, network, dataset.num_classes, shape)
        # What does not fit is refused before anything is written.
        net = make_network(seed=seed)
        rows, held = split_rows(len(inputs.train), checked.validation, seed, held_of(dataset))
        config = {
            "data": saved.data_words(dataset),
            "input_shape": list(shape),
            "normal": inputs.normal,
            "recipe": reading.recipe,
            "skip_corrupt": skip_corrupt,
            "network": network,
            "method": _name_of(method),
            "method_options": learning.options(),
            "noise": None if record is None else saved.noise_words(record),
            "seed": seed,
            "settings": checked.to_dict() | {"augment": augment},
        }
        folder.open(config, record, write=team.first, late=learning.late)
        team.wait()
        if folder.finished is not None:
            if features and team.first and not (folder.path / saved.FEATURES).is_file():
                found = extract(folder.finished, dataset, device=device, threads=threads, workers=workers)
                found.save(folder.path / saved.FEATURES)
            return folder.finished
        measured = {}
        if len(held):
            labels = _validation_labels(dataset, record, checked)[held]
            measured["validation"] = _examples(inputs.train, held, labels, own)
        if inputs.test is not None:
            measured["test"] = _examples(inputs.test, np.arange(len(inputs.test)), dataset.y_test, own)
        given = dataset.y_train if record is None else record.noisy
        training = Training(
            net.to(own).to(memory_format=torch.channels_last),
            learning,
            checked,
            inputs.train,
            torch.from_numpy(rows),
            torch.tensor(given, dtype=torch.int64, device=own),
            measured,
            seed,
            team,
            make_network,
            record,
        )
        metrics = folder.restore(training)
        while not training.finished:
            row = training.run_epoch(report)
            metrics.append(row)
            if team.first:
                folder.write_epoch(training, metrics)
                if on_epoch is not None:
                    on_epoch(row)
        result = _write_arrays(training, folder, dataset, inputs, features=features, report=report)
        result = training.method.result(training, folder.path, report) | result
        result |= _outcome(training, metrics, config)
        if team.first:
            folder.write_result(result | {"skipped": inputs.skipped})
        team.wait()
    return Run.load(folder.path)


def _outcome(training: Training, metrics: list[dict[str, Any]], config: dict[str, Any]) -> dict[str, Any]:
    """What result.json says of every training that is done, but for what is measured in the end."""
    rows = {row["epoch"]: row for row in metrics}
    best = None if training.best is None else training.best[2]
    images = sum(row["train_images"] for row in metrics)
    labels = "as given" if training.record is None else training.settings.validation_labels
    precision = precision_of(training.device, training.settings.precision)
    return {
        "data": config["data"]["name"],
        "network": config["network"],
        "parameters": sum(weights.numel() for weights in training.network.parameters()),
        "method": config["method"],
        "noise": config["noise"],
        "seed": training.seed,
        "train_examples": len(training.rows),
        "validation_examples": 0 if best is None else len(training.held["validation"].rows),
        "validation_labels": None if best is None else labels,
        "test_examples": len(training.held["test"].rows) if "test" in training.held else 0,
        "epochs": training.epoch,
        "stopped_early": training.epoch < training.settings.epochs,
        "selected_epoch": best,
        "validation_accuracy": None if best is None else rows[best]["validation_accuracy"],
        "seconds": sum(row["seconds"] for row in metrics),
        "images_per_second": images / sum(row["train_images"] / row["images_per_second"] for row in metrics),
        "processes": training.team.size,
        "precision": precision,
        "versions": versions(),
        "hardware": hardware(training.device),
    }


def _write_arrays(
    training: Training,
    folder: RunFolder,
    data: Data,
    inputs: Inputs,
    *,
    features: bool,
    report: Progress,
) -> dict[str, float | None]:
    """Write softmax, and features where they are asked for; gives the accuracies for result.json.

    The network has the weights of the selected epoch then.
    """
    team, tested = training.team, "test" in training.held
    last = training.measure("test") if tested else None
    selected = last
    if training.best is not None:
        team.wait()  # the first process may be writing still
        folder.load_selected(training)
        selected = training.measure("test") if tested else None
    if features:
        parts = outputs_of(
            training.network, inputs, training.batch_size, team=team, progress=wordless(report)
        )
        if team.first:
            Extracted.of(parts, data).save(folder.path / saved.FEATURES)
    if last is None or selected is None:
        return {"test_accuracy_last": None, "test_accuracy_selected": None}
    labels = training.held["test"].labels
    if team.first:
        arrays = {"softmax": selected.softmax, "softmax_last": last.softmax, "labels": labels}
        folder.write_softmax({name: values.cpu().numpy() for name, values in arrays.items()})
    return {
        "test_accuracy_last": last.score(labels)[1],
        "test_accuracy_selected": None if training.best is None else selected.score(labels)[1],
    }


def _name_of(method: str | Method) -> str:
    return method if isinstance(method, str) else type(method).__name__


def _validation_labels(data: Data, record: NoisyLabels | None, settings: Settings) -> NDArray[np.int32]:
    """The labels that an epoch is selected by, of all training examples."""
    if record is None or settings.validation_labels == "clean":
        return data.y_train
    return record.noisy


def _examples(
    source: Source, rows: NDArray[np.int64], labels: NDArray[np.int32], device: torch.device
) -> Examples:
    own = torch.tensor(labels, dtype=torch.int64, device=device)
    return Examples(source, torch.from_numpy(rows), own)
