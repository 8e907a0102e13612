"""Files of noise: which of the two it is."""

from __future__ import annotations

from pathlib import Path

from pynoise.noise.estimated import EstimatedNoise, is_estimate
from pynoise.noise.record import NoisyLabels

__all__ = ["load"]


def load(path: str | Path) -> NoisyLabels | EstimatedNoise:
    """Read what `NoisyLabels.save` or `EstimatedNoise.save` wrote.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputValueError
        If it is neither.
    """
    return EstimatedNoise.load(path) if is_estimate(path) else NoisyLabels.load(path)
