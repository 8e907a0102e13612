import random
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.plurality import enumerated, exact, fifty_digits, flip_closed_form

import pynoise
from pynoise.errors import InputTypeError, InputValueError

TIES = ("strict", "first", "random")
METHODS = ("dp", "contour")
# Weights that sum to a power of two give rows of q that float64 holds exactly.
SCALE = 2**20


def whole_weights(shares):
    total = sum(shares)
    weights = [int(share * SCALE / total) for share in shares]
    weights[weights.index(max(weights))] += SCALE - sum(weights)
    return weights


def solve(weights, label, k, ties, method):
    q = [[weight / sum(weights) for weight in weights]]
    return float(pynoise.plurality_accuracy(q, [label], k, ties=ties, method=method)[0])


@given(
    weights=st.lists(st.integers(0, 6), min_size=1, max_size=4).filter(any),
    k=st.integers(1, 6),
    ties=st.sampled_from(TIES),
    data=st.data(),
)
@settings(deadline=None, max_examples=150)
def test_agrees_with_enumeration(weights, k, ties, data):
    label = data.draw(st.integers(0, len(weights) - 1))
    want = enumerated(weights, label, k, ties)
    assert exact(weights, label, k, ties) == want
    for method in METHODS:
        assert solve(weights, label, k, ties, method) == pytest.approx(float(want), abs=1e-14)


def _cases():
    rng = random.Random(20)
    for classes in (2, 3, 10):
        shapes = {
            "random": [rng.random() for _ in range(classes)],
            "peaked": [1.0] + [1e-3 * rng.random() for _ in range(classes - 1)],
            "flat": [1.0 + 1e-3 * rng.random() for _ in range(classes)],
            "tied": [1.0] * classes,
            "sparse": [0.0] * (classes - 2) + [0.45, 0.55],
        }
        for name, shares in shapes.items():
            for k in (1, 2, 9, 10, 51, 101) if classes < 10 else (1, 10, 51):
                yield pytest.param(whole_weights(shares), k, id=f"{name}-L{classes}-K{k}")


