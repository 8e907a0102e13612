"""Two Gaussians by expectation and maximisation alone, until nothing rises any more."""

import math

import numpy as np


def fit(losses, least):
    """Mean log-likelihood, weights, means and deviations; no deviation below `least` of the range."""
    x = np.sort(np.asarray(losses, np.float64))
    floor = least * (x[-1] - x[0])
    # From the best split in two: every one is tried.
    best = min(range(1, len(x)), key=lambda i: sum(((p - p.mean()) ** 2).sum() for p in (x[:i], x[i:])))
    shares = np.stack([np.arange(len(x)) < best, np.arange(len(x)) >= best]).astype(float)
    before = -math.inf
    while True:
        totals = shares.sum(axis=1)
        means = shares @ x / totals
        deviations = np.maximum(
            [math.sqrt(s @ (x - m) ** 2 / s.sum()) for s, m in zip(shares, means, strict=True)], floor
        )
        z = (x - means[:, None]) / deviations[:, None]
        logs = np.log(totals / len(x) / deviations)[:, None] - z**2 / 2 - math.log(2 * math.pi) / 2
        whole = np.logaddexp(*logs)
        likelihood = whole.mean()
        if likelihood - before < 1e-13:
            order = np.argsort(means)
            return likelihood, (totals / len(x))[order], means[order], deviations[order]
        before, shares = likelihood, np.exp(logs - whole)
