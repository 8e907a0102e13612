"""The one training loop."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from pynoise import seeds
from pynoise._progress import Progress
from pynoise._torch_state import seeded
from pynoise.errors import TrainingError
from pynoise.methods.method import Batch, Method
from pynoise.networks.network import Network
from pynoise.noise import NoisyLabels
from pynoise.training.checkpoint import plain_state
from pynoise.training.device import autocast
from pynoise.training.distributed import Team
from pynoise.training.evaluate import Evaluation, evaluate
from pynoise.training.partners import with_partners
from pynoise.training.settings import Settings
from pynoise.training.source import Source

__all__ = ["Examples", "Training"]

# Steps between two looks at the losses: each look waits for the device.
_LOOK = 50


class Examples(NamedTuple):
    """Examples with the labels that they are measured by, int64 on the device."""

    source: Source
    rows: Tensor
    labels: Tensor


class Training:
    """A network that learns from noisy labels, epoch by epoch.

    Parameters
    ----------
    network : Network
        On its device, in channels-last format.
    method : Method
        What is done with the examples.
    settings : Settings
        How.
    train : Source
        The inputs of all N training examples.
    rows : Tensor of int64 on the CPU, [n]
        Those of them that are learnt from.
    targets : Tensor of int64 on the device, [N]
        Their labels.
    held : dict of str to Examples
        What is measured after each epoch: "validation" and "test", where there are such examples.
    seed : int
        The run's seed.
    team : Team
        The processes that train together.
    make_network : callable
        Makes another network like this one, on the CPU, of ``seed=``.
    record : NoisyLabels or None
        The noisy labels, where there are any: what they were, and by what matrix they came about.

    Attributes
    ----------
    rows, targets
        As given; a method may assign others. Targets may become distributions, float [N, L].
    partners : Tensor of int64 on the CPU, [N, K], or None
        Examples whose inputs come with those of each, if a method assigns some.
    model : Module
        The network as it is trained: compiled, or the same in several processes. Gradients must come through
        it, by `logits`, to be the mean of all processes.
    optimizer : Optimizer
        Of the network's weights; a method may add its own.
    epoch : int
        How many epochs are done.
    best : tuple of (accuracy, -loss, epoch), or None
        Of the selected epoch, on the validation examples.
    """

    def __init__(
        self,
        network: Network,
        method: Method,
        settings: Settings,
        train: Source,
        rows: Tensor,
        targets: Tensor,
        held: dict[str, Examples],
        seed: int,
        team: Team,
        make_network: Callable[..., Network],
        record: NoisyLabels | None,
    ) -> None:
        self.network = network
        self.method = method
        self.settings = settings
        self.train = train
        self.rows = rows
        self.targets = targets
        self.partners: Tensor | None = None
        self.held = held
        self.seed = seed
        self.team = team
        self.record = record
        self.batch_size = settings.batch_size // team.size
        self._make_network = make_network
        self.device = targets.device
        self.epoch = 0
        self.best: tuple[float, float, int] | None = None
        self.model: nn.Module = team.wrap(network, self.device)
        if settings.compile:
            # All networks share the code of one class: graphs of others would count against its limit.
            torch.compiler.reset()
            # A graph for any size, made when the last batch is smaller, would change bits of the others.
            self.model.compile(dynamic=False)
        self.optimizer = _optimizer(network, settings, self.device)
        with seeded(seeds.split(seed, "begin"), self.device):
            method.begin(self)

    def logits(self, inputs: Tensor, model: nn.Module | None = None) -> Tensor:
        """Logits of a batch, float32 [B, L], by a forward pass in the precision that was chosen.

        Of the network that is trained, or of another `model` that a method trains beside it.
        """
        with autocast(self.device, self.settings.precision):
            logits: Tensor = (self.model if model is None else model)(inputs)
        return logits.float()

    def new_network(self, part: str) -> Network:
        """Another network like this one, on its device; its weights follow from seed and `part`."""
        network = self._make_network(seed=seeds.split(self.seed, part))
        return network.to(self.device).to(memory_format=torch.channels_last)

    def evaluate(self, rows: Tensor, *, features: bool = False) -> Evaluation:
        """What the network says of training examples, none twice, without augmentation, in one pass."""
        return evaluate(self.network, self.train, rows, self.batch_size, features=features, team=self.team)

    def measure(self, name: str, *, features: bool = False) -> Evaluation:
        """What the network says of examples held out, "validation" or "test"."""
        source, rows, _ = self.held[name]
        return evaluate(self.network, source, rows, self.batch_size, features=features, team=self.team)

    def run_epoch(self, progress: Progress | None = None) -> dict[str, Any]:
        """Train for one epoch, and measure.

        Returns
        -------
        dict
            The epoch's row of metrics.csv.

        Raises
        ------
        TrainingError
            If a loss or a weight is not finite; the epoch does not count then.
        """
        started = time.perf_counter()
        with seeded(seeds.split(self.seed, "method", self.epoch), self.device):
            self.method.start_epoch(self)
            # Batches differ from process to process, and so does what is drawn for them.
            part = self.epoch * self.team.size + self.team.rank
            row: dict[str, Any] = {"epoch": self.epoch + 1, "lr": self.settings.rate(self.epoch)}
            with seeded(seeds.split(self.seed, "batch", part), self.device):
                row |= self._learn(progress)
            self._check_weights()
            self.team.equalise(self.network)
            for name, examples in self.held.items():
                loss, accuracy = self.measure(name).score(examples.labels)
                row |= {f"{name}_loss": loss, f"{name}_accuracy": accuracy}
            for name, figure in self.method.end_epoch(self).items():
                row[name] = None if figure is None else float(figure)
        row["seconds"] = time.perf_counter() - started
        self.epoch += 1
        if "validation" in self.held:
            # Of equal accuracies the lower loss, of equal losses the earlier epoch.
            score = (row["validation_accuracy"], -row["validation_loss"], self.epoch)
            if self.best is None or score[:2] > self.best[:2]:
                self.best = score
        return row

    @property
    def improved(self) -> bool:
        """Whether the last epoch is the selected one."""
        return self.best is not None and self.best[2] == self.epoch

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or as many as patience allows since the selected one."""
        if self.epoch >= self.settings.epochs:
            return True
        patience = self.settings.patience
        return patience is not None and self.best is not None and self.epoch - self.best[2] >= patience

    def state(self) -> dict[str, Any]:
        """All that a restart needs, as tensors and plain values."""
        return {
            "epoch": self.epoch,
            "best": self.best,
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "targets": self.targets,
            "rows": self.rows,
            "method": plain_state(self.method.state()),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave."""
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        for group in self.optimizer.param_groups:
            group["fused"] = self.device.type == "cuda"  # the checkpoint may come from another device
        self.epoch, self.best = state["epoch"], state["best"]
        self.targets, self.rows = state["targets"].to(self.device), state["rows"].cpu()
        self.method.restore(state["method"])

    def _learn(self, progress: Progress | None) -> dict[str, Any]:
        """One pass over the training examples in a random order."""
        settings, team = self.settings, self.team
        order = self._order()
        size = self.batch_size
        mine = team.share(order)
        steps = -(-len(mine) // size)
        losses = torch.zeros(steps, device=self.device)
        right = torch.zeros((), dtype=torch.int64, device=self.device)
        seen = 0
        started = time.perf_counter()
        self.network.train()
        augmentation = seeds.split(self.seed, "augmentation", self.epoch)
        batches = with_partners(self.train, mine, self.partners, size, augmentation)
        for step, (index, inputs, *beside) in enumerate(batches):
            if len(index) < 2:
                continue  # the others of the batch were damaged, and batch norm cannot learn from one
            rate = settings.rate(self.epoch + step / steps)
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            targets = self.targets[index]
            self.optimizer.zero_grad()
            each, logits = self.method.losses(self, Batch(index, inputs, targets, *beside))
            if each.shape != (len(index),) or len(logits) != len(index):
                raise TypeError(
                    f"{type(self.method).__name__}.losses gave losses of shape {tuple(each.shape)} and "
                    f"logits of {tuple(logits.shape)} for {len(index)} examples; give one of each for each"
                )
            loss = each.mean()
            loss.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step()
            losses[step] = loss.detach() * len(index)
            hard = targets if targets.ndim == 1 else targets.argmax(dim=1)
            right += (logits.detach().argmax(dim=1) == hard).sum()
            seen += len(index)
            if (step + 1) % _LOOK == 0:
                self._look(losses[: step + 1], seen, started, steps, progress)
        self._look(losses, seen, started, steps, progress)
        # The sums of all processes; counts are whole in float64.
        sums = team.total(
            torch.stack([losses.double().sum(), right.double(), right.new_tensor(seen).double()])
        )
        loss_sum, right_sum, count = sums.tolist()
        if count == 0:
            raise TrainingError("there is no training example that could be read")
        seconds = time.perf_counter() - started
        return {
            "train_loss": loss_sum / count,
            "train_accuracy": right_sum / count,
            "train_images": int(count),
            "images_per_second": count / seconds,
        }

    def _order(self) -> Tensor:
        """Order of the training examples, drawn on the CPU: the same on every device."""
        size = self.team.size
        if len(self.rows) < 2 * size:
            raise TrainingError(
                f"{len(self.rows)} training examples are left; each of {size} processes needs 2 to learn from"
            )
        generator = torch.Generator("cpu").manual_seed(seeds.split(self.seed, "batches", self.epoch))
        order = self.rows[torch.randperm(len(self.rows), generator=generator, device="cpu")]
        order = order[: len(order) // size * size]
        # Batch normalisation cannot learn from one example alone.
        rest = len(order) % self.settings.batch_size
        return order[:-rest] if rest == size and len(order) > rest else order

    def _look(self, losses: Tensor, seen: int, started: float, steps: int, progress: Progress | None) -> None:
        """Stop if a loss is no number, and say how it goes."""
        bad = torch.zeros(1, device=self.device)
        finite = losses.isfinite()
        bad += (~finite).any()
        if self.team.total(bad).item():
            step = int(finite.long().argmin()) + 1 if not finite.all() else len(losses)
            raise TrainingError(
                f"the loss is not a finite number at epoch {self.epoch + 1}, step {step} of {steps}; "
                f"{self._kept()}, and a smaller learning rate (lr, now {self.settings.lr:.6g}) may do"
            )
        if progress is not None and self.team.first:
            speed = seen * self.team.size / (time.perf_counter() - started)
            mean = float(losses.sum()) / max(1, seen)
            words = f"epoch {self.epoch + 1}/{self.settings.epochs}, loss {mean:.4f}, {speed:,.0f} images/s"
            progress("training", self.epoch * steps + len(losses), self.settings.epochs * steps, words)

    def _check_weights(self) -> None:
        """Stop if the last step has made a weight that is no number."""
        groups = self.optimizer.param_groups
        norms = torch.stack([weights.detach().norm() for group in groups for weights in group["params"]])
        if not norms.isfinite().all():
            raise TrainingError(
                f"a weight is not a finite number after epoch {self.epoch + 1}; {self._kept()}, and a "
                f"smaller learning rate (lr, now {self.settings.lr:.6g}) may do"
            )

    def _kept(self) -> str:
        if self.epoch == 0:
            return "no epoch was finished"
        return f"epoch {self.epoch} is kept"


def _optimizer(network: Network, settings: Settings, device: torch.device) -> torch.optim.Optimizer:
    # The rate is set at every step.
    decay, fused = settings.weight_decay or 0.0, device.type == "cuda"
    if settings.optimizer == "adam":
        return torch.optim.Adam(network.parameters(), weight_decay=decay, fused=fused)
    return torch.optim.SGD(network.parameters(), momentum=settings.momentum, weight_decay=decay, fused=fused)
