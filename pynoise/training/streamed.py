"""Examples that do not fit on the device: read from files when they are needed, by worker processes."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.utils.data
from numpy.typing import NDArray
from torch import Tensor

from pynoise import _checks
from pynoise.data.image_files import ImageFiles
from pynoise.data.image_sets import MapStyle, check_map_style
from pynoise.errors import InputValueError
from pynoise.training.reading import DamagedError, Reader, UnfitError, undisturbed
from pynoise.training.source import Source
from pynoise.training.transforms import MEAN, STD, recipe_named

__all__ = ["Streamed"]


class Streamed(Source):
    """Images that are read when they are needed, transformed on the CPU and normalised on the device.

    Parameters
    ----------
    examples : ImageFiles or map-style data set
        One part of `pynoise.data.ImageFolders` or `pynoise.data.ImageSets`. Images of PIL and uint8 are
        turned to RGB and normalised with ImageNet's mean and standard deviation; tensors of floats are taken
        as they are.
    recipe : str, optional
        How images are resized, cropped and augmented: "imagenet", "clothing1m" or "webvision"; see `Recipe`.
        None: they are taken as they are, and must all have one size.
    device : torch.device or str
        Where batches go.
    workers : int
        Processes that read ahead; 0 reads in this one. They change time, never a bit of a batch.
    skip_corrupt : bool
        Whether examples that are missing or damaged are left out of their batch, rather than an error.

    Attributes
    ----------
    input_shape : tuple of int
        (C, H, W); (d,) for a data set that gives rows of floats.
    augments : bool
        Whether a recipe changes images in training; what a data set's own transform does is not known.
    skipped : dict of str to str
        The examples that were left out so far, by path or number, and what is wrong with each.

    Raises
    ------
    InputValueError, InputTypeError
        An argument out of its range; no example that can be read, where the first must tell the shape.
    """

    def __init__(
        self,
        examples: ImageFiles | MapStyle,
        recipe: str | None = None,
        *,
        device: torch.device | str,
        workers: int = 0,
        skip_corrupt: bool = False,
    ) -> None:
        check_map_style("examples", examples)
        known = None if recipe is None else recipe_named(recipe)
        self.augments = known is not None
        self.examples = examples
        self.device = torch.device(device)
        self.workers = _checks.whole("workers", workers, 0)
        self.skip_corrupt = _checks.flag("skip_corrupt", skip_corrupt)
        self.skipped: dict[str, str] = {}
        self._reader = Reader(examples, known)
        self.input_shape: tuple[int, ...]
        if known is None:
            first = self._first()
            self.input_shape, self._dtype = tuple(first.shape), first.dtype
        else:
            self.input_shape, self._dtype = known.input_shape, torch.uint8
        self._mean, self._std = (
            (255 * torch.tensor(values)).view(3, 1, 1).to(self.device) for values in (MEAN, STD)
        )

    def __len__(self) -> int:
        """The number of examples."""
        return len(self.examples)

    def batches(self, order: Tensor, batch_size: int, seed: int | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Go through examples in batches; see `Source.batches`.

        With `skip_corrupt` a batch lacks the examples that cannot be read, and is left out if none can.
        Workers end with the iterator: when it is through, closed or dropped, or an error passes it.

        Raises
        ------
        InputValueError
            An example that is missing or damaged, unless such are skipped, or not like the first.
        """
        rows = order.numpy()
        parts = [rows[start : start + batch_size] for start in range(0, len(rows), batch_size)]
        iterator = self._iterator(parts, seed)
        try:
            for read in iterator:
                for fault in read.faults:
                    self._settle(*fault)
                if len(read.rows):
                    index = read.rows.to(self.device, non_blocking=True)
                    yield index, self._normalised(read.images.to(self.device, non_blocking=True))
        finally:
            # Not left to the garbage collector: an error's traceback would keep it, and with it the workers.
            if self.workers and parts:  # then there are workers
                iterator._shutdown_workers()

    def _iterator(self, parts: list[NDArray[np.int64]], seed: int | None) -> Any:
        with warnings.catch_warnings():
            # How many processes are too many is for those to say who ask for them.
            warnings.filterwarnings("ignore", "This DataLoader will create")
            return iter(
                torch.utils.data.DataLoader(
                    _Batches(self._reader, seed, self.input_shape, self._dtype),
                    batch_size=None,  # an item is a batch
                    sampler=parts,
                    collate_fn=_as_it_is,
                    num_workers=min(self.workers, len(parts)),
                    pin_memory=self.device.type == "cuda",
                    generator=torch.Generator(),  # else torch's own would be drawn from
                )
            )

    def _first(self) -> Tensor:
        """Read the first example that can be read."""
        for index in range(len(self)):
            try:
                with undisturbed():
                    return self._reader.read(index, None)
            except (DamagedError, UnfitError) as fault:
                self._settle(index, fault)
        raise InputValueError("data", "has no example that can be read")

    def _settle(self, index: int, fault: DamagedError | UnfitError) -> None:
        """Note an example that is left out, or raise the error for it."""
        name = self._reader.name(index)
        shown = repr(name) if isinstance(self.examples, ImageFiles) else name
        if isinstance(fault, UnfitError):
            raise InputValueError("data", f"{shown} {fault}")
        if not self.skip_corrupt:
            raise InputValueError(
                "data",
                f"{shown} {fault}; mend it, remove it, or skip such files (skip_corrupt=True; on the command "
                "line --skip-corrupt)",
            )
        self.skipped[name] = str(fault)

    def _normalised(self, images: Tensor) -> Tensor:
        if images.ndim == 4:
            images = images.contiguous(memory_format=torch.channels_last)  # as convolutions like them
        if images.dtype != torch.uint8:
            return images
        return images.to(torch.float32).sub_(self._mean).div_(self._std)


class _Read(NamedTuple):
    """A batch as it comes from a worker: what was read, and what could not be."""

    rows: Tensor
    images: Tensor
    faults: list[tuple[int, DamagedError | UnfitError]]


class _Batches(torch.utils.data.Dataset[_Read]):
    """Batches for torch's DataLoader, by the numbers of their examples."""

    def __init__(self, reader: Reader, seed: int | None, shape: tuple[int, ...], dtype: torch.dtype) -> None:
        self.reader, self.seed = reader, seed
        self.shape, self.dtype = shape, dtype

    def __getitem__(self, rows: NDArray[np.int64]) -> _Read:
        kept: list[int] = []
        images = torch.empty((len(rows), *self.shape), dtype=self.dtype)
        faults: list[tuple[int, DamagedError | UnfitError]] = []
        with undisturbed():
            for index in rows.tolist():
                try:
                    images[len(kept)] = self._one(index)
                    kept.append(index)
                except (DamagedError, UnfitError) as fault:
                    faults.append((index, type(fault)(*fault.args)))  # anew: without its traceback
        return _Read(torch.tensor(kept, dtype=torch.int64), images[: len(kept)], faults)

    def _one(self, index: int) -> Tensor:
        image = self.reader.read(index, self.seed)
        if image.shape != self.shape or image.dtype != self.dtype:
            raise UnfitError(
                f"is {_described(image.dtype, image.shape)}, and the first is "
                f"{_described(self.dtype, self.shape)}; a recipe or the data set's transform makes them alike"
            )
        return image


def _described(dtype: torch.dtype, shape: Sequence[int]) -> str:
    return f"{str(dtype).removeprefix('torch.')} {list(shape)}"


def _as_it_is(batch: Any) -> Any:
    return batch
