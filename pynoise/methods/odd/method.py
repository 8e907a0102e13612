"""ODD in the training loop (Song, Dauphin, Auli, Ma, *Robust and On-the-fly Dataset Denoising*)."""

from __future__ import annotations

import math
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from pynoise import _checks, seeds
from pynoise._progress import Progress
from pynoise.errors import InputError, InputValueError, TrainingError, TrainingWarning
from pynoise.methods.method import Batch, Method
from pynoise.methods.mixup import concentration, mixup_losses
from pynoise.methods.odd.modelled import modelled_losses
from pynoise.methods.odd.suspected import suspects_of
from pynoise.noise.suspects import FILE

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["ODD"]

# Of the modelled distribution, and of the real one beside it.
_QUANTILES = (0.1, 0.5, 0.9)

# The usual quantile, above the share of random labels that the network says itself.
_ABOVE_CHANCE = 0.1

# Epochs after which a network begins to know examples by heart that are the same in each.
_BY_HEART = 5


class ODD(Method):
    """Leave out the examples whose loss is that of a label drawn at random, while the rate is still high.

    The network learns by cross-entropy at a large learning rate. After epoch E the losses of uniform random
    labels are modelled from the last fully connected layer alone: cross-entropy of fc(max(x, 0)) and k for
    x ~ N(0, I), k ~ Uniform. Examples whose loss is above the p-quantile of that distribution are left out of
    all that follows. Nothing need be known of the noise. The slides give no p, no E and no averaging: the
    defaults are ours.

    Parameters
    ----------
    p : float, optional
        The quantile, within (0, 1): less of it removes more. By default 1/L + 0.1, 0.2 for ten classes: one
        in L labels drawn at random is what the network says, and has a low loss.
    epoch : int, optional
        E, after how many epochs, before the last. By default after a quarter of them where examples are
        augmented; else they are soon known by heart: after 5, or half of fewer than 10.
    passes : int
        An example's loss is the mean of what it was in so many passes before, or in as many as there were:
        the losses that it was learnt by, so they cost nothing.
    draws : int
        Of the modelled distribution.
    mixup : float, optional
        α of mixup with the examples that are left, from epoch E + 1 on; by default they are not mixed.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.
    """

    def __init__(
        self,
        p: float | None = None,
        *,
        epoch: int | None = None,
        passes: int = 5,
        draws: int = 10_000,
        mixup: float | None = None,
    ) -> None:
        self._p = None if p is None else _checks.number("p", p)
        if self._p is not None and not 0 < self._p < 1:
            raise InputValueError("p", f"{self._p:.10g} is not within (0, 1)")
        self._epoch = None if epoch is None else _checks.whole("epoch", epoch, 1)
        self._passes = _checks.whole("passes", passes, 1)
        self._draws = _checks.whole("draws", draws, 100, 10_000_000)
        self._mixup = None if mixup is None else concentration("mixup", mixup)

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {
            "p": self._p,
            "epoch": self._epoch,
            "passes": self._passes,
            "draws": self._draws,
            "mixup": self._mixup,
        }

    def begin(self, training: Training) -> None:
        """Say when examples are left out, and refuse what would fail then."""
        epochs = training.settings.epochs
        self._end = self._epoch or _usual_epoch(epochs, training.train.augments)
        if self._end >= epochs:
            raise InputValueError(
                "method_options",
                f"epoch: {self._end} is not before the last of {epochs} epochs, and nothing would be "
                "learnt from what is left; give a smaller epoch, or more epochs",
            )
        try:
            self._layer = training.network.last_layer
        except InputError as error:
            raise type(error)("network", f"{error.problem}; odd models losses by that layer") from None
        self._quantile = self._p or 1 / self._layer.out_features + _ABOVE_CHANCE
        # As epoch E ends: the next may begin with another.
        self._rate = training.settings.rate(math.nextafter(self._end, 0))
        rate, highest = self._rate, training.settings.rate(0)
        if rate < highest / 2 and training.team.first:
            warnings.warn(
                f"after epoch {self._end} the learning rate is {rate:.4g}, and was {highest:.4g}: wrong "
                "labels may have been learnt by then, so that no high loss tells them; give a smaller epoch",
                TrainingWarning,
                stacklevel=2,
            )
        self._rows = training.rows
        count, device = len(training.targets), training.device
        # Of each example: the sum of its losses in the passes that count, and how many there were.
        self._sums = torch.zeros(2, count, device=device)
        self._pass = torch.zeros_like(self._sums)
        self._modelled: Tensor | None = None
        self._threshold: float | None = None
        self._seconds = 0.0

    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """Cross-entropy; of mixed examples after the removal, if they are to be mixed."""
        if self._mixup is not None and self._threshold is not None:
            return mixup_losses(training, batch, self._mixup)
        logits = training.logits(batch.inputs)
        losses = functional.cross_entropy(logits, batch.targets, reduction="none")
        if self._end - self._passes <= training.epoch < self._end:
            self._pass[0, batch.index] = losses.detach()
            self._pass[1, batch.index] = 1
        return losses, logits

    def end_epoch(self, training: Training) -> dict[str, float | None]:
        """Leave examples out, after epoch E."""
        if training.epoch < self._end:
            self._sums += training.team.total(self._pass)  # each process has seen its own examples
            self._pass = torch.zeros_like(self._pass)
        if training.epoch + 1 == self._end:
            started = time.perf_counter()
            self._remove(training)
            self._seconds = time.perf_counter() - started
        return {"removed_fraction": 1 - len(training.rows) / len(self._rows)}

    def state(self) -> dict[str, Any]:
        """Losses so far, and what they were compared with."""
        return {
            "sums": self._sums,
            "modelled": self._modelled,
            "threshold": self._threshold,
            "seconds": self._seconds,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        self._sums = state["sums"].to(self._sums.device)
        modelled = state["modelled"]
        # A checkpoint is read to the device, and quantiles are taken on the CPU.
        self._modelled = None if modelled is None else modelled.cpu()
        self._threshold = state["threshold"]
        self._seconds = state["seconds"]

    def result(self, training: Training, folder: Path, progress: Progress) -> dict[str, Any]:
        """Write whom the removal has struck, and tell of it."""
        keys = ("threshold", "removed_fraction", "removed_precision", "removed_recall")
        if self._modelled is None or self._threshold is None:  # patience has ended it before
            if training.team.first:
                warnings.warn(
                    f"training has stopped before epoch {self._end}: nothing was removed",
                    TrainingWarning,
                    stacklevel=2,
                )
            return dict.fromkeys(keys)
        losses = self._sums[0] / self._sums[1]
        found = suspects_of(training, folder, self._rows, losses, self._modelled, self._threshold)
        if not training.team.first:
            return {}
        found.meta["odd"] = self.options() | {"p": self._quantile, "epoch": self._end}
        found.save(folder / FILE)
        found.to_csv((folder / FILE).with_suffix(".csv"))
        removed = int(found.suspected.sum())
        values = (self._threshold, removed / len(self._rows), found.precision, found.recall)
        return dict(zip(keys, values, strict=True)) | {
            "odd": {
                "epoch": self._end,
                "p": self._quantile,
                "lr": self._rate,
                "removed": removed,
                "modelled_quantiles": _quantiles(self._modelled),
                "seconds": self._seconds,
            },
        }

    def _remove(self, training: Training) -> None:
        """Leave out what has the loss of a random label."""
        seed = seeds.split(training.seed, "odd")
        self._modelled = modelled_losses(self._layer, self._draws, seed)
        self._threshold = float(torch.quantile(self._modelled, self._quantile))
        losses = (self._sums[0] / self._sums[1])[training.rows.to(training.device)]
        # What was not in any of the passes has no loss, and stays.
        left = training.rows[~(losses > self._threshold).cpu()]
        if int((losses <= self._threshold).sum()) < 2 * training.team.size:
            raise TrainingError(
                f"odd would remove {len(training.rows) - len(left):,} of {len(training.rows):,} examples "
                f"after epoch {self._end}: their losses are above the threshold, {self._threshold:.4f}; a "
                "later epoch or a larger p may do, if the network learns at all"
            )
        if training.team.first:
            self._warn(training, left)
        training.rows = left

    def _warn(self, training: Training, left: Tensor) -> None:
        """Say which classes have gone."""
        classes = self._layer.out_features
        before, after = (
            torch.bincount(training.targets[rows.to(training.device)], minlength=classes)
            for rows in (training.rows, left)
        )
        gone = ((before > 0) & (after == 0)).nonzero()[:, 0].tolist()
        if gone:
            listed = ", ".join(map(str, gone[:5])) + (", …" if len(gone) > 5 else "")
            warnings.warn(
                f"odd has removed all examples of {len(gone)} of {int((before > 0).sum())} classes, counted "
                f"from 0: {listed}; a later epoch or a larger p may do",
                TrainingWarning,
                stacklevel=2,
            )


def _usual_epoch(epochs: int, augmented: bool) -> int:
    """E where none is given."""
    return max(1, round(epochs / 4) if augmented else min(epochs // 2, _BY_HEART))


def _quantiles(values: Tensor) -> list[float]:
    return [float(value) for value in torch.quantile(values, torch.tensor(_QUANTILES))]
