"""Two Gaussians of losses beside scikit-learn's, and beside plain expectation and maximisation."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays
from reference import mixture as twin
from sklearn.mixture import GaussianMixture
from threadpoolctl import threadpool_limits

from pynoise.analysis import Mixture, fit_mixture
from pynoise.analysis.mixture import LEAST_DEVIATION
from pynoise.errors import InputTypeError, InputValueError


def losses(kind, n, seed):
    rng = np.random.default_rng(seed)
    clean = round(0.8 * n if kind == "four to one" else n / 2)
    wrong = n - clean
    if kind == "apart":
        parts = rng.normal(0.5, 0.1, clean), rng.normal(3, 0.5, wrong)
    elif kind == "overlapping":
        parts = rng.normal(1, 0.6, clean), rng.normal(3, 0.8, wrong)
    elif kind == "four to one":
        parts = rng.normal(0.5, 0.3, clean), rng.normal(2, 0.6, wrong)
    elif kind == "skewed":
        parts = rng.gamma(1.5, 0.4, clean), rng.gamma(9, 0.4, wrong)
    else:  # as of a network that has learnt its examples: a heap at 0
        parts = rng.exponential(0.003, clean), rng.gamma(4, 1, wrong)
    return rng.permutation(np.concatenate(parts))


KINDS = ("apart", "overlapping", "four to one", "skewed", "learnt")
SAMPLES = [(kind, n, seed) for kind in KINDS for n in (10, 40, 300) for seed in range(4)]
SAMPLES += [(kind, n, 0) for kind in KINDS for n in (2000, 20_000)]


def at_least(found, x):
    return min(found.deviations) < 1.0001 * LEAST_DEVIATION * np.ptp(x)


@pytest.mark.parametrize(("kind", "n", "seed"), SAMPLES)
def test_it_is_as_likely_as_those_of_the_peer_and_of_the_twin(kind, n, seed):
    x = losses(kind, n, seed)
    found = fit_mixture(x)
    assert found.converged
    assert sum(found.weights) == pytest.approx(1, abs=1e-12)
    assert found.means[0] <= found.means[1]
    assert min(found.deviations) >= 0.999999 * LEAST_DEVIATION * np.ptp(x)
    if n <= 2000:
        likelihood, *parameters = twin.fit(x, LEAST_DEVIATION)
        assert found.log_likelihood == pytest.approx(likelihood, abs=1e-7)
        for ours, theirs in zip((found.weights, found.means, found.deviations), parameters, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=2e-3 * np.ptp(x))
    if at_least(found, x) or n < 40:  # the peer knows no least deviation; a few losses have a summit each
        return
    unit = ((x - x.min()) / np.ptp(x))[:, None]
    starts = {"n_init": 1 if n > 2000 else 3, "random_state": seed}
    peer = GaussianMixture(2, tol=1e-11, max_iter=10_000, reg_covar=0, **starts).fit(unit)
    ours = found.log_likelihood + np.log(np.ptp(x))
    assert ours == pytest.approx(peer.score(unit), abs=1e-6)
    clean = peer.predict_proba(unit)[:, peer.means_[:, 0].argmin()]
    np.testing.assert_allclose(found.clean_probability(x), clean, atol=1e-3)


def test_the_peer_and_the_least_deviation_both_have_their_say():
    """Else the test above compares nothing."""
    least = [at_least(fit_mixture(losses(*sample)), losses(*sample)) for sample in SAMPLES]
    large = [sample[1] >= 40 for sample in SAMPLES]
    assert sum(least) > 10
    assert sum(not one and other for one, other in zip(least, large, strict=True)) > 20


def test_what_is_hard_is_climbed_too():
    """One Gaussian, where plain steps need thousands: nothing near is higher."""
    for seed in range(8):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=rng.integers(50, 400))
        found = fit_mixture(x)
        assert found.converged
        for _ in range(50):
            parameters = [found.weights[0], *found.means, *found.deviations]
            weight, low, high, *widths = parameters + 1e-3 * rng.normal(size=5)
            first, second = np.maximum(widths, LEAST_DEVIATION * np.ptp(x))
            near = Mixture((weight, 1 - weight), (low, high), (first, second), 0.0, 0, True)
            assert np.log(near.densities(x).sum(axis=0)).mean() < found.log_likelihood


@pytest.mark.parametrize("kind", KINDS)
def test_densities_are_those_of_a_distribution(kind):
    x = losses(kind, 500, 1)
    found = fit_mixture(x)
    # As many points as the narrower component needs.
    reach = 12 * max(found.deviations)
    points = np.linspace(found.means[0] - reach, found.means[1] + reach, 200_001)
    integrals = np.trapezoid(found.densities(points), points, axis=1)
    np.testing.assert_allclose(integrals, found.weights, rtol=1e-9)
    assert np.log(found.densities(x).sum(axis=0)).mean() == pytest.approx(found.log_likelihood, abs=1e-12)
    clean, wrong = found.densities(x)
    np.testing.assert_allclose(found.clean_probability(x), clean / (clean + wrong), rtol=1e-9, atol=1e-300)


@pytest.mark.parametrize("wide", [0.5, 0.25, 0.25 * (1 + 2**-50), 0.125])
def test_far_out_the_log_is_exact(wide):
    found = Mixture((0.75, 0.25), (0.5, 2.0), (0.25, wide), 0.0, 0, True)
    x = np.array([-1e30, -1e4, 40.0, 1e4, 1e12, 1e30])
    logs = found.clean_log_probability(x)
    assert np.isfinite(logs).all()
    assert (logs <= 0).all()
    for loss, log in zip(x.tolist(), logs, strict=True):
        squares = [
            ((Fraction(loss) - Fraction(mean)) / Fraction(deviation)) ** 2
            for mean, deviation in zip(found.means, found.deviations, strict=True)
        ]
        odds = float((squares[0] - squares[1]) / 2) + np.log(0.25 / 0.75 * 0.25 / wide)
        assert log == pytest.approx(-odds if odds > 0 else 0, rel=1e-12, abs=1e-300)
    np.testing.assert_array_equal(found.clean_probability(x), np.exp(logs))


def test_one_loss_far_away_takes_a_component():
    for far in (1e4, 1e30, 9e99):
        x = np.append(losses("apart", 100, 0), far)
        found = fit_mixture(x)
        assert found.weights == pytest.approx((100 / 101, 1 / 101))
        assert (found.clean_probability(x) > 0.5).tolist() == [True] * 100 + [False]
        assert np.isfinite(found.clean_log_probability(x)).all()


@pytest.mark.parametrize("kind", KINDS)
def test_scale_and_shift_go_through(kind):
    x = losses(kind, 400, 2)
    plain = fit_mixture(x)
    for scale, shift in ((7.5, 0), (0.01, 3), (1e6, -1e6), (1, 1e5)):
        moved = fit_mixture(scale * x + shift)
        np.testing.assert_allclose(moved.weights, plain.weights, atol=1e-4)
        np.testing.assert_allclose((np.array(moved.means) - shift) / scale, plain.means, atol=1e-4)
        np.testing.assert_allclose(np.array(moved.deviations) / scale, plain.deviations, atol=1e-4)
        assert moved.log_likelihood + np.log(scale) == pytest.approx(plain.log_likelihood, abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_the_order_of_the_losses_does_not_matter(kind):
    x = losses(kind, 1000, 3)
    plain = fit_mixture(x)
    for other in (x[::-1], np.sort(x), x.tolist()):
        found = fit_mixture(other)
        np.testing.assert_allclose(found.means, plain.means, atol=1e-5)
        np.testing.assert_allclose(found.deviations, plain.deviations, atol=1e-5)
        assert found.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-10)


def test_same_bits_for_any_number_of_threads():
    x = losses("overlapping", 40_000, 4)  # more than a library's product of vectors does alone
    found = []
    for threads in (1, 2, 3):
        with threadpool_limits(threads):
            found.append(fit_mixture(x))
    assert found[0] == found[1] == found[2]


# Among equal losses, in rows of few, at the ends of what is allowed.
_VALUES = some.one_of(
    some.sampled_from([0.0, 1e-4, 0.5, 1.0, 1e30, -1e99]),
    some.floats(-20, 20),
    some.floats(-1e99, 1e99),
)


@settings(max_examples=100, deadline=None, derandomize=True)
@given(arrays.arrays(np.float64, some.integers(2, 12), elements=_VALUES))
def test_whatever_is_given_comes_to_an_end(x):
    if np.ptp(x) < 1e-4:
        with pytest.raises(InputValueError, match="losses: are all alike"):
            fit_mixture(x)
        return
    found = fit_mixture(x)
    assert found.converged
    assert sum(found.weights) == pytest.approx(1)
    near = 1e-12 * np.ptp(x)
    assert x.min() - near <= found.means[0] <= found.means[1] <= x.max() + near
    assert np.isfinite(found.log_likelihood)
    assert np.isfinite(found.densities(x)).all()
    logs = found.clean_log_probability(x)
    assert np.isfinite(logs).all()
    assert (logs <= 0).all()


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([], InputValueError, "has 0 values; two Gaussians need 2 or more"),
        ([0.3], InputValueError, "has 1 values"),
        ([0.3, np.nan, 1], InputValueError, "nan at position 1 is not finite"),
        ([0.3, 2, np.inf], InputValueError, "inf at position 2 is not finite"),
        ([0.3, -2e100], InputValueError, r"-2e\+100 at position 1 is beyond 1e\+100"),
        ([[0.3, 0.4]], InputValueError, r"has shape \(1, 2\); give one loss an example"),
        (0.3, InputValueError, r"has shape \(\)"),
        ([0.3] * 9, InputValueError, "are all alike, 0.3 to 0.3"),
        ([0.3, 0.30009], InputValueError, "are all alike"),
        (["0.3", "0.4"], InputTypeError, "has dtype <U3; give real numbers"),
        ([0.3, 1j], InputTypeError, "has dtype complex128"),
        ([[0.3], [0.4, 0.5]], InputTypeError, "is not an array of numbers"),
        (np.ma.masked_array([0.3, 0.4]), InputTypeError, "is a masked array"),
    ],
)
def test_losses_that_will_not_do(given, error, message):
    with pytest.raises(error, match=f"^losses: {message}"):
        fit_mixture(given)


@pytest.mark.parametrize("name", ["densities", "clean_probability", "clean_log_probability"])
def test_other_losses_that_will_not_do(name):
    found = fit_mixture([0.1, 0.2, 2.0])
    assert getattr(found, name)([]).shape == ((2, 0) if name == "densities" else (0,))
    with pytest.raises(InputValueError, match=r"^losses: nan at position 0"):
        getattr(found, name)([np.nan])
    with pytest.raises(InputValueError, match=r"^losses: has shape \(1, 1\)"):
        getattr(found, name)([[1.0]])
