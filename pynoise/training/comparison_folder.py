"""The folder of a comparison: what it says it holds, and whether that is the same."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pynoise._files import write_whole
from pynoise.errors import InputValueError
from pynoise.noise import NoisyLabels
from pynoise.training import saved
from pynoise.training.contenders import Contender
from pynoise.training.folder import check_same, folder_at
from pynoise.training.inputs import Data
from pynoise.training.settings import Settings

__all__ = ["ComparisonFolder"]

_FILE = "comparison.json"

# What that file says that the folder holds, and in which form.
_RECORD, _FORMAT = "pynoise comparison of methods", 1

# What may be added to, by name: noisy labels by seed, methods by label.
_GROWING = ("labels", "methods")


class ComparisonFolder:
    """The folder of a comparison, checked before any work is done.

    Parameters
    ----------
    path : str or Path
        A folder that is not there yet, or empty, or holds a comparison.

    Raises
    ------
    InputValueError, InputTypeError
        If it is none of that.
    """

    def __init__(self, path: str | Path) -> None:
        self.path, there = folder_at(path)
        self._words: dict[str, Any] = {}
        if not there:
            return
        if (self.path / _FILE).is_file():
            self._words = _read(self.path / _FILE)
        elif any(one.suffix != ".tmp" for one in self.path.iterdir()):
            raise InputValueError("out", f"{str(path)!r} holds other files; name a folder of its own")

    def check(
        self,
        data: Data,
        network: str,
        settings: Settings,
        contenders: Sequence[Contender],
        records: Mapping[int, NoisyLabels | None],
    ) -> None:
        """Refuse to add to a comparison on other data, noisy labels or settings.

        Raises
        ------
        InputValueError
            Naming the first thing that differs.
        """
        noises = {seed: saved.noise_words(one) for seed, one in records.items() if one is not None}
        first = next(iter(noises.values()), None)
        words = {
            "record": _RECORD,
            "format": _FORMAT,
            "data": saved.data_words(data),
            "network": network,
            "noise": None if first is None else {key: first[key] for key in ("kind", "level", "selection")},
            "settings": settings.to_dict(),
            "labels": {str(seed): noise["labels"] for seed, noise in noises.items()},
            "methods": {one.label: {"name": one.name, "options": one.options} for one in contenders},
        }
        here, there = json.loads(json.dumps(words)), self._words
        self._words = here
        if there:
            both = {key: sorted(there[key].keys() & here[key].keys()) for key in _GROWING}
            old, new = (
                one | {key: {name: one[key][name] for name in both[key]} for key in _GROWING}
                for one in (there, here)
            )
            check_same(self.path, old, new, "comparison")
            self._words |= {key: there[key] | here[key] for key in _GROWING}

    def write(self) -> None:
        """Write what `check` has found."""
        self.path.mkdir(parents=True, exist_ok=True)
        write_whole(self.path / _FILE, f"{json.dumps(self._words, indent=1)}\n".encode())

    def of_run(self, contender: Contender, seed: int) -> Path:
        """The folder of a run."""
        return self.path / contender.folder / f"seed-{seed}"


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
        known = (found["record"], found["format"]) == (_RECORD, _FORMAT)
        known = known and all(isinstance(found[key], dict) for key in _GROWING)
    except (ValueError, KeyError, TypeError):  # no text, no JSON, no object, parts that are missing
        known = False
    if not known:
        raise InputValueError("out", f"{str(file)!r} does not say that this is a comparison of pynoise's")
    return dict(found)
