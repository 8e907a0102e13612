"""How a network is trained: every number that decides it, checked, and the reason of each default."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, TypeVar

import numpy as np

from pynoise import _checks
from pynoise.errors import InputTypeError, InputValueError, unknown_name

__all__ = ["AUGMENTATIONS", "OPTIMIZERS", "PRECISIONS", "SCHEDULES", "VALIDATION_LABELS", "Settings"]

OPTIMIZERS = ("sgd", "adam")
SCHEDULES = ("cosine", "cosine-restarts", "step", "constant")
AUGMENTATIONS = ("auto", "none", "crop", "crop-flip")
PRECISIONS = ("auto", "float32", "bfloat16")
VALIDATION_LABELS = ("clean", "noisy")

# Where none is given: rates that train the networks here, and the weight decay that is usual with each.
_RATES = {"sgd": 0.1, "adam": 0.001}
_DECAYS = {"sgd": 5e-4, "adam": 0.0}

_MOST_EPOCHS = 100_000
_MOST_BATCH = 1 << 20

_Name = TypeVar("_Name", bound=str)


@dataclass(frozen=True)
class Settings:
    """How a network is trained.

    Most papers state little of this; what they state is in docs/training.md.

    Parameters
    ----------
    epochs : int
        Passes over the training part.
    batch_size : int
        Examples in a step. One example left over at the end of a pass is left out of it, since batch
        normalisation cannot learn from one: another one each time.
    optimizer : {"sgd", "adam"}
        With momentum, or Adam. "sgd" at its high rate learns what is wrong later than "adam" does; see
        docs/training.md.
    lr : float, optional
        The learning rate at its highest, above 0; 0.1 for "sgd", 0.001 for "adam" by default.
    lr_min : float
        The rate at which a cosine ends, 0 ≤ lr_min ≤ lr.
    momentum : float
        Of "sgd", within [0, 1).
    weight_decay : float, optional
        Of all weights, added to their gradients: an L2 penalty of half as much. 5e-4 for "sgd", 0 for "adam"
        by default.
    schedule : {"cosine", "cosine-restarts", "step", "constant"}
        The rate falls from `lr` to `lr_min` along half a cosine over all epochs, or over each
        `restart_every` of them; or it is multiplied by `step_factor` at each of `step_at`.
    restart_every : int
        Epochs from one restart to the next; 10 as in MixNN (Lu and He).
    step_at : sequence of int
        Epochs, counted from 0, before which the rate is multiplied.
    step_factor : float
        By what, within (0, 1].
    augment : {"auto", "none", "crop", "crop-flip"}
        Images are moved by up to an eighth of their side and, with "crop-flip", half of them mirrored.
        "auto" is "crop-flip" for CIFAR, "crop" for SVHN (a mirrored digit is none), "none" for all other
        arrays. Files have the augmentation of their transforms.
    validation : float
        The share of the training examples that is held out to select an epoch, within [0, 1); the paper's 0.1
        (Drory et al.). With 0 nothing is selected. Data with a validation set of their own (Clothing1M) hold
        out that, whatever the share.
    validation_labels : {"clean", "noisy"}
        Their labels: clean as in the paper, or noisy, as they are where nobody knows better.
    patience : int, optional
        Stop after so many epochs that do not improve on the selected one. By default none is stopped.
    precision : {"auto", "float32", "bfloat16"}
        Of the forward and backward pass; "auto" is bfloat16 autocast on CUDA, float32 on the CPU.
        Evaluation is always float32.
    compile : bool
        Whether to compile the network by ``torch.compile``: a minute at the start, faster from then on.

    Raises
    ------
    InputTypeError, InputValueError
        For a value out of its range.
    """

    epochs: int = 20
    batch_size: int = 128
    optimizer: str = "sgd"
    lr: float | None = None
    lr_min: float = 0.0
    momentum: float = 0.9
    weight_decay: float | None = None
    schedule: str = "cosine"
    restart_every: int = 10
    step_at: Sequence[int] = ()
    step_factor: float = 0.1
    augment: str = "auto"
    validation: float = 0.1
    validation_labels: str = "clean"
    patience: int | None = None
    precision: str = "auto"
    compile: bool = False

    def __post_init__(self) -> None:
        names = {
            "optimizer": OPTIMIZERS,
            "schedule": SCHEDULES,
            "augment": AUGMENTATIONS,
            "precision": PRECISIONS,
            "validation_labels": VALIDATION_LABELS,
        }
        for argument, known in names.items():
            if not isinstance(getattr(self, argument), str) or getattr(self, argument) not in known:
                raise unknown_name(argument, getattr(self, argument), known)
        checked: dict[str, Any] = {
            "epochs": _checks.whole("epochs", self.epochs, 1, _MOST_EPOCHS),
            "batch_size": _checks.whole("batch_size", self.batch_size, 2, _MOST_BATCH),
            "restart_every": _checks.whole("restart_every", self.restart_every, 1),
            "lr": _checks.positive("lr", _RATES[self.optimizer] if self.lr is None else self.lr),
            "lr_min": _checks.number("lr_min", self.lr_min),
            "momentum": _checks.number("momentum", self.momentum),
            "weight_decay": _checks.number(
                "weight_decay", _DECAYS[self.optimizer] if self.weight_decay is None else self.weight_decay
            ),
            "step_factor": _checks.positive("step_factor", self.step_factor),
            "validation": _checks.number("validation", self.validation),
            "compile": _checks.flag("compile", self.compile),
            "step_at": tuple(_checks.whole("step_at", epoch, 1) for epoch in _listed(self.step_at)),
        }
        if self.patience is not None:
            checked["patience"] = _checks.whole("patience", self.patience, 1)
        for argument in ("momentum", "validation"):
            if checked[argument] >= 1:
                raise InputValueError(argument, f"{checked[argument]:.10g} is too large; give less than 1")
        if checked["lr_min"] > checked["lr"]:
            raise InputValueError(
                "lr_min", f"{checked['lr_min']:.10g} is above the highest rate, {checked['lr']:.10g}"
            )
        if checked["step_factor"] > 1:
            raise InputValueError("step_factor", f"{checked['step_factor']:.10g} is above 1")
        if (self.schedule == "step") != bool(checked["step_at"]):
            problem = "is empty; name the epochs" if self.schedule == "step" else "goes with schedule 'step'"
            raise InputValueError("step_at", problem)
        if self.patience is not None and not checked["validation"]:
            raise InputValueError("patience", "needs validation examples; give validation above 0")
        for argument, value in checked.items():
            object.__setattr__(self, argument, value)

    @classmethod
    def of(cls, given: Mapping[str, Any], usual: Mapping[str, Any] | None = None) -> Settings:
        """Make them of keyword arguments; an unknown one is an error that suggests the nearest.

        Parameters
        ----------
        given : mapping
            Those that the caller gives.
        usual : mapping, optional
            Those of the others that a method would have. With another optimizer than the method's its rates
            and its weight decay are not among them, with a rate below its least rate that is not.
        """
        known = [field.name for field in fields(cls)]
        for name in given:
            if name not in known:
                raise unknown_name("settings", name, known)
        own = {} if usual is None else dict(usual)
        optimizer = own.get("optimizer", cls.optimizer)
        if given.get("optimizer", optimizer) != optimizer:
            own = {name: own[name] for name in own if name not in ("lr", "lr_min", "weight_decay")}
        lr = given.get("lr")
        if isinstance(lr, int | float | np.floating) and lr < own.get("lr_min", 0.0):
            own.pop("lr_min", None)
        return cls(**own | dict(given))

    def to_dict(self) -> dict[str, Any]:
        """All of them, as JSON has it."""
        return asdict(self) | {"step_at": list(self.step_at)}

    def rate(self, epoch: float) -> float:
        """The learning rate after `epoch` epochs, a fraction within one included."""
        assert self.lr is not None  # noqa: S101 - tells the type checker
        if self.schedule == "constant":
            return self.lr
        if self.schedule == "step":
            return self.lr * self.step_factor ** sum(epoch >= step for step in self.step_at)
        period = self.restart_every if self.schedule == "cosine-restarts" else self.epochs
        share = math.fmod(epoch, period) / period
        return self.lr_min + (self.lr - self.lr_min) * (1 + math.cos(math.pi * share)) / 2


def _listed(value: Any) -> Sequence[Any]:
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise InputTypeError("step_at", f"{value!r} is no sequence of epochs")
    return value
