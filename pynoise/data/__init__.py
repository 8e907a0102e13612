"""Data sets: the built-in ones, your own in an .npz, and torchvision's, read without torch."""

from __future__ import annotations

from pynoise.data.builtin import ideal
from pynoise.data.dataset import Dataset
from pynoise.data.registry import load

__all__ = ["Dataset", "ideal", "load"]
