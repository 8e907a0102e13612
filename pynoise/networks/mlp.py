"""A network of fully connected layers, for rows of numbers and small images."""

from __future__ import annotations

from math import prod

from torch import nn

from pynoise.networks.layers import initialised
from pynoise.networks.network import Network

__all__ = ["mlp"]

_WIDTH = 256


def mlp(num_classes: int, input_shape: tuple[int, ...]) -> Network:
    """Build fc@256-fc@256-fc@L, whose features are the raw outputs of the second layer."""
    body = nn.Sequential(
        nn.Flatten(),
        nn.Linear(prod(input_shape), _WIDTH, bias=False),
        nn.BatchNorm1d(_WIDTH),
        nn.ReLU(inplace=True),
        nn.Linear(_WIDTH, _WIDTH, bias=False),
    )
    head = nn.Sequential(nn.BatchNorm1d(_WIDTH), nn.ReLU(inplace=True), nn.Linear(_WIDTH, num_classes))
    return initialised(Network(body, head))
