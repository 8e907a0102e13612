"""ODD's model of the losses of random labels, and its removal, example by example, in numpy and float64."""

from __future__ import annotations

import math

import numpy as np


def loss(logits, label):
    """Cross-entropy of one example."""
    most = max(logits)
    return most + math.log(sum(math.exp(value - most) for value in logits)) - logits[label]


def modelled(weight, bias, x, k):
    """The loss of fc(max(x, 0)) and k, of one draw."""
    return loss([float(row @ np.maximum(x, 0)) + b for row, b in zip(weight, bias, strict=True)], k)


def left(rows, losses, threshold):
    """The rows that stay: those whose losses, one a pass, have a mean that is not above the threshold."""
    return [i for i in rows if not losses[i] or sum(losses[i]) / len(losses[i]) <= threshold]
