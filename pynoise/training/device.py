"""What depends on the device that trains: precision, and what is said of it."""

from __future__ import annotations

from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from pynoise import _provenance

__all__ = ["autocast", "hardware", "precision_of", "versions"]


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context of a forward pass in a precision of `pynoise.training.settings.PRECISIONS`."""
    enabled = precision_of(device, precision) == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def precision_of(device: torch.device, precision: str) -> str:
    """What "auto" stands for: bfloat16 on CUDA devices that have it."""
    if precision != "auto":
        return precision
    return "bfloat16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "float32"


def versions() -> dict[str, str]:
    """Versions of what decides a result of training."""
    found = _provenance.versions() | {"torch": torch.__version__}
    with suppress(PackageNotFoundError):  # not every network needs it
        found["torchvision"] = version("torchvision")
    if torch.version.cuda is not None and torch.cuda.is_available():
        found |= {"cuda": torch.version.cuda, "cudnn": str(torch.backends.cudnn.version())}  # type: ignore[no-untyped-call]
    return found


def hardware(device: torch.device) -> dict[str, Any]:
    """The machine, and the device of it that was used."""
    found: dict[str, Any] = dict(_provenance.hardware(torch.get_num_threads()))
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else found["processor"]
    return found | {"device": str(device), "device_name": name}
