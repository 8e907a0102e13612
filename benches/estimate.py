"""Unknown noise: the transition matrix from features and noisy labels, beside least squares and cleanlab.

Least squares is the fit of Zhu, Song and Liu (ICML 2021): the sum of the norms of what the shares of labels,
pairs and triples are off by, rows of T and p as softmax, 1,500 steps of Adam; on the whole table, from the
same neighbours. cleanlab's is the noise matrix of confident learning, from the votes of the 10 nearest
neighbours. CIFAR-10N's human labels (Wei et al., ICLR 2022) are read from the .npz file that PYNOISE_CIFAR_N
names: one array for each kind, in the order of torchvision's training set.
"""

import os
from pathlib import Path

import numpy as np
from noisy_features import noisy_features
from setting import CORES, dataset, timed

from pynoise import data, knn, noise
from pynoise._fingerprint import Fingerprint

MADE = (("symmetric", 0.2), ("symmetric", 0.4), ("flip", 0.3))
HUMAN = ("aggre_label", "random_label1", "worse_label")
SEEDS = 3
K = 30  # of which cleanlab's votes take 10
STEPS, RATE = 1500, 0.1


def main(scale=1):
    print(f"\nestimated noise, threads {CORES}, {K} neighbours searched once for all that is fitted to them.")
    print("Columns: mean |T - true T|, largest, estimated of true rate, seconds of the fit")
    for name in ("digits", "mnist"):
        found = (None, data.load(name)) if name == "digits" else dataset(name)
        if found is None:
            print(f"\nno {name}: left out")
            continue
        part = int(len(found[1].x_train) * scale)
        x, clean = found[1].x_train[:part], found[1].y_train[:part]
        neighbours = searched(f"{name} pixels", x, "euclidean")
        for kind, level in MADE:
            records = [noise.make(clean, kind, level, seed=seed) for seed in range(SEEDS)]
            compare(f"{kind} {level}, seeds 0..{SEEDS - 1}", x, clean, records, neighbours)
    human(scale)


def human(scale):
    labels_file, found = os.environ.get("PYNOISE_CIFAR_N"), dataset("cifar10")
    if not labels_file or found is None:
        print("\nno CIFAR-10, or no labels in PYNOISE_CIFAR_N: left out")
        return
    part = int(len(found[1].x_train) * scale)
    with np.load(labels_file) as file:
        clean = file["clean_label"][:part].astype(np.int32)
        labels = {which: file[which][:part].astype(np.int32) for which in HUMAN}
    x = found[1].x_train[:part]
    neighbours = searched("CIFAR-10 pixels", x, "euclidean", clean)
    for which in HUMAN:
        compare(which, x, clean, [Human(clean, labels[which])], neighbours)
    for which in HUMAN:
        made = noisy_features(Path(labels_file), which)
        if made is None:
            print("\nno torch: the features of a network are left out")
            return
        # What the last ReLU gives.
        features = np.maximum(made[0][:part], 0)
        title = f"features of a network trained on {which}, test accuracy {made[1]:.3f}"
        neighbours = searched(title, features, "cosine", clean)
        compare(which, features, clean, [Human(clean, labels[which])], neighbours)


class Human:
    """Labels as people gave them, and the matrix that they came to."""

    def __init__(self, clean, noisy):
        self.noisy = noisy
        counts = np.zeros((10, 10))
        np.add.at(counts, (clean, noisy), 1)
        self.transition = counts / counts.sum(axis=1, keepdims=True)


def searched(title, x, metric, clean=None):
    took, (indices, distances, statistics) = timed(
        knn.search, x, x, K, metric=metric, exclude_self=True, return_statistics=True
    )
    pure = "" if clean is None else f", both neighbours of the clean class {(both(clean, indices)):.3f}"
    print(f"\n{title} ({len(x):,} rows, {metric}): search {took:.1f} s{pure}")
    rows = Fingerprint.of(x)
    parts = (metric, "exact", "train", None, 0, rows, rows, title, statistics, took, {})
    return knn.Neighbors(indices, distances, *parts)


