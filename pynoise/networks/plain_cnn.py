"""The LeNet-like networks of Drory et al. (2020): cnv@20-cnv@20-pool-cnv@50-cnv@50-pool-fc@width-fc@L."""

from __future__ import annotations

from torch import nn

from pynoise.networks.layers import conv_block, initialised
from pynoise.networks.network import Network

__all__ = ["LEAST", "plain_cnn"]

# The least height and width: two poolings.
LEAST = 4


def plain_cnn(num_classes: int, input_shape: tuple[int, ...], width: int) -> Network:
    """Build the network whose features are the `width` raw outputs of fc@width (their appendices B and E)."""
    channels, height, columns = input_shape
    body = nn.Sequential(
        conv_block(channels, 20, 5),
        conv_block(20, 20, 5),
        nn.MaxPool2d(2),
        conv_block(20, 50, 5),
        conv_block(50, 50, 5),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(50 * (height // 4) * (columns // 4), width, bias=False),
    )
    head = nn.Sequential(nn.BatchNorm1d(width), nn.ReLU(inplace=True), nn.Linear(width, num_classes))
    return initialised(Network(body, head))
