"""Data sets: the built-in ones, your own in an .npz, and torchvision's, read without torch.

Those that do not fit into memory are folders of images, or give an example when asked for it.
"""

from __future__ import annotations

from pynoise.data.builtin import ideal
from pynoise.data.dataset import Dataset
from pynoise.data.folder import load_folder
from pynoise.data.image_files import ImageFiles, ImageFolders
from pynoise.data.image_sets import ImageSets
from pynoise.data.images import load_images
from pynoise.data.registry import load

__all__ = [
    "Dataset",
    "ImageFiles",
    "ImageFolders",
    "ImageSets",
    "ideal",
    "load",
    "load_folder",
    "load_images",
]
