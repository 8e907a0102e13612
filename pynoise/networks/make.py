"""Networks by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import torch

from pynoise import _checks, seeds
from pynoise._torch_state import seeded, undisturbed
from pynoise.errors import InputTypeError, InputValueError, unknown_name
from pynoise.networks import all_cnn, four_block_cnn, plain_cnn, stock
from pynoise.networks.mlp import mlp
from pynoise.networks.network import Network
from pynoise.networks.resnet20 import resnet20
from pynoise.networks.small_resnet import small_resnet
from pynoise.networks.wide_resnet import wrn_28_10

__all__ = ["NETWORKS", "make"]

Build = Callable[[int, tuple[int, ...]], Network]


class _Known(NamedTuple):
    """How to build a network, the least height and width of its images, and whether it takes rows too."""

    build: Build
    least: int = 1
    rows: bool = False


_KNOWN = {
    "mlp": _Known(mlp, rows=True),
    "mnist-cnn": _Known(partial(plain_cnn.plain_cnn, width=256), plain_cnn.LEAST),
    "mnist-cnn-500": _Known(partial(plain_cnn.plain_cnn, width=500), plain_cnn.LEAST),
    "cifar-cnn": _Known(partial(plain_cnn.plain_cnn, width=256), plain_cnn.LEAST),
    "all-cnn": _Known(all_cnn.all_cnn, all_cnn.LEAST),
    "all-cnn-256": _Known(all_cnn.all_cnn_256, all_cnn.LEAST),
    "four-block-cnn": _Known(four_block_cnn.four_block_cnn, four_block_cnn.LEAST),
    "resnet20": _Known(resnet20),
    "resnet18": _Known(partial(small_resnet, layers=18)),
    "resnet34": _Known(partial(small_resnet, layers=34)),
    "wrn-28-10": _Known(wrn_28_10),
}
# Short names of some of torchvision's.
_STOCK = ("densenet121", "resnet50")

NETWORKS = (*_KNOWN, *_STOCK)


def make(name: str, num_classes: int, input_shape: Sequence[int], *, seed: int = 0) -> Network:
    """Build a network with weights that have not been trained.

    Parameters
    ----------
    name : str
        One of `NETWORKS`, or ``"torchvision:NAME"`` or ``"timm:NAME"`` for a classification model of these
        packages that ends in a fully connected layer.
    num_classes : int
        Number of classes L, at least 2.
    input_shape : sequence of int
        (C, H, W) of images, or (d,) of rows of numbers, which "mlp" alone takes.
    seed : int
        What the weights are drawn with, 0 ≤ seed < 2⁶⁴. They depend on nothing else but the version of
        PyTorch, and its global generators are left as they are.

    Returns
    -------
    Network
        On the CPU, in training mode.

    Raises
    ------
    InputValueError, InputTypeError
        If the name is not known, the network does not take such inputs, an argument is out of its range, or
        a package is missing.

    Examples
    --------
    >>> import torch
    >>> from pynoise import networks
    >>> network = networks.make("mnist-cnn", 10, (1, 28, 28))
    >>> logits, features = network.outputs(torch.zeros(5, 1, 28, 28))
    >>> logits.shape, features.shape
    (torch.Size([5, 10]), torch.Size([5, 256]))
    """
    known = _find(name)
    classes = _checks.whole("num_classes", num_classes, 2, _checks.MOST_CLASSES)
    shape = _check_shape(input_shape)
    start = seeds.split(seed, "init")
    _check_fit(name, known, shape)
    cpu = torch.device("cpu")
    with cpu, undisturbed(cpu), seeded(start, cpu):
        return known.build(classes, shape)


def _find(name: object) -> _Known:
    if isinstance(name, str):
        if name in _KNOWN:
            return _KNOWN[name]
        package, colon, model = name.partition(":")
        if name in _STOCK:
            return _Known(partial(stock.of_torchvision, name=name, shown=name))
        if package + colon == stock.TORCHVISION:
            return _Known(partial(stock.of_torchvision, name=model, shown=name))
        if package + colon == stock.TIMM:
            return _Known(partial(stock.of_timm, name=model))
    if not isinstance(name, str):
        raise InputTypeError(
            "network", f"a {type(name).__name__} is no name; known are {', '.join(NETWORKS)}"
        )
    raise unknown_name("network", name, (*NETWORKS, f"{stock.TORCHVISION}NAME", f"{stock.TIMM}NAME"))


def _check_shape(value: Sequence[int]) -> tuple[int, ...]:
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InputTypeError("input_shape", f"{value!r} is not a shape; give (C, H, W) or (d,)")
    shape = tuple(_checks.whole("input_shape", one, 1) for one in value)
    if len(shape) not in (1, 3):
        raise InputValueError("input_shape", f"{shape} is no shape of inputs; give (C, H, W) or (d,)")
    return shape


def _check_fit(name: str, known: _Known, shape: tuple[int, ...]) -> None:
    if known.rows:
        return
    if len(shape) == 1:
        raise InputValueError(
            "network", f"{name!r} takes images, and the data are rows of {shape[0]} numbers; give 'mlp'"
        )
    side = min(shape[1:])
    if side < known.least:
        fitting = ", ".join(one for one, other in _KNOWN.items() if other.least <= side)
        raise InputValueError(
            "network",
            f"{name!r} takes images of {known.least}x{known.least} or more, and the data's are "
            f"{shape[1]}x{shape[2]}; give larger ones, or one of {fitting}",
        )
