"""What methods share that are a loss and nothing else."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any, Literal

from torch import Tensor
from torch.nn import functional

from pynoise import _checks
from pynoise.errors import InputValueError
from pynoise.methods.method import Batch, Method

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["Loss", "distributions", "fraction"]


class Loss(Method):
    """A method that minimises a function of logits and targets."""

    @abstractmethod
    def of(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Losses [B] of logits [B, L] and targets, int64 [B] or float [B, L]."""

    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """The loss of each example."""
        logits = training.logits(batch.inputs)
        return self.of(logits, batch.targets), logits


def distributions(targets: Tensor, like: Tensor) -> Tensor:
    """Targets as distributions [B, L], of the shape and dtype of logits: labels become one-hot."""
    if targets.ndim == 1:
        targets = functional.one_hot(targets, like.shape[1])
    return targets.to(like.dtype)


def fraction(argument: str, value: Any, interval: Literal["(0, 1]", "[0, 1)"]) -> float:
    """Check a number within 0 to 1, one of the two excluded."""
    number = _checks.number(argument, value)
    if number > 1 or number == (0 if interval == "(0, 1]" else 1):
        raise InputValueError(argument, f"{number:.10g} is not within {interval}")
    return number
