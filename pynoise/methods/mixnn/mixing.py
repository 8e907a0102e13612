"""Eq. 4, 5, 10 and 11: how much of each of several examples is in a mixed one."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.distributions import Dirichlet

__all__ = ["WEIGHTS", "mixed", "weights_of"]

WEIGHTS = ("clean", "average", "random")


def weights_of(kind: str, clean: Tensor, concentration: float) -> Tensor:
    """Weights λ, β¹ … βᴷ of examples and their partners; rows sum to 1.

    Parameters
    ----------
    kind : {"clean", "average", "random"}
        By Eq. 10 and 11; all alike; or drawn from the Dirichlet distribution, Beta(c, c) for K = 1.
    clean : Tensor of float32, [B, 1 + K]
        Log of the clean probabilities.
    concentration : float
        The c of "random", 0.01 or more.

    Returns
    -------
    Tensor of float32, [B, 1 + K]
    """
    if kind == "random":
        # What it would check is right, and looking at it would wait for the device in each step.
        return Dirichlet(torch.full_like(clean, concentration), validate_args=False).sample()
    if kind == "average":
        return torch.full_like(clean, 1 / clean.shape[1])
    # Each clean probability over the sum of all, also where all are too small for a float.
    return clean.softmax(dim=1)


def mixed(weights: Tensor, own: Tensor, beside: Tensor) -> Tensor:
    """Weighted sums [B, ...] of examples' own [B, ...] and their partners' [B, K, ...]."""
    shares = weights[(..., *(None,) * (own.ndim - 1))]
    # Not put together first: that would lose the order in memory, channels last.
    return shares[:, 0] * own + (shares[:, 1:] * beside).sum(dim=1)
