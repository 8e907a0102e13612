"""ImageNet (ILSVRC 2012) as torchvision's ImageFolder has it: a folder a class, by its WordNet ID."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pynoise.data.folder import Part, folders_of
from pynoise.data.image_files import ImageFiles, ImageFolders
from pynoise.data.lists import check_there
from pynoise.errors import InputError, InputValueError

__all__ = ["load", "validation_images"]

_FOLDER = "imagenet"
_VAL = {"val/": "folders of images: val/n01440764/ILSVRC2012_val_00000293.JPEG"}


def load(name: str, root: Path) -> ImageFolders:
    """The training images, and those of the validation part to test on."""
    train = {"train/": "folders of images: train/n01440764/n01440764_18.JPEG"}
    check_there(name, root, _FOLDER, train | _VAL)
    own = root / _FOLDER
    origin = {"name": name, "root": str(root.resolve())}
    try:
        return folders_of(name, own, own / "train", own / "val", origin, recipe="imagenet")
    except InputError as error:
        raise type(error)("data_root", error.problem) from None


def validation_images(root: Path, names: Sequence[str]) -> tuple[ImageFiles, NDArray[np.int32]]:
    """The validation images of some classes, by their WordNet IDs, and where each one's stands among them.

    Raises
    ------
    InputFileNotFoundError, InputValueError
        If they are not all there.
    """
    check_there("ImageNet's validation images", root, _FOLDER, _VAL)
    own = root / _FOLDER
    part = Part.read(own, own / "val")
    lost = sorted(set(names).difference(part.classes))
    if lost:
        raise InputValueError("data_root", f"{str(own / 'val')!r} has no folder {lost[0]!r}")
    number = {name: label for label, name in enumerate(names)}
    labels = part.labels((*names, *(name for name in part.classes if name not in number)))
    rows = np.flatnonzero(labels < len(names))
    return part.files.taken(rows), labels[rows]
