"""MNIST's file format, idx: a magic number, the sizes of the axes, then bytes."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Sequence
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pynoise.data.layout import Parts, check_images, check_labels, damaged

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
MNIST_NAMES = tuple("0123456789")
FASHION_NAMES = (
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
)
_UNSIGNED_BYTE = 8


def read(names: tuple[str, ...], paths: Sequence[Path]) -> Parts:
    """Read `FILES`: images uint8 [N, 28, 28] and labels."""
    train_images, train_labels, test_images, test_labels = paths
    return *_read_half(train_images, train_labels, names), *_read_half(test_images, test_labels, names), names


def _read_half(
    images: Path, labels: Path, names: tuple[str, ...]
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    x = read_idx(images, 3)
    check_images(images, x, (None, 28, 28))
    return x, check_labels(labels, read_idx(labels, 1), len(x), len(names))


def read_idx(path: Path, ndim: int) -> NDArray[np.uint8]:
    """Read an idx file of unsigned bytes with `ndim` axes, packed by gzip if it ends in .gz."""
    data = path.read_bytes()
    if path.suffix == ".gz":
        try:
            data = gzip.decompress(data)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise damaged(path, error) from None
    start = 4 + 4 * ndim
    magic = bytes((0, 0, _UNSIGNED_BYTE, ndim))
    if len(data) < start or data[:4] != magic:
        raise damaged(path, f"it does not begin as an idx file of {ndim} axes does ({magic.hex(' ')})")
    shape = struct.unpack(f">{ndim}I", data[4:start])
    if len(data) - start != prod(shape):
        raise damaged(path, f"it has {len(data) - start} bytes where shape {shape} takes {prod(shape)}")
    return np.frombuffer(data, np.uint8, offset=start).reshape(shape).copy()  # writable
