"""Data sets on disk, laid out as torchvision lays them out: where the files are, and how to get them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.data.dataset import Dataset
from pynoise.errors import InputError, InputFileNotFoundError, InputValueError

# x_train, y_train, x_test, y_test, names
Parts: TypeAlias = tuple[
    NDArray[np.uint8], NDArray[np.int32], NDArray[np.uint8], NDArray[np.int32], tuple[str, ...]
]


@dataclass(frozen=True)
class Layout:
    """The files of one data set.

    Attributes
    ----------
    torchvision : str
        The class of torchvision.datasets that downloads it.
    files : tuple of str
        Paths below the root.
    read : callable
        Reads the files, given in this order.
    gzipped : bool
        Whether a file may stand there packed, with .gz after its name.
    calls : tuple of mapping
        What torchvision's class takes besides the root, a mapping a call.
    """

    torchvision: str
    files: tuple[str, ...]
    read: Callable[[Sequence[Path]], Parts]
    gzipped: bool = False
    calls: tuple[Mapping[str, str], ...] = ({},)

    def load(self, name: str, root: Path, download: bool) -> Dataset:
        """Read the data set `name`, after a download where files are missing and one is asked for."""
        paths, missing = self._locate(root)
        if missing and download:
            self._download(name, root)
            paths, missing = self._locate(root)
            if missing:
                raise OSError(
                    f"torchvision has downloaded {name}, yet {str(root)!r} lacks {', '.join(missing)}"
                )
        if missing:
            packed = " (each may end in .gz)" if self.gzipped else ""
            raise InputFileNotFoundError(
                "data_root",
                f"{str(root)!r} does not hold {name}: it lacks {', '.join(missing)}{packed}. To download it, "
                "give download=True (on the command line --download); where it lies in another folder, give "
                "that as root= (--data-root) or in the environment variable PYNOISE_DATA",
            )
        return Dataset(*self.read(paths), name=name)

    def _locate(self, root: Path) -> tuple[list[Path], list[str]]:
        """The paths of the files that are there, and the names of those that are not."""
        paths, missing = [], []
        for file in self.files:
            names = (file, f"{file}.gz") if self.gzipped else (file,)
            path = next((root / name for name in names if (root / name).is_file()), None)
            if path is None:
                missing.append(file)
            else:
                paths.append(path)
        return paths, missing

    def _download(self, name: str, root: Path) -> None:
        try:
            from torchvision import datasets
        except ImportError:
            raise InputValueError(
                "download", "needs torchvision, which is not installed: pip install 'pynoise-lab[train]'"
            ) from None
        from http.client import HTTPException  # a connection that breaks off; no OSError

        try:
            with redirect_stdout(sys.stderr):  # standard output is for results
                for call in self.calls:
                    getattr(datasets, self.torchvision)(str(root), download=True, **call)
        except (OSError, RuntimeError, HTTPException) as error:
            raise OSError(f"could not download {name} into {str(root)!r}: {error}") from error


def damaged(path: Path, problem: object) -> InputValueError:
    """The error for a file that is there but does not hold what it should."""
    return InputValueError(
        "data_root",
        f"{str(path)!r} is damaged: {problem}. Delete it and get it again (download=True; on the command "
        "line --download)",
    )


def check_labels(path: Path, values: ArrayLike, count: int, num_classes: int) -> NDArray[np.int32]:
    """Check the labels in a file: one for each of `count` images, within the classes."""
    try:
        labels = _checks.labels("labels", values, num_classes)
    except InputError as error:
        raise damaged(path, error) from None
    if len(labels) != count:
        raise damaged(path, f"it has {len(labels)} labels for {count} images")
    return labels


def check_images(path: Path, images: Any, shape: tuple[int | None, ...]) -> None:
    """Check that `images` is a uint8 array of `shape`, with one image or more along the axis None."""
    fits = (
        isinstance(images, np.ndarray)
        and images.dtype == np.uint8
        and images.ndim == len(shape)
        and all(size == want if want else size > 0 for size, want in zip(images.shape, shape, strict=True))
    )
    if not fits:
        wanted = " x ".join("N" if want is None else str(want) for want in shape)
        raise damaged(path, f"its images are not {wanted} bytes")
