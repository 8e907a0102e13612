"""The plurality solver: microseconds a row of the bounded dynamic program, one thread."""

import numpy as np
from setting import seconds

import pynoise

ROWS, CLASSES, SEED = 200, 10, 0


def main():
    rng = np.random.default_rng(SEED)
    rows = {
        "random": rng.dirichlet(np.ones(CLASSES), ROWS),
        "peaked": 0.97 * np.eye(CLASSES)[rng.integers(0, CLASSES, ROWS)] + 0.03 / CLASSES,
        "flat": np.full((ROWS, CLASSES), 1 / CLASSES),
    }
    label = rng.integers(0, CLASSES, ROWS)
    print(f"\nplurality solver, method dp, L = {CLASSES}, seed {SEED}: us a row, 1 thread, best of 3")
    for k in (11, 51, 101):
        for name, q in rows.items():
            options = {"method": "dp", "threads": 1}
            times = [seconds(pynoise.plurality_accuracy, q, label, k, **options) for _ in range(3)]
            print(f"  K = {k:3}  {name:8}{1e6 * min(times) / ROWS:10.1f}")
