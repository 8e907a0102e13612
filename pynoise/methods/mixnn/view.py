"""What MixNN sees of the training examples between two epochs: their losses and their neighbours."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from pynoise import seeds
from pynoise.analysis.mixture import mixture_if_any
from pynoise.errors import InputError, TrainingError
from pynoise.knn import search

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["View", "look"]


@dataclass
class View:
    """The n examples that are learnt from, as the network sees them after an epoch.

    Attributes
    ----------
    losses : Tensor of float32 on the device, [n]
        Cross-entropy of the given labels.
    probabilities : Tensor of float32 on the device, [n, L]
        Softmax.
    clean : Tensor of float32 on the device, [N]
        Log of the clean probability, Eq. 9; 0 for all where the mixture collapsed, -inf for examples that are
        not learnt from.
    partners : Tensor of int64 on the CPU, [N, K]
        The K nearest of each; of examples that are not learnt from, whatever.
    mixture : dict, or None
        Attributes of `pynoise.analysis.Mixture`; None where it collapsed.
    recall : float, or None
        Share of the nearest that were found, of some examples, where that is not all ("hnsw").
    seconds : dict of str to float
        What was spent on the "evaluation" pass, the "mixture" and the "neighbors".
    """

    losses: Tensor
    probabilities: Tensor
    clean: Tensor
    partners: Tensor
    mixture: dict[str, Any] | None
    recall: float | None
    seconds: dict[str, float]

    def state(self) -> dict[str, Any]:
        """Itself as tensors and plain values."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    @classmethod
    def of_state(cls, state: dict[str, Any]) -> View:
        """From what `state` gave."""
        return cls(**state | {"partners": state["partners"].cpu()})


def look(training: Training, k: int, neighbors: str) -> View:
    """Fit the mixture to the losses and find the neighbours, both from one pass over the examples.

    Parameters
    ----------
    training : Training
        Examples that cannot be read are taken from its rows.
    k : int
        How many neighbours.
    neighbors : {"exact", "hnsw", "random"}
        How they are found, or whom to take instead.

    Raises
    ------
    TrainingError
        If a loss is no number, or too few examples can be read.
    """
    started = time.perf_counter()
    found = training.evaluate(training.rows, features=True)
    assert found.features is not None  # noqa: S101 - tells the type checker
    if not found.seen.all():
        training.rows = training.rows[found.seen.cpu()]
        if len(training.rows) <= k:
            raise TrainingError(
                f"{len(training.rows)} training examples can be read: too few to have {k} neighbours each"
            )
    rows = training.rows.to(training.device)
    logits, features = found.logits[found.seen], found.features[found.seen]
    losses = torch.nn.functional.cross_entropy(logits, training.targets[rows], reduction="none")
    if not losses.isfinite().all():
        raise TrainingError(
            f"the loss of {int((~losses.isfinite()).sum())} of {len(losses)} training examples is not a "
            f"finite number at epoch {training.epoch + 1}; a smaller learning rate (lr, now "
            f"{training.settings.lr:.6g}) may do"
        )
    values = losses.double().cpu().numpy()
    seen = time.perf_counter()
    mixture = mixture_if_any(values)
    log = np.zeros(len(values)) if mixture is None else mixture.clean_log_probability(values)
    fitted = time.perf_counter()
    clean = losses.new_full((len(training.targets),), -torch.inf)
    clean[rows] = torch.as_tensor(log, dtype=torch.float32, device=training.device)
    partners = torch.zeros(len(training.targets), k, dtype=torch.int64, device="cpu")
    recall = None
    if k:
        nearest, recall = _nearest(training, features, k, neighbors)
        partners[training.rows] = training.rows[nearest]
    ended = time.perf_counter()
    return View(
        losses,
        logits.softmax(dim=1),
        clean,
        partners,
        None if mixture is None else asdict(mixture),
        recall,
        {"evaluation": seen - started, "mixture": fitted - seen, "neighbors": ended - fitted},
    )


def _nearest(training: Training, features: Tensor, k: int, neighbors: str) -> tuple[Tensor, float | None]:
    """Which k of the n examples stand beside each, int64 on the CPU, [n, k], and the recall of "hnsw"."""
    count = len(features)
    if neighbors == "random":
        # Anyone but oneself.
        drawn = torch.randint(1, count, (count, k), device="cpu")
        return (drawn + torch.arange(count, device="cpu")[:, None]) % count, None
    engine = "torch" if neighbors == "exact" and features.device.type == "cuda" else neighbors
    values = features.cpu().numpy()
    try:
        indices, _, statistics = search(
            values,
            values,
            k,
            exclude_self=True,
            engine=engine,
            threads=torch.get_num_threads(),
            seed=seeds.split(training.seed, "mixnn", training.epoch),
            return_statistics=True,
        )
    except InputError as error:  # features too large for it, or a graph that leads to too few
        raise TrainingError(f"the neighbours of the examples cannot be found: {error}") from None
    return torch.from_numpy(indices.astype(np.int64)), statistics.recall
