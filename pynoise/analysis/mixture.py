"""Two Gaussians fitted to losses: which examples have a wrong label (Lu and He, MixNN, Eq. 8 and 9)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputValueError

__all__ = ["Mixture", "fit_mixture"]

# Of losses scaled to 0..1: no component is narrower. The losses of what a network has learnt lie in a heap
# near 0, and a component of its own for that heap would leave clean examples beside it to the other. (The
# square root of what is usually added to the variances of such losses.)
LEAST_DEVIATION = math.sqrt(5e-4)

# The climb ends when the mean log-likelihood rises by less.
_TOLERANCE = 1e-9
_MOST_STEPS = 500

# Losses that differ by less, in nats, say nothing of their labels.
_LEAST_RANGE = 1e-4


@dataclass(frozen=True)
class Mixture:
    """Two Gaussians, the clean component of the smaller mean first.

    Attributes
    ----------
    weights : tuple of float
        π: the share of each; they sum to 1.
    means, deviations : tuple of float
        μ and σ of each, in nats.
    log_likelihood : float
        Mean over the losses of log P(loss), Eq. 8.
    steps : int
        Of expectation and maximisation.
    converged : bool
        Whether the last step raised the log-likelihood by less than 1e-9.
    """

    weights: tuple[float, float]
    means: tuple[float, float]
    deviations: tuple[float, float]
    log_likelihood: float
    steps: int
    converged: bool

    def densities(self, losses: ArrayLike) -> NDArray[np.float64]:
        """π_m G(loss | μ_m, σ_m²) of both components, [2, n]; their sum is Eq. 8."""
        found: NDArray[np.float64] = np.exp(self._log_densities(losses))
        return found

    def clean_log_probability(self, losses: ArrayLike) -> NDArray[np.float64]:
        """Log of P(m = 0 | loss), Eq. 9, [n]: exact where the probability itself would be 0."""
        clean, wrong = self._log_densities(losses)
        found: NDArray[np.float64] = -np.logaddexp(0.0, wrong - clean)
        return found

    def clean_probability(self, losses: ArrayLike) -> NDArray[np.float64]:
        """P(m = 0 | loss), Eq. 9: that an example with this loss has a right label, [n]."""
        found: NDArray[np.float64] = np.exp(self.clean_log_probability(losses))
        return found

    def _log_densities(self, losses: ArrayLike) -> NDArray[np.float64]:
        return _log_densities(_losses(losses), self.weights, self.means, self.deviations)


def fit_mixture(losses: ArrayLike) -> Mixture:
    """Fit two Gaussians to losses by expectation and maximisation.

    It starts at the best split in two (k-means, which in one dimension can be had exactly), so nothing is
    drawn. No deviation is below √5e-4 of the range of the losses.

    Parameters
    ----------
    losses : array_like of float, [n]
        Cross-entropy of each example, in nats; finite, not all alike.

    Returns
    -------
    Mixture

    Raises
    ------
    InputValueError, InputTypeError
        If there are fewer than 2 losses, one is not finite, or they differ by less than 1e-4.

    Examples
    --------
    >>> from pynoise.analysis import fit_mixture
    >>> mixture = fit_mixture([0.1, 0.2, 0.1, 0.3, 2.1, 2.4, 2.2])
    >>> [round(weight, 2) for weight in mixture.weights]
    [0.57, 0.43]
    """
    values = _losses(losses)
    if len(values) < 2:
        raise InputValueError("losses", f"has {len(values)} values; two Gaussians need 2 or more")
    least, most = float(values.min()), float(values.max())
    span = most - least
    if span < _LEAST_RANGE:
        raise InputValueError(
            "losses", f"are all alike, {least:.6g} to {most:.6g}: they do not tell wrong labels from right"
        )
    # On 0..1, where the least deviation has its meaning.
    x = (values - least) / span
    place, before, steps = _maximised(x, _split(x)), -math.inf, 0
    while True:
        following, likelihood = _climbed(x, place)
        converged = likelihood - before < _TOLERANCE
        if converged or steps == _MOST_STEPS:
            break
        place, before, steps = following, likelihood, steps + 1
    weights, means, deviations = _parameters(place)
    order = (0, 1) if means[0] <= means[1] else (1, 0)
    return Mixture(
        (weights[order[0]], weights[order[1]]),
        (least + span * means[order[0]], least + span * means[order[1]]),
        (span * deviations[order[0]], span * deviations[order[1]]),
        likelihood - math.log(span),
        steps,
        converged,
    )


def _losses(value: ArrayLike) -> NDArray[np.float64]:
    losses = _checks.floats("losses", value)
    if losses.ndim != 1:
        raise InputValueError("losses", f"has shape {losses.shape}; give one loss an example, [n]")
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        raise InputValueError("losses", f"{losses[bad[0]]} at position {bad[0]} is not finite")
    return losses


def _split(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 for the lower part of the best split in two, by the least sum of squares, else 0."""
    ordered = np.sort(x)
    count = np.arange(1, len(x))
    lower = np.cumsum(ordered)[:-1]
    upper = ordered.sum() - lower
    # The least sum of squares around two means is the most that the means explain.
    best = int(np.argmax(lower**2 / count + upper**2 / (len(x) - count)))
    below: NDArray[np.float64] = (x <= (ordered[best] + ordered[best + 1]) / 2).astype(np.float64)
    return below


