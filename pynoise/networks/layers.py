"""Layers that several families share, and how their weights start."""

from __future__ import annotations

from torch import nn

from pynoise.networks.network import Network

__all__ = ["average", "conv_block", "initialised"]


def conv_block(
    inputs: int, outputs: int, kernel: int, *, stride: int = 1, padding: int | None = None
) -> nn.Module:
    """Convolution, batch norm, ReLU; by default padded with zeros so that stride 1 keeps the size.

    There is no bias: batch norm would take it away.
    """
    around = kernel // 2 if padding is None else padding
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, stride, around, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def average() -> nn.Module:
    """Mean of each map: [B, C, H, W] to [B, C]."""
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def initialised(network: Network) -> Network:
    """Draw the weights from N(0, 2/n), n the number of inputs of a unit; biases are 0 (He et al., 2015)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
