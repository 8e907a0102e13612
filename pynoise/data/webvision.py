"""WebVision 1.0 (Li et al., 2017): what a search for ImageNet's classes found, each image with its class."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pynoise.data.image_files import ImageFiles, ImageFolders
from pynoise.data.lists import check_there, read_labelled, read_lines

__all__ = ["load"]

_FOLDER = "webvision"

# Where the images are from, and how many classes are taken, the first ones.
_PARTS = {"webvision": (("google", "flickr"), 1000), "mini-webvision": (("google",), 50)}

_NAMES, _TEST = "info/synsets.txt", "info/val_filelist.txt"
_TEST_IMAGES = "val_images_256/"


def load(name: str, root: Path) -> ImageFolders:
    """The images of all classes from Google and Flickr, or of the first 50 from Google; tested on as many."""
    sources, classes = _PARTS[name]
    lists = [f"info/train_filelist_{source}.txt" for source in sources]
    check_there(
        name,
        root,
        _FOLDER,
        {f"{source}/": f"a folder of images: {source}/q0001/…" for source in sources}
        | {_TEST_IMAGES: "a folder of images"}
        | dict.fromkeys([*lists, _TEST], "a path and a label a line")
        | {_NAMES: "a class a line, its WordNet ID first"},
    )
    own = root / _FOLDER
    names = [line.split()[0] for line in read_lines(own / _NAMES)]
    found = []
    for file, below in (*((file, "") for file in lists), (_TEST, _TEST_IMAGES)):
        paths, labels = read_labelled(own / file, len(names))
        kept = np.flatnonzero(labels < classes)
        found.append(([below + paths[i] for i in kept], labels[kept]))
    *training, (tested, y_test) = found
    return ImageFolders(
        name,
        tuple(names[:classes]),
        own,
        ImageFiles.listed(own, [path for paths, _ in training for path in paths]),
        np.concatenate([labels for _, labels in training]),
        ImageFiles.listed(own, tested),
        y_test,
        origin={"name": name, "root": str(root.resolve())},
        recipe="webvision",
    )
