"""ResNet-20 (He et al., 2016, Section 4.2), with shortcuts that have no parameters (option A)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from pynoise.networks.layers import average, conv_block, initialised
from pynoise.networks.network import Network

__all__ = ["resnet20"]

_BLOCKS = 3  # of each width: 6·3 + 2 = 20 layers


class _Block(nn.Module):
    """Two 3x3 convolutions and a shortcut that takes every `stride`-th pixel and appends maps of zeros."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride, self.more = stride, outputs - inputs
        self.layers = nn.Sequential(
            conv_block(inputs, outputs, 3, stride=stride),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            nn.BatchNorm2d(outputs),
        )

    def forward(self, x: Tensor) -> Tensor:
        shortcut = functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.more))
        return functional.relu(self.layers(x) + shortcut)


def resnet20(num_classes: int, input_shape: tuple[int, ...]) -> Network:
    """Build the network, whose features are the 64 averaged maps."""
    layers, inputs = [conv_block(input_shape[0], 16, 3)], 16
    for width, stride in ((16, 1), (32, 2), (64, 2)):
        layers += [_Block(inputs, width, stride)]
        layers += [_Block(width, width, 1) for _ in range(1, _BLOCKS)]
        inputs = width
    return initialised(Network(nn.Sequential(*layers, average()), nn.Linear(inputs, num_classes)))
