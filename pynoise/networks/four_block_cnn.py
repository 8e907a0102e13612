"""Four blocks of convolution, batch norm and ReLU: the CNN of Mizrahi and Avidan (2021)."""

from __future__ import annotations

from itertools import pairwise

from torch import nn

from pynoise.networks.layers import average, conv_block, initialised
from pynoise.networks.network import Network

__all__ = ["LEAST", "four_block_cnn"]

# The least height and width: three poolings.
LEAST = 8

# The paper gives the last, and 0.55 M parameters in all; the others are ours.
_WIDTHS = (48, 80, 96, 512)


def four_block_cnn(num_classes: int, input_shape: tuple[int, ...]) -> Network:
    """Build the network, whose features are the 512 averaged maps."""
    layers: list[nn.Module] = []
    for inputs, outputs in pairwise((input_shape[0], *_WIDTHS)):
        layers += [conv_block(inputs, outputs, 3), nn.MaxPool2d(2)]
    return initialised(Network(nn.Sequential(*layers[:-1], average()), nn.Linear(_WIDTHS[-1], num_classes)))
