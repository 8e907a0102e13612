"""Features of MNIST from a small network, trained here once and kept in build/.

It runs in a process of its own: PyTorch brings its own OpenMP, and its settings are for the whole process.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
from setting import dataset

SEED = 0
TRAINED, TRAIN, TEST, WIDTH, BATCH = 20_000, 50_000, 10_000, 256, 64
FOLDER = Path(__file__).resolve().parents[1] / "build"


def features(scale=1):
    """Raw outputs of the wide layer, float32 [50,000, 256] and [10,000, 256]; None without torch or MNIST."""
    kept = FOLDER / f"features-seed{SEED}-scale{scale:g}.npz"
    if not kept.is_file():
        if importlib.util.find_spec("torch") is None or dataset("mnist") is None:
            return None
        subprocess.run([sys.executable, __file__, str(kept), str(scale)], check=True)
    with np.load(kept) as file:
        return file["train"], file["test"]


def network():
    from torch import nn

    return nn.Sequential(
        *(nn.Conv2d(1, 16, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(32 * 5 * 5, WIDTH)),
        *(nn.ReLU(), nn.Linear(WIDTH, 10)),
    )


def make(kept, scale):
    import torch

    # One thread and deterministic kernels: the same machine makes the same features again.
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    _, mnist = dataset("mnist")
    train, test = (torch.from_numpy(x / np.float32(255))[:, None] for x in (mnist.x_train, mnist.x_test))
    labels = torch.from_numpy(mnist.y_train.astype(np.int64))
    model = network()
    optimizer = torch.optim.Adam(model.parameters())
    for chosen in torch.randperm(int(TRAINED * scale)).split(BATCH):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(train[chosen]), labels[chosen]).backward()
        optimizer.step()
    with torch.inference_mode():

        def outputs(images, layers):
            return torch.cat([layers(part) for part in images.split(1000)]).numpy()

        right = (outputs(test, model).argmax(axis=1) == mnist.y_test).mean()
        wide = model[:-2]  # what the ReLU would get
        parts = {"train": train[: int(TRAIN * scale)], "test": test[: int(TEST * scale)]}
        arrays = {name: outputs(images, wide) for name, images in parts.items()}
    print(f"network trained: one epoch of {int(TRAINED * scale):,} images, test accuracy {right:.4f}")
    kept.parent.mkdir(exist_ok=True)
    half = kept.with_suffix(".part.npz")  # renamed when it is whole
    np.savez(half, **arrays)
    half.rename(kept)


if __name__ == "__main__":
    make(Path(sys.argv[1]), float(sys.argv[2]))
