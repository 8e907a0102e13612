"""What a benchmark ran on, and the clock that all of them use."""

import importlib.metadata
import os
import statistics
import sys
import time
from pathlib import Path

from pynoise import _provenance, data
from pynoise.errors import InputError

HARDWARE = _provenance.hardware(0)
CORES = HARDWARE["cores"]


def print_setting():
    packages = ("pynoise-lab", "numpy", "faiss-cpu")
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    print(f"{HARDWARE['processor']}, {CORES} cores, Python {sys.version.split()[0]}, {versions}")


def mnist():
    """Find MNIST in PYNOISE_DATA, data, or where the tests unpack it: the folder, and the data set."""
    for root in (os.environ.get("PYNOISE_DATA"), "data", "build/data"):
        try:
            if root and Path(root).is_dir():
                return Path(root), data.load("mnist", root)
        except InputError as error:
            print(error, file=sys.stderr)
    sys.exit("no MNIST: set PYNOISE_DATA to a folder with MNIST/raw (torchvision's layout)")


def seconds(work, *arguments, **named):
    start = time.perf_counter()
    work(*arguments, **named)
    return time.perf_counter() - start


def spread(times):
    return f"{statistics.median(times):8.2f} s  ({min(times):.2f}-{max(times):.2f})"
