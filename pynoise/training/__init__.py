"""Training networks on noisy labels: one loop for every method, one folder for every run."""

from pynoise._packages import TRAIN, needed

with needed("network", "torch", TRAIN):
    import torch  # noqa: F401 - else its absence shows in the middle of what follows

from pynoise.training.analyses import compare, profile
from pynoise.training.cleaning import clean
from pynoise.training.compare_methods import compare_methods
from pynoise.training.extracted import Extracted, extract
from pynoise.training.method_comparison import MethodComparison
from pynoise.training.run import train
from pynoise.training.saved import Run
from pynoise.training.settings import Settings
from pynoise.training.transforms import RECIPES

__all__ = [
    "RECIPES",
    "Extracted",
    "MethodComparison",
    "Run",
    "Settings",
    "clean",
    "compare",
    "compare_methods",
    "extract",
    "profile",
    "train",
]
