"""Co-teaching: two networks, each of which chooses what the other learns from.

Han, Yao, Yu, Niu, Xu, Hu, Tsang, Sugiyama, "Co-teaching: Robust Training of Deep Neural Networks with
Extremely Noisy Labels", NeurIPS 2018, Algorithm 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import functional

from pynoise import _checks
from pynoise.errors import InputValueError
from pynoise.methods.loss import fraction
from pynoise.methods.method import Batch, Method
from pynoise.noise import selected_count

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["CoTeaching", "kept_count", "taught_losses"]


class CoTeaching(Method):
    """Two networks learn by cross-entropy, each from the smallest losses that the other has in a batch.

    After T epochs a share R(T) = 1 - τ min(T/T_k, 1) of each batch is learnt from, and ⌈(1 - R(T)) B⌉ of its
    examples are not: all of them in the first epoch. What the loop measures, selects and saves is the first
    network. An epoch takes twice the time, and there are twice the weights.

    Parameters
    ----------
    forget_rate : float, optional
        τ, within [0, 1); by default the share of the labels that are wrong, where this is known, as in the
        paper.
    gradual : int
        T_k, the epochs until τ is reached; 10 in the paper.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range.
    """

    def __init__(self, forget_rate: float | None = None, *, gradual: int = 10) -> None:
        self._forget_rate = None if forget_rate is None else fraction("forget_rate", forget_rate, "[0, 1)")
        self._gradual = _checks.whole("gradual", gradual, 1)

    def options(self) -> dict[str, Any]:
        """What decides it."""
        return {"forget_rate": self._forget_rate, "gradual": self._gradual}

    def begin(self, training: Training) -> None:
        """Make the second network."""
        self._rate = _rate_of(training) if self._forget_rate is None else self._forget_rate
        self._second = training.new_network("second")
        training.optimizer.add_param_group({"params": list(self._second.parameters())})
        self._model = training.team.wrap(self._second, training.device)
        if training.settings.compile:
            self._model.compile(dynamic=False)

    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """Cross-entropy of what the other network has chosen; the value is that of the first network."""
        from pynoise.training.device import autocast  # which needs methods, and so this

        logits = training.logits(batch.inputs)
        with autocast(training.device, training.settings.precision):
            others = self._model(batch.inputs)
        own, theirs = (
            functional.cross_entropy(one.float(), batch.targets, reduction="none") for one in (logits, others)
        )
        kept = kept_count(len(own), self._forgotten(training))
        taught, second = taught_losses(own, theirs, kept), taught_losses(theirs, own, kept)
        # Gradients of both, and the first network's value: it is the one that the loop tells of.
        return taught + (second - second.detach()), logits

    def end_epoch(self, training: Training) -> dict[str, float | None]:
        """Give all processes the same second network, and tell the share that was learnt from."""
        training.team.equalise(self._second)
        return {"kept_fraction": 1 - self._forgotten(training)}

    def state(self) -> dict[str, Any]:
        """The second network."""
        return {"second": self._second.state_dict()}

    def restore(self, state: dict[str, Any]) -> None:
        """Take back what `state` gave."""
        self._second.load_state_dict(state["second"])

    def _forgotten(self, training: Training) -> float:
        """1 - R(T)."""
        return self._rate * min(training.epoch / self._gradual, 1)


def kept_count(size: int, forgotten: float) -> int:
    """How many of a batch are learnt from: all but ⌈forgotten · size⌉, and at least one."""
    return max(1, size - selected_count(forgotten, size))


def taught_losses(losses: Tensor, others: Tensor, kept: int) -> Tensor:
    """Losses [B] of one network where the other's are the smallest, 0 elsewhere.

    Scaled, so that their mean is that of the `kept` ones. Of equal losses the first in the batch counts.
    """
    weights = torch.zeros_like(losses)
    weights[others.detach().argsort(stable=True)[:kept]] = len(losses) / kept
    return weights * losses


def _rate_of(training: Training) -> float:
    """The share of the labels that are wrong."""
    if training.record is None:
        raise InputValueError(
            "method_options",
            "forget_rate: is missing, and the labels are taken as they are: nobody knows how many are wrong; "
            "give your guess of it",
        )
    rate = training.record.realised_rate
    if rate >= 1:
        raise InputValueError("method_options", "forget_rate: is missing, and all labels are wrong; give one")
    return rate
