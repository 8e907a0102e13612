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
    center : Tensor of float32, [d]
        What is subtracted from features: the mean of the training rows.
    factor : Tensor of float32
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
        self.register_buffer("center", torch.zeros(width))
        self.register_buffer("factor", torch.ones(()))

    def hidden(self, features: Tensor, k: Tensor) -> Tensor:
        """What the last layer takes, [B, hidden], of features [B, d] and K [B], any number."""
        least, most = self.k_range
        # -1 at the smallest K and 1 at the largest, like the features' own size.
        scaled = (2 * k.to(features.dtype) - (least + most)) / max(most - least, 1)
        x = torch.cat([(features - self.center) * self.factor, scaled[:, None]], dim=1)
        found: Tensor = self.norm(functional.relu(self.first(x)))
        return found

    def forward(self, features: Tensor, k: Tensor) -> Tensor:
        """Logits [B, L] of features, float32 [B, d], and K, [B]."""
        logits: Tensor = self.last(self.hidden(features, k))
        return logits
