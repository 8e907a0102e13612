"""What training makes of data: sources of inputs for arrays, folders and data sets of torchvision's kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeAlias

import torch

from pynoise import data as data_package
from pynoise.data import Dataset
from pynoise.errors import InputTypeError
from pynoise.training.resident import Normal, Resident
from pynoise.training.settings import Settings
from pynoise.training.source import Source

__all__ = ["Data", "augmentation_of", "data_of", "sources_of"]

Data: TypeAlias = Dataset

# What may be done to the images of these data sets without making other classes of them.
_AUGMENTATIONS = {"cifar10": "crop-flip", "cifar100": "crop-flip", "svhn": "crop"}


def data_of(data: Any, root: str | Path | None = None) -> Data:
    """The data themselves, loaded if they are only named."""
    if isinstance(data, str | Path):
        return data_package.load(data, root)
    if not isinstance(data, Dataset):
        raise InputTypeError("data", f"is a {type(data).__name__}; give a name or a pynoise.data.Dataset")
    return data


def augmentation_of(data: Data, settings: Settings) -> str:
    """What "auto" stands for."""
    if settings.augment != "auto":
        return settings.augment
    return _AUGMENTATIONS.get(data.name, "none")


def sources_of(
    data: Data, augment: str, device: torch.device, normal: Mapping[str, Any] | None = None
) -> tuple[Source, Source, dict[str, Any] | None]:
    """The inputs of the training and the test examples, and what they are normalised by.

    That follows from the training examples, unless it is given.
    """
    chosen = Normal.of(data.x_train) if normal is None else Normal(**normal)
    train = Resident(data.x_train, chosen, device, augment)
    return train, Resident(data.x_test, chosen, device), asdict(chosen)
