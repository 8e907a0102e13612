"""Training of kNet."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

import torch
from torch import Tensor
from torch.nn import functional

from pynoise.errors import TrainingError
from pynoise.methods.knet.network import KNetwork
from pynoise.methods.knet.votes import Votes

__all__ = ["LOSSES", "learn"]

LOSSES = ("cross-entropy", "kl")


def learn(
    network: KNetwork,
    features: Tensor,
    votes: Votes,
    *,
    loss: str,
    epochs: int,
    batch_size: int,
    lr: float,
    report: Callable[[int, int], object],
) -> list[float]:
    """Train a network by Adam on the votes for a K that is drawn for each example in each step.

    Draws from torch's generators: of the CPU alone, so that every device sees the same.

    Parameters
    ----------
    network : KNetwork
        With center and factor as they shall be.
    features : Tensor of float32, [N, d]
        On its device.
    votes : Votes
        Of the N examples, for the largest K of the network's range.
    loss : {"cross-entropy", "kl"}
        Mean of -Σ v log p, or of Σ v log(v / p), v votes and p the network's softmax.
    epochs, batch_size, lr
        The rate falls from `lr` to 0 along half a cosine.
    report : callable
        Called with (done, total) after each epoch.

    Returns
    -------
    list of float
        The mean loss of each epoch.

    Raises
    ------
    TrainingError
        If a loss is no finite number.
    """
    device, count = features.device, len(features)
    least, most = network.k_range
    optimizer = torch.optim.Adam(network.parameters(), lr=lr, fused=True)
    steps = max(1, count // batch_size)  # no batch of one, which has no variance
    found: list[float] = []
    network.train()
    for epoch in range(epochs):
        order = torch.randperm(count, device="cpu")
        drawn = torch.randint(least, most + 1, (count,), device="cpu")
        order, drawn = order.to(device), drawn.to(device)
        total = torch.zeros((), device=device)
        for step, rows in enumerate(order.tensor_split(steps)):
            for group in optimizer.param_groups:
                group["lr"] = lr * (1 + cos(pi * (epoch + step / steps) / epochs)) / 2
            k = drawn[rows]
            targets = votes.shares(rows, k)
            logits = network(features[rows], k)
            each = functional.cross_entropy(logits, targets, reduction="none")
            if loss == "kl":
                each = each + torch.xlogy(targets, targets).sum(dim=1)
            optimizer.zero_grad()
            each.mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += each.detach().sum()
        found.append(float(total) / count)
        if not torch.isfinite(total):
            raise TrainingError(f"kNet's loss is {found[-1]} in epoch {epoch + 1}; give a smaller lr")
        report(epoch + 1, epochs)
    network.eval()
    return found
