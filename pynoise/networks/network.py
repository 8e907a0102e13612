"""What every network is: a body that makes features, and a head that makes logits of them."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from pynoise.errors import InputTypeError

__all__ = ["Network", "Outputs"]


class Outputs(NamedTuple):
    """Logits [B, L] and penultimate features [B, d] of a batch."""

    logits: Tensor
    features: Tensor


class Network(nn.Module):
    """A network whose penultimate features can be had beside its logits.

    Parameters
    ----------
    body : Module
        From a batch of inputs to features [B, d].
    head : Module
        From features to logits [B, L]: the last fully connected layer and what stands before it.
    """

    def __init__(self, body: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.body = body
        self.head = head

    @property
    def last_layer(self) -> nn.Linear:
        """The fully connected layer that the head is or ends in; its weight is [L, width of its inputs]."""
        last = self.head[-1] if isinstance(self.head, nn.Sequential) else self.head
        if not isinstance(last, nn.Linear):
            raise InputTypeError("network", f"its head ends in {type(last).__name__}, not in Linear")
        return last

    def forward(self, x: Tensor) -> Tensor:
        """Logits [B, L] of inputs, float [B, C, H, W] or [B, d]."""
        logits: Tensor = self.head(self.body(x))
        return logits

    def outputs(self, x: Tensor) -> Outputs:
        """Logits and features of inputs, in one pass."""
        features = self.body(x)
        return Outputs(self.head(features), features)
