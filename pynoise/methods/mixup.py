"""mixup: examples and labels of a batch mixed in pairs.

Zhang, Cisse, Dauphin, Lopez-Paz, "mixup: Beyond Empirical Risk Minimization", ICLR 2018, Eq. 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.distributions import Beta
from torch.nn import functional

from pynoise import _checks
from pynoise.errors import InputValueError
from pynoise.methods.method import Batch, Method

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["Mixup", "concentration", "mixup_losses"]

# Below, all that is drawn may be 0 to a float32, and above the weights are alike.
_LEAST, _MOST = 0.01, 1e6


class Mixup(Method):
    """Minimise λ CE(y_i, p) + (1-λ) CE(y_j, p) at λ x_i + (1-λ) x_j, λ ~ Beta(α, α), one a batch.

    Parameters
    ----------
    alpha : float
        α, within 0.01 to 1,000,000; the paper has 1 for CIFAR. More of it mixes more.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self._alpha = concentration("alpha", alpha)

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {"alpha": self._alpha}

    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """Cross-entropy of mixed examples."""
        return mixup_losses(training, batch, self._alpha)


def concentration(argument: str, value: Any) -> float:
    """Check the parameter of a Beta or Dirichlet distribution that weights are drawn from."""
    number = _checks.number(argument, value)
    if not _LEAST <= number <= _MOST:
        raise InputValueError(argument, f"{number:.10g} is not within {_LEAST:g} to {_MOST:g}")
    return number


def mixup_losses(training: Training, batch: Batch, alpha: float) -> tuple[Tensor, Tensor]:
    """Losses [B] and logits [B, L] of a batch mixed with itself in another order; see `Mixup`."""
    # Drawn on the CPU: a number that waits for no device.
    share = float(Beta(alpha, alpha).sample())
    other = torch.randperm(len(batch.index), device=batch.index.device)
    logits = training.logits(share * batch.inputs + (1 - share) * batch.inputs[other])
    own, others = (
        functional.cross_entropy(logits, targets, reduction="none")
        for targets in (batch.targets, batch.targets[other])
    )
    return share * own + (1 - share) * others, logits
