"""Plain cross-entropy with the labels as they are, noise and all: what everything else is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from torch import Tensor
from torch.nn import functional

from pynoise.methods.method import Batch, Method

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["CrossEntropy"]


class CrossEntropy(Method):
    """Minimise -log p(label), or -Σ t log p for targets t that are distributions."""

    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """Cross-entropy of each example."""
        logits = training.logits(batch.inputs)
        return functional.cross_entropy(logits, batch.targets, reduction="none"), logits
