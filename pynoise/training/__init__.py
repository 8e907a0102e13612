"""Training networks on noisy labels: one loop for every method, one folder for every run."""

from pynoise.training.extracted import Extracted, extract
from pynoise.training.run import train
from pynoise.training.saved import Run
from pynoise.training.settings import Settings

__all__ = ["Extracted", "Run", "Settings", "extract", "train"]
