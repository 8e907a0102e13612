"""Forward correction: what the network says, as the noise would change it, against the noisy labels.

Patrini, Rozza, Menon, Nock, Qu, "Making Deep Neural Networks Robust to Label Noise: A Loss Correction
Approach", CVPR 2017, section 4.2.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from pynoise import _checks
from pynoise._progress import Progress
from pynoise.errors import InputTypeError, InputValueError, TrainingError, TrainingWarning, unknown_name
from pynoise.methods.loss import fraction
from pynoise.methods.method import Batch, Method
from pynoise.methods.transitions import SUFFIXES, anchored, load_transition, smallest_singular_value

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["Forward", "forward_losses"]

# The paper's quantile of anchors, and its largest for CIFAR-100: where more classes share the examples than
# this, half of a class or more would be above the quantile, and the anchor would soon be of another.
_QUANTILE, _FEW = 0.97, 16


class Forward(Method):
    """Minimise -log (Tᵀp)_ỹ, T[k, j] = P(ỹ=j | y=k); for targets t that are distributions, -Σ t log Tᵀp.

    The network itself then says p of the clean labels. An unknown T is estimated after a warm-up by
    cross-entropy: T_ij is what the network says of label j at the anchor of class i, an example that it is
    sure of. The paper trains a second network with that T; here the first goes on.

    Parameters
    ----------
    transition : str or Path
        "estimated"; "known", the matrix that the noise of this run was made with; or a file: a matrix (.npy,
        .csv) or what `pynoise noise estimate` wrote (.npz).
    warmup : int, optional
        Epochs by cross-entropy before T is estimated, fewer than all; by default a quarter of them. More of
        them may learn the wrong labels by heart, which then seem right. Only with "estimated".
    quantile : float, optional
        The anchor of class i is the example at this quantile of p_i among those that are learnt from, within
        (0, 1]; at 1 it is the one with the largest p_i. By default the paper's: 0.97, and 1 where there are
        more than 16 classes (it has 1 for CIFAR-100). Only with "estimated".

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For an argument out of its range, or a file that holds no such matrix.
    """

    def __init__(
        self,
        transition: str | Path = "estimated",
        *,
        warmup: int | None = None,
        quantile: float | None = None,
    ) -> None:
        if not isinstance(transition, str | Path):
            raise InputTypeError(
                "transition", f"{type(transition).__name__} will not do: give 'estimated', 'known' or a file"
            )
        self._name = str(transition)
        self._given: Tensor | None = None
        if Path(self._name).suffix.lower() in SUFFIXES:
            self._given = torch.from_numpy(load_transition("transition", self._name))
        elif self._name not in ("estimated", "known"):
            files = f"a file ({', '.join(SUFFIXES)})"
            raise unknown_name("transition", self._name, ("estimated", "known", files))
        self._warmup = None if warmup is None else _checks.whole("warmup", warmup, 1)
        self._quantile = None if quantile is None else fraction("quantile", quantile, "(0, 1]")
        for name, value in (("warmup", warmup), ("quantile", quantile)):
            if value is not None and self._name != "estimated":
                raise InputValueError(name, f"goes with transition 'estimated', not with {self._name!r}")

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {"transition": self._name, "warmup": self._warmup, "quantile": self._quantile}

    def begin(self, training: Training) -> None:
        """Take the matrix, where there is one, and refuse what would fail later."""
        self._device = training.device
        self._transition: Tensor | None = None
        if self._name != "estimated":
            self._transition = self._matrix(training).to(training.device)
            return
        epochs = training.settings.epochs
        self._warm = max(1, round(epochs / 4)) if self._warmup is None else self._warmup
        if self._warm >= epochs:
            raise InputValueError(
                "method_options",
                f"warmup: {self._warm} is not below the number of epochs, {epochs}: nothing would be learnt "
                "by the matrix; give a smaller warmup, or more epochs",
            )

    def start_epoch(self, training: Training) -> None:
        """Estimate the matrix, once the warm-up is over."""
        if self._transition is None and training.epoch >= self._warm:
            self._transition = self._estimate(training).to(training.device)

    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """Corrected cross-entropy; plain during the warm-up."""
        logits = training.logits(batch.inputs)
        if self._transition is None:
            return functional.cross_entropy(logits, batch.targets, reduction="none"), logits
        return forward_losses(logits, batch.targets, self._transition), logits

    def state(self) -> dict[str, Any]:
        """The matrix, where there is one yet."""
        return {"transition": self._transition}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        if state["transition"] is not None:
            self._transition = state["transition"].to(self._device)

    def result(self, training: Training, folder: Path, progress: Progress) -> dict[str, Any]:
        """Tell the matrix, and how far it is from that of the noise where this is known."""
        if self._transition is None:  # patience has ended it before
            if training.team.first:
                warnings.warn(
                    f"training has stopped in the warm-up of {self._warm} epochs: no transition matrix was "
                    "estimated",
                    TrainingWarning,
                    stacklevel=2,
                )
            return {"forward": None}
        transition = self._transition.cpu()
        found: dict[str, Any] = {
            "transition": transition.tolist(),
            "smallest_singular_value": smallest_singular_value(transition)[0],
        }
        if training.record is not None:
            off = (transition - torch.from_numpy(training.record.transition)).abs()
            # As pynoise.noise.EstimateError has them.
            found |= {"error_mean": float(off.mean()), "error_largest": float(off.max())}
        return {"forward": found}

    def _matrix(self, training: Training) -> Tensor:
        """The matrix that is given or known, of as many classes as there are, and invertible."""
        record, given = training.record, self._given
        if given is not None:
            words = f"in {self._name!r}"
        elif record is not None:
            given, words = torch.from_numpy(record.transition), f"of {record}"
        else:
            raise InputValueError(
                "method_options",
                "transition: 'known' needs noise that was made, and the labels are taken as they are; give "
                "noise and its level, or a file with a matrix, or 'estimated'",
            )
        classes = training.network.last_layer.out_features
        if len(given) != classes:
            raise InputValueError(
                "method_options",
                f"transition: the matrix {words} is of {len(given)} classes, the data have {classes}; "
                "give one of as many",
            )
        least, invertible = smallest_singular_value(given)
        if not invertible:
            raise InputValueError(
                "method_options",
                f"transition: the matrix {words} is not invertible (its smallest singular value is "
                f"{least:.2g}), so that the labels do not tell all classes apart; give less noise, or "
                "another matrix",
            )
        return given

    def _estimate(self, training: Training) -> Tensor:
        """The matrix by anchor points, of what the network says now."""
        found = training.evaluate(training.rows)
        softmax = found.softmax[found.seen]
        quantile = self._quantile
        if quantile is None:
            quantile = _QUANTILE if softmax.shape[1] <= _FEW else 1.0
        transition = anchored(softmax, quantile)
        least, invertible = smallest_singular_value(transition)
        if not invertible:
            raise TrainingError(
                f"the transition matrix that was estimated after epoch {training.epoch} is not invertible "
                f"(its smallest singular value is {least:.2g}): the network does not tell all classes apart; "
                "a longer warmup or a larger quantile may do, or transition 'known' or a file"
            )
        return transition


def forward_losses(logits: Tensor, targets: Tensor, transition: Tensor) -> Tensor:
    """Losses [B] of logits [B, L] and targets, int64 [B] or float [B, L], by T [L, L]; see `Forward`."""
    clean = functional.log_softmax(logits, dim=1)
    log_transition = transition.to(logits.dtype).log()
    # By logarithms: to a float, p may be 0 wherever T is not. Where T is 0 they are -inf, which adds nothing.
    if targets.ndim == 1:
        return -torch.logsumexp(clean + log_transition.T[targets], dim=1)
    return -(targets * torch.logsumexp(clean[:, :, None] + log_transition, dim=1)).sum(dim=1)
