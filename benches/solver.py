"""The plurality solver: contour quadrature beside the paper's bounded sum, one thread, and how time grows.

Both methods get the same rows, made or found here: random rows are Dirichlet(1), flat ones 1/L everywhere,
peaked ones the softmax of Gaussian logits (standard deviation 2) with 8 added to the right label's, and
histograms those of the digits' neighbours under flip noise of 0.3 or uniform noise of 0.5, in turn.
"""

import numpy as np
from setting import CORES, seconds

import pynoise
from pynoise import data, knn, noise

SEED = 0
ROUNDS = 3
# L, K, rows, and the ratio that is promised for a kind of rows.
SIZES = (
    (10, 11, 1000, {}),
    (10, 51, 400, {"random": 10}),
    (10, 301, 100, {"random": 100}),
    (1000, 51, 12, {"peaked": 60}),
)


def rows(rng, count, classes, k):
    """Rows of q and their right labels, by kind."""
    labels = rng.integers(0, classes, count)
    softmax = np.exp(2 * rng.normal(size=(count, classes)) + 8 * np.eye(classes)[labels])
    kinds = {
        "random": (rng.dirichlet(np.ones(classes), count), labels),
        "flat": (np.full((count, classes), 1 / classes), labels),
        "peaked": (softmax / softmax.sum(axis=1, keepdims=True), labels),
    }
    if classes == 10:
        kinds["histogram"] = histograms(rng, count, k)
    return kinds


def histograms(rng, count, k):
    """Observed distributions around test digits, and their labels."""
    digits = data.load("digits")
    indices, _ = knn.search(digits.x_train, digits.x_test, k)
    clean = knn.label_histograms(indices, digits.y_train, [k], 10)[0] / k
    chosen = rng.integers(0, len(clean), count)
    q = clean[chosen]
    for start, kind, level in ((0, "flip", 0.3), (1, "uniform", 0.5)):
        part = q[start::2]
        q[start::2] = (1 - level) * part + level * part @ noise.corruption_matrix(kind, 10)
    return q, digits.y_test[chosen]


def per_row(q, label, k, method, threads=1):
    """Microseconds a row, best of some rounds."""
    options = {"method": method, "threads": threads}
    best = min(seconds(pynoise.plurality_accuracy, q, label, k, **options) for _ in range(ROUNDS))
    return best / len(q) * 1e6


def main():
    rng = np.random.default_rng(SEED)
    print(f"\nplurality solver, us a row, 1 thread, ties strict, seed {SEED}, best of {ROUNDS}")
    print("     L     K  rows            contour         dp  dp / contour  promised  largest difference")
    for classes, k, count, promised in SIZES:
        for kind, (q, labels) in rows(rng, count, classes, k).items():
            contour, dp = (per_row(q, labels, k, method) for method in ("contour", "dp"))
            both = (pynoise.plurality_accuracy(q, labels, k, method=m) for m in ("contour", "dp"))
            apart = abs(np.subtract(*both)).max()
            limit = promised.get(kind, "")
            print(
                f"{classes:6}{k:6}  {kind:10}{contour:13.1f}{dp:11.1f}{dp / contour:14.1f}{limit:>10}{apart:20.0e}"  # noqa: E501
            )
    grow(rng)


def grow(rng):
    """Time against K, L, rows and threads, as multiples of the entry before."""
    print("\nhow time grows (contour, random rows, ties strict; us a row, and times the entry before)")

    def table(name, values, time):
        before = None
        for value in values:
            took = time(value)
            times = "" if before is None else f"x {took / before:.2f}"
            print(f"  {name} {value:7,}{took:12.1f}  {times}")
            before = took

    def at(classes, k, count, threads=1):
        q = rng.dirichlet(np.ones(classes), count)
        return per_row(q, q.argmax(axis=1), k, "contour", threads)

    print("K, L = 10: K^1.5 at most, x 2.8 where K doubles")
    table("K", (25, 50, 100, 200, 400, 800, 1600), lambda k: at(10, k, 400 if k < 500 else 100))
    print("L, K = 51: as L or less, x 2 where L doubles")
    table("L", (10, 20, 40, 80, 160, 320, 640, 1280, 5120), lambda classes: at(classes, 51, 200))
    print("rows, L = 10, K = 51: the same for each row")
    table("rows", (100, 1000, 10_000, 50_000), lambda count: at(10, 51, count))
    print(f"threads, L = 10, K = 51, 20,000 rows, {CORES} cores: a share of the rows each")
    table("threads", sorted({1, CORES}), lambda threads: at(10, 51, 20_000, threads))
