"""Images per second of the training loop, beside a plain loop with a DataLoader, and the network alone.

All take turns in one process with the same number of torch's threads, and train the same network with the
same batch size, optimiser, precision and memory format. The plain loop gets PIL images through torchvision's
usual transforms; its best number of workers counts. "ready-made": random batches that lie on the device.

It runs in a process of its own: PyTorch brings its own OpenMP, and its workers are forked.
"""

import importlib.util
import statistics
import subprocess
import sys

import numpy as np
from setting import CORES, dataset, seconds

ROUNDS = 5
SEED = 0
# Network, data set, shape of its images, how they are augmented, and on which devices.
TASKS = (
    ("mnist-cnn", "mnist", (28, 28), "none", ("cpu", "cuda")),
    ("resnet20", "cifar10", (32, 32, 3), "crop-flip", ("cpu", "cuda")),
    ("all-cnn", "cifar10", (32, 32, 3), "crop-flip", ("cuda",)),
)
# Training images: on the CPU some ten seconds' worth for two cores.
IMAGES = {"cpu": 2048, "cuda": 50_000}
# The least multiple of the plain loop's speed that is wanted, and of the ready-made batches'.
WANTED = {"cpu": (1.0, None), "cuda": (5.0, 0.9)}
SHOWN = ("torch", "torchvision", "cuda", "cudnn")


def main(scale=1):
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("torchvision") is None:
        print("\nno torch or torchvision: the training loop is left out")
        return
    subprocess.run([sys.executable, __file__, str(scale)], check=True)


def measure(scale):
    from loops import Task, contestants

    from pynoise._torch_device import device_of, tuned
    from pynoise.training import Settings
    from pynoise.training.device import hardware, precision_of, versions

    device = device_of("auto")
    kind = device.type
    workers = [count for count in (0, 2, 8) if count <= max(2, CORES)]
    made = ", ".join(f"{name} {version}" for name, version in versions().items() if name in SHOWN)
    print(f"\nthe training loop on {hardware(device)['device_name']} ({kind}), threads {CORES}, {made}")
    print(f"images per second: median of {ROUNDS} rounds (range), after one that does not count")
    print("x: median of the ratios, round by round, of pynoise's speed over this one")
    for network, data, shape, augment, devices in TASKS:
        if kind not in devices:
            continue
        settings = Settings(epochs=ROUNDS + 1, validation=0, augment=augment)
        batch, precision = settings.batch_size, precision_of(device, settings.precision)
        x, labels, words = examples(data, shape, max(2 * batch, int(IMAGES[kind] * scale)))
        print(
            f"\n{network}, {words}, augmentation {augment}, batches of {batch}, SGD, {precision}, seed {SEED}"
        )
        with tuned(CORES, device):
            task = Task(network, x, labels, settings, SEED, device)
            compare(contestants(task, workers), len(x), WANTED[kind])


def examples(name, shape, count):
    """Training images or, where the data are absent, random ones; their labels; and words on them."""
    found = dataset(name)
    if found is None:
        rng = np.random.default_rng(SEED)
        x, labels = rng.integers(0, 256, (count, *shape), dtype=np.uint8), rng.integers(0, 10, count)
        return x, labels, f"{count:,} random images of {shape} (no {name})"
    x, labels = found[1].x_train[:count], found[1].y_train[:count]
    return x, labels, f"{len(x):,} images of {name}"


def compare(epochs, images, wanted):
    """Let everybody train in turn, and print a table."""
    speeds = {name: [] for name in epochs}
    for turn in range(ROUNDS + 1):
        # To and fro, so that nobody is always the first.
        for name, epoch in list(epochs.items())[:: -1 if turn % 2 else 1]:
            took = seconds(epoch)
            if turn:
                speeds[name].append(images / took)
    ours, *plain, ceiling = speeds
    best = max(plain, key=lambda name: statistics.median(speeds[name]))
    least = dict(zip((best, ceiling), wanted, strict=True))
    for name, found in speeds.items():
        span = f"({min(found):,.0f}-{max(found):,.0f})"
        line = f"  {name:22}{statistics.median(found):11,.0f}  {span:20}"
        if name != ours:
            ratio = statistics.median(a / b for a, b in zip(speeds[ours], found, strict=True))
            line += f"x {ratio:5.2f}"
        if least.get(name) is not None:
            line += f"  wanted {least[name]}"
        print(line)


if __name__ == "__main__":
    measure(float(sys.argv[1]))
