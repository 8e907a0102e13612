"""Loops that train a network: pynoise's, a plain one with a DataLoader, and the steps alone.

Nothing is evaluated. All train the same network with the same optimiser, precision and memory format.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from PIL import Image
from torch.nn import functional
from torch.utils.data import DataLoader
from torchvision import transforms

from pynoise import methods, networks
from pynoise.training.device import autocast
from pynoise.training.distributed import Team
from pynoise.training.loop import Training
from pynoise.training.resident import Normal, Resident, input_shape_of
from pynoise.training.settings import Settings

CLASSES = 10
FORMAT = torch.channels_last
# Ready-made batches, that take turns.
READY = 8


@dataclass(frozen=True)
class Task:
    """A network by name, uint8 images [N, H, W] or [N, H, W, C], labels [N]; how it is trained, and where."""

    network: str
    x: np.ndarray
    labels: np.ndarray
    settings: Settings
    seed: int
    device: torch.device


def contestants(task, workers):
    """What runs one epoch to its end, by name; a plain loop for each number of workers."""
    torch.manual_seed(task.seed)  # of the plain loops' batches and augmentation
    plain = {f"DataLoader, {count} workers": with_dataloader(task, count) for count in workers}
    loops = {"pynoise": with_pynoise(task)} | plain | {"ready-made": with_ready_made(task)}
    return {name: partial(finished, epoch, task.device) for name, epoch in loops.items()}


def finished(epoch, device):
    epoch()
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def with_pynoise(task):
    source = Resident(task.x, Normal.of(task.x), task.device, task.settings.augment)
    targets = torch.tensor(task.labels, dtype=torch.int64, device=task.device)
    rows, held = torch.arange(len(task.x)), {}
    training = Training(
        *(made(task), methods.make("cross-entropy"), task.settings, source, rows, targets, held),
        *(task.seed, Team(), partial(made, task), None),
    )
    return training.run_epoch


def with_dataloader(task, workers):
    """The loop of tutorials. It counts no losses and no hits; its workers are kept from epoch to epoch."""
    on_cuda = task.device.type == "cuda"
    loader = DataLoader(
        Images(task.x, task.labels, transform(task)),
        task.settings.batch_size,
        shuffle=True,
        num_workers=workers,
        pin_memory=on_cuda,
        persistent_workers=workers > 0,
    )
    step = stepping(task)

    def epoch():
        for inputs, targets in loader:
            step(
                inputs.to(task.device, non_blocking=True, memory_format=FORMAT),
                targets.to(task.device, non_blocking=True),
            )

    return epoch


def with_ready_made(task):
    """Steps on random batches that lie on the device: what no loop can exceed."""
    size = task.settings.batch_size
    generator = torch.Generator().manual_seed(task.seed)
    inputs = torch.randn(READY, size, *input_shape_of(task.x), generator=generator).to(task.device)
    inputs = [batch.contiguous(memory_format=FORMAT) for batch in inputs]
    targets = torch.randint(0, CLASSES, (READY, size), generator=generator).to(task.device)
    starts = range(0, len(task.x), size)
    step = stepping(task)

    def epoch():
        for number, start in enumerate(starts):
            count = min(size, len(task.x) - start)
            step(inputs[number % READY][:count], targets[number % READY][:count])

    return epoch


class Images:
    """Images and labels one by one, as torchvision's MNIST and CIFAR10 give them."""

    def __init__(self, x, labels, transform):
        self.x, self.labels, self.transform = x, labels.tolist(), transform

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.x[index])), self.labels[index]


def transform(task):
    """The usual transforms: augmentation on the PIL image, then a normalised tensor."""
    moved = {
        "none": [],
        "crop-flip": [transforms.RandomCrop(32, padding=4), transforms.RandomHorizontalFlip()],
    }[task.settings.augment]
    normal = Normal.of(task.x)
    mean, std = (tuple(value / 255 for value in values) for values in (normal.mean, normal.std))
    return transforms.Compose([*moved, transforms.ToTensor(), transforms.Normalize(mean, std)])


def stepping(task):
    """A step of the peers."""
    network = made(task)
    settings, fused = task.settings, task.device.type == "cuda"
    rates = {name: getattr(settings, name) for name in ("lr", "momentum", "weight_decay")}
    optimizer = torch.optim.SGD(network.parameters(), **rates, fused=fused)

    def step(inputs, targets):
        optimizer.zero_grad()
        with autocast(task.device, settings.precision):
            loss = functional.cross_entropy(network(inputs), targets)
        loss.backward()
        optimizer.step()

    return step


def made(task):
    network = networks.make(task.network, CLASSES, input_shape_of(task.x), seed=task.seed)
    return network.to(task.device).to(memory_format=FORMAT)
