"""One example after another, as files and data sets have them: read, turned to RGB, transformed."""

from __future__ import annotations

import errno
import random
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from pynoise import seeds
from pynoise.data.image_files import ImageFiles
from pynoise.data.image_sets import MapStyle
from pynoise.training.transforms import Recipe

__all__ = ["DamagedError", "Reader", "UnfitError", "undisturbed"]


class DamagedError(Exception):
    """An example that is missing or cannot be read; says what is wrong with it."""


class UnfitError(Exception):
    """An example that is no image as wanted; says what it is, and what would do."""


class Reader:
    """Reads examples one by one, `undisturbed`; can be sent to another process.

    Parameters
    ----------
    examples : ImageFiles or map-style data set
        Where they come from.
    recipe : Recipe or None
        What is done to images; None leaves them as they are.
    """

    def __init__(self, examples: ImageFiles | MapStyle, recipe: Recipe | None) -> None:
        self.examples = examples
        self.training, self.evaluation = (
            (_tensor, _tensor) if recipe is None else (recipe.training(), recipe.evaluation())
        )
        self.as_it_is = recipe is None

    def read(self, index: int, seed: int | None) -> Tensor:
        """Read an example.

        Parameters
        ----------
        index : int
            Which.
        seed : int or None
            With it and the index alone its augmentation is drawn; None for none. A data set's own transform
            knows no evaluation: for None it is drawn with seed 0.

        Returns
        -------
        Tensor of uint8 [3, H, W], or of float32
            An image; or what the data set gives as floats, as it is.

        Raises
        ------
        DamagedError, UnfitError
            If there is no image to be had.
        """
        _start_generators(seeds.split(seed or 0, "augmentation", index))
        if isinstance(self.examples, ImageFiles):
            image: Image.Image | Tensor = _open(self.examples[index])
        else:
            image = self._item(self.examples, index)
        if isinstance(image, Tensor):
            return image
        return self.evaluation(image) if seed is None else self.training(image)

    def name(self, index: int) -> str:
        """What to call an example: a file's path, or its number."""
        files = isinstance(self.examples, ImageFiles)
        return self.examples[index] if files else f"example {index} of the data set"

    def _item(self, examples: MapStyle, index: int) -> Image.Image | Tensor:
        try:
            item = examples[index]
            if not isinstance(item, tuple | list) or not item:
                raise UnfitError(f"is a {type(item).__name__}, not a pair (image, label)")
            if not (isinstance(item[0], Tensor) and item[0].is_floating_point()):
                return _rgb(item[0])  # here, since PIL may decode no sooner
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # PIL's
            _blame_the_machine(error)
            raise DamagedError(f"cannot be read: {type(error).__name__}: {error}") from None
        floats = item[0]
        if not self.as_it_is:
            raise UnfitError(
                "is a tensor of floats, and a recipe takes images; leave out the recipe or the transform"
            )
        if floats.ndim not in (1, 3):
            raise UnfitError(
                f"has shape {list(floats.shape)}; give [C, H, W] of an image or [d] of a row of numbers"
            )
        return floats.to(torch.float32)


def _open(path: str) -> Image.Image:
    try:
        with Image.open(path) as image:
            return _rgb(image)
    except FileNotFoundError:
        raise DamagedError("is missing") from None
    except UnidentifiedImageError:
        raise DamagedError("is damaged: it is no image that can be recognised") from None
    except Exception as error:  # a damaged file can raise almost anything
        _blame_the_machine(error)
        if isinstance(error, OSError) and error.errno is not None:
            raise DamagedError(f"cannot be read: {error.strerror}") from None
        raise DamagedError(f"is damaged: {type(error).__name__}: {error}") from None


def _blame_the_machine(error: Exception) -> None:
    """Raise what says nothing about the file: out of memory, too many files open."""
    errors = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in errors):
        raise error


def _rgb(image: Any) -> Image.Image:
    """An image in RGB: of PIL, or uint8, a tensor [C, H, W] or an array [H, W, C], both also [H, W]."""
    if isinstance(image, Tensor) and image.dtype == torch.uint8:
        image = (image.permute(1, 2, 0) if image.ndim == 3 else image).numpy()
    if isinstance(image, np.ndarray) and image.dtype == np.uint8:
        image = _of_array(image)
    if not isinstance(image, Image.Image):
        dtype = f" of {image.dtype}" if hasattr(image, "dtype") else ""
        raise UnfitError(
            f"is a {type(image).__name__}{dtype}; give images of PIL, uint8 (tensors [C, H, W], arrays "
            "[H, W, C]) or tensors of floats"
        )
    if image.mode.startswith("I;16"):  # PIL would cut off what is above 255
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    converted: Image.Image = image.convert("RGB")
    return converted


def _of_array(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> Image.Image:
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[:, :, 0]
    if not pixels.size or (pixels.ndim != 2 and pixels.shape[2:] not in ((3,), (4,))):
        raise UnfitError(
            f"is uint8 of shape {pixels.shape} with the channels last; images have 1, 3 or 4 channels"
        )
    return Image.fromarray(pixels)


def _tensor(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image).transpose(2, 0, 1).copy())


def _start_generators(seed: int) -> None:
    """Start those that a transform may use: torch's of the CPU, numpy's and Python's own."""
    torch.default_generator.manual_seed(seed)  # torch.manual_seed would seed the devices, too
    np.random.seed(seed % 2**32)  # noqa: NPY002
    random.seed(seed)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Within it examples are read: generators are put back after, and PIL's warnings are dropped.

    A warning, of damaged EXIF data say, would else be an error where the caller has made errors of them.
    """
    of_torch, of_numpy, of_python = torch.get_rng_state(), np.random.get_state(), random.getstate()  # noqa: NPY002
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"PIL\.")
            yield
    finally:
        torch.set_rng_state(of_torch)
        np.random.set_state(of_numpy)  # noqa: NPY002
        random.setstate(of_python)
