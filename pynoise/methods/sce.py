"""Symmetric cross-entropy: cross-entropy and its reverse.

Wang, Ma, Chen, Luo, Yi, Bailey, "Symmetric Cross Entropy for Robust Learning with Noisy Labels", ICCV 2019,
Eq. 5 to 7.
"""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor
from torch.nn import functional

from pynoise import _checks
from pynoise.errors import InputTypeError, InputValueError
from pynoise.methods.loss import Loss, distributions

__all__ = ["SCE", "sce_losses"]


class SCE(Loss):
    """Minimise α CE + β RCE, CE = -Σ_k t_k log p_k, RCE = -Σ_k p_k log t_k with log 0 = A.

    For labels RCE is -A (1 - p_y). Of targets that are distributions no log t is below A.

    Parameters
    ----------
    alpha, beta : float
        α and β, 0 or more, not both 0; the paper has 0.1 and 1 for CIFAR-10, 6 and 0.1 for CIFAR-100.
    floor : float
        A, below 0; the paper has -4 for CIFAR-10.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.
    """

    def __init__(self, alpha: float = 0.1, beta: float = 1.0, floor: float = -4.0) -> None:
        self._alpha = _checks.number("alpha", alpha)
        self._beta = _checks.number("beta", beta)
        if self._alpha == self._beta == 0:
            raise InputValueError("beta", "is 0, and so is alpha: there is nothing to minimise; give one")
        if isinstance(floor, bool) or not isinstance(floor, int | float):
            raise InputTypeError("floor", f"{floor!r} is not a number")
        if not -math.inf < floor < 0:
            raise InputValueError("floor", f"{floor!r} is not a finite number below 0")
        self._floor = float(floor)

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {"alpha": self._alpha, "beta": self._beta, "floor": self._floor}

    def of(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Symmetric cross-entropy."""
        return sce_losses(logits, targets, self._alpha, self._beta, self._floor)


def sce_losses(logits: Tensor, targets: Tensor, alpha: float, beta: float, floor: float) -> Tensor:
    """Losses [B] of logits [B, L] and targets, int64 [B] or float [B, L]; see `SCE`."""
    log_targets = distributions(targets, logits).log().clamp(min=floor)
    reverse = -(logits.softmax(dim=1) * log_targets).sum(dim=1)
    return alpha * functional.cross_entropy(logits, targets, reduction="none") + beta * reverse
