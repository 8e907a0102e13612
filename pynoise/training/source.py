"""Where inputs come from: one protocol for arrays on the device and for files that are read when needed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from torch import Tensor

__all__ = ["Source"]


class Source(Protocol):
    """Examples without their labels.

    Attributes
    ----------
    input_shape : tuple of int
        (C, H, W) of an image as a network gets it, or (d,).
    augments : bool
        Whether an example is another one in each epoch.
    """

    input_shape: tuple[int, ...]
    augments: bool

    def __len__(self) -> int:
        """The number of examples."""

    def batches(self, order: Tensor, batch_size: int, seed: int | None) -> Iterator[tuple[Tensor, Tensor]]:
        """Go through examples in batches; the last may be smaller.

        Parameters
        ----------
        order : Tensor of int64 on the CPU, [n]
            Which examples, in which order.
        batch_size : int
            Examples in a batch.
        seed : int or None
            What augmentation is drawn with: that of an example depends on the seed and the example alone.
            None for none, as in evaluation.

        Yields
        ------
        index : Tensor of int64, [B]
            Which examples, on the device.
        inputs : Tensor of float32, [B, C, H, W] or [B, d]
            Their inputs, normalised, on the device.
        """
