"""An epoch of MixNN, part by part: the passes of the network, and everything else.

The passes take hours on a CPU: a few steps are timed and multiplied. What there is between epochs and around
the passes is what `pynoise.training` does, on as many examples as an epoch has. The network has learnt
nothing, and what it says of the examples, and their features, are made up: its passes take the same time.
"""

import time
from itertools import islice
from math import ceil
from statistics import median

import numpy as np
import torch
from inputs import SEED, losses
from setting import spread

from pynoise import networks, noise
from pynoise.methods.method import Batch
from pynoise.methods.mixnn import MixNN
from pynoise.training.device import precision_of
from pynoise.training.distributed import Team
from pynoise.training.evaluate import Evaluation
from pynoise.training.loop import Training
from pynoise.training.partners import with_partners
from pynoise.training.resident import Normal, Resident, input_shape_of
from pynoise.training.settings import Settings

CLASSES, SHAPE, BATCH = 10, (32, 32, 3), 128
SEEN = "heaps apart"
NETWORKS = ("resnet34", "resnet18")
# Rounds of what is found between epochs, by kind of neighbours.
ROUNDS = {"exact": 3, "hnsw": 1}
STEPS = {"cpu": 5, "cuda": 100}
WANTED = 0.15


def epochs(features, device):
    """Print where the time of an epoch goes; `features` [N, d] are what neighbours are searched in."""
    examples = len(features)
    rng = np.random.default_rng(SEED)
    x = rng.integers(0, 256, (examples, *SHAPE), dtype=np.uint8)
    record = noise.make(rng.integers(0, CLASSES, examples), "symmetric", 0.4, seed=SEED, num_classes=CLASSES)
    targets = torch.tensor(record.noisy, dtype=torch.int64, device=device)
    settings = Settings(**MixNN.settings, batch_size=BATCH, augment="crop-flip", validation=0)
    source = Resident(x, Normal.of(x), device, settings.augment)

    def training(network, neighbors):
        made = networks.make(network, CLASSES, input_shape_of(x), seed=SEED).to(device)
        method = MixNN(neighbors=neighbors, warmup=0, correction_start=1)
        parts = made.to(memory_format=torch.channels_last), method, settings, source
        return Watched(*parts, torch.arange(examples), targets, {}, SEED, Team(), None, record)

    steps = ceil(examples / BATCH)
    count = min(STEPS[device.type], examples // BATCH - 1)
    print(f"\nan epoch of MixNN: {examples:,} examples of {SHAPE}, {features.shape[1]} features, K = 1")
    print(f"batches of {BATCH}, {steps} an epoch, {precision_of(device, settings.precision)}, crop-flip, SGD")
    print(f"the passes, and what is around them: {count} steps after one that does not count, times {steps};")
    print("all else is measured whole; median (range) everywhere")

    said, state, between = made_up(features, targets), None, {}
    for kind, rounds in ROUNDS.items():
        watched = training(NETWORKS[-1], kind)
        if state is not None:
            watched.method.restore(state)
        between[kind] = between_epochs(watched, said, rounds)
        state = watched.method.state()
    batches = gathered(watched)
    show_common(batches, between)
    for network in NETWORKS:
        watched = training(network, "exact")
        watched.method.restore(state)
        watched.method.start_epoch(watched)
        show(network, steps, timed_steps(watched, count), batches, between)


class Watched(Training):
    """Notes what passes of its network take. What the network says of all examples may be given."""

    def __init__(self, *parts):
        super().__init__(*parts)
        self.passes = []
        self.said = None

    def logits(self, inputs):
        start = clock(self.device)
        logits = super().logits(inputs)
        self.passes.append(clock(self.device) - start)
        return logits

    def evaluate(self, rows, *, features=False):
        return super().evaluate(rows, features=features) if self.said is None else self.said


def clock(device):
    if device.type == "cuda":
        torch.cuda.synchronize(device)
    return time.perf_counter()


def made_up(features, targets):
    """What a network may say after some epochs: given labels get the probability of their losses."""
    values = losses(SEEN, len(features))
    shares = np.repeat(-np.expm1(-values)[:, None] / (CLASSES - 1), CLASSES, axis=1)
    np.put_along_axis(shares, targets.cpu().numpy()[:, None], np.exp(-values)[:, None], axis=1)
    logits = torch.tensor(np.log(shares), dtype=torch.float32, device=targets.device)
    seen = torch.ones(len(features), dtype=torch.bool, device=targets.device)
    return Evaluation(logits, torch.tensor(features, device=targets.device), seen)


def between_epochs(training, said, rounds):
    """Seconds of the mixture, of the neighbours, and of all else that MixNN does after an epoch."""
    training.said = said
    training.method.start_epoch(training)  # it looks, too, where nothing was seen before
    found = {"mixture": [], "search": [], "losses, softmax, figures": []}
    for _ in range(rounds):
        start = clock(training.device)
        figures = training.method.end_epoch(training)
        took = clock(training.device) - start
        parts = figures["mixture_seconds"], figures["neighbors_seconds"]
        for times, part in zip(found.values(), (*parts, took - sum(parts)), strict=True):
            times.append(part)
    return found


def gathered(training):
    """Seconds of an epoch's batches, with partners and without."""
    generator = torch.Generator("cpu").manual_seed(SEED)
    order = training.rows[torch.randperm(len(training.rows), generator=generator)]
    both = {"with partners": training.partners, "without": None}
    found = {name: [] for name in both}
    for _ in range(ROUNDS["exact"]):
        for name, partners in both.items():
            start = clock(training.device)
            for _ in with_partners(training.train, order, partners, BATCH, SEED):
                pass
            found[name].append(clock(training.device) - start)
    return found


def timed_steps(training, count):
    """Seconds of steps, as the loop takes them, part by part; and of an evaluation of as many examples."""
    batches = with_partners(training.train, training.rows, training.partners, BATCH, SEED)
    found = {"plain": [], "mixed": [], "around": [], "evaluation": []}
    training.network.train()
    for index, inputs, *beside in islice(batches, count + 1):
        training.passes.clear()
        begun = clock(training.device)
        training.optimizer.zero_grad()
        started = clock(training.device)
        each, _ = training.method.losses(training, Batch(index, inputs, training.targets[index], *beside))
        ended = clock(training.device)
        each.mean().backward()
        training.optimizer.step()
        stepped = clock(training.device)
        training.evaluate(index.cpu(), features=True)
        plain, mixed = training.passes
        found["plain"].append(plain)
        found["mixed"].append(started - begun + mixed + stepped - ended)
        found["around"].append(ended - started - plain - mixed)
        found["evaluation"].append(clock(training.device) - stepped)
    return {name: times[1:] for name, times in found.items()}


def show_common(batches, between):
    """Print what is the same for all networks."""
    print("\n  batches of an epoch, and what is done once between two; no pass of a network")
    for name, times in batches.items():
        print(f"  {f'batches {name}':56} {spread(times)}")
    for kind, parts in between.items():
        for name, times in parts.items():
            print(f"  {f'neighbours {kind}: {name}':56} {spread(times)}")


def show(network, steps, found, batches, between):
    """Print the parts of an epoch, and the share of those that are no pass."""
    print(f"\n  {network:46}{'a step':>10}{'an epoch':>13}")
    words = {
        "plain": "plain pass: evaluation mode, no gradients",
        "mixed": "mixed pass: forward, backward, optimiser",
        "around": "around them: correction, weights, mixing, loss",
    }
    whole = {name: [steps * took for took in times] for name, times in found.items()}
    for name, text in words.items():
        print(f"  {text:46}{1e3 * median(found[name]):7,.0f} ms {spread(whole[name])}")
    passes = median(whole["plain"]) + median(whole["mixed"])
    for kind, parts in between.items():
        other = sum(median(times) for times in (whole["around"], batches["with partners"], *parts.values()))
        print(
            f"  all but the two passes, neighbours {kind}: {other:,.1f} of {passes + other:,.1f} s, "
            f"{other / (passes + other):.2%}  wanted {WANTED:.0%} at most"
        )
    # The losses and the features come from it; it is no part of what is wanted.
    evaluation = median(whole["evaluation"])
    print(
        f"  beside that: evaluation of all examples, {evaluation:,.1f} s, "
        f"{evaluation / (passes + evaluation):.1%} of the three passes"
    )
