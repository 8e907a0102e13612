"""What a benchmark ran on, the data that it reads, and the clock that all of them use."""

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
PACKAGES = ("numpy", "faiss-cpu", "scikit-learn", "scikit-learn-intelex", "torch")


def print_setting():
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    made = _provenance.versions()
    print(f"{HARDWARE['processor']}, {CORES} cores")
    print(f"Python {made['python']}, pynoise {made['pynoise']}, {versions}")


def version(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "(absent)"


def mnist():
    """Find MNIST: its folder, and the data set. Without it there is no benchmark."""
    found = dataset("mnist")
    if found is None:
        sys.exit("no MNIST: set PYNOISE_DATA to a folder with MNIST/raw (torchvision's layout)")
    return found


def dataset(name):
    """Look for a data set in PYNOISE_DATA, data, or where the tests unpack it: folder and data, or None."""
    for root in (os.environ.get("PYNOISE_DATA"), "data", "build/data"):
        try:
            if root and Path(root).is_dir():
                return Path(root), data.load(name, root)
        except InputError as error:
            print(error, file=sys.stderr)
    return None


def seconds(work, *arguments, **named):
    return timed(work, *arguments, **named)[0]


def timed(work, *arguments, **named):
    """Seconds, and what the work returns."""
    start = time.perf_counter()
    result = work(*arguments, **named)
    return time.perf_counter() - start, result


def spread(times):
    return f"{statistics.median(times):8.2f} s  ({min(times):.2f}-{max(times):.2f})"
