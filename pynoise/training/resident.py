"""Examples that stay on the device as they are stored: what becomes of them happens there, in batches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pynoise.errors import InputValueError

__all__ = ["Normal", "Resident"]

# Numbers worked on in one go: memory-mapped arrays stay on disk, and batches take little memory.
_BLOCK = 2**22


@dataclass(frozen=True)
class Normal:
    """What inputs are normalised by, (x - mean) / std: a number a channel, or a column."""

    mean: tuple[float, ...]
    std: tuple[float, ...]

    @classmethod
    def of(cls, x: NDArray[Any]) -> Normal:
        """Mean and standard deviation of training examples, [N, H, W], [N, H, W, C] or [N, d].

        Bytes in rows are pixels, which have one mean and one deviation; columns of other numbers have their
        own. What is constant is not divided.
        """
        channels = 1 if x.ndim == 3 or (x.ndim == 2 and x.dtype == np.uint8) else x.shape[-1]
        step = max(1, _BLOCK // x[0].size)
        blocks = [x[start : start + step] for start in range(0, len(x), step)]
        count = x.size // channels

        def per_channel(block: NDArray[Any]) -> NDArray[np.float64]:
            return block.reshape(-1, channels).astype(np.float64)

        with np.errstate(over="ignore", invalid="ignore"):  # refused below
            mean = sum(per_channel(block).sum(axis=0) for block in blocks) / count
            # Around the mean, not from squares: features may lie far from 0.
            variance = sum(((per_channel(block) - mean) ** 2).sum(axis=0) for block in blocks) / count
        std = np.sqrt(variance)
        if not (np.isfinite(mean).all() and np.isfinite(std).all()):
            raise InputValueError(
                "data", "has numbers so large that their mean or deviation is not finite; scale them down"
            )
        std[std <= 1e-12 * np.abs(mean)] = 1.0
        return cls(tuple(mean.tolist()), tuple(std.tolist()))


class Resident:
    """Arrays as a network's inputs; see `pynoise.training.source.Source`.

    Parameters
    ----------
    x : ndarray
        Images [N, H, W] or [N, H, W, C], or rows of numbers [N, d]. uint8 stays so on the device; other
        numbers are normalised in float64 and kept as float32.
    normal : Normal
        What they are normalised by.
    device : torch.device
        Where they lie.
    augment : {"none", "crop", "crop-flip"}
        What is done to images where a seed is given; see `pynoise.training.Settings`.

    Raises
    ------
    InputValueError
        If they are neither images nor rows.
    """

    def __init__(self, x: NDArray[Any], normal: Normal, device: torch.device, augment: str = "none") -> None:
        self.input_shape = input_shape_of(x)
        self._device = device
        self._images = len(self.input_shape) == 3
        if augment != "none" and not self._images:
            raise InputValueError("augment", f"{augment!r} is for images; give 'none'")
        self.augments = augment != "none"
        self._flip = augment == "crop-flip"
        # By an eighth of the side, the usual 4 of 32.
        self._margin = m = 0 if augment == "none" else max(1, min(self.input_shape[1:]) // 8)
        self._bytes = x.dtype == np.uint8
        self._mean = torch.tensor(normal.mean, dtype=torch.float32, device=device)
        self._scale = 1 / torch.tensor(normal.std, dtype=torch.float32, device=device)
        channels, *sides = self.input_shape
        # The border stands there once, so that a crop is one gather.
        self._padded = torch.zeros(
            (len(x), *(side + 2 * m for side in sides), channels),
            dtype=torch.uint8 if self._bytes else torch.float32,
            device=device,
        )
        self._x = self._padded[:, m:-m, m:-m] if m else self._padded
        step = max(1, _BLOCK // x[0].size)
        for start in range(0, len(x), step):
            block = np.ascontiguousarray(x[start : start + step])
            if not self._bytes:
                # In float64: float32 would lose numbers that lie far from 0.
                flat = block.reshape(-1, len(normal.mean)).astype(np.float64)
                block = ((flat - normal.mean) / normal.std).astype(np.float32)
            part = torch.tensor(block, device="cpu").reshape(-1, *self._x.shape[1:])
            self._x[start : start + len(part)] = part

    def __len__(self) -> int:
        """The number of examples."""
        return len(self._x)

    def batches(self, order: Tensor, batch_size: int, seed: int | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Go through examples in batches; see `Source`."""
        moves = None if seed is None or not self._margin else self._moves(seed)
        # Many batches are made in one go: on a GPU, starting the work takes longer than the work itself.
        ahead = max(1, _BLOCK // (batch_size * prod(self.input_shape)))
        for many in torch.split(order.to(self._device), ahead * batch_size):
            if moves is None:
                chosen = self._x.index_select(0, many)
            else:
                rows, columns = (move[many] for move in moves)
                chosen = self._padded[many[:, None, None], rows[:, :, None], columns[:, None, :]]
            inputs = self._normalised(chosen)
            yield from zip(torch.split(many, batch_size), torch.split(inputs, batch_size), strict=True)

    def _moves(self, seed: int) -> tuple[Tensor, Tensor]:
        """Which rows [N, H] and columns [N, W] of the padded images are taken.

        Drawn on the CPU, and for all examples: the same on every device, and in every order.
        """
        _, height, width = self.input_shape
        generator = torch.Generator("cpu").manual_seed(seed)
        shift = torch.randint(0, 2 * self._margin + 1, (len(self), 2), generator=generator, device="cpu")
        mirrored = torch.rand(len(self), generator=generator, device="cpu") < (0.5 if self._flip else 0)
        shift, mirrored = shift.to(self._device), mirrored.to(self._device)
        rows = torch.arange(height, device=self._device) + shift[:, :1]
        columns = torch.arange(width, device=self._device).expand(len(self), width)
        columns = torch.where(mirrored[:, None], width - 1 - columns, columns) + shift[:, 1:]
        return rows, columns

    def _normalised(self, chosen: Tensor) -> Tensor:
        if self._bytes:
            chosen = chosen.to(torch.float32).sub_(self._mean).mul_(self._scale)
        # Channels last in memory, as they were stored; torch's order of axes all the same.
        return chosen.permute(0, 3, 1, 2) if self._images else chosen


def input_shape_of(x: NDArray[Any]) -> tuple[int, ...]:
    """What a network gets of these examples: (C, H, W), or (d,)."""
    if x.ndim == 2:
        return (x.shape[1],)
    if x.ndim == 3:
        return (1, *x.shape[1:])
    if x.ndim == 4 and not (x.shape[1] in (1, 3) and x.shape[3] not in (1, 2, 3, 4)):
        return (x.shape[3], x.shape[1], x.shape[2])
    hint = "; move the channels to the end" if x.ndim == 4 else ""
    raise InputValueError(
        "data",
        f"has examples of shape {x.shape[1:]}; a network takes rows of numbers (d,) or images (H, W) and "
        f"(H, W, C){hint}",
    )
