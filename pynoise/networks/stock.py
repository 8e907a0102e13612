"""Classification models of the packages torchvision and timm, with weights that have not been trained."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from importlib import import_module
from typing import Any

import torch
from torch import nn

from pynoise._packages import TRAIN, needed
from pynoise.errors import InputValueError, unknown_name
from pynoise.networks.network import Network
from pynoise.networks.split import split

__all__ = ["TIMM", "TORCHVISION", "of_timm", "of_torchvision", "torchvision_model", "torchvision_names"]

# How the names of these models begin.
TORCHVISION, TIMM = "torchvision:", "timm:"


def of_torchvision(num_classes: int, input_shape: tuple[int, ...], name: str, shown: str) -> Network:
    """Build torchvision's model of this `name`; errors call it `shown`."""
    known = torchvision_names()
    if name not in known:
        raise _unknown(TORCHVISION, name, known, "torchvision.models.list_models(module=torchvision.models)")
    model = torchvision_model(name, num_classes)
    if input_shape[0] != 3:
        _take_channels(model, input_shape[0])
    return split(model, shown, input_shape)


def of_timm(num_classes: int, input_shape: tuple[int, ...], name: str) -> Network:
    """Build timm's model of this `name`."""
    with needed("network", "timm", "timm", what=repr(TIMM + name)):
        timm = import_module("timm")
    if not timm.is_model(name):
        raise _unknown(TIMM, name, timm.list_models(), "timm.list_models()")
    model = timm.create_model(name, num_classes=num_classes, in_chans=input_shape[0])
    return split(model, TIMM + name, input_shape)


def torchvision_names() -> list[str]:
    """The names of torchvision's classification models."""
    with needed("network", "torchvision", TRAIN):
        from torchvision import models
    names: list[str] = models.list_models(module=models)
    return names


def torchvision_model(name: str, num_classes: int) -> Any:
    """One of torchvision's classification models, as its authors begin to train it."""
    with needed("network", "torchvision", TRAIN):
        from torchvision import models
    return models.get_model(name, weights=None, num_classes=num_classes)


def _take_channels(model: nn.Module, channels: int) -> None:
    """Let the first convolution take so many channels in the place of 3; its weights start as in He et al."""
    first = next(module for module in model.modules() if isinstance(module, nn.Conv2d))
    first.in_channels = channels
    first.weight = nn.Parameter(torch.empty(first.out_channels, channels, *first.kernel_size))
    nn.init.kaiming_normal_(first.weight)


def _unknown(prefix: str, name: str, known: Iterable[str], all_of_them: str) -> InputValueError:
    """The error for a name that a package does not know: it has too many to list."""
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    return unknown_name("network", prefix + name, [*(prefix + one for one in near), f"all of {all_of_them}"])
