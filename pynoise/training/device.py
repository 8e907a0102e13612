"""The device that trains, and what depends on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from pynoise import _provenance
from pynoise._torch_state import undisturbed
from pynoise.errors import InputValueError

__all__ = ["autocast", "device_of", "hardware", "precision_of", "tuned", "versions"]


def device_of(name: str) -> torch.device:
    """The device of a name: "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".

    Raises
    ------
    InputValueError
        If there is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except (RuntimeError, TypeError):
        raise InputValueError("device", f"{name!r} is no device; give 'auto', 'cpu' or 'cuda'") from None
    if device.type not in ("cpu", "cuda"):
        raise InputValueError("device", f"{name!r} is not supported; give 'auto', 'cpu' or 'cuda'")
    if device.type == "cuda":
        if not torch.cuda.is_available():
            raise InputValueError("device", f"{name!r}: PyTorch finds no CUDA here; give 'cpu' or 'auto'")
        count = torch.cuda.device_count()
        if (device.index or 0) >= count:
            raise InputValueError("device", f"{name!r}: there are {count}, from 'cuda:0' on")
    return device


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The context of a forward pass in a precision of `pynoise.training.settings.PRECISIONS`."""
    enabled = precision_of(device, precision) == "bfloat16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def precision_of(device: torch.device, precision: str) -> str:
    """What "auto" stands for: bfloat16 on CUDA devices that have it."""
    if precision != "auto":
        return precision
    return "bfloat16" if device.type == "cuda" and torch.cuda.is_bf16_supported() else "float32"


@contextmanager
def tuned(threads: int, device: torch.device) -> Iterator[None]:
    """Torch as training wants it, whatever the caller has set; as it was in the end.

    On the CPU so many threads; 0 for its own setting. On CUDA the fastest convolutions for the shapes met.
    """
    before, cudnn = torch.get_num_threads(), torch.backends.cudnn.benchmark
    torch.set_num_threads(threads or before)
    torch.backends.cudnn.benchmark = True
    try:
        with undisturbed(device):
            yield
    finally:
        torch.set_num_threads(before)
        torch.backends.cudnn.benchmark = cudnn


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
