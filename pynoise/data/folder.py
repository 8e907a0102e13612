"""Folders of images, a folder a class: which files there are; no pixel is read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise._fingerprint import Fingerprint
from pynoise._words import writable
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

__all__ = ["SUFFIXES", "ImageFiles", "ImageFolders", "load_folder"]

# Those of torchvision's ImageFolder.
SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")

_TEST_PARTS = ("test", "val")

# Folders of such names hold a part of the data, not a class.
_PARTS = ("test", "testing", "train", "training", "val", "valid", "validation")


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
        SHA-256 of the paths and sizes of the files, in order. Not of their pixels, which would take hours: an
        image that is replaced by another of as many bytes goes unnoticed.
    """

    root: Path
    paths: NDArray[np.str_] = field(repr=False)
    sha256: str

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> str:
        return f"{self.root}/{self.paths[index]}"


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class ImageFolders:
    """A training and a test set in folders of images; made by `load_folder`.

    Attributes
    ----------
    name : str
        What to call the data set.
    names : tuple of str
        The names of the L classes, those of the folders, sorted; what is no UTF-8 in them is escaped.
    root : Path
        The folder of all.
    train : ImageFiles
        N training images, class by class.
    y_train : ndarray of int32, [N]
        Their labels, 0..L-1.
    test : ImageFiles
        M test images; there may be none.
    y_test : ndarray of int32, [M]
        Their labels.
    ignored : int
        Files in the two parts that were left out: those without a suffix of an image, those whose name begins
        with a dot, and those that lie in no class.
    """

    name: str
    names: tuple[str, ...]
    root: Path
    train: ImageFiles = field(repr=False)
    y_train: NDArray[np.int32] = field(repr=False)
    test: ImageFiles = field(repr=False)
    y_test: NDArray[np.int32] = field(repr=False)
    ignored: int

    @property
    def num_classes(self) -> int:
        """The number of classes, L."""
        return len(self.names)

    @property
    def origin(self) -> dict[str, str]:
        """Where it lies, whole, as `load_folder` takes it."""
        return {"folder": str(self.root.resolve())}

    def fingerprints(self) -> dict[str, Any]:
        """What the two parts are, as JSON has it: their sizes, SHA-256 of their files and of their labels."""
        parts = {"train": (self.train, self.y_train), "test": (self.test, self.y_test)}
        return {
            part: {"shape": [len(y)], "sha256": files.sha256, "labels": Fingerprint.of(y).sha256}
            for part, (files, y) in parts.items()
        }


