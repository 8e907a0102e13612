"""Accuracy of K-NN against noise level: predicted without training, and measured."""

from pynoise.curves.accuracy import accuracy_curve
from pynoise.curves.files import OUTPUT_SUFFIXES
from pynoise.curves.fit import fit_k
from pynoise.curves.kfit import FIT_COLUMNS, KFit
from pynoise.curves.measured import load_measured
from pynoise.curves.network import NetworkCurve, network_curve
from pynoise.curves.result import COLUMNS, AccuracyCurve

__all__ = [
    "COLUMNS",
    "FIT_COLUMNS",
    "OUTPUT_SUFFIXES",
    "AccuracyCurve",
    "KFit",
    "NetworkCurve",
    "accuracy_curve",
    "fit_k",
    "load_measured",
    "network_curve",
]
