"""Clothing1M (Xiao et al., 2015): clothes with the labels that shops gave them, and some checked."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pynoise.data.image_files import ImageFiles, ImageFolders
from pynoise.data.lists import check_there, read_labelled, read_lines
from pynoise.errors import InputValueError

__all__ = ["load"]

_FOLDER = "clothing1m"

# The lists of images to learn from, with the file of their labels.
_TRAINING = {
    "clothing1m": ("noisy_train_key_list.txt", "noisy_label_kv.txt"),
    "clothing1m-clean": ("clean_train_key_list.txt", "clean_label_kv.txt"),
}
_HELD = ("clean_val_key_list.txt", "clean_label_kv.txt")
_TEST = ("clean_test_key_list.txt", "clean_label_kv.txt")
_NAMES = "category_names_eng.txt"


def load(name: str, root: Path) -> ImageFolders:
    """The images with noisy or with clean labels, and the clean ones to select an epoch by and to test on."""
    parts = (_TRAINING[name], _HELD, _TEST)
    lists = {keys: "a path a line" for keys, _ in parts}
    labels = {file: "a path and a label a line" for _, file in parts}
    images = {"images/": "a folder, whose images the lists name: images/0/…"}
    check_there(name, root, _FOLDER, images | lists | labels | {_NAMES: "a name a class, a line each"})
    own = root / _FOLDER
    names = tuple(read_lines(own / _NAMES))
    known = {file: dict(zip(*read_labelled(own / file, len(names)), strict=True)) for file in labels}
    train, held, test = (_part(own / keys, known[file]) for keys, file in parts)
    return ImageFolders(
        name,
        names,
        own,
        ImageFiles.listed(own, [*train[0], *held[0]]),
        np.concatenate([train[1], held[1]]),
        ImageFiles.listed(own, test[0]),
        test[1],
        origin={"name": name, "root": str(root.resolve())},
        recipe="clothing1m",
        held=len(held[0]),
    )


def _part(file: Path, known: dict[str, np.int32]) -> tuple[list[str], NDArray[np.int32]]:
    """The images of a list, and their labels."""
    paths = read_lines(file)
    lost = next((path for path in paths if path not in known), None)
    if lost is not None:
        raise InputValueError("data_root", f"{str(file)!r} names {lost!r}, which has no label; get it again")
    return paths, np.array([known[path] for path in paths], np.int32)
