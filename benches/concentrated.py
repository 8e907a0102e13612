"""Accuracy of K-NN on MNIST's pixels under concentrated and under flip noise; `--picture FILE` draws it."""

import sys

from setting import CORES, mnist

import pynoise
from pynoise import knn

SEED = 0
KS = [11, 51]
LEVELS = [0.1, 0.2, 0.3, 0.4, 0.5]
REPEATS = {"concentrated": 3, "concentrated-exact": 3, "flip": 5}


def main(picture=None):
    _, data = mnist()
    kept = knn.neighbors(data, max(KS))
    print(f"\nconcentrated noise: MNIST pixels, K = {KS}, {CORES} cores, seed {SEED}")
    print(
        f"  {'noise':20}{'γ':>5}{'selected':>10}{'K = 11':>9}{'± sd':>8}{'less 1-γ':>10}{'K = 51':>9}"
        f"{'repeats':>9}"
    )
    curves = {}
    for kind, repeats in REPEATS.items():
        levels = [0.0, *LEVELS]
        curve = pynoise.accuracy_curve(data, KS, kind, levels, neighbors=kept, repeats=repeats, seed=SEED)
        curves[kind] = curve
        for few, many in zip(curve.rows[: len(levels)], curve.rows[len(levels) :], strict=True):
            less = "" if kind == "flip" else f"{few['measured'] - 1 + few['level']:+.4f}"
            print(
                f"  {kind:20}{few['level']:5}{few['selected_fraction']:10.4f}{few['measured']:9.4f}"
                f"{few['measured_sd']:8.4f}{less:>10}"
                f"{many['measured']:9.4f}{repeats:9}"
            )
        print(f"  {'':20}measured in {curve.meta['seconds']['measured']:.1f} s")
    if picture:
        curves["flip"].plot(picture, beside=[curves["concentrated"]])


if __name__ == "__main__":
    main(sys.argv[sys.argv.index("--picture") + 1] if "--picture" in sys.argv else None)
