"""What training makes of data: sources of inputs for arrays, folders and data sets of torchvision's kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

import torch

from pynoise.data import Dataset, ImageFolders, ImageSets
from pynoise.data.named import load_named
from pynoise.errors import InputTypeError, InputValueError
from pynoise.training.resident import Normal, Resident, input_shape_of
from pynoise.training.settings import Settings
from pynoise.training.source import Source
from pynoise.training.streamed import Streamed

__all__ = [
    "Data",
    "Inputs",
    "Reading",
    "augmentation_of",
    "data_of",
    "held_of",
    "inputs_of",
    "shape_of",
]

Data: TypeAlias = Dataset | ImageFolders | ImageSets

# What may be done to the images of these data sets without making other classes of them.
_AUGMENTATIONS = {"cifar10": "crop-flip", "cifar100": "crop-flip", "svhn": "crop"}


@dataclass(frozen=True)
class Reading:
    """How images are read that do not stay on the device; see `pynoise.training.streamed.Streamed`."""

    recipe: str | None = None
    workers: int = 0
    skip_corrupt: bool = False

    @classmethod
    def of(cls, data: Data, recipe: str | None, workers: int, skip_corrupt: bool) -> Reading:
        """As it is asked for; where no recipe is, that of the data."""
        if recipe is None and isinstance(data, ImageFolders):
            recipe = data.recipe
        return cls(recipe, workers, skip_corrupt)

    def refuse(self) -> None:
        """Refuse what arrays have no use for."""
        for name, value in asdict(self).items():
            if value:
                shown = "" if value is True else f"{value!r} "
                raise InputValueError(name, f"{shown}goes with images read from files; leave it out")


@dataclass(frozen=True)
class Inputs:
    """The inputs of the training and the test examples (if any), and the numbers they are normalised by."""

    train: Source
    test: Source | None
    normal: dict[str, Any] | None = None

    @property
    def skipped(self) -> dict[str, str]:
        """Examples that could not be read and were left out, and why."""
        found: dict[str, str] = {}
        for source in (self.train, self.test):
            if isinstance(source, Streamed):
                found |= source.skipped
        return found


def data_of(data: Any, root: str | Path | None = None) -> Data:
    """The data themselves: loaded if they are only named, put together if they are pairs.

    Raises
    ------
    InputTypeError
        If they are nothing of the kind; and what loading raises.
    """
    if isinstance(data, str | Path):
        return load_named(data, root)
    if isinstance(data, Dataset | ImageFolders | ImageSets):
        return data
    if isinstance(data, tuple) and len(data) == 2:
        if all(isinstance(part, tuple) and len(part) == 2 for part in data):
            (x_train, y_train), (x_test, y_test) = data
            return Dataset(x_train, y_train, x_test, y_test)
        return ImageSets(*data)
    raise InputTypeError(
        "data",
        f"is a {type(data).__name__}; give a name, a folder of images, a pynoise.data.Dataset, or a pair of "
        "training and test data: (x, y) each, or data sets of torchvision's kind",
    )


def held_of(data: Data) -> int:
    """How many of the training examples, the last ones, are a validation set of the data's own."""
    return data.held if isinstance(data, ImageFolders) else 0


def augmentation_of(data: Data, settings: Settings, reading: Reading) -> str:
    """What is done to images in training, by name."""
    if isinstance(data, Dataset):
        reading.refuse()
        return _AUGMENTATIONS.get(data.name, "none") if settings.augment == "auto" else settings.augment
    if settings.augment not in ("auto", "none") or (settings.augment == "none" and reading.recipe):
        raise InputValueError(
            "augment", f"{settings.augment!r} is for arrays; images from files have that of their recipe"
        )
    return "none" if reading.recipe is None else reading.recipe


def shape_of(data: Data, reading: Reading) -> tuple[int, ...]:
    """What a network gets of each example, (C, H, W) or (d,); of files without a recipe the first tells."""
    if isinstance(data, Dataset):
        return input_shape_of(data.x_train)
    return Streamed(data.train, device="cpu", **asdict(reading)).input_shape


def inputs_of(
    data: Data,
    augment: str,
    device: torch.device,
    reading: Reading,
    normal: Mapping[str, Any] | None = None,
) -> Inputs:
    """The inputs of data on a device.

    What arrays are normalised by follows from the training examples, unless it is given.
    """
    if isinstance(data, Dataset):
        chosen = Normal.of(data.x_train) if normal is None else Normal(**normal)
        train = Resident(data.x_train, chosen, device, augment)
        test = Resident(data.x_test, chosen, device) if len(data.y_test) else None
        return Inputs(train, test, asdict(chosen))
    parts = (data.train, data.test) if len(data.y_test) else (data.train,)
    first, *others = (Streamed(part, device=device, **asdict(reading)) for part in parts)
    second = others[0] if others else None
    if second is not None and first.input_shape != second.input_shape:
        raise InputValueError(
            "data",
            f"has training images of shape {first.input_shape} and test images of {second.input_shape}; give "
            "a recipe that brings them to one",
        )
    return Inputs(first, second)
