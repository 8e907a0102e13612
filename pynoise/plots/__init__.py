"""Pictures, with matplotlib's figures and no window: they work where there is no screen."""

from pynoise.plots.chi_square import pairs, preferred_k
from pynoise.plots.curves import accuracy_curve, accuracy_panels, k_fit, network_curve, network_panels
from pynoise.plots.knet import knet_agreement, knet_spaces, knet_toy
from pynoise.plots.methods import method_comparison
from pynoise.plots.mixnn import mixnn_confusions, mixnn_course, mixnn_losses
from pynoise.plots.noise import matrices, noise_picture, points_panels
from pynoise.plots.odd import odd_losses
from pynoise.plots.report import report_curves
from pynoise.plots.run import run_picture
from pynoise.plots.softmax import output_panels, softmax_panels
from pynoise.plots.spaces import spaces_grid
from pynoise.plots.style import render, write_figure
from pynoise.plots.suspects import suspects_losses, suspects_sheet

__all__ = [
    "accuracy_curve",
    "accuracy_panels",
    "k_fit",
    "knet_agreement",
    "knet_spaces",
    "knet_toy",
    "matrices",
    "method_comparison",
    "mixnn_confusions",
    "mixnn_course",
    "mixnn_losses",
    "network_curve",
    "network_panels",
    "noise_picture",
    "odd_losses",
    "output_panels",
    "pairs",
    "points_panels",
    "preferred_k",
    "render",
    "report_curves",
    "run_picture",
    "softmax_panels",
    "spaces_grid",
    "suspects_losses",
    "suspects_sheet",
    "write_figure",
]
