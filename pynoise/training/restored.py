"""A trained network, from its checkpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from pynoise import networks
from pynoise._torch_device import device_of
from pynoise.errors import InputValueError
from pynoise.networks import Network
from pynoise.training import checkpoint

if TYPE_CHECKING:
    from pynoise.training.saved import Run

__all__ = ["load_weights", "restored_network"]


def restored_network(run: Run, which: str, device: str) -> Network:
    """The network of a run with the weights of its selected or last epoch, in evaluation mode."""
    where = device_of(device)
    path = run.checkpoint(which)
    content = checkpoint.load("run", path, where)
    config = run.config
    shape = tuple(config["input_shape"])
    network = networks.make(config["network"], len(config["data"]["names"]), shape)
    network.to(where).to(memory_format=torch.channels_last)
    load_weights(network, content, str(path))
    return network.eval()


def load_weights(network: Network, content: dict[str, Any], path: str) -> None:
    """Put the weights of a checkpoint into a network.

    Raises
    ------
    InputValueError
        If they are those of another network.
    """
    try:
        network.load_state_dict(content["network"])
    except Exception as error:  # missing, of another shape, no tensors at all
        first = str(error).partition("\n")[0]
        raise InputValueError("run", f"{path!r} holds other weights than this network's: {first}") from None
