"""The file behind a memory-mapped array."""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.array_utils import byte_bounds
from numpy.typing import NDArray

from pynoise.errors import InputValueError

__all__ = ["check_mapped", "mapped_file"]


def mapped_file(array: NDArray[Any]) -> tuple[str, int] | None:
    """The path of the file that an array is mapped from, and how long it must be; None for other arrays.

    Reading a mapped file past its end kills the process, so the search looks at its length first.
    """
    owner: Any = array
    while isinstance(owner, np.ndarray) and not isinstance(owner.base, mmap.mmap):
        owner = owner.base
    if not isinstance(owner, np.memmap) or owner.filename is None:
        return None
    end = byte_bounds(array)[1] - byte_bounds(owner)[0]
    return os.fspath(owner.filename), owner.offset + end


def check_mapped(argument: str, array: NDArray[Any]) -> None:
    """Check that the file of a mapped array is still there in full, before anybody reads it."""
    mapped = mapped_file(array)
    if mapped is None:
        return
    path, needed = mapped
    file = Path(path)
    size = file.stat().st_size if file.exists() else needed  # one that was removed stays readable
    if size < needed:
        raise InputValueError(
            argument,
            f"is memory-mapped from {path}, which has {size} bytes and needs {needed}: it is cut short",
        )
