"""MixNN in the training loop (Yangdi Lu and Wenbo He, *MixNN*, Algorithm 1)."""

from __future__ import annotations

import math
import warnings
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from pynoise import _checks
from pynoise._progress import Progress
from pynoise.errors import InputTypeError, InputValueError, TrainingWarning
from pynoise.knn.nearest import ENGINES
from pynoise.methods import mixup
from pynoise.methods.method import Batch, Method
from pynoise.methods.mixnn.corrected import corrected_labels
from pynoise.methods.mixnn.figures import figures_of
from pynoise.methods.mixnn.mixing import WEIGHTS, mixed, weights_of
from pynoise.methods.mixnn.view import View, look
from pynoise.noise.corrected import FILE

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["MixNN"]

NEIGHBORS = ("exact", "hnsw", "random")
NEIGHBOR_TARGETS = ("given", "corrected")

# The paper's warm-up: for CIFAR-10, and for CIFAR-100 or as many classes.
_WARMUP, _LONG_WARMUP, _MANY = 10, 30, 100


class MixNN(Method):
    """Mix examples with their nearest neighbours by how likely their labels are right, and correct labels.

    After a warm-up by cross-entropy, before each epoch: a mixture of two Gaussians is fitted to the losses of
    the given labels, which gives each example the probability that its label is right (Eq. 9), and the K
    nearest neighbours of each are found by penultimate features. Inputs and targets are then mixed by the
    weights of Eq. 10 and 11 (Eq. 4 and 5), and from epoch E_s on the target of an example is an exponential
    moving average of what the network says of it (Eq. 12). It is in evaluation mode when it is asked.

    Parameters
    ----------
    k : int
        K, how many neighbours; 1 in the paper, 0 for none.
    neighbors : {"exact", "hnsw", "random"}
        Found exactly, or by hnswlib's graph as in the paper, which takes longer and, with more than one
        thread, depends on which comes first; or other examples, drawn anew for each epoch.
    weights : {"clean", "average", "random"}
        Of Eq. 10 and 11; or all alike (AVG, MixAVG); or drawn from Beta(c, c), for K > 1 from a Dirichlet
        distribution (RDM).
    concentration : float
        The c of random weights, within 0.01 to 1,000,000; the paper does not say.
    warmup : int, optional
        Epochs by cross-entropy; by default 10, or 30 for 100 classes and more.
    correction_start : int or None
        E_s, the epoch after the warm-up, counted from 1, from which on labels are corrected; None for never.
    alpha : float
        α of Eq. 12, within [0, 1): how much of a target stays.
    neighbor_targets : {"given", "corrected"}
        What a neighbour brings in: its given label, as in line 15 of Algorithm 1, or its soft target, as
        section V would have it.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.
    """

    settings = MappingProxyType(
        {
            "epochs": 300,
            "lr": 0.02,
            "lr_min": 0.001,
            "weight_decay": 1e-3,
            "schedule": "cosine-restarts",
            "restart_every": 10,
        }
    )

    def __init__(
        self,
        k: int = 1,
        *,
        neighbors: str = "exact",
        weights: str = "clean",
        concentration: float = 1.0,
        warmup: int | None = None,
        correction_start: int | None = 60,
        alpha: float = 0.9,
        neighbor_targets: str = "given",
    ) -> None:
        self._k = _checks.whole("k", k, 0)
        self._neighbors = _checks.one_of("neighbors", neighbors, NEIGHBORS)
        self._weights = _checks.one_of("weights", weights, WEIGHTS)
        self._concentration = mixup.concentration("concentration", concentration)
        self._warmup = None if warmup is None else _checks.whole("warmup", warmup, 0)
        self._start = None if correction_start is None else _start_of(correction_start)
        self._alpha = _checks.number("alpha", alpha)
        if self._alpha >= 1:
            raise InputValueError("alpha", f"{self._alpha:.10g} is too large; give less than 1")
        self._neighbor_targets = _checks.one_of("neighbor_targets", neighbor_targets, NEIGHBOR_TARGETS)
        if neighbors == "hnsw":
            import_module(ENGINES["hnsw"] or "")  # its package may be missing

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {
            "k": self._k,
            "neighbors": self._neighbors,
            "weights": self._weights,
            "concentration": self._concentration,
            "warmup": self._warmup,
            "correction_start": self._start,
            "alpha": self._alpha,
            "neighbor_targets": self._neighbor_targets,
        }

    def begin(self, training: Training) -> None:
        """Set the soft targets to the given labels, and refuse what would fail after the warm-up."""
        classes = training.network.last_layer.out_features
        if self._k >= len(training.rows):
            raise InputValueError(
                "method_options",
                f"k: {self._k} is too large for {len(training.rows)} examples to learn from; give less",
            )
        usual = _WARMUP if classes < _MANY else _LONG_WARMUP
        self._warm = usual if self._warmup is None else self._warmup
        epochs = training.settings.epochs
        if training.team.first:
            self._warn(epochs)
        self._given = training.targets
        # Not by one_hot, whose int64 would take twice the memory beside.
        self._targets = torch.zeros(len(self._given), classes, device=training.device)
        self._targets.scatter_(1, self._given[:, None], 1.0)
        record = training.record
        self._truth = None
        if record is not None:
            self._truth = torch.tensor(record.clean, dtype=torch.int64, device=training.device)
        self._view: View | None = None
        self._warm_losses = torch.full((len(self._given),), torch.nan, device=training.device)
        self._seconds = dict.fromkeys(("evaluation", "mixture", "neighbors"), 0.0)

    def _warn(self, epochs: int) -> None:
        """Say what the epochs are too few for."""
        problem = None
        if self._warm >= epochs:
            problem = (
                f"nothing is mixed: the warm-up of {self._warm} epochs is all of the training, {epochs} "
                "epochs; give more epochs, or a smaller warmup"
            )
        elif self._start is not None:
            # The given label keeps a share of α a time, and is the largest as long as that is above a half.
            wanted = 1 if self._alpha <= 0.5 else math.ceil(math.log(0.5) / math.log(self._alpha))
            left = max(0, epochs - self._warm - self._start + 1)
            if left < wanted:
                problem = (
                    f"labels are never corrected: that takes {wanted} epochs with alpha {self._alpha:.10g}, "
                    f"and {left} are left of {epochs} from correction_start, epoch {self._start} after a "
                    f"warm-up of {self._warm}; give more epochs, or a smaller correction_start"
                )
        if problem is not None:
            warnings.warn(problem, TrainingWarning, stacklevel=2)

    def start_epoch(self, training: Training) -> None:
        """Say who stands beside whom."""
        # Of the right and of the wrong labels: sums of gradient coefficients, and how many.
        self._gradients = torch.zeros(2, 2, dtype=torch.float64, device=training.device)
        self._touched = torch.zeros(len(self._given), 1, device=training.device)
        training.partners = None
        if training.epoch >= self._warm:
            if self._view is None:
                self._look(training)
            assert self._view is not None  # noqa: S101 - tells the type checker
            training.partners = self._view.partners

    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """Cross-entropy of mixed inputs and mixed targets; of plain ones during the warm-up."""
        if self._view is None or training.epoch < self._warm:
            inputs, targets = batch.inputs, self._targets[batch.index]
        else:
            if self._start is not None and training.epoch - self._warm + 1 >= self._start:
                self._correct(training, batch)
            every = torch.cat([batch.index[:, None], batch.partners], dim=1)
            weights = weights_of(self._weights, self._view.clean[every], self._concentration)
            theirs = self._targets[batch.partners]
            if self._neighbor_targets == "given":
                theirs = functional.one_hot(self._given[batch.partners], theirs.shape[-1]).float()
            targets = mixed(weights, self._targets[batch.index], theirs)
            inputs = mixed(weights, batch.inputs, batch.partner_inputs)
        logits = training.logits(inputs)
        self._note_gradients(batch.index, logits.detach(), targets)
        return functional.cross_entropy(logits, targets, reduction="none"), logits

    def end_epoch(self, training: Training) -> dict[str, float | None]:
        """Look at all examples, and measure."""
        if training.team.size > 1:
            # Each process has corrected the labels of its own examples.
            touched = training.team.total(self._touched.clone())
            sums = training.team.total(self._targets * self._touched)
            self._targets = torch.where(touched > 0, sums, self._targets)
        self._look(training)
        assert self._view is not None  # noqa: S101 - tells the type checker
        figures = self._figures(training, self._view)
        if self._truth is not None:
            sums, counts = training.team.total(self._gradients).tolist()
            for name, total, count in zip(("clean", "wrong"), sums, counts, strict=True):
                figures[f"gradient_{name}"] = total / count if count else None
        return figures

    def state(self) -> dict[str, Any]:
        """Soft targets, and what was seen last."""
        return {
            "targets": self._targets,
            "view": None if self._view is None else self._view.state(),
            "warm_losses": self._warm_losses,
            "seconds": self._seconds,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        self._targets, self._warm_losses = state["targets"], state["warm_losses"]
        self._view = None if state["view"] is None else View.of_state(state["view"])
        self._seconds = state["seconds"]

    def result(self, training: Training, folder: Path, progress: Progress) -> dict[str, Any]:
        """Write what became of the labels, and tell of it. All of it is of the last epoch."""
        view = self._view
        if view is None or not training.team.first:
            return {}
        rows = training.rows.to(training.device)
        found = corrected_labels(
            training, folder, view, self._targets[rows], self._truth, self._warm_losses[rows]
        )
        found.save(folder / FILE)
        found.to_csv((folder / FILE).with_suffix(".csv"))
        figures = self._figures(training, view)
        names = ("neighbor_recall", "neighbor_agreement", "neighbor_agreement_wrong", "worst_case")
        return {
            "clean_auc": figures.get("clean_auc"),
            "correction_accuracy": found.accuracy,
            "given_accuracy": None if found.clean is None else float((found.labels == found.clean).mean()),
            "mixnn": {
                "k": self._k,
                "warmup": self._warm,
                "corrected": int((found.corrected != found.labels).sum()),
                "doubted": int((found.clean_probability < 0.5).sum()),
                "mixture": view.mixture,
                "seconds": self._seconds,
            }
            | {name: figures.get(name) for name in names},
        }

    def _look(self, training: Training) -> None:
        collapsed = self._view is not None and self._view.mixture is None
        # The warm-up may be of no epochs.
        warm = self._view is None or training.epoch < self._warm
        self._view = look(training, self._k, self._neighbors)
        if self._view.mixture is None and not collapsed and training.team.first:
            warnings.warn(
                f"at epoch {training.epoch + 1} the losses of the training examples are all alike: they do "
                "not tell wrong labels from right, and neighbours are averaged",
                TrainingWarning,
                stacklevel=2,
            )
        self._seconds = {name: spent + self._view.seconds[name] for name, spent in self._seconds.items()}
        if warm:
            self._warm_losses[training.rows.to(training.device)] = self._view.losses

    def _figures(self, training: Training, view: View) -> dict[str, float | None]:
        rows = training.rows.to(training.device)
        return figures_of(view, self._given, self._truth, rows, self._targets)

    def _correct(self, training: Training, batch: Batch) -> None:
        """Move the targets of a batch towards what the network says of its plain inputs, Eq. 12."""
        training.network.eval()
        with torch.no_grad():
            said = training.logits(batch.inputs).softmax(dim=1)
        training.network.train()
        self._targets[batch.index] = self._alpha * self._targets[batch.index] + (1 - self._alpha) * said
        self._touched[batch.index] = 1

    def _note_gradients(self, index: Tensor, logits: Tensor, targets: Tensor) -> None:
        """Add up (p - target) at the true class: the gradient of the loss by that logit (section III-C)."""
        if self._truth is None:
            return
        truth = self._truth[index]
        coefficients = (logits.softmax(dim=1) - targets).gather(1, truth[:, None])[:, 0].double()
        wrong = (self._given[index] != truth).double()
        which = torch.stack([1 - wrong, wrong])
        self._gradients += torch.stack([which @ coefficients, which.sum(dim=1)])


def _start_of(value: Any) -> int:
    try:
        return _checks.whole("correction_start", value, 1)
    except InputTypeError:
        raise InputTypeError(
            "correction_start", f"{value!r} is neither a whole number nor None (none on the command line)"
        ) from None
