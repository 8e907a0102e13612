"""What kNet learns: the votes of the K nearest neighbours, for any K, from one search."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Votes"]


class Votes:
    """The labels of the neighbours of N examples, nearest first.

    Parameters
    ----------
    indices : ndarray of int, [N, K]
        Neighbours: rows of the training set.
    labels : ndarray of int, [N]
        Their labels, 0..L-1, L at most 2¹⁵.
    num_classes : int
        L.
    device : device
        Where they are asked for.
    """

    def __init__(
        self,
        indices: NDArray[np.integer[Any]],
        labels: NDArray[np.integer[Any]],
        num_classes: int,
        device: torch.device,
    ) -> None:
        # Two bytes each: 200 MB for a million examples and K = 101.
        self._labels = torch.from_numpy(labels.astype(np.int16)[indices]).to(device)
        self._ranks = torch.arange(indices.shape[1], device=device)
        self._num_classes = num_classes

    def shares(self, rows: Tensor, k: Tensor) -> Tensor:
        """Share of each class among the K nearest, float32 [B, L], of examples [B], each with its own K [B].

        Whole numbers are added, so that their order does not matter.
        """
        voters = (self._ranks < k[:, None]).float()
        counts = voters.new_zeros(len(rows), self._num_classes)
        counts.scatter_add_(1, self._labels[rows].long(), voters)
        return counts / k[:, None]
