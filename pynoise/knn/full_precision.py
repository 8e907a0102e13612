"""Matrix products of torch with all the digits of float32, while one asks for them."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from pynoise.errors import InputValueError

__all__ = ["full_precision"]

# The flags are the whole process's: two searches at a time would restore them under each other's feet.
_TURN = threading.RLock()


@contextmanager
def full_precision(device: torch.device, threads: int) -> Iterator[None]:
    """Within it float32 products on `device` are rounded as IEEE float32; all settings are restored after.

    Without it they may be computed with 10 or 7 bits (TF32, bfloat16) as the caller's program has set. On the
    CPU torch computes with that many `threads`; 0 leaves its setting, which is one a core unless changed.

    Raises
    ------
    InputValueError
        If products have fewer digits all the same, by the environment's order.
    """
    # torch's old setting covers every device; its newer ones, one a device, override it.
    backends: Any = torch.backends
    newer = [m for m in (backends.cuda.matmul, backends.mkldnn.matmul) if hasattr(m, "fp32_precision")]
    with _TURN:
        kept = [m.fp32_precision for m in newer]
        try:
            old = torch.get_float32_matmul_precision()
        except RuntimeError:  # old and newer settings contradict each other, which a read does not forgive
            old = "highest"
        kept_threads = torch.get_num_threads()
        try:
            _set("highest")
            if threads and device.type == "cpu":
                torch.set_num_threads(threads)
            with torch.autocast(device.type, enabled=False):
                _check(device)
                yield
        finally:
            _set(old)
            for m, value in zip(newer, kept, strict=True):
                m.fp32_precision = value
            if torch.get_num_threads() != kept_threads:
                torch.set_num_threads(kept_threads)


def _set(precision: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some versions advise the newer settings, which others lack
        torch.set_float32_matmul_precision(precision)


def _check(device: torch.device) -> None:
    """Multiply numbers of 13 bits: their products need no more than float32 has."""
    size = 64
    numbers = torch.full((size, size), 1 + 2.0**-12, dtype=torch.float32, device=device)
    want = size * (1 + 2.0**-12) ** 2
    if (numbers @ numbers - want).abs().max().item() > want * size * 2.0**-24:
        raise InputValueError(
            "engine",
            "'torch' multiplies float32 with fewer digits than float32 has, as a variable of the environment "
            "demands: unset NVIDIA_TF32_OVERRIDE and DNNL_DEFAULT_FPMATH_MODE",
        )
