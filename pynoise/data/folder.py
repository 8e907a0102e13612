"""Folders of images, a folder a class: which files there are; no pixel is read."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pynoise._words import writable
from pynoise.data.image_files import ImageFiles, ImageFolders
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

__all__ = ["SUFFIXES", "Part", "folders_of", "load_folder"]

# Those of torchvision's ImageFolder.
SUFFIXES = (".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")

_TEST_PARTS = ("test", "val")

# Folders of such names hold a part of the data, not a class.
_PARTS = ("test", "testing", "train", "training", "val", "valid", "validation")


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
    tested = next((root / part for part in _TEST_PARTS if (root / part).is_dir()), None)
    own = writable(root.resolve().name) if name is None else name
    return folders_of(own, root, _training_folder(root), tested, {"folder": str(root.resolve())})


def folders_of(
    name: str,
    root: Path,
    training: Path,
    tested: Path | None,
    origin: Mapping[str, str],
    recipe: str | None = None,
) -> ImageFolders:
    """The images in a folder of classes to learn from, and in one to test on, if any; both in `root`.

    The rest is as `ImageFolders` has it.
    """
    train = Part.read(root, training)
    test = Part.none(root) if tested is None else Part.read(root, tested)
    strays = sorted(set(test.classes).difference(train.classes))
    if strays:
        raise InputValueError(
            "path",
            f"{str(test.folder / strays[0])!r} is no class of the training part: {str(train.folder)!r} has "
            f"no folder {strays[0]!r}; rename it or take it out",
        )
    return ImageFolders(
        name,
        tuple(writable(one) for one in train.classes),
        root,
        train.files,
        train.labels(train.classes),
        test.files,
        test.labels(train.classes),
        train.ignored + test.ignored,
        origin,
        recipe,
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
class Part:
    """The training or the test part: its images class by class, and how many of each class there are."""

    folder: Path
    classes: tuple[str, ...]
    counts: tuple[int, ...]
    files: ImageFiles
    ignored: int

    @classmethod
    def none(cls, root: Path) -> Part:
        """No images."""
        return cls(root, (), (), ImageFiles(root, np.empty(0, np.str_), hashlib.sha256().hexdigest()), 0)

    @classmethod
    def read(cls, root: Path, folder: Path) -> Part:
        """The images of a folder of classes, which is `root` or lies in it."""
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
        files = ImageFiles(root, np.concatenate(paths), digest.hexdigest())
        return cls(folder, classes, tuple(counts), files, ignored)

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
