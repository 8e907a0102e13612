"""SVHN's cropped digits: MATLAB files, which scipy reads."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pynoise.data.layout import Parts, check_images, check_labels, damaged

FILES = ("train_32x32.mat", "test_32x32.mat")


def read(paths: Sequence[Path]) -> Parts:
    """Read `FILES`: images uint8 [N, 32, 32, 3] and labels."""
    train, test = paths
    return *_read_half(train), *_read_half(test), tuple("0123456789")


def _read_half(path: Path) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    from scipy.io import loadmat

    stream = io.BytesIO(path.read_bytes())
    try:
        content = loadmat(stream, variable_names=["X", "y"])
        images, labels = content["X"], content["y"]
    except KeyError as error:
        raise damaged(path, f"it has no variable {error}") from None
    except Exception as error:  # a damaged file can raise almost anything
        raise damaged(path, f"scipy cannot read it ({type(error).__name__}: {error})") from None
    check_images(path, images, (32, 32, 3, None))
    y = check_labels(path, np.ravel(labels), images.shape[3], 11)
    return np.ascontiguousarray(images.transpose(3, 0, 1, 2)), y % np.int32(10)  # 10 stands for the digit 0
