"""ODD, on-the-fly data denoising: leave out what has the loss of a random label (Song et al.)."""

from pynoise.methods.odd.method import ODD
from pynoise.methods.odd.modelled import modelled_losses

__all__ = ["ODD", "modelled_losses"]
