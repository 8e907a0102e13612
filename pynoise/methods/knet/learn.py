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
    x: Tensor,
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
        On its device.
    x : Tensor of float32, [N, d]
        Normalised features, on its device.
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
        If a loss, or a weight in the end, is no finite number.
    """
    device, count = x.device, len(x)
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
            logits = network(x[rows], k)
            each = functional.cross_entropy(logits, targets, reduction="none")
            if loss == "kl":
                each = each + torch.xlogy(targets, targets).sum(dim=1)
            optimizer.zero_grad()
            each.mean().backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            total += each.detach().sum()
        found.append(float(total) / count)
        # The last step has no loss after it: what came of it is looked at itself.
        whole = torch.isfinite(total) and all(
            torch.isfinite(values).all() for values in network.state_dict().values()
        )
        if not whole:
            words = f"in epoch {epoch + 1} (loss {found[-1]:.4g}); give a smaller lr"
            raise TrainingError(f"kNet's loss or weights are no numbers any more {words}")
        report(epoch + 1, epochs)
    network.eval()
    with torch.no_grad():
        if not torch.isfinite(network(x[rows], k)).all():
            raise TrainingError("kNet's weights have become too large for float32; give a smaller lr")
    return found
