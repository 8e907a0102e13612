"""The processes that `torchrun` starts, one a device, and what they tell each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, distributed, nn

from pynoise.errors import InputValueError

__all__ = ["Team", "processes", "team_of"]


class Team:
    """The processes of a run; one alone unless torchrun has started several.

    Attributes
    ----------
    rank, size : int
        Which process this is, of how many. The first writes files and speaks.
    """

    def __init__(self, rank: int = 0, size: int = 1) -> None:
        self.rank = rank
        self.size = size

    @property
    def first(self) -> bool:
        """Whether this process speaks for all."""
        return self.rank == 0

    def wrap(self, network: nn.Module, device: torch.device) -> nn.Module:
        """The network, with gradients that are the mean over all processes."""
        if self.size == 1:
            return network
        ids = [device] if device.type == "cuda" else None
        return nn.parallel.DistributedDataParallel(network, device_ids=ids)

    def share(self, order: Tensor) -> Tensor:
        """The part of examples in order that this process has: every size-th."""
        return order[self.rank :: self.size]

    def equalise(self, network: nn.Module) -> None:
        """Give all the running statistics of the first, whose network is the one that is saved."""
        if self.size > 1:
            for buffer in network.buffers():
                distributed.broadcast(buffer, 0)

    def total(self, values: Tensor) -> Tensor:
        """The sum over all processes."""
        if self.size > 1:
            distributed.all_reduce(values)
        return values

    def whole(self, part: Tensor, count: int) -> Tensor:
        """Put together what each process has of `count` rows, dealt out by `share`."""
        if self.size == 1:
            return part
        most = -(-count // self.size)
        padded = part.new_zeros((most, *part.shape[1:]))
        padded[: len(part)] = part
        parts = [torch.empty_like(padded) for _ in range(self.size)]
        distributed.all_gather(parts, padded)
        return torch.stack(parts, dim=1).flatten(0, 1)[:count]

    def wait(self) -> None:
        """Wait until all are here."""
        if self.size > 1:
            distributed.barrier()


def processes() -> int:
    """How many processes torchrun has started; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@contextmanager
def team_of(device: torch.device, batch_size: int) -> Iterator[tuple[Team, torch.device]]:
    """The team that this process belongs to, and its own device.

    Raises
    ------
    InputValueError
        If a batch cannot be divided among the processes.
    """
    size = processes()
    if size == 1:
        yield Team(), device
        return
    if batch_size % size or batch_size < 2 * size:
        raise InputValueError(
            "batch_size", f"{batch_size} cannot be divided among {size} processes, with 2 or more for each"
        )
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Team(distributed.get_rank(), size), device
    finally:
        distributed.destroy_process_group()
