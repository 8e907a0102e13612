"""Writing the folder of a run: each file whole, and in an order that a killed run can go on from."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import torch

from pynoise import _run_files
from pynoise._files import write_whole, writing_whole
from pynoise.curves.files import csv_text
from pynoise.errors import InputError, InputTypeError, InputValueError
from pynoise.noise import NoisyLabels
from pynoise.training import checkpoint, saved
from pynoise.training.loop import Training
from pynoise.training.restored import load_weights
from pynoise.training.saved import Run

__all__ = ["OtherRunError", "RunFolder", "check_same", "folder_at"]

# Columns of metrics.csv; those without validation examples stay empty, a method adds its own.
_COLUMNS = (
    *("epoch", "lr", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy"),
    *("test_loss", "test_accuracy", "train_images", "images_per_second", "seconds"),
)


# What a run has written that has not come to the end of an epoch: nothing is lost with it.
_FIRST = (saved.NOISE, _run_files.CONFIG)


class OtherRunError(InputValueError):
    """A folder that holds another run than the one that is to go on there."""


class RunFolder:
    """The folder of a run, checked before any work is done; locked within its context once it is open.

    Parameters
    ----------
    path : str or Path
        A folder that is not there yet, or empty, or, with `resume`, holds a run.
    resume : bool
        Whether it may hold one.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If it is none of that, or the run in it is damaged.
    """

    def __init__(self, path: str | Path, *, resume: bool) -> None:
        self.path, there = folder_at(path)
        self._kept: Run | None = None
        self._digest = ""
        self._lock: int | None = None
        if not there:
            return
        kept = None
        if (self.path / _run_files.CONFIG).is_file():
            try:
                kept = Run.load(path)
            except InputError as error:
                raise InputValueError("out", error.problem) from None
        if kept is not None and any((self.path / name).is_file() for name in (saved.LAST, _run_files.RESULT)):
            if not resume:
                raise InputValueError(
                    "out",
                    f"{str(path)!r} holds a run already; go on with it (resume=True; on the command line "
                    "--resume), or name another folder",
                )
            self._kept = kept
        elif any(one.suffix != ".tmp" and one.name not in _FIRST for one in self.path.iterdir()):
            raise InputValueError("out", f"{str(path)!r} holds other files; name a folder of its own")

    def __enter__(self) -> RunFolder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._lock is not None:
            os.close(self._lock)

    def open(
        self, config: dict[str, Any], record: NoisyLabels | None, *, write: bool, late: bool = False
    ) -> None:
        """Write what is known before the first epoch, or check that the run there is the same.

        Of several processes one writes. Of a run that is not finished, `late` options of the method, which
        act in the end, may be others.

        Raises
        ------
        InputValueError
            If the run there is another, or another process is at it.
        OSError
            If the system refuses.
        """
        config = json.loads(json.dumps({"record": _run_files.RECORD, "format": _run_files.FORMAT} | config))
        self._digest = _digest(config, late)
        if self._kept is not None:
            there = self._kept.config
            if late and self._kept.result is None:
                there = there | {"method_options": config["method_options"]}
            check_same(self.path, there, config)
        if not write:
            return
        self.path.mkdir(parents=True, exist_ok=True)
        self._lock = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise InputValueError("out", f"{str(self.path)!r}: another process is training there") from None
        for left in self.path.glob(".*.tmp"):  # what a killed run was writing
            left.unlink()
        if record is not None and (self._kept is None or not (self.path / saved.NOISE).is_file()):
            record.save(self.path / saved.NOISE)
        if self._kept is None or self._kept.config["method_options"] != config["method_options"]:
            self._write_json(_run_files.CONFIG, config)

    @property
    def finished(self) -> Run | None:
        """The run that is there, if nothing is left to do."""
        return self._kept if self._kept is not None and self._kept.result is not None else None

    def restore(self, training: Training) -> list[dict[str, Any]]:
        """Take a training to where the run there stopped, and give its metrics so far."""
        file = self.path / saved.LAST
        if self._kept is None or not file.is_file():
            return []
        content = self._load(file, training)
        try:
            training.restore(content)
            metrics: list[dict[str, Any]] = content["metrics"]
        except torch.OutOfMemoryError:
            raise
        except Exception as error:  # weights of another network, parts that are missing
            first = str(error).partition("\n")[0]
            raise InputValueError("out", f"{str(file)!r} is no checkpoint of this run: {first}") from None
        if training.team.first:  # the run may have been killed before these were written
            self._write_metrics(metrics)
            if training.improved:
                self._write_selected(training)
        return metrics

    def write_epoch(self, training: Training, metrics: list[dict[str, Any]]) -> None:
        """Keep what an epoch has brought: a restart takes all of it from the last checkpoint."""
        checkpoint.save(self.path / saved.LAST, self._marked(training.state() | {"metrics": metrics}))
        if training.improved:
            self._write_selected(training)
        self._write_metrics(metrics)

    def load_selected(self, training: Training) -> None:
        """Give the network the weights of the selected epoch."""
        file = self.path / saved.SELECTED
        content = self._load(file, training)
        if training.best is None or content.get("epoch") != training.best[2]:
            raise InputValueError("out", f"{str(file)!r} is not of the epoch that was selected; train anew")
        load_weights(training.network, content, str(file))

    def _write_metrics(self, metrics: list[dict[str, Any]]) -> None:
        columns = [*_COLUMNS, *(key for key in metrics[-1] if key not in _COLUMNS)]
        write_whole(self.path / _run_files.METRICS, csv_text(columns, metrics).encode())

    def _write_selected(self, training: Training) -> None:
        weights = {"network": training.network.state_dict(), "epoch": training.epoch}
        checkpoint.save(self.path / saved.SELECTED, self._marked(weights))

    def _marked(self, content: dict[str, Any]) -> dict[str, Any]:
        return content | {"run": self._digest}

    def _load(self, file: Path, training: Training) -> dict[str, Any]:
        content = checkpoint.load("out", file, training.device)
        if content.get("run") != self._digest:
            raise InputValueError("out", f"{str(file)!r} is a checkpoint of another run; name another folder")
        return content

    def write_softmax(self, arrays: dict[str, Any]) -> None:
        """Write ``softmax.npz``."""
        with writing_whole(self.path / saved.SOFTMAX) as file:
            np.savez(file, **arrays)

    def write_result(self, result: dict[str, Any]) -> None:
        """Write ``result.json``, after all else: then the run is finished."""
        self._write_json(_run_files.RESULT, result)

    def _write_json(self, name: str, content: dict[str, Any]) -> None:
        text = json.dumps(content, indent=1, allow_nan=False)
        write_whole(self.path / name, f"{text}\n".encode())


def _digest(config: dict[str, Any], late: bool) -> str:
    """What marks the checkpoints of a run: SHA-256 of what its config.json says but for what may differ."""
    free = (*saved.FREE, "method_options") if late else saved.FREE
    kept = {key: value for key, value in config.items() if key not in free}
    kept["data"] = {key: value for key, value in config["data"].items() if f"data.{key}" not in saved.FREE}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def folder_at(path: Any) -> tuple[Path, bool]:
    """The path of a folder to write into, and whether it is there; what is no such path is refused."""
    if not isinstance(path, str | Path):
        raise InputTypeError("out", f"{path!r} is not the path of a folder")
    folder = Path(path)
    try:
        there = folder.exists()
    except (OSError, ValueError) as error:  # a name too long, a NUL
        raise InputValueError("out", f"{str(path)!r} is not a path that can be written: {error}") from None
    if there and not folder.is_dir():
        raise InputValueError("out", f"{str(path)!r} is not a folder; name another")
    return folder, there


def check_same(
    path: Path, there: dict[str, Any], here: dict[str, Any], what: str = "run", part: str = ""
) -> None:
    """Refuse to go on with another run, or whatever it is; names the first thing that differs."""
    for key in dict.fromkeys([*there, *here]):
        old, new, name = there.get(key), here.get(key), f"{part}{key}"
        if name in saved.FREE or old == new:
            continue
        if isinstance(old, dict) and isinstance(new, dict):
            check_same(path, old, new, what, f"{name}.")
            continue
        raise OtherRunError(
            "out",
            f"{str(path)!r} holds another {what}: its {name} is {_short(old)}, here it is {_short(new)}; "
            "give the same arguments, or another folder",
        )


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:59]}…"
