"""The network that learns to be K-NN (Mizrahi and Avidan, Table 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["KNetwork"]


class KNetwork(nn.Module):
    """From features and K to what K nearest neighbours would vote: d+1 → hidden → ReLU → batch norm → L.

    Parameters
    ----------
    width : int
        Features, d.
    num_classes : int
        Classes, L.
    hidden : int
        Width of the hidden layer.
    k_range : tuple of int
        The smallest and the largest K that it is trained for.

    Attributes
    ----------
    center : Tensor of float64, [d]
        What is subtracted from features: the mean of the training rows.
    factor : Tensor of float64
        What they are multiplied by then: one number for all, so that neighbours stay neighbours.
    """

    center: Tensor
    factor: Tensor

    def __init__(self, width: int, num_classes: int, hidden: int, k_range: tuple[int, int]) -> None:
        super().__init__()
        self.first = nn.Linear(width + 1, hidden)
        self.norm = nn.BatchNorm1d(hidden)
        self.last = nn.Linear(hidden, num_classes)
        self.k_range = k_range
        self.register_buffer("center", torch.zeros(width, dtype=torch.float64))
        self.register_buffer("factor", torch.ones((), dtype=torch.float64))

    def normalised(self, features: Tensor) -> Tensor:
        """Features [B, d] as the first layer takes them: float32, from a difference in float64."""
        return ((features.double() - self.center) * self.factor).float()

    def hidden(self, x: Tensor, k: Tensor) -> Tensor:
        """What the last layer takes, [B, hidden], of normalised features [B, d] and K [B], any number."""
        least, most = self.k_range
        # -1 at the smallest K and 1 at the largest, like the features' own size.
        scaled = (2 * k.to(x.dtype) - (least + most)) / max(most - least, 1)
        found: Tensor = self.norm(functional.relu(self.first(torch.cat([x, scaled[:, None]], dim=1))))
        return found

    def forward(self, x: Tensor, k: Tensor) -> Tensor:
        """Logits [B, L] of normalised features, float32 [B, d], and K, [B]."""
        logits: Tensor = self.last(self.hidden(x, k))
        return logits
