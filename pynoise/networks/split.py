"""Any classifier as a body and a head: the last fully connected layer is found by watching one batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from pynoise.errors import InputValueError
from pynoise.networks.network import Network

__all__ = ["split"]

# Heights and widths that are looked at where another one fails, the usual ones of models.
_USUAL = (32, 64, 128, 224, 256, 299, 384)


def split(model: nn.Module, shown: str, input_shape: tuple[int, ...]) -> Network:
    """Take the last fully connected layer off a model: it is the head, and its inputs are the features.

    Parameters
    ----------
    model : Module
        From images to logits; it becomes the body.
    shown : str
        What errors call it.
    input_shape : tuple of int
        (C, H, W).

    Raises
    ------
    InputValueError
        If the model cannot take such images, or if what it gives in training is not what a fully connected
        layer makes of rows of features.
    """
    try:
        last = _find_last(model, shown, input_shape)
    except InputValueError:
        raise
    except Exception as error:  # what a model raises is its own affair
        side = _find_side(model, shown, input_shape[0])
        cure = "" if side is None else f"; {side}x{side} would do"
        size = "x".join(map(str, input_shape))
        reason = str(error).partition("\n")[0]
        raise InputValueError(
            "network", f"{shown!r} does not take images of {size} ({reason}){cure}"
        ) from None
    head = model.get_submodule(last)
    parent, _, name = last.rpartition(".")
    setattr(model.get_submodule(parent), name, nn.Identity())
    return Network(model, head)


def _find_last(model: nn.Module, shown: str, input_shape: tuple[int, ...]) -> str:
    """Name the layer that makes the logits."""
    output, calls = _watch(model, input_shape)
    if not isinstance(output, Tensor):
        raise InputValueError(
            "network", f"{shown!r} gives {type(output).__name__} in training, not logits; take another one"
        )
    for name, features, made in calls:
        # What it gives is the very tensor that this layer made: no softmax, no reshaping follows.
        if made is output and features.ndim == 2:
            return name
    raise InputValueError(
        "network",
        f"{shown!r} does not end in a fully connected layer that takes rows of features; take another one",
    )


def _find_side(model: nn.Module, shown: str, channels: int) -> int | None:
    """The least of the usual heights and widths that a model takes."""
    for side in _USUAL:
        try:
            _find_last(model, shown, (channels, side, side))
        except InputValueError:
            raise  # no size would do
        except Exception:  # noqa: S112 - as above
            continue
        return side
    return None


def _watch(model: nn.Module, input_shape: tuple[int, ...]) -> tuple[object, list[tuple[str, Tensor, Tensor]]]:
    """Send a batch of two through, without computing it: what comes out, and what each Linear did."""
    calls: list[tuple[str, Tensor, Tensor]] = []

    def of(name: str) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
        return lambda _, inputs, output: calls.append((name, inputs[0], output))

    hooks = [
        module.register_forward_hook(of(name))
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear)
    ]
    state = {name: value.to("meta") for name, value in (*model.named_parameters(), *model.named_buffers())}
    try:
        with torch.no_grad():
            output = torch.func.functional_call(model, state, (torch.empty(2, *input_shape, device="meta"),))
    finally:
        for hook in hooks:
            hook.remove()
    return output, calls
