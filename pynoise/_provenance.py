"""What made a result: versions and hardware, kept with it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import numpy as np

from pynoise import _core

__all__ = ["cores", "hardware", "versions"]


def versions() -> dict[str, str]:
    """Versions of what decides a result."""
    return {
        "pynoise": _core.__version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
    }


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def hardware(threads: int) -> dict[str, str | int]:
    """Processor, the cores that this process may use, and the threads that it used."""
    own = cores()
    return {
        "processor": _processor(),
        "cores": own,
        "threads": threads or own,
        "system": platform.system(),
    }


def _processor() -> str:
    """Name of the processor; Linux keeps it where `platform` does not look."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    for line in lines:
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
