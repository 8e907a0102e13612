"""torchvision's ResNet-18 and ResNet-34 with a stem for small images: 3x3, stride 1, no pooling."""

from __future__ import annotations

from torch import nn

from pynoise.networks.network import Network
from pynoise.networks.stock import torchvision_model

__all__ = ["small_resnet"]


def small_resnet(num_classes: int, input_shape: tuple[int, ...], layers: int) -> Network:
    """Build the network of so many `layers`, whose features are the 512 averaged maps."""
    model = torchvision_model(f"resnet{layers}", num_classes)
    model.conv1 = nn.Conv2d(input_shape[0], 64, 3, padding=1, bias=False)
    nn.init.kaiming_normal_(model.conv1.weight, mode="fan_out", nonlinearity="relu")  # as the other layers
    model.maxpool = nn.Identity()
    head, model.fc = model.fc, nn.Identity()
    return Network(model, head)
