"""The whole command `pynoise curve` on MNIST, from start to exit."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from setting import CORES, mnist, seconds

LIMIT = 60


def main():
    root, _ = mnist()
    print(f"\npynoise curve, MNIST, K = 1, 11, 51, 21 levels, 10 repeats, seed 0, {CORES} cores")
    for noise in ("flip", "uniform"):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "curve.json"
            start = [sys.executable, "-c", "from pynoise.cli import main; main()", "curve"]
            options = ["--K", "1,11,51", "--noise", noise, "--dataset", "mnist", "--data-root", str(root)]
            command = [*start, *options, "--out", str(out)]
            took = seconds(subprocess.run, command, check=True, capture_output=True)
            curve = json.loads(out.read_text())
        largest = max(abs(row["difference"]) for row in curve["rows"])
        parts = ", ".join(f"{name} {part:.2f}" for name, part in curve["meta"]["seconds"].items())
        print(f"  {noise:8}{took:7.2f} s, {took / LIMIT:.2f} of {LIMIT} s ({parts})")
        print(f"          largest |measured - analytic| {largest:.4f}")
