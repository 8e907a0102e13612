"""All-CNN-C of Springenberg et al. (2015), and with the layer that Drory et al. (2020) add to it."""

from __future__ import annotations

from torch import nn

from pynoise.networks.layers import average, conv_block, initialised
from pynoise.networks.network import Network

__all__ = ["LEAST", "all_cnn", "all_cnn_256"]

# The least height and width: an unpadded 3x3 convolution follows two strides of 2, which round up.
LEAST = 9

# Of the raw outputs of the layer that Drory et al. add.
_FEATURES = 256


def all_cnn(num_classes: int, input_shape: tuple[int, ...]) -> Network:
    """Build All-CNN-C, whose features are the 192 averaged maps.

    Its last layer, a 1x1 convolution, is linear and so is the mean: averaged first, it is fully connected.
    """
    return initialised(
        Network(nn.Sequential(*_convolutions(input_shape[0]), average()), nn.Linear(192, num_classes))
    )


def all_cnn_256(num_classes: int, input_shape: tuple[int, ...]) -> Network:
    """Build All-CNN-C with one more fully connected layer, whose 256 raw outputs are the features.

    As in the code of Drory et al., the last 1x1 convolution then has as many channels.
    """
    body = nn.Sequential(
        *_convolutions(input_shape[0]),
        conv_block(192, _FEATURES, 1),
        average(),
        nn.Linear(_FEATURES, _FEATURES, bias=False),
    )
    head = nn.Sequential(nn.BatchNorm1d(_FEATURES), nn.ReLU(inplace=True), nn.Linear(_FEATURES, num_classes))
    return initialised(Network(body, head))


def _convolutions(channels: int) -> list[nn.Module]:
    """All convolutions but the last."""
    return [
        conv_block(channels, 96, 3),
        conv_block(96, 96, 3),
        conv_block(96, 96, 3, stride=2),
        conv_block(96, 192, 3),
        conv_block(192, 192, 3),
        conv_block(192, 192, 3, stride=2),
        conv_block(192, 192, 3, padding=0),  # 8x8 becomes 6x6, over which the paper averages
        conv_block(192, 192, 1),
    ]
