"""WRN-28-10 (Zagoruyko and Komodakis, 2016), without dropout."""

from __future__ import annotations

from torch import Tensor, nn

from pynoise.networks.layers import average, initialised
from pynoise.networks.network import Network

__all__ = ["wrn_28_10"]

_BLOCKS = 4  # of each width: 6·4 + 4 = 28 layers
_WIDTHS = (160, 320, 640)  # 10 times a ResNet's 16, 32, 64


class _Block(nn.Module):
    """Twice batch norm, ReLU and a 3x3 convolution; a shortcut, 1x1 where the width changes."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.activate = nn.Sequential(nn.BatchNorm2d(inputs), nn.ReLU(inplace=True))
        self.layers = nn.Sequential(
            nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
            nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        )
        self.shortcut = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1, stride, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        activated = self.activate(x)
        kept = x if self.shortcut is None else self.shortcut(activated)
        changed: Tensor = self.layers(activated)
        return changed + kept


def wrn_28_10(num_classes: int, input_shape: tuple[int, ...]) -> Network:
    """Build the network, whose features are the 640 averaged maps."""
    layers: list[nn.Module] = [nn.Conv2d(input_shape[0], 16, 3, padding=1, bias=False)]
    inputs = 16
    for width in _WIDTHS:
        layers += [_Block(inputs, width, stride=1 if width == _WIDTHS[0] else 2)]
        layers += [_Block(width, width, stride=1) for _ in range(1, _BLOCKS)]
        inputs = width
    layers += [nn.BatchNorm2d(inputs), nn.ReLU(inplace=True), average()]
    return initialised(Network(nn.Sequential(*layers), nn.Linear(inputs, num_classes)))
