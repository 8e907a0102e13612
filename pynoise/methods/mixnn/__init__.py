"""MixNN: each example mixed with its nearest neighbours (Lu and He)."""

from pynoise.methods.mixnn.method import MixNN

__all__ = ["MixNN"]