@pytest.mark.parametrize(("weights", "k"), list(_cases()))
def test_error_against_exact_integers_is_within_1e_12(weights, k):
    for ties in TIES:
        for label in {0, len(weights) // 2, len(weights) - 1}:
            want = exact(weights, label, k, ties)
            for method in METHODS:
                assert abs(Fraction(solve(weights, label, k, ties, method)) - want) <= Fraction(1, 10**12)


@pytest.mark.parametrize("k", [102, 301, 1001])
def test_many_votes_on_two_labels(k):
    for weight in (SCALE // 2, int(0.52 * SCALE), int(0.9 * SCALE)):
        got = solve([weight, SCALE - weight], 0, k, "strict", "contour")
        want = flip_closed_form(1 - Fraction(weight, SCALE), k)
        assert abs(Fraction(got) - want) <= Fraction(1, 10**12)


def test_error_of_101_votes_on_ten_labels():
    rng = random.Random(3)
    weights = whole_weights([rng.random() for _ in range(10)])
    label = weights.index(max(weights))
    for ties in TIES:
        want = exact(weights, label, 101, ties)
        assert 0.01 < want < 0.99
        for method in METHODS:
            assert abs(Fraction(solve(weights, label, 101, ties, method)) - want) <= Fraction(1, 10**12)


@pytest.mark.parametrize(
    ("shares", "k", "ties"),
    [
        ([0.9, 1.0, 0.95, 0.3], 51, TIES),
        ([1.0, 0.97, 0.9, 0.5, 0.3, 0.1], 301, TIES),
        ([1.0] * 5, 301, TIES),
        ([1.0, 0.01, 0.02], 1001, TIES),
        ([1.0, 1.001, 1.002], 1001, ("random",)),
        ([0.5, 0.45, 0.05], 1001, ("strict",)),
    ],
)
def test_error_against_fifty_digits_is_within_1e_10(shares, k, ties):
    weights = whole_weights(shares)
    for rule in ties:
        want = fifty_digits(weights, 0, k, rule)
        for method in METHODS if k <= 301 else ("contour",):
            assert abs(Decimal(solve(weights, 0, k, rule, method)) - want) <= Decimal("1e-12")
        if k == 51:
            difference = Fraction(want) - exact(weights, 0, k, rule)
            assert abs(difference) < Fraction(1, 10**25)


@pytest.mark.parametrize(("classes", "k", "rows"), [(10, 101, 40), (10, 301, 6), (300, 51, 8), (3, 700, 4)])
def test_methods_agree(classes, k, rows):
    rng = np.random.default_rng(k)
    for sharpness in (0.02, 0.3, 3.0):
        q = rng.dirichlet(np.full(classes, sharpness), rows)
        q[0] = np.eye(classes)[0]
        q[1] = np.eye(classes)[1] * (1 - 1e-300) + 1e-300
        label = np.where(rng.random(rows) < 0.5, q.argmax(axis=1), rng.integers(0, classes, rows))
        for ties in TIES:
            dp, contour = (
                pynoise.plurality_accuracy(q, label, k, ties=ties, method=method) for method in METHODS
            )
            assert contour == pytest.approx(dp, abs=1e-12)
            assert ((contour >= 0) & (contour <= 1)).all()


@pytest.mark.parametrize("k", [11, 51, 301])
@pytest.mark.parametrize("few", [14, 15, 16, 17, 30])
def test_labels_with_small_rates_are_one_factor(few, k):
    # Rates a little below and above the limit of 1/4, beside large ones.
    rng = np.random.default_rng(few * k)
    for scale in (0.02, 0.2, 0.249, 0.251, 0.3):
        small = scale / k * rng.uniform(0.9, 1.0, few)
        large = rng.dirichlet(np.ones(5)) * (1 - small.sum())
        q = np.tile(np.concatenate([small[: few // 2], large, small[few // 2 :]]), (3, 1))
        label = [few // 2, few // 2 + 3, 0]
        for ties in TIES:
            dp, contour = (
                pynoise.plurality_accuracy(q, label, k, ties=ties, method=method) for method in METHODS
            )
            assert contour == pytest.approx(dp, abs=2e-14)


@pytest.mark.parametrize(("k", "classes"), [(2001, 10), (2001, 2000), (51, 10_000), (2, 10_000), (10_000, 3)])
def test_large_k_and_many_labels(k, classes):
    rng = np.random.default_rng(k)
    flat = np.full(classes, 1 / classes)
    peaked = np.concatenate([[0.5], np.full(classes - 1, 0.5 / (classes - 1))])
    tiny = np.where(np.arange(classes) == 1, 1.0, 1e-300)
    one_hot = np.eye(classes)[1]
    q = np.stack([flat, peaked, tiny, one_hot, rng.dirichlet(np.ones(classes))])
    for ties in TIES:
        got = pynoise.plurality_accuracy(q, [0, 0, 1, 1, 0], k, ties=ties)
        assert np.isfinite(got).all()
        assert ((got >= 0) & (got <= 1)).all()
        assert got[2] == pytest.approx(1, abs=1e-12)
        assert got[3] == 1
        if ties == "random":
            assert got[0] == pytest.approx(1 / classes, abs=1e-12)


@pytest.mark.parametrize(("classes", "k"), [(2900, 715), (4000, 1001), (10_000, 2001)])
def test_many_small_rates_of_a_large_sum(classes, k):
    # Beside exponentials of ±K: the probability of any label is 1/L with ties shared out.
    q = np.full((1, classes), 1 / classes)
    first, last = (plurality_all_ties(q, [label], k) for label in (0, classes - 1))
    assert first["random"] == pytest.approx(1 / classes, abs=1e-12)
    assert last["random"] == pytest.approx(first["random"], abs=1e-12)
    assert last["first"] == pytest.approx(last["strict"], abs=1e-12)
    assert first["strict"] == pytest.approx(last["strict"], abs=1e-12)
    assert 0 < last["strict"] < first["random"] < first["first"] < 1


def plurality_all_ties(q, label, k):
    return {ties: pynoise.plurality_accuracy(q, label, k, ties=ties)[0] for ties in TIES}


@pytest.mark.parametrize("classes", [10, 1000, 10_000])
def test_what_rounding_takes_of_the_sum_of_a_row_is_not_lost(classes):
    # A sure winner: Q is the sum of the row to the power of K.
    q = np.full(classes, 0.1 / (classes - 1))
    q[0] = 0.9
    exactly = sum(map(Fraction, q.tolist()))
    for k, method in ((101, "dp"), (101, "contour"), (1001, "contour"), (10_000, "contour")):
        got = pynoise.plurality_accuracy([q], [0], k, method=method)[0]
        assert abs(Fraction(float(got)) - min(1, exactly**k)) < Fraction(1, 10**12)


@pytest.mark.parametrize("k", [1, 2, 11, 50, 51, 100, 101])
def test_flip_agrees_with_the_closed_form_of_eq_16(k):
    for step in range(21):
        level = Fraction(step, 20)
        q = [[float(1 - level), float(level), 0.0]]
        for method in ("auto", *METHODS):
            got = pynoise.plurality_accuracy(q, [0], k, ties="strict", method=method)[0]
            assert abs(Fraction(float(got)) - flip_closed_form(level, k)) <= Fraction(1, 10**12)


@given(
    shares=st.lists(st.floats(0, 1), min_size=2, max_size=12).filter(lambda s: sum(s) > 1e-3),
    k=st.integers(1, 200),
)
@settings(deadline=None, max_examples=60)
def test_probabilities_add_up(shares, k):
    q = np.array(shares) / sum(shares)
    rows = np.tile(q, (len(q), 1))
    strict, first, random = (pynoise.plurality_accuracy(rows, range(len(q)), k, ties=ties) for ties in TIES)
    assert first.sum() == pytest.approx(1, abs=1e-12)
    assert random.sum() == pytest.approx(1, abs=1e-12)
    assert (strict <= first + 1e-13).all()
    assert (strict <= random + 1e-13).all()
    assert (strict >= 0).all()
    # Under strict, names do not matter.
    assert pynoise.plurality_accuracy(rows[:, ::-1], range(len(q)), k, ties="strict") == pytest.approx(
        strict[::-1], abs=1e-12
    )


def test_several_k_are_rows_and_threads_do_not_change_bits():
    rng = np.random.default_rng(0)
    q = rng.dirichlet(np.full(10, 0.3), 300)
    label = rng.integers(0, 10, 300)
    for method in METHODS:
        both = pynoise.plurality_accuracy(q, label, [51, 3], method=method, threads=1)
        assert both.shape == (2, 300)
        for row, k in zip(both, (51, 3), strict=True):
            for threads in (1, 2, 3):
                again = pynoise.plurality_accuracy(q, label, k, method=method, threads=threads)
                assert again.tobytes() == row.tobytes()


def test_rows_are_not_normalised():
    for q in ([0.6, 0.4 + 9e-9], [0.6, 0.4 - 9e-9]):
        for method in METHODS:
            strict = pynoise.plurality_accuracy([q], [0], 3, method=method)[0]
            assert strict == pytest.approx(q[0] ** 3 + 3 * q[0] ** 2 * q[1], abs=1e-14)


@pytest.mark.parametrize("k", [1, 4, 51])
def test_distribution_is_the_accuracy_of_each_label(k):
    q = np.random.default_rng(k).dirichlet(np.full(7, 0.5), 30)
    for ties in TIES:
        got = pynoise.plurality_distribution(q, k, ties=ties)
        assert got.shape == q.shape
        for label in range(7):
            want = pynoise.plurality_accuracy(q, np.full(30, label), k, ties=ties)
            assert got[:, label].tobytes() == want.tobytes()
        if ties != "strict":
            assert got.sum(axis=1) == pytest.approx(1, abs=1e-12)


def test_expected_confusion_is_the_mean_over_the_examples_of_a_class():
    rng = np.random.default_rng(0)
    q, label = rng.dirichlet(np.ones(4), 60), rng.integers(0, 3, 60)
    for ties in TIES:
        got = pynoise.expected_confusion(q, label, 11, ties=ties)
        votes = pynoise.plurality_distribution(q, 11, ties=ties)
        for y in range(3):
            assert got[y] == pytest.approx(votes[label == y].mean(axis=0), abs=1e-14)
        assert (got[3] == 0).all()
    with pytest.raises(InputValueError, match="label: has 59 labels for 60 rows"):
        pynoise.expected_confusion(q, label[1:], 11)


def test_expected_confusion_is_that_of_the_experiment():
    # Neighbours of one class each, so that drawing labels anew is what the experiment does.
    ideal, p = pynoise.data.ideal(4), pynoise.noise.corruption_matrix("flip", 4, label_map={0: 1, 1: 2, 2: 0})
    q = 0.55 * np.eye(4) + 0.45 * p
    want = pynoise.expected_confusion(q, range(4), 7, ties="first")
    indices, _ = pynoise.knn.search(ideal.x_train, ideal.x_test, 7)
    seen, repeats = np.zeros((4, 4)), 60
    for seed in range(repeats):
        noisy = pynoise.noise.make(ideal.y_train, "flip", 0.45, seed=seed, label_map={0: 1, 1: 2, 2: 0}).noisy
        votes = pynoise.knn.label_histograms(indices, noisy, [7], 4)[0].argmax(axis=1)
        np.add.at(seen, (ideal.y_test, votes), 1 / repeats / 500)
    assert seen == pytest.approx(want, abs=0.01)


def test_distribution_of_many_labels():
    q = np.random.default_rng(0).dirichlet(np.full(2500, 0.01), 2)
    assert pynoise.plurality_distribution(q, 11).sum(axis=1) == pytest.approx(1, abs=1e-12)


def test_bad_arguments_of_the_distribution():
    with pytest.raises(InputValueError, match="q: row 1 sums to"):
        pynoise.plurality_distribution([[0.5, 0.5], [0.5, 0.4]], 3)
    with pytest.raises(InputTypeError, match=r"k: \[3\] is not a whole number"):
        pynoise.plurality_distribution([[0.5, 0.5]], [3])


def test_one_vote_is_its_own_probability():
    q = np.random.default_rng(1).dirichlet(np.ones(6), 50)
    got = pynoise.plurality_accuracy(q, np.arange(50) % 6, 1)
    assert got == pytest.approx(q[np.arange(50), np.arange(50) % 6], abs=1e-15)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"q": [[0.5, 0.5], [0.5, 0.4]]}, InputValueError, "q: row 1 sums to 0.9; divide it by its sum"),
        ({"q": [[0.5, 0.5], [1.5, -0.5]]}, InputValueError, "q: row 1 has -0.5 at label 1"),
        ({"q": [[np.nan, 0.5], [0.5, 0.5]]}, InputValueError, "q: row 0 has NaN at label 0"),
        ({"q": [[np.inf, 0.5], [0.5, 0.5]]}, InputValueError, "q: row 0 has inf at label 0"),
        ({"q": [0.5, 0.5]}, InputValueError, "q: has shape"),
        ({"q": []}, InputValueError, "q: has shape"),
        ({"q": [["a", "b"]]}, InputTypeError, "q: has dtype <U1; give real numbers"),
        ({"q": [[1j, 1]]}, InputTypeError, "q: has dtype complex128"),
        ({"label": [0, 2]}, InputValueError, "label: 2 at position 1 is outside 0..1"),
        ({"label": [0, -1]}, InputValueError, "label: -1 at position 1"),
        ({"label": [0]}, InputValueError, "label: has 1 labels for 2 rows"),
        ({"label": [0.0, 1.0]}, InputTypeError, "label: has dtype float64"),
        ({"k": 0}, InputValueError, "k: 0 is too small; give at least 1"),
        ({"k": 10_001}, InputValueError, "k: 10001 is too large; give at most 10000"),
        ({"k": 2**64}, InputValueError, "k: 18446744073709551616 is too large"),
        ({"k": 1.5}, InputTypeError, "k: 1.5 is not a whole number"),
        ({"k": []}, InputValueError, "k: is empty"),
        ({"k": [3, 5, 3]}, InputValueError, "k: 3 is given twice"),
        ({"ties": "frist"}, InputValueError, "ties: 'frist' is not known (did you mean 'first'?)"),
        ({"ties": np.zeros(2)}, InputValueError, "ties: "),
        ({"method": "contur"}, InputValueError, "method: 'contur' is not known"),
        ({"threads": 0}, InputValueError, "threads: 0 is too small"),
    ],
)
def test_bad_arguments(changes, error, message):
    arguments = {"q": [[0.5, 0.5], [0.25, 0.75]], "label": [0, 1], "k": 3} | changes
    with pytest.raises(error) as caught:
        pynoise.plurality_accuracy(**arguments)
    assert str(caught.value).startswith(message)
