"""Images in files: which there are, and their labels; no pixel is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise._fingerprint import Fingerprint

__all__ = ["ImageFiles", "ImageFolders"]


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """Files below a folder, by number; ``files[3]`` is a path, a str.

    Parameters
    ----------
    root : Path
        The folder.
    paths : ndarray of str, [N]
        Paths below it, with "/". One array, not N strings of Python: processes that share it by forking would
        copy those one by one, by counting who refers to them.
    sha256 : str
        SHA-256 of the paths and sizes of the files, in order, or of the paths alone where a list names them.
        Not of their pixels, which would take hours: an image that is replaced by another of as many bytes
        goes unnoticed.
    """

    root: Path
    paths: NDArray[np.str_] = field(repr=False)
    sha256: str

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> str:
        return f"{self.root}/{self.paths[index]}"

    @classmethod
    def listed(cls, root: Path, paths: Sequence[str]) -> ImageFiles:
        """Files that a list names; none is looked at, which may be millions."""
        digest = hashlib.sha256("\0".join(paths).encode())
        return cls(root, np.array(paths, np.str_), digest.hexdigest())

    def taken(self, rows: NDArray[np.int64]) -> ImageFiles:
        """Some of them, by number."""
        digest = hashlib.sha256(self.sha256.encode() + rows.astype("<i8").tobytes())
        return ImageFiles(self.root, self.paths[rows], digest.hexdigest())


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class ImageFolders:
    """A training and a test set of image files; made by `load_folder` and `load_images`.

    Attributes
    ----------
    name : str
        What to call the data set.
    names : tuple of str
        The names of the L classes, those of the folders, sorted, or those of a list; what is no UTF-8 in them
        is escaped.
    root : Path
        The folder of all.
    train : ImageFiles
        N training images, class by class, or in the order of a list.
    y_train : ndarray of int32, [N]
        Their labels, 0..L-1.
    test : ImageFiles
        M test images; there may be none.
    y_test : ndarray of int32, [M]
        Their labels.
    ignored : int
        Files in the two parts that were left out: those without a suffix of an image, those whose name begins
        with a dot, and those that lie in no class; 0 where a list names the files.
    origin : mapping of str to str or None
        Where it lies, whole: the ``folder`` for `load_folder`, ``name`` and ``root`` for `load_images`. None
        for a part.
    recipe : str or None
        The one of `pynoise.training.RECIPES` by which its images are brought to one size where none is asked
        for; None leaves them as they are.
    held : int
        How many of the training images, the last ones, are a validation set of the data's own: no network
        learns from them.
    """

    name: str
    names: tuple[str, ...]
    root: Path
    train: ImageFiles = field(repr=False)
    y_train: NDArray[np.int32] = field(repr=False)
    test: ImageFiles = field(repr=False)
    y_test: NDArray[np.int32] = field(repr=False)
    ignored: int = 0
    origin: Mapping[str, str] | None = field(default=None, repr=False)
    recipe: str | None = field(default=None, repr=False)
    held: int = field(default=0, repr=False)

    @property
    def num_classes(self) -> int:
        """The number of classes, L."""
        return len(self.names)

    def fingerprints(self) -> dict[str, Any]:
        """What the two parts are, as JSON has it: their sizes, SHA-256 of their files and of their labels."""
        parts = {"train": (self.train, self.y_train), "test": (self.test, self.y_test)}
        return {
            part: {"shape": [len(y)], "sha256": files.sha256, "labels": Fingerprint.of(y).sha256}
            for part, (files, y) in parts.items()
        }