# Where the climb is: log π₀/π₁, μ₀, μ₁, log σ₀, log σ₁; any five numbers are a mixture.
_Place = NDArray[np.float64]
_Pair = tuple[float, float]


def _climbed(x: NDArray[np.float64], place: _Place) -> tuple[_Place, float]:
    """A higher place, and the mean log-likelihood of the one before.

    Expectation and maximisation alone takes thousands of steps where components overlap. Two of them show the
    way; a longer one is taken along it unless it leads down (Varadhan and Roland, Scand. J. Stat. 35, 2008).
    """
    first, likelihood = _maximised_from(x, place)
    second, _ = _maximised_from(x, first)
    way = first - place
    bend = second - first - way
    length = max(1.0, float(np.linalg.norm(way)) / max(float(np.linalg.norm(bend)), 1e-12))
    third, far = _maximised_from(x, place + 2 * length * way + length**2 * bend)
    return (third if far >= likelihood else second), likelihood


def _maximised_from(x: NDArray[np.float64], place: _Place) -> tuple[_Place, float]:
    """A step of expectation and maximisation, and the mean log-likelihood of where it started."""
    with np.errstate(over="ignore", invalid="ignore"):  # a long step may lead anywhere
        clean, wrong = _log_densities(x, *_parameters(place))
        whole = np.logaddexp(clean, wrong)
        likelihood = float(whole.mean())
        if not math.isfinite(likelihood):
            return place, -math.inf
        return _maximised(x, np.exp(clean - whole)), likelihood


def _maximised(x: NDArray[np.float64], shares: NDArray[np.float64]) -> _Place:
    """The likeliest mixture, given the share that each loss has in the first component."""
    parts = shares, 1 - shares
    totals = [max(float(part.sum()), np.finfo(np.float64).tiny) for part in parts]
    means = [float(part @ x) / total for part, total in zip(parts, totals, strict=True)]
    variances = [
        float(part @ (x - mean) ** 2) / total for part, mean, total in zip(parts, means, totals, strict=True)
    ]
    deviations = [max(math.sqrt(variance), LEAST_DEVIATION) for variance in variances]
    return np.array([math.log(totals[0] / totals[1]), *means, *map(math.log, deviations)])


def _parameters(place: _Place) -> tuple[_Pair, _Pair, _Pair]:
    """π, μ and σ of both."""
    odds = min(max(place[0], -700.0), 700.0)
    shares = 1 / (1 + math.exp(-odds)), 1 / (1 + math.exp(odds))
    first, second = (max(math.exp(min(value, 700.0)), LEAST_DEVIATION) for value in place[3:])
    return shares, (float(place[1]), float(place[2])), (first, second)


def _log_densities(
    x: NDArray[np.float64], weights: _Pair, means: _Pair, deviations: _Pair
) -> NDArray[np.float64]:
    """Log of π_m G(x | μ_m, σ_m²) of both, [2, n]."""
    return np.stack(
        [
            math.log(weight / deviation) - 0.5 * (math.log(2 * math.pi) + ((x - mean) / deviation) ** 2)
            for weight, mean, deviation in zip(weights, means, deviations, strict=True)
        ]
    )
