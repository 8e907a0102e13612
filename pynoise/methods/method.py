"""What a method may do in the training loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar

from torch import Tensor

if TYPE_CHECKING:
    from pathlib import Path

    from pynoise._progress import Progress
    from pynoise.training.loop import Training

__all__ = ["Batch", "Method"]


@dataclass(frozen=True, slots=True)
class Batch:
    """A step's examples.

    Attributes
    ----------
    index : Tensor of int64, [B]
        Which.
    inputs : Tensor of float32, [B, ...]
        Their inputs.
    targets : Tensor of int64 [B], or float [B, L]
        Their targets.
    partners : Tensor of int64, [B, K]
        The examples beside each, where a method has assigned ``training.partners``; else K = 0.
    partner_inputs : Tensor of float32, [B, K, ...]
        Their inputs; an example is augmented in one way in an epoch, wherever it stands.
    """

    index: Tensor
    inputs: Tensor
    targets: Tensor
    partners: Tensor
    partner_inputs: Tensor


class Method(ABC):
    """What a method adds to the loop: a loss, and what it does before and after an epoch.

    The loop hands itself over as `training`: a method may assign ``training.targets`` (labels of all N
    training examples, int64 [N], or distributions, float [N, L]), ``training.rows`` (the examples that
    are learnt from; leave some out and they are gone) and ``training.partners`` (examples whose inputs come
    with each), and call ``training.logits``, ``training.evaluate`` and ``training.new_network``. Whatever a
    hook draws from torch's generators follows from the run's seed.
    """

    # Settings of training where the caller gives none, if not the usual ones.
    settings: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    # Whether its options act in `result` alone: a run that is not finished may go on with others.
    late: ClassVar[bool] = False

    # Whether its result is measured on test examples: data without any are refused.
    needs_test: ClassVar[bool] = False

    def options(self) -> dict[str, Any]:
        """What decides it, as JSON has it: config.json names it, and a restart must have the same."""
        return {}

    def begin(self, training: Training) -> None:  # noqa: B027 - most methods have nothing to do
        """Prepare, before the first epoch or after a restart (then `restore` comes next).

        Weights of its own go into ``training.optimizer`` by ``add_param_group``.
        """

    def start_epoch(self, training: Training) -> None:  # noqa: B027
        """Act before an epoch; ``training.epoch`` epochs are done."""

    @abstractmethod
    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """Losses [B] of the examples of a batch, whose mean is minimised, and the logits [B, L].

        In float32; ``training.logits(inputs)`` does the forward pass in the precision that was chosen.
        """

    def end_epoch(self, training: Training) -> dict[str, float | None]:
        """Act after an epoch, and name figures for its row of metrics.csv: the same keys each time.

        None leaves a cell empty.
        """
        return {}

    def state(self) -> dict[str, Any]:
        """What a restart needs beside targets and rows: tensors and plain values."""
        return {}

    def restore(self, state: dict[str, Any]) -> None:  # noqa: B027
        """Take back what `state` gave."""

    def result(self, training: Training, folder: Path, progress: Progress) -> dict[str, Any]:
        """Keys of its own for result.json: numbers, strings, lists and dicts. The last epoch is done.

        The network has the weights of the selected epoch, or of the last where none is selected. Files of its
        own go into `folder`; of several processes (``training.team``) the first writes, and its keys count.
        """
        return {}
