"""MixNN's Algorithm 1 for one mini-batch, example by example, from the paper's equations, in numpy."""

from __future__ import annotations

import numpy as np


def corrected_target(target, said, alpha):
    """Eq. 12."""
    return alpha * target + (1 - alpha) * said


def weights(clean):
    """Eq. 10 and 11: λ, then β, of the clean probabilities of an example and of its neighbours."""
    total = sum(clean)
    return [one / total for one in clean]


def mixture(own, others, weights):
    """Eq. 4 and 5: of inputs, or of targets."""
    found = weights[0] * own
    for weight, other in zip(weights[1:], others, strict=True):
        found = found + weight * other
    return found


def loss(target, others, weights, said):
    """A summand of line 15: λ t and Σ β ȳ, each against what the network says of the mixed input."""
    log = np.log(said)
    own = -weights[0] * (target @ log)
    return (
        own
        - sum((weight * other for weight, other in zip(weights[1:], others, strict=True)), np.zeros(len(log)))
        @ log
    )


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def nearest(features, i, k):
    """The k nearest other rows, ties to the lower."""
    squares = ((features.astype(np.float64) - features[i]) ** 2).sum(axis=1)
    squares[i] = np.inf
    return np.argsort(squares, kind="stable")[:k]
