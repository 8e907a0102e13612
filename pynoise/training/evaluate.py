"""What a network says of examples, without learning from them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from pynoise.errors import TrainingError
from pynoise.networks.network import Network
from pynoise.training.distributed import Team
from pynoise.training.source import Source

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """What a network says of n examples; all on its device.

    Attributes
    ----------
    logits : Tensor of float32, [n, L]
        NaN for an example that was skipped.
    features : Tensor of float32 [n, d], or None
        Penultimate features, where they were asked for.
    seen : Tensor of bool, [n]
        False for damaged images that were skipped.
    """

    logits: Tensor
    features: Tensor | None
    seen: Tensor

    @property
    def softmax(self) -> Tensor:
        """Probabilities, float32 [n, L], each row summing to 1 as nearly as float32 can."""
        return self.logits.double().softmax(dim=1).float()

    def losses(self, targets: Tensor) -> Tensor:
        """Cross-entropy of each example, float32 [n]."""
        return functional.cross_entropy(self.logits, targets, reduction="none")

    def score(self, labels: Tensor) -> tuple[float, float]:
        """Mean cross-entropy and accuracy against labels [n], over the examples seen."""
        logits, labels = self.logits[self.seen], labels[self.seen]
        loss = functional.cross_entropy(logits, labels)
        return float(loss), float((logits.argmax(dim=1) == labels).double().mean())


@torch.no_grad()  # not in inference mode: methods learn from what this gives
def evaluate(
    network: Network,
    source: Source,
    rows: Tensor,
    batch_size: int,
    *,
    features: bool = False,
    team: Team | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> Evaluation:
    """Run a network over examples in evaluation mode, in float32 and without augmentation.

    Parameters
    ----------
    network : Network
        On its device; its mode is as before in the end.
    source : Source
        Where the inputs come from.
    rows : Tensor of int64 on the CPU, [n]
        Which examples, none twice.
    batch_size : int
        Examples at a time, in each process.
    features : bool
        Whether to keep the penultimate features.
    team : Team, optional
        The processes that share the work; each gets the whole.
    progress : callable, optional
        Called with (done, total).
    """
    team = team or Team()
    training = network.training
    network.eval()
    mine = team.share(rows)
    kept: dict[str, list[Tensor]] = {"index": [], "logits": [], "features": []}
    done = 0
    try:
        for index, inputs in source.batches(mine, batch_size, None):
            logits, found = network.outputs(inputs)
            kept["index"].append(index)
            kept["logits"].append(logits.float())
            if features:
                kept["features"].append(found.float())
            done += len(index)
            if progress is not None:
                progress(min(done * team.size, len(rows)), len(rows))
    finally:
        network.train(training)
    if not kept["index"]:
        raise TrainingError("there is no example that could be read")
    index = torch.cat(kept["index"])
    device = index.device
    # Batches lack what was skipped: each example goes to its own place.
    place = torch.full((len(source),), -1, device=device)
    place[mine.to(device)] = torch.arange(len(mine), device=device)

    def placed(parts: list[Tensor]) -> Tensor:
        values = torch.cat(parts)
        result = torch.full((len(mine), *values.shape[1:]), torch.nan, device=device)
        result[place[index]] = values
        return team.whole(result, len(rows))

    seen = torch.zeros(len(mine), dtype=torch.bool, device=device)
    seen[place[index]] = True
    return Evaluation(
        placed(kept["logits"]),
        placed(kept["features"]) if features else None,
        team.whole(seen, len(rows)),
    )
