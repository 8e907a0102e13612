"""Torch's global settings and generators: as we want them within, as the caller had them after."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from threading import RLock

import torch

__all__ = ["seeded", "undisturbed"]

_LOCK = RLock()


@contextmanager
def undisturbed(device: torch.device) -> Iterator[None]:
    """Within it float32 and the CPU are the defaults, gradients are kept and nothing is cast.

    Whatever the caller set. One thread of Python at a time is within: the settings are the process's.
    """
    with _LOCK, ExitStack() as stack:
        before = torch.get_default_dtype()
        stack.callback(torch.set_default_dtype, before)
        torch.set_default_dtype(torch.float32)
        if torch.get_default_device().type != "cpu":
            stack.enter_context(torch.device("cpu"))  # not always: it slows every operator
        for setting in (
            torch.inference_mode(False),
            torch.enable_grad(),
            torch.autocast(device.type, enabled=False),
        ):
            stack.enter_context(setting)
        yield


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Within it torch's generators of the CPU and the device draw by the seed; then they go on as before."""
    cuda = device.type == "cuda"
    with torch.random.fork_rng(devices=[device] if cuda else []):
        # torch.manual_seed would set every device's.
        torch.default_generator.manual_seed(seed)
        if cuda:
            torch.cuda.default_generators[device.index or 0].manual_seed(seed)
        yield
