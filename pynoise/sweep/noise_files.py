"""Noise that stands in a file: known by its content, wherever the file lies."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from pynoise.errors import InputFileNotFoundError, InputValueError
from pynoise.noise.matrices import MATRIX_SUFFIXES
from pynoise.noise.record import NOISE_SUFFIX
from pynoise.sweep.trial import Trial

__all__ = ["file_settings", "noise_argument"]

_SUFFIXES = (NOISE_SUFFIX, *MATRIX_SUFFIXES)


def file_settings(noise: str) -> dict[str, Any]:
    """What the settings of a trial say of its file of noise; nothing where it is none.

    Raises
    ------
    InputValueError, InputFileNotFoundError
        If the file cannot be read.
    """
    if not noise.lower().endswith(_SUFFIXES):
        return {}
    return {"noise_sha256": _digest(noise), "noise_path": str(Path(noise).resolve())}


def noise_argument(trial: Trial) -> str:
    """The noise of a trial, as `pynoise.curves.noise.noise_of` takes it.

    Raises
    ------
    InputValueError, InputFileNotFoundError
        If it is a file that is not what it was.
    """
    path: str | None = trial.settings.get("noise_path")
    if path is None:
        return trial.noise
    if _digest(path) != trial.settings["noise_sha256"]:
        raise InputValueError(
            "noise", f"{path!r} is not what it was when the trial was queued; bring it back"
        )
    return path


def _digest(path: str) -> str:
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except FileNotFoundError:
        raise InputFileNotFoundError("noise", f"there is no file {path!r}") from None
    except (OSError, ValueError) as error:  # a name too long, a NUL
        raise InputValueError("noise", f"{path!r} cannot be read: {error}") from None
