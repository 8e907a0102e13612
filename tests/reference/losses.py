"""Losses of one example from the equations of their papers, in numpy; who is chosen, who is an anchor."""

from __future__ import annotations

import math

import numpy as np


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def log_softmax(logits):
    shifted = logits - logits.max()
    return shifted - math.log(sum(math.exp(one) for one in shifted))


def cross_entropy(logits, target):
    return -sum(t * log for t, log in zip(target, log_softmax(logits), strict=True))


def label_smoothing(logits, target, epsilon):
    return cross_entropy(logits, [(1 - epsilon) * t + epsilon / len(target) for t in target])


def gce(logits, target, q):
    return sum(t * (1 - p**q) / q for t, p in zip(target, softmax(logits), strict=True))


def sce(logits, target, alpha, beta, floor):
    reverse = 0.0
    for t, p in zip(target, softmax(logits), strict=True):
        reverse -= p * (floor if t == 0 else max(math.log(t), floor))
    return alpha * cross_entropy(logits, target) + beta * reverse


def bootstrap(logits, target, kind, beta):
    said = softmax(logits)
    if kind == "hard":
        said = np.eye(len(said))[said.argmax()]
    return cross_entropy(logits, [beta * t + (1 - beta) * s for t, s in zip(target, said, strict=True)])


def forward(logits, target, transition):
    clean = softmax(logits)
    loss = 0.0
    for j, t in enumerate(target):
        if t > 0:
            loss -= t * math.log(sum(transition[i][j] * clean[i] for i in range(len(clean))))
    return loss


def anchored(probabilities, quantile):
    """One class after the other: examples from the least to the most sure, and the one that is so far up."""
    rows = []
    for i in range(probabilities.shape[1]):
        order = sorted(range(len(probabilities)), key=lambda n: probabilities[n, i])
        place = next(n for n in range(1, len(order) + 1) if n >= quantile * len(order) - 1e-9)
        anchor = probabilities[order[place - 1]]
        rows.append(anchor / sum(anchor))
    return np.array(rows)


def co_teaching(first, second, rate, gradual, epoch):
    """The losses of the two networks over a batch, each over what the other has chosen."""
    remembered = 1 - min(epoch / gradual * rate, rate)
    count = max(1, math.floor(remembered * len(first) + 1e-9))
    chosen = [
        sorted(range(len(losses)), key=lambda n, losses=losses: losses[n])[:count]
        for losses in (first, second)
    ]
    return (
        sum(first[n] for n in chosen[1]) / count,
        sum(second[n] for n in chosen[0]) / count,
    )


def mixup(logits_of, inputs, targets, order, share):
    """Losses of a batch mixed with itself in an order."""
    losses = []
    for i, j in enumerate(order):
        logits = logits_of(share * inputs[i] + (1 - share) * inputs[j])
        own, other = (cross_entropy(logits, target) for target in (targets[i], targets[j]))
        losses.append(share * own + (1 - share) * other)
    return losses
