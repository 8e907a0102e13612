"""Features of CIFAR-10 from a small network that is trained on given, noisy labels; kept in build/.

It runs in a process of its own: PyTorch brings its own OpenMP, and its settings are for the whole process.
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
from setting import dataset

SEED = 0
EPOCHS, BATCH, WIDTH, RATE = 6, 128, 128, 0.1
FOLDER = Path(__file__).resolve().parents[1] / "build"


def noisy_features(labels_file, which):
    """Float32 [50,000, 128], and the network's accuracy on the clean test labels; None without torch."""
    kept = FOLDER / f"features-cifar10-{which}-seed{SEED}.npz"
    if not kept.is_file():
        if importlib.util.find_spec("torch") is None:
            return None
        subprocess.run([sys.executable, __file__, str(labels_file), which, str(kept)], check=True)
    with np.load(kept) as file:
        return file["train"], float(file["accuracy"])


def network():
    from torch import nn

    def block(inputs, outputs):
        return (nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(), nn.MaxPool2d(2))

    return nn.Sequential(
        *(*block(3, 32), *block(32, 64), *block(64, 128)),
        *(nn.Flatten(), nn.Linear(128 * 4 * 4, WIDTH), nn.ReLU(), nn.Linear(WIDTH, 10)),
    )


def make(labels_file, which, kept):
    import torch

    # One thread and deterministic kernels: the same machine makes the same features again.
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    _, cifar = dataset("cifar10")
    # Centred; about one standard deviation is 1.
    train, test = (
        ((torch.from_numpy(x).permute(0, 3, 1, 2).float() - 121) / 64).to(memory_format=torch.channels_last)
        for x in (cifar.x_train, cifar.x_test)
    )
    with np.load(labels_file) as file:
        labels = torch.from_numpy(file[which].astype(np.int64))
    model = network().to(memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), RATE, momentum=0.9, nesterov=True, weight_decay=5e-4)
    steps = EPOCHS * -(-len(train) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(train)).split(BATCH):
            images = shifted(train[chosen])
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(model(images), labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    model.eval()
    with torch.inference_mode():

        def outputs(images, layers):
            return torch.cat([layers(part) for part in images.split(1000)]).numpy()

        accuracy = (outputs(test, model).argmax(axis=1) == cifar.y_test).mean()
        features = outputs(train, model[:-2])  # what the last ReLU would get
    print(f"network trained: {EPOCHS} epochs on the labels {which}, test accuracy {accuracy:.4f}")
    kept.parent.mkdir(exist_ok=True)
    half = kept.with_suffix(".part.npz")  # renamed when it is whole
    np.savez(half, train=features, accuracy=accuracy)
    half.rename(kept)


def shifted(images):
    """A batch mirrored and shifted by up to 4 pixels, each batch by one draw."""
    import torch

    if torch.rand(()) < 0.5:
        images = images.flip(3)
    down, right = torch.randint(0, 9, (2,)).tolist()
    return torch.nn.functional.pad(images, (4, 4, 4, 4))[:, :, down : down + 32, right : right + 32]


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3]))
