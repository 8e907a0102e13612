"""The analytic part of whole figures: MNIST at five K, fixed neighbourhoods, and ImageNet's shape."""

import resource
import subprocess
import sys

import numpy as np
from setting import CORES, mnist, seconds

import pynoise
from pynoise import data

SEED = 0
CLASSES, ROWS = 1000, 50_000


def show(what, took, limit):
    print(f"  {what:46}{took:8.2f} s, {took / limit:.2f} of {limit} s")


def main():
    _, dataset = mnist()
    print(f"\nanalytic curves, 21 levels, ties first, {CORES} cores")
    for model, ks, limit in (("iid", [1, 11, 51, 101, 301], 5), ("fixed", [1, 11, 51], 120)):
        for kind in ("flip", "uniform", "symmetric"):
            curve = pynoise.accuracy_curve(dataset, ks, kind, model=model, measure=False)
            words = f"MNIST, {model}, {kind}, K = {', '.join(map(str, ks))}"
            show(words, curve.meta["seconds"]["analytic"], limit)
    # In a process of its own, for the peak of its memory.
    sys.stdout.flush()
    subprocess.run([sys.executable, __file__], check=True)


def imagenet():
    rng = np.random.default_rng(SEED)
    labels = rng.integers(0, CLASSES, ROWS)
    softmax = np.empty((ROWS, CLASSES), np.float32)
    for start in range(0, ROWS, 1000):
        part = slice(start, start + 1000)
        logits = 2 * rng.standard_normal((1000, CLASSES), dtype=np.float32)
        logits[np.arange(1000), labels[part]] += 8
        softmax[part] = np.exp(logits - logits.max(axis=1, keepdims=True))
        softmax[part] /= softmax[part].sum(axis=1, keepdims=True)
    nothing = np.zeros((CLASSES, 1)), np.arange(CLASSES)
    dataset = data.Dataset(*nothing, np.zeros((ROWS, 1)), labels)
    print(
        f"  softmax rows {ROWS:,} x {CLASSES:,} (Gaussian logits, 8 for the right label), K = 51, seed {SEED}"
    )
    for kind in ("flip", "uniform"):
        took = seconds(pynoise.accuracy_curve, dataset, 51, kind, clean=softmax, measure=False)
        show(f"ImageNet's shape, iid, {kind}", took, 60)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"  peak memory {peak:.2f} GiB, {peak / 2:.2f} of 2 GiB (Linux)")


if __name__ == "__main__":
    imagenet()
