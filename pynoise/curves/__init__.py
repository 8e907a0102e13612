"""Accuracy of K-NN against noise level: predicted without training, and measured."""

from pynoise.curves.accuracy import accuracy_curve
from pynoise.curves.result import COLUMNS, OUTPUT_SUFFIXES, AccuracyCurve

__all__ = ["COLUMNS", "OUTPUT_SUFFIXES", "AccuracyCurve", "accuracy_curve"]
