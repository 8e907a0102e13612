"""Bootstrapping: targets that are partly what the network says itself.

Reed, Lee, Anguelov, Szegedy, Erhan, Rabinovich, "Training Deep Neural Networks on Noisy Labels with
Bootstrapping", ICLR 2015 workshop, Eq. 6 and 7.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torch.nn import functional

from pynoise import _checks
from pynoise.methods.loss import Loss, distributions, fraction

__all__ = ["Bootstrap", "bootstrap_losses"]

# With the β that the paper has for each.
_KINDS = {"soft": 0.95, "hard": 0.8}


class Bootstrap(Loss):
    """Minimise -Σ_k [β t_k + (1-β) s_k] log p_k, s what the network says.

    Parameters
    ----------
    kind : {"soft", "hard"}
        s is p, and gradients come through it too: the loss is cross-entropy with the entropy of p added, as
        the paper has it; or s is 1 for the largest p, 0 for all others.
    beta : float, optional
        β, within (0, 1]; by default the paper's: 0.95 for "soft", 0.8 for "hard". With 1 it is cross-entropy.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.
    """

    def __init__(self, kind: str = "soft", beta: float | None = None) -> None:
        self._kind = _checks.one_of("kind", kind, tuple(_KINDS))
        self._beta = fraction("beta", _KINDS[self._kind] if beta is None else beta, "(0, 1]")

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {"kind": self._kind, "beta": self._beta}

    def of(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Cross-entropy with targets that are partly the network's."""
        return bootstrap_losses(logits, targets, self._kind, self._beta)


def bootstrap_losses(logits: Tensor, targets: Tensor, kind: str, beta: float) -> Tensor:
    """Losses [B] of logits [B, L] and targets, int64 [B] or float [B, L]; see `Bootstrap`."""
    said = logits.softmax(dim=1) if kind == "soft" else distributions(logits.argmax(dim=1), logits)
    mixed = beta * distributions(targets, logits) + (1 - beta) * said
    return -(mixed * functional.log_softmax(logits, dim=1)).sum(dim=1)
