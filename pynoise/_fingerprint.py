"""Fingerprints of rows: whether two arrays are the same, without keeping either."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise.errors import InputTypeError

__all__ = ["Fingerprint"]

# Bytes hashed in one go: memory-mapped arrays stay on disk.
_BLOCK = 2**24


@dataclass(frozen=True)
class Fingerprint:
    """Dtype, shape and digest of rows [N, ...].

    Attributes
    ----------
    dtype : str
        As numpy names it, "uint8" say.
    shape : tuple of int
        [N, ...].
    sha256 : str
        SHA-256 over the line "dtype shape", shape with commas, and the bytes in C order, the least
        significant first: neither layout nor byte order changes it.
    """

    dtype: str
    shape: tuple[int, ...]
    sha256: str

    def __post_init__(self) -> None:
        shape = self.shape
        whole = isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape)
        if not (whole and isinstance(self.dtype, str) and isinstance(self.sha256, str)):
            raise InputTypeError("fingerprint", f"{self.dtype!r}, {shape!r}, {self.sha256!r} is none")

    @classmethod
    def of(cls, rows: NDArray[Any]) -> Fingerprint:
        """Take the fingerprint of rows [N, ...], block by block."""
        dtype = rows.dtype.newbyteorder("<")
        digest = hashlib.sha256(f"{dtype.name} {','.join(map(str, rows.shape))}\n".encode())
        step = max(1, _BLOCK // max(1, rows[:1].nbytes))
        for start in range(0, len(rows), step):
            digest.update(np.ascontiguousarray(rows[start : start + step], dtype).data)
        return cls(dtype.name, rows.shape, digest.hexdigest())

    @classmethod
    def from_dict(cls, parts: Mapping[str, Any]) -> Fingerprint:
        """Make it of what `dataclasses.asdict` gave, JSON's lists for tuples included."""
        return cls(parts["dtype"], tuple(parts["shape"]), parts["sha256"])

    def __str__(self) -> str:
        return f"{self.dtype} [{', '.join(map(str, self.shape))}]"
