"""The device that torch works on, and torch's settings while it does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from pynoise._torch_state import undisturbed
from pynoise.errors import InputValueError

__all__ = ["device_of", "tuned"]


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


@contextmanager
def tuned(threads: int, device: torch.device) -> Iterator[None]:
    """Torch as training wants it, whatever the caller has set; as it was in the end.

    On the CPU so many threads; 0 for its own setting. On CUDA the fastest convolutions for the shapes met.
    """
    with undisturbed(device):
        before, cudnn = torch.get_num_threads(), torch.backends.cudnn.benchmark
        torch.set_num_threads(threads or before)
        torch.backends.cudnn.benchmark = True
        try:
            yield
        finally:
            torch.set_num_threads(before)
            torch.backends.cudnn.benchmark = cudnn
