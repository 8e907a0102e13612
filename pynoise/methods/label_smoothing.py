"""Label smoothing: a little of every label in each target.

Szegedy, Vanhoucke, Ioffe, Shlens, Wojna, "Rethinking the Inception Architecture for Computer Vision", CVPR
2016, section 7.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional

from pynoise.methods.loss import Loss, fraction

__all__ = ["LabelSmoothing", "label_smoothing_losses"]


class LabelSmoothing(Loss):
    """Minimise -Σ_k t'_k log p_k for t' = (1-ε) t + ε/L.

    Parameters
    ----------
    epsilon : float
        ε, within [0, 1); the paper has 0.1. With 0 it is cross-entropy.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.
    """

    def __init__(self, epsilon: float = 0.1) -> None:
        self._epsilon = fraction("epsilon", epsilon, "[0, 1)")

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {"epsilon": self._epsilon}

    def of(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy with smoothed targets."""
        return label_smoothing_losses(logits, targets, self._epsilon)


def label_smoothing_losses(logits: Tensor, targets: Tensor, epsilon: float) -> Tensor:
    """Losses [B] of logits [B, L] and targets, int64 [B] or float [B, L]; see `LabelSmoothing`."""
    return functional.cross_entropy(logits, targets, reduction="none", label_smoothing=epsilon)
