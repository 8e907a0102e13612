"""Two Gaussians fitted to losses: which examples have a wrong label (Lu and He, MixNN, Eq. 8 and 9)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputValueError

__all__ = ["Mixture", "fit_mixture", "mixture_if_any"]

# Of losses scaled to 0..1: no component is narrower. The losses of what a network has learnt lie in a heap
# near 0, and a component of its own for that heap would leave clean examples beside it to the other. (The
# square root of what is usually added to the variances of such losses.)
LEAST_DEVIATION = math.sqrt(5e-4)

# Steps of expectation and maximisation before each climb by another method: towards the nearest summit, and
# on from where that one has stopped too early.
_FIRST_STEPS = 20
_MOST_CLIMBS = 10

# A climb ends when the mean log-likelihood rises by less, or where it is as flat as this: on a summit that is
# met exactly there is nothing to divide by.
_TOLERANCE = 1e-12
_FLAT = 1e-9

# A component is never emptier; logs of it are still numbers.
_LEAST_TOTAL = 1e-200

# Far from any loss, and still so small that squares of it are numbers.
_MOST_LOSS = 1e100

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
        Of expectation and maximisation, and of the quasi-Newton method.
    converged : bool
        Whether one more step of the former would raise the log-likelihood by less than 1e-12.
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
        """Log of P(m = 0 | loss), Eq. 9, [n]: exact also where the probability itself would be 0."""
        x = _losses(losses)
        (clean, wrong), means, (own, other) = self.weights, self.means, self.deviations
        # The odds have a difference of squares: far out it is lost between the two, but not in its factors.
        first, second = (x - means[0]) / own, (x - means[1]) / other
        apart = (x - means[1]) * ((own - other) / own / other) - (means[1] - means[0]) / own
        odds = math.log(wrong) - math.log(clean) + math.log(own / other) - apart * (first + second) / 2
        found: NDArray[np.float64] = -np.logaddexp(0.0, odds)
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
    drawn. Where components overlap, expectation and maximisation alone takes tens of thousands of steps: a
    quasi-Newton method goes on from the first ones. No deviation is below √5e-4 of the range of the losses.

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
        If there are fewer than 2 losses, one is beyond 1e100 or not finite, or they differ by
        less than 1e-4.

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
    place, steps, converged = _maximised(x, _split(x)), 0, False
    for _ in range(_MOST_CLIMBS):
        for _ in range(_FIRST_STEPS):
            place = _maximised(x, _shares(x, place)[0])
        place, taken = _climbed(x, place)
        steps += _FIRST_STEPS + taken
        shares, likelihood = _shares(x, place)
        converged = _shares(x, _maximised(x, shares))[1] - likelihood < _TOLERANCE
        if converged:
            break
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


def mixture_if_any(losses: ArrayLike) -> Mixture | None:
    """`fit_mixture`, or None where that refuses them: of a training, losses that are all alike."""
    try:
        return fit_mixture(losses)
    except InputValueError:
        return None


def _losses(value: ArrayLike) -> NDArray[np.float64]:
    losses = _checks.floats("losses", value)
    if losses.ndim != 1:
        raise InputValueError("losses", f"has shape {losses.shape}; give one loss an example, [n]")
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        raise InputValueError("losses", f"{losses[bad[0]]} at position {bad[0]} is not finite")
    bad = np.flatnonzero(np.abs(losses) > _MOST_LOSS)
    if len(bad):
        raise InputValueError("losses", f"{losses[bad[0]]} at position {bad[0]} is beyond {_MOST_LOSS:g}")
    return losses


def _split(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 for the lower part of the best split in two, by the least sum of squares, else 0."""
    ordered = np.sort(x)
    count = np.arange(1, len(x))
    lower = np.cumsum(ordered)[:-1]
    upper = ordered.sum() - lower
    # The least sum of squares around two means is the most that the means explain.
    explained = lower**2 / count + upper**2 / (len(x) - count)
    best = int(np.argmax(np.where(ordered[:-1] < ordered[1:], explained, -np.inf)))
    below: NDArray[np.float64] = (x <= ordered[best]).astype(np.float64)
    return below


# Where the climb is: log π₀/π₁, μ₀, μ₁, log σ₀, log σ₁.
_Place = NDArray[np.float64]
_Pair = tuple[float, float]


def _climbed(x: NDArray[np.float64], place: _Place) -> tuple[_Place, int]:
    """The summit near a place (L-BFGS-B), and how many steps it took."""
    from scipy.optimize import minimize  # a fifth of a second to import

    # Means by the widths of their components: all five are about as steep then.
    units = np.array([1.0, *np.exp(place[3:]), 1.0, 1.0])
    # Any summit is within: it is a fixed point of expectation and maximisation.
    odds, widths = -1.5 * math.log(_LEAST_TOTAL), (math.log(LEAST_DEVIATION), math.log(0.5))
    bounds = np.array([(-odds, odds), (0.0, 1.0), (0.0, 1.0), widths, widths]) / units[:, None]

    def height(scaled: _Place) -> tuple[float, _Place]:
        shares, likelihood = _shares(x, scaled * units)
        return -likelihood, -_slope(x, shares, scaled * units) * units

    options = {"ftol": _TOLERANCE, "gtol": _FLAT}
    found = minimize(height, place / units, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return found.x * units, int(found.nit)


def _slope(x: NDArray[np.float64], shares: NDArray[np.float64], place: _Place) -> _Place:
    """The gradient of the mean log-likelihood at a place, of the shares that losses have there."""
    weights, means, deviations = _parameters(place)
    by_mean, by_deviation = [], []
    for part, mean, deviation in zip((shares, 1 - shares), means, deviations, strict=True):
        z = (x - mean) / deviation
        by_mean.append(float((part * z).mean()) / deviation)
        by_deviation.append(float((part * (z**2 - 1)).mean()))
    return np.array([float(shares.mean()) - weights[0], *by_mean, *by_deviation])


def _shares(x: NDArray[np.float64], place: _Place) -> tuple[NDArray[np.float64], float]:
    """Expectation: the share that each loss has in the first component, and the mean log-likelihood."""
    clean, wrong = _log_densities(x, *_parameters(place))
    whole = np.logaddexp(clean, wrong)
    return np.exp(clean - whole), float(whole.mean())


def _maximised(x: NDArray[np.float64], shares: NDArray[np.float64]) -> _Place:
    """Maximisation: the likeliest mixture, given the share that each loss has in the first component."""
    totals, means, deviations = [], [], []
    for part in (shares, 1 - shares):
        # No product of vectors: its bits would depend on the number of threads.
        total = max(float(part.sum()), _LEAST_TOTAL)
        mean = float((part * x).sum()) / total
        variance = float((part * (x - mean) ** 2).sum()) / total
        totals.append(total)
        means.append(mean)
        deviations.append(max(math.sqrt(variance), LEAST_DEVIATION))
    return np.array([math.log(totals[0]) - math.log(totals[1]), *means, *map(math.log, deviations)])


def _parameters(place: _Place) -> tuple[_Pair, _Pair, _Pair]:
    """π, μ and σ of both."""
    odds, first, second = float(place[0]), math.exp(place[3]), math.exp(place[4])
    shares = 1 / (1 + math.exp(-odds)), 1 / (1 + math.exp(odds))
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
