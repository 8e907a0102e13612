"""Data of any kind by a name, and again by their origin."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pynoise import data as data_package
from pynoise.data.dataset import Dataset
from pynoise.data.image_files import ImageFolders
from pynoise.data.images import IMAGES
from pynoise.data.registry import is_folder
from pynoise.errors import InputError

__all__ = ["load_named", "load_origin"]


def load_named(name: str | Path, root: str | Path | None = None, **options: Any) -> Dataset | ImageFolders:
    """What a name stands for: a data set, images of one that are read from files, or a folder of images.

    Parameters
    ----------
    name : str or Path
        As `pynoise.data.load` and `pynoise.data.load_images` take it, or a folder: one that is there, or a
        path.
    root : str or Path, optional
        As `root` of `pynoise.data.load`.
    **options
        Of `pynoise.data.load`; images in files have no use for them.
    """
    if str(name) in IMAGES:
        return data_package.load_images(str(name), root)
    if is_folder(name) or (os.sep in str(name) and Path(name).suffix.lower() != ".npz"):
        return _folder_of(name)
    return data_package.load(name, root, **options)


def _folder_of(path: str | Path) -> ImageFolders:
    """A folder of images as data; what is wrong with it is wrong with the argument `data`."""
    try:
        return data_package.load_folder(path)
    except InputError as error:
        raise type(error)("data", error.problem) from None


def load_origin(origin: Mapping[str, Any], root: str | Path | None = None) -> Dataset | ImageFolders:
    """Load data again: from where they came, or from where they lie now.

    Parameters
    ----------
    origin : mapping
        That of the data.
    root : str or Path, optional
        The folder of the data sets, or of the images, if it is another now.
    """
    if "folder" not in origin:
        # Nothing else: whoever wrote the file that it stands in has nothing to download here.
        known = {key: origin[key] for key in ("name", "root", "num_classes") if key in origin}
        return load_named(**known | ({} if root is None else {"root": str(root)}))
    return _folder_of(origin["folder"] if root is None else root)
