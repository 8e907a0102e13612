"""The folder of a recipe: what may lie in it, and where its runs do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from pynoise.errors import InputTypeError, InputValueError
from pynoise.paper import figure, table

__all__ = ["folder_of", "run_folder"]


def folder_of(out: Any, recipe: str) -> Path:
    """The folder, if a recipe may work there.

    Raises
    ------
    InputValueError, InputTypeError
        If it is no folder, or holds another recipe's figure or table, or what no recipe makes.
    """
    if not isinstance(out, str | Path):
        raise InputTypeError("out", f"{out!r} is not the path of a folder")
    folder = Path(out)
    try:
        there = folder.exists()
        wrong = there and not folder.is_dir()
    except OSError as error:  # a name too long, say
        raise InputValueError("out", f"{str(out)!r} is not a path that can be written: {error}") from None
    if wrong:
        raise InputValueError("out", f"{str(out)!r} is not a folder; name another")
    if there:
        _check(folder, recipe)
    return folder


def run_folder(out: Path, dataset: str, network: str, seed: int, variant: str = "") -> Path:
    """Where a run lies; `variant` tells it from others of its data set and network."""
    # "torchvision:resnet18" is no name of a folder everywhere.
    name = re.sub(r"[^\w.-]+", "-", "-".join(filter(None, (dataset, network, variant))))
    return out / name / f"seed-{seed}"


def _check(folder: Path, recipe: str) -> None:
    kept = folder / "table.json"
    found = _recipe_in(kept) if kept.exists() else recipe
    if found not in (None, recipe):
        raise InputValueError(
            "out", f"{str(folder)!r} holds {found}, which {recipe} would overwrite; name another folder"
        )
    own = {*table.FILES, *figure.FILES}
    if found is None or any(one.name not in own and not any(one.glob("seed-*")) for one in folder.iterdir()):
        raise InputValueError("out", f"{str(folder)!r} holds other files; name a folder of its own")


def _recipe_in(file: Path) -> str | None:
    """The recipe that wrote a table.json; None if none did."""
    try:
        return str(json.loads(file.read_text("utf-8"))["meta"]["recipe"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
