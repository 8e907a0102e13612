"""Image data sets by name, in their official layouts below the folder of data sets; read when needed."""

from __future__ import annotations

import os
from pathlib import Path

from pynoise.data import clothing1m, imagenet, webvision
from pynoise.data.image_files import ImageFolders
from pynoise.errors import unknown_name

__all__ = ["IMAGES", "load_images", "root_of"]

_READERS = {
    "imagenet": imagenet.load,
    "clothing1m": clothing1m.load,
    "clothing1m-clean": clothing1m.load,
    "webvision": webvision.load,
    "mini-webvision": webvision.load,
}

IMAGES = tuple(_READERS)


def root_of(root: str | os.PathLike[str] | None) -> Path:
    """The folder of the data sets: that which is given, or else PYNOISE_DATA, or else "data"."""
    return Path(os.environ.get("PYNOISE_DATA") or "data") if root is None else Path(root)


def load_images(name: str, root: str | os.PathLike[str] | None = None) -> ImageFolders:
    """Find the images of a data set that does not fit into memory, and their labels; no image is read.

    Parameters
    ----------
    name : str
        One of

        - "imagenet": ILSVRC 2012, imagenet/train/WNID/*.JPEG to learn from and imagenet/val/WNID/*.JPEG to
          test on.
        - "clothing1m": the images of clothing1m/noisy_train_key_list.txt with their noisy labels,
          "clothing1m-clean" those of clean_train_key_list.txt with clean ones; both are tested on those of
          clean_test_key_list.txt, and have those of clean_val_key_list.txt as their validation set.
        - "webvision": the images of webvision/info/train_filelist_google.txt and train_filelist_flickr.txt,
          "mini-webvision" those of the first 50 classes from Google; tested on those of val_filelist.txt.

        docs/folders.md has the layouts.
    root : str or path, optional
        As `root` of `pynoise.data.load`.

    Returns
    -------
    ImageFolders
        With a `recipe`, by which networks are given the images where no other is asked for.

    Raises
    ------
    InputValueError
        An unknown name, a list that is damaged.
    InputFileNotFoundError
        Files or folders that are not there; it says which.
    """
    if name not in _READERS:
        raise unknown_name("name", name, _READERS)
    return _READERS[name](name, root_of(root))