def both(clean, indices):
    return (clean[indices[:, :2]] == clean[:, None]).all(axis=1).mean()


def compare(title, x, clean, records, neighbours):
    print(f"  {title}, both neighbours of the class {both(clean, neighbours.indices):.3f}")
    for name, work in (("pynoise", ours), ("least squares", least_squares), ("cleanlab", cleanlab)):
        rows = []
        for record in records:
            took, found = timed(work, record.noisy, neighbours, x)
            if found is None:
                break
            transition, rate = found
            off = abs(transition - record.transition)
            rows.append((off.mean(), off.max(), rate, (record.noisy != clean).mean(), took))
        if not rows:
            print(f"    {name:14} (absent)")
            continue
        mean, largest, rate, true, took = np.mean(rows, axis=0)
        print(f"    {name:14}{mean:8.4f}{largest:8.3f}{rate:8.4f} of {true:.4f}{took:9.2f} s")


def ours(noisy, neighbours, x):
    found = noise.estimate(x, noisy, neighbors=neighbours)
    return found.transition, found.noise_rate


def least_squares(noisy, neighbours, _):
    """The paper's fit."""
    classes = int(noisy.max()) + 1
    first, second = (noisy[neighbours.indices[:, i]] for i in (0, 1))
    table = np.zeros((classes, classes, classes))
    np.add.at(table, (noisy, first, second), 1 / len(noisy))
    wanted = table.sum(axis=(1, 2)), table.sum(axis=2), table
    values = [np.zeros(classes), 2.0 * np.eye(classes)]  # logarithms of p and T, but for constants
    means, squares = ([np.zeros_like(v) for v in values] for _ in range(2))
    for step in range(1, STEPS + 1):
        p, t = (softmax(v) for v in values)
        to_p, to_t = np.zeros_like(p), np.zeros_like(t)
        pairs = (t[:, :, None] * t[:, None, :]).reshape(classes, -1)
        for order, share in enumerate(wanted, 1):
            if order == 1:
                off = p @ t - share
            else:
                off = ((p[:, None] * t).T @ (t if order == 2 else pairs)).reshape(share.shape) - share
            norm = np.linalg.norm(off)
            if norm == 0:
                continue
            off = off / norm
            # The derivative with one label left open, summed over which one it is.
            for axis in range(order):
                moved = np.moveaxis(off, axis, 0).reshape(classes, -1)
                others = (np.ones((classes, 1)), t, pairs)[order - 1]
                open_one = others @ moved.T  # [class, label]
                to_t += p[:, None] * open_one
                if axis == 0:
                    to_p += (t * open_one).sum(axis=1)
        for i, (value, to) in enumerate(((p, to_p), (t, to_t))):
            slope = value * (to - (value * to).sum(axis=-1, keepdims=True))
            means[i] = 0.9 * means[i] + 0.1 * slope
            squares[i] = 0.999 * squares[i] + 0.001 * slope**2
            corrected = np.sqrt(squares[i] / (1 - 0.999**step)) + 1e-8
            values[i] = values[i] - RATE * means[i] / (1 - 0.9**step) / corrected
    p, t = (softmax(v) for v in values)
    return t, 1 - p @ t.diagonal()


def softmax(values):
    powers = np.exp(values - values.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def cleanlab(noisy, neighbours, _):
    try:
        from cleanlab.count import compute_confident_joint, estimate_latent
    except ImportError:
        return None
    classes = int(noisy.max()) + 1
    (votes,) = knn.label_histograms(neighbours.indices[:, :10], noisy, [10], classes)
    joint = compute_confident_joint(noisy, votes / 10)
    prior, matrix, _ = estimate_latent(joint, noisy)  # matrix[j, k] = P(noisy j | clean k)
    return matrix.T, 1 - prior @ matrix.diagonal()


if __name__ == "__main__":
    main()
