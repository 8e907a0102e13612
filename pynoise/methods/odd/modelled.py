"""The loss that labels drawn at random would have, from the weights of the last layer alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["modelled_losses"]

# Numbers worked on in one go.
_BLOCK = 2**22


@torch.no_grad()
def modelled_losses(layer: nn.Linear, draws: int, seed: int) -> Tensor:
    """Draw losses of uniform random labels: CE(fc(max(x, 0)), k), x ~ N(0, I), k ~ Uniform (Song et al.).

    Parameters
    ----------
    layer : Linear
        The last fully connected layer, from d to L.
    draws : int
        How many; 1 or more.
    seed : int
        Of the draws, which are made on the CPU: the same on every device.

    Returns
    -------
    Tensor of float32 on the CPU, [draws]
        In nats, ascending.
    """
    generator = torch.Generator("cpu").manual_seed(seed)
    width, classes = layer.in_features, layer.out_features
    device = layer.weight.device
    found = []
    step = max(1, _BLOCK // max(width, classes))
    for start in range(0, draws, step):
        count = min(step, draws - start)
        x = torch.randn(count, width, generator=generator, device="cpu").clamp_(min=0)
        k = torch.randint(classes, (count,), generator=generator, device="cpu")
        logits = layer(x.to(device, layer.weight.dtype)).float()
        found.append(functional.cross_entropy(logits, k.to(device), reduction="none").cpu())
    return torch.cat(found).sort().values
