"""Pictures, with matplotlib's figures and no window: they work where there is no screen."""

from pynoise.plots.curves import accuracy_curve, k_fit
from pynoise.plots.noise import noise_picture
from pynoise.plots.style import render, write_figure

__all__ = ["accuracy_curve", "k_fit", "noise_picture", "render", "write_figure"]
