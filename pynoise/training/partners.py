"""Batches whose examples have others beside them."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from pynoise.errors import TrainingError
from pynoise.training.source import Source
from pynoise.training.streamed import Streamed

__all__ = ["with_partners"]


def with_partners(
    source: Source, order: Tensor, partners: Tensor | None, batch_size: int, seed: int
) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    """Go through examples in batches, each example with its partners.

    The source is asked for both at once: one gather on the device, or one read ahead by workers.

    Parameters
    ----------
    source : Source
        Where the inputs come from.
    order : Tensor of int64 on the CPU, [n]
        Which examples, in which order.
    partners : Tensor of int64 on the CPU, [N, K], or None
        The examples beside each.
    batch_size, seed
        As for `Source.batches`.

    Yields
    ------
    index, inputs : Tensor
        As `Source.batches` gives them, [B] and [B, ...].
    partners, partner_inputs : Tensor
        The same of the examples beside each, [B, K] and [B, K, ...]; K is 0 where there are none.

    Raises
    ------
    TrainingError
        If an example that has partners, or is one, could not be read.
    """
    if partners is None or partners.shape[1] == 0:
        for index, inputs in source.batches(order, batch_size, seed):
            yield index, inputs, index[:, None][:, :0], inputs[:, None][:, :0]
        return
    count = partners.shape[1]
    parts = torch.split(order, batch_size)
    asked = torch.cat([torch.cat([part, partners[part].flatten()]) for part in parts])
    batches = source.batches(asked, batch_size * (1 + count), seed)
    for part in parts:
        size = len(part)
        index, inputs = next(batches, (part[:0], part[:0]))
        if len(index) != size * (1 + count):
            lost = next(reversed(source.skipped)) if isinstance(source, Streamed) else "an example"
            raise TrainingError(f"{lost} cannot be read any more; mend it, and go on where this stopped")
        beside = inputs[size:].view(size, count, *inputs.shape[1:])
        yield index[:size], inputs[:size], index[size:].view(size, count), beside
