"""The plurality solver: contour quadrature beside the paper's bounded sum, one thread."""

import numpy as np
from setting import seconds

import pynoise

SEED = 0
SIZES = ((10, 11, 500, 500), (10, 51, 500, 200), (10, 301, 200, 10), (1000, 51, 50, 5))


def rows(rng, count, classes):
    """Rows of q and their right labels, by kind."""
    labels = rng.integers(0, classes, count)
    softmax = np.exp(2 * rng.normal(size=(count, classes)) + 8 * np.eye(classes)[labels])
    return labels, {
        "random": rng.dirichlet(np.ones(classes), count),
        "flat": np.full((count, classes), 1 / classes),
        "peaked": softmax / softmax.sum(axis=1, keepdims=True),
    }


def per_row(q, label, k, method):
    """Microseconds a row, best of 3."""
    options = {"method": method, "threads": 1}
    return min(seconds(pynoise.plurality_accuracy, q, label, k, **options) for _ in range(3)) / len(q) * 1e6


def main():
    rng = np.random.default_rng(SEED)
    print(f"\nplurality solver, us a row, 1 thread, seed {SEED}, best of 3")
    print("     L     K  rows       contour         dp  dp / contour  largest difference")
    for classes, k, count, few in (
        (10, 11, 500, 500),
        (10, 51, 500, 200),
        (10, 301, 200, 10),
        (1000, 51, 50, 5),
    ):
        labels, kinds = rows(rng, count, classes)
        for kind, q in kinds.items():
            contour = per_row(q, labels, k, "contour")
            dp = per_row(q[:few], labels[:few], k, "dp")
            both = (pynoise.plurality_accuracy(q[:few], labels[:few], k, method=m) for m in ("contour", "dp"))
            apart = abs(np.subtract(*both)).max()
            print(f"{classes:6}{k:6}  {kind:8}{contour:10.1f}{dp:11.1f}{dp / contour:14.1f}{apart:20.0e}")