def load_folder(path: str | os.PathLike[str], *, name: str | None = None) -> ImageFolders:
    """Find the images of a data set that lies in folders, a folder a class.

    Training images are PATH/train/CLASS/*.jpg, test images PATH/test/CLASS/*.jpg or, where there is no
    PATH/test, PATH/val/CLASS/*.jpg. There need be no test images: networks learn without, whatever measures
    accuracy refuses. Then training images may also be PATH/CLASS/*.jpg. The names of the training folders,
    sorted, are the classes. Images may lie deeper within a class; they are ordered as torchvision's
    ImageFolder orders them: by class, by folder, by name. Links are followed; files and folders whose names
    begin with a dot are not looked at.

    Parameters
    ----------
    path : str or path
        The folder.
    name : str, optional
        What to call the data set; the folder's name if left out.

    Returns
    -------
    ImageFolders

    Raises
    ------
    InputFileNotFoundError
        If there is no such folder, or it has no training part.
    InputValueError
        A part without classes, a class without an image, a test class that is none in training.
    InputTypeError
        A path or a name that is none.
    OSError
        A folder that may not be read.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputTypeError("path", f"{path!r} is not the path of a folder")
    if not isinstance(name, str | None):
        raise InputTypeError("name", f"{name!r} is not a string")
    root = Path(path)
    if not root.is_dir():
        raise InputFileNotFoundError("path", f"there is no folder {str(root)!r}")
    train = _Part.read(root, _training_folder(root))
    tested = next((root / part for part in _TEST_PARTS if (root / part).is_dir()), None)
    test = _Part.none(root) if tested is None else _Part.read(root, tested)
    strays = sorted(set(test.classes).difference(train.classes))
    if strays:
        raise InputValueError(
            "path",
            f"{str(test.folder / strays[0])!r} is no class of the training part: {str(train.folder)!r} has "
            f"no folder {strays[0]!r}; rename it or take it out",
        )
    return ImageFolders(
        name=writable(root.resolve().name) if name is None else name,
        names=tuple(writable(one) for one in train.classes),
        root=root,
        train=ImageFiles(root, train.paths, train.sha256),
        y_train=train.labels(train.classes),
        test=ImageFiles(root, test.paths, test.sha256),
        y_test=test.labels(train.classes),
        ignored=train.ignored + test.ignored,
    )


def _training_folder(root: Path) -> Path:
    """The folder of the classes: train, or that of all where no part has one of its own."""
    if (root / "train").is_dir():
        return root / "train"
    parts = sorted(one.name for one in root.iterdir() if one.is_dir() and one.name.lower() in _PARTS)
    if parts:
        raise InputFileNotFoundError(
            "path",
            f"{str(root)!r} has no training part: {str(root / 'train')!r} is to hold a folder of images for "
            f"each class, and {parts[0]!r} is taken for no class",
        )
    return root


@dataclass(frozen=True)
class _Part:
    """The training or the test part: its images class by class, and how many of each class there are."""

    folder: Path
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    paths: NDArray[np.str_]
    sha256: str
    ignored: int

    @classmethod
    def none(cls, root: Path) -> _Part:
        return cls(root, (), (), np.empty(0, np.str_), hashlib.sha256().hexdigest(), 0)

    @classmethod
    def read(cls, root: Path, folder: Path) -> _Part:
        below = "" if folder == root else f"{folder.name}/"
        with os.scandir(folder) as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries)
        classes = tuple(name for name, is_dir in found if is_dir and not name.startswith("."))
        if not classes:
            raise InputValueError(
                "path", f"{str(folder)!r} has no folders; it is to hold one for each class, with its images"
            )
        ignored = sum(not is_dir for _, is_dir in found)
        paths, counts, digest = [], [], hashlib.sha256()
        for name in classes:
            images, left_out = _images(folder / name)
            if not images:
                raise InputValueError(
                    "path",
                    f"{str(folder / name)!r} holds no image; put some there or take the folder out. Images "
                    f"end in {', '.join(SUFFIXES)}",
                )
            paths.append(np.array([f"{below}{name}/{file}" for file, _ in images]))
            counts.append(len(images))
            for file, size in images:
                digest.update(os.fsencode(f"{name}/{file}\0{size}\0"))
            ignored += left_out
        return cls(folder, classes, tuple(counts), np.concatenate(paths), digest.hexdigest(), ignored)

    def labels(self, names: tuple[str, ...]) -> NDArray[np.int32]:
        """The label of each image: where its class stands among `names`."""
        number = {name: label for label, name in enumerate(names)}
        labels = np.array([number[name] for name in self.classes], np.int32)
        return np.repeat(labels, np.array(self.counts, np.int64))


def _images(folder: Path) -> tuple[list[tuple[str, int]], int]:
    """Paths below a class's folder and sizes of its images, in order; and how many other files there are."""
    images, ignored = [], 0
    for below, file, size in _walk(folder, ""):
        if file.lower().endswith(SUFFIXES) and not file.startswith("."):
            images.append((below, file, size))
        else:
            ignored += 1
    return [(f"{below}/{file}" if below else file, size) for below, file, size in sorted(images)], ignored


def _walk(folder: Path, below: str) -> Iterator[tuple[str, str, int]]:
    """Go through the files in a folder and its subfolders: the subfolder, the name, the size."""
    with os.scandir(folder / below) as entries:
        for entry in entries:
            if not entry.is_dir():
                yield below, entry.name, _size(entry)
            elif not entry.name.startswith("."):
                yield from _walk(folder, f"{below}/{entry.name}" if below else entry.name)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:  # a link to nothing, which is found missing when it is read
        return -1
