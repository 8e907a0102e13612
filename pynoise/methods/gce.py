"""Generalised cross-entropy: between cross-entropy and the mean absolute error.

Zhang, Sabuncu, "Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels", NeurIPS
2018, Eq. 6; not the truncated loss of its section 3.3.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from pynoise.methods.loss import Loss, distributions, fraction

__all__ = ["GCE", "gce_losses"]


class GCE(Loss):
    """Minimise (1 - p_y^q) / q; for targets t that are distributions, Σ_k t_k (1 - p_k^q) / q.

    Parameters
    ----------
    q : float
        Within (0, 1]; the paper has 0.7. Near 0 it is cross-entropy, at 1 the mean absolute error.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.
    """

    def __init__(self, q: float = 0.7) -> None:
        self._q = fraction("q", q, "(0, 1]")

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {"q": self._q}

    def of(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Generalised cross-entropy."""
        return gce_losses(logits, targets, self._q)


def gce_losses(logits: Tensor, targets: Tensor, q: float) -> Tensor:
    """Losses [B] of logits [B, L] and targets, int64 [B] or float [B, L]; see `GCE`."""
    # By logarithms: the slope of p^q is infinite at 0, where p may be to a float.
    each = -torch.expm1(q * functional.log_softmax(logits, dim=1)) / q
    return (distributions(targets, logits) * each).sum(dim=1)
