"""How a network learns from noisy labels: one file a method."""

from pynoise.methods.method import Batch, Method
from pynoise.methods.registry import METHODS, make

__all__ = ["METHODS", "Batch", "Method", "make"]
