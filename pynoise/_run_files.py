"""What the folder of a run says in JSON and CSV, read without torch."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from pynoise.errors import InputValueError

__all__ = [
    "CONFIG",
    "FORMAT",
    "METRICS",
    "RECORD",
    "RESULT",
    "holds_run",
    "read_config",
    "read_metrics",
    "read_result",
]

CONFIG, METRICS, RESULT = "config.json", "metrics.csv", "result.json"

# What config.json says that the folder holds, and in which form.
RECORD, FORMAT = "pynoise run", 1

# What result.json has, whatever the method.
_RESULT = {
    "test_accuracy_last",
    "test_accuracy_selected",
    "selected_epoch",
    "validation_examples",
    "validation_labels",
    "train_examples",
    "seconds",
    "images_per_second",
    "hardware",
    "skipped",
}


def holds_run(argument: str, folder: Path) -> bool:
    """Whether there is a ``config.json`` that says it is a run's; others may use that name, too.

    Raises
    ------
    InputValueError
        If it is no JSON, so that nobody can tell.
    """
    file = folder / CONFIG
    if not file.is_file():
        return False
    found = _parsed(argument, file)
    return isinstance(found, dict) and found.get("record") == RECORD


def read_config(argument: str, folder: Path) -> dict[str, Any]:
    """Read ``config.json``, which is there.

    Raises
    ------
    InputValueError
        If it is damaged or no run's; the error names `argument`.
    """
    file = folder / CONFIG
    config = _read_json(argument, file)
    if config.get("record") != RECORD or config.get("format") != FORMAT:
        raise InputValueError(argument, f"{str(file)!r} does not say that this is a run of pynoise's")
    if not _whole(config):
        raise InputValueError(argument, f"{str(file)!r} is damaged: parts are missing")
    config["data"].setdefault("held", 0)  # earlier runs do not say
    return config


def read_result(argument: str, folder: Path) -> dict[str, Any] | None:
    """Read ``result.json``; None where there is none, since the run is not finished.

    Raises
    ------
    InputValueError
        If it is damaged.
    """
    file = folder / RESULT
    if not file.is_file():
        return None
    result = _read_json(argument, file)
    if not result.keys() >= _RESULT:
        raise InputValueError(argument, f"{str(file)!r} is damaged: parts are missing")
    return result


def read_metrics(argument: str, folder: Path) -> list[dict[str, float | None]]:
    """Read ``metrics.csv``, a row an epoch; None where a cell is empty, and no row where there is no file.

    Raises
    ------
    InputValueError
        If it is damaged.
    """
    file = folder / METRICS
    if not file.is_file():
        return []
    try:
        with file.open(newline="") as lines:
            return [
                {key: _number(cell) if cell else None for key, cell in row.items()}
                for row in csv.DictReader(lines)
            ]
    except (ValueError, TypeError, AttributeError) as error:  # no text, no numbers, cells too many
        raise InputValueError(argument, f"{str(file)!r} is damaged: {error}") from None


def _whole(config: dict[str, Any]) -> bool:
    """Whether a config.json has what reading a run takes."""
    wanted = {"data": dict, "settings": dict, "network": str, "input_shape": list, "seed": int}
    if not all(isinstance(config.get(key), kind) for key, kind in wanted.items()):
        return False
    data, settings = config["data"], config["settings"]
    parts = {"noise", "normal", "recipe", "skip_corrupt", "method"} <= config.keys()
    parts = parts and {"name", "origin", "names", "train", "test"} <= data.keys()
    return parts and {"batch_size", "validation"} <= settings.keys() and isinstance(data["names"], list)


def _number(cell: str) -> float:
    return int(cell) if cell.isdigit() else float(cell)


def _read_json(argument: str, path: Path) -> dict[str, Any]:
    found = _parsed(argument, path)
    if not isinstance(found, dict):
        raise InputValueError(argument, f"{str(path)!r} is damaged: it holds no object")
    return found


def _parsed(argument: str, path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (ValueError, UnicodeDecodeError) as error:
        raise InputValueError(argument, f"{str(path)!r} is damaged: {error}") from None
