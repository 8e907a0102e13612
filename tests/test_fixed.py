"""The model of fixed neighbourhoods."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference.fixed import enumerated, hypergeometric, three_labels

import pynoise
from pynoise import _core, data, knn, noise
from pynoise.curves.fixed import selected_neighbors
from pynoise.errors import InputValueError
from pynoise.noise.structure import structure_of

TIES = ("strict", "first", "random")


def solve(counts, label, kernel_noise, ties, budget=5000):
    values, exact = _core.fixed_accuracy(
        np.array([counts], np.int32),
        np.array([label], np.int32),
        sum(counts),
        kernel_noise,
        ties,
        budget,
        1,
    )
    assert exact.all()
    return values[0]


def assert_near(got, want):
    for r, (one, other) in enumerate(zip(got, want, strict=True)):
        assert abs(Fraction(float(one)) - other) <= Fraction(1, 10**12), f"R = {r}: {one} for {float(other)}"


@given(
    counts=st.lists(st.integers(0, 3), min_size=2, max_size=4).filter(lambda c: 1 <= sum(c) <= 5),
    ties=st.sampled_from(TIES),
    choice=st.data(),
)
@settings(deadline=None, max_examples=60)
def test_agrees_with_enumeration_in_fractions(counts, ties, choice):
    classes = len(counts)
    label = choice.draw(st.integers(0, classes - 1))
    targets = choice.draw(st.lists(st.integers(0, classes - 1), min_size=classes, max_size=classes))
    parts = choice.draw(st.lists(st.integers(1, 5), min_size=classes, max_size=classes))
    even, third = Fraction(1, classes), Fraction(1, classes - 1)
    shares = [Fraction(part, sum(parts)) for part in parts]
    maps = [[Fraction(j == target) for j in range(classes)] for target in targets]
    others = [[third * (j != k) for j in range(classes)] for k in range(classes)]
    dense = [
        [Fraction(3, 4) * shares[j] + even / 4 * (1 + (j == k)) for j in range(classes)]
        for k in range(classes)
    ]
    dense = [[p / sum(row) for p in row] for row in dense]
    for kernel_noise, matrix in (
        (np.array(targets, np.int32), maps),
        (np.array(shares, float), [shares] * classes),
        (None, others),
        (np.array(dense, float), dense),
    ):
        assert_near(solve(counts, label, kernel_noise, ties), enumerated(counts, label, matrix, ties))


@pytest.mark.parametrize("counts", [(21, 0, 0), (11, 10, 0), (7, 7, 7), (12, 6, 3), (0, 9, 12)])
def test_symmetric_noise_on_three_labels_is_exact_to_the_last_level(counts):
    for ties in TIES:
        for label in range(3):
            assert_near(solve(counts, label, None, ties), three_labels(counts, label, ties))


@pytest.mark.parametrize("k", [21, 101])
def test_symmetric_noise_on_two_labels_is_a_swap(k):
    for counts in ((k, 0), (k // 2 + 1, k // 2), (k // 3, k - k // 3)):
        for label in (0, 1):
            swapped = solve(counts, label, np.array([1, 0], np.int32), "strict")
            assert solve(counts, label, None, "strict") == pytest.approx(swapped, abs=1e-13)
            # With all selected the votes are the other way round.
            assert swapped[-1] == (counts[1 - label] > counts[label])


@pytest.mark.parametrize("counts", [(6, 6, 6, 6), (9, 7, 5, 3), (0, 12, 1, 11), (4, 3, 3, 3, 3)])
def test_symmetric_noise_with_signs_agrees_with_the_positive_polynomials(counts):
    classes = len(counts)
    matrix = noise.corruption_matrix("symmetric", classes)
    for ties in TIES:
        for label in (0, classes - 1):
            want = solve(counts, label, matrix, ties, budget=5_000)
            assert solve(counts, label, None, ties) == pytest.approx(want, abs=1e-13)


@pytest.mark.parametrize(
    "counts",
    [
        (101, 0, 0, 0, 0, 0, 0, 0, 0, 0),
        (11, 10, 10, 10, 10, 10, 10, 10, 10, 10),
        (60, 30, 5, 3, 2, 1, 0, 0, 0, 0),
        (0, 34, 0, 33, 34, 0, 0, 0, 0, 0),
        (26, 25, 25, 25),
        (34, 34, 33),
        (51, 50),
        (21, 20, 20, 20, 20),
    ],
)
def test_wins_of_101_neighbors_sum_to_one(counts):
    classes = len(counts)
    cycle = np.roll(np.arange(classes, dtype=np.int32), -1)
    star = np.full(classes, classes // 2, np.int32)
    uneven = np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()
    for kernel_noise in (cycle, star, np.full(classes, 1 / classes), uneven, None):
        for ties in ("first", "random"):
            if ties == "random" and classes > 4 and kernel_noise is None:
                continue  # the same sums with more nodes
            total = sum(solve(counts, label, kernel_noise, ties) for label in range(classes))
            assert total == pytest.approx(1, abs=1e-12)


@given(
    total=st.integers(1, 300),
    selected=st.integers(0, 300),
    k=st.integers(1, 120),
)
@settings(deadline=None, max_examples=100)
def test_selected_neighbors_are_hypergeometric(total, selected, k):
    selected, k = min(selected, total), min(k, total)
    got = selected_neighbors(k, selected, total)
    for one, want in zip(got, hypergeometric(k, selected, total), strict=True):
        assert abs(Fraction(float(one)) - want) <= Fraction(1, 10**13)


def overlapping(classes, n=300, m=60, seed=1):
    """Classes in the plane that overlap, so that neighbourhoods are mixed."""
    rng = np.random.default_rng(seed)
    y = [rng.integers(0, classes, size) for size in (n, m)]
    x = [np.column_stack([np.cos(labels), labels / 2]) + rng.normal(size=(len(labels), 2)) for labels in y]
    return data.Dataset(x[0], y[0], x[1], y[1], tuple(map(str, range(classes))))


def assert_within(curve, repeats, errors, rare=1e-9):
    """Within so many standard errors; `rare` is what no repeat may have shown."""
    for row in curve.rows:
        se = np.hypot(row["measured_sd"] / np.sqrt(repeats), row["analytic_se"])
        assert abs(row["difference"]) <= errors * se + rare, row


DENSE = [[0.1, 0.2, 0.3, 0.4], [0.5, 0.1, 0.2, 0.2], [0.0, 0.0, 0.9, 0.1], [0.25, 0.3, 0.25, 0.2]]


@pytest.mark.parametrize(
    "kind",
    ["flip", "uniform", "symmetric", "0:2,1:2,2:3", "all:1", DENSE, np.full((4, 4), [0.4, 0.3, 0.2, 0.1])],
)
def test_the_measured_curve_is_what_the_model_says(kind):
    dataset = overlapping(4)
    for ties in TIES:
        curve = pynoise.accuracy_curve(
            dataset,
            [1, 5, 12],
            kind,
            [0, 0.2, 0.5, 0.8, 0.95, 1],
            model="fixed",
            ties=ties,
            repeats=300,
            node_budget=500,
        )
        assert_within(curve, 200, 4, rare=1e-6)
        assert all(row["exact_share"] == 1 and row["analytic_se"] == 0 for row in curve.rows)


@pytest.mark.parametrize("kind", ["flip", "uniform", "symmetric"])
def test_digits(kind):
    ks = [1, 11, 51] if kind == "symmetric" else [1, 11, 51, 101]
    curve = pynoise.accuracy_curve("digits", ks, kind, model="fixed", repeats=200)
    assert_within(curve, 200, 4)
    # No noise, nothing to draw: the model and the experiment are the same.
    assert curve.rows[0]["analytic"] == pytest.approx(curve.rows[0]["measured"], abs=1e-12)


@pytest.mark.timeout(300)
def test_mnist_measured_curve_is_within_4_5_standard_errors(data_root, monkeypatch):
    mnist = data.load("mnist", data_root)
    found = knn.search(mnist.x_train, mnist.x_test, 51)  # once for both kinds
    monkeypatch.setattr("pynoise.knn.search", lambda *_, **__: found)
    for kind in ("flip", "uniform"):
        curve = pynoise.accuracy_curve(mnist, [11, 51], kind, model="fixed", ties="first", repeats=200)
        assert_within(curve, 200, 4.5)
        assert all(row["exact_share"] == 1 for row in curve.rows)


def test_beyond_the_budget_draws_give_the_same_with_an_error():
    dataset = overlapping(4)
    exact = pynoise.accuracy_curve(dataset, 9, DENSE, [0, 0.5, 1], model="fixed", measure=False)
    for ties in TIES:
        exact, drawn, again = (
            pynoise.accuracy_curve(
                dataset,
                9,
                DENSE,
                [0, 0.5, 1],
                model="fixed",
                ties=ties,
                measure=False,
                seed=3,
                node_budget=budget,
                threads=threads,
            ).rows
            for budget, threads in ((10_000, 2), (40, 1), (40, 2))
        )
        assert drawn == again
        for row, want in zip(drawn, exact, strict=True):
            assert 0 < row["exact_share"] < 1
            assert abs(row["analytic"] - want["analytic"]) <= 4 * row["analytic_se"] + 1e-12
        assert drawn[0]["analytic_se"] < 1e-15
        assert 0 < drawn[1]["analytic_se"] < 0.002


@pytest.mark.parametrize("counts", [(400, 0, 0, 0), (0, 175, 0, 0), (0, 3, 198, 0)])
def test_many_neighbors_of_a_class(counts):
    uniform = np.full((4, 4), 0.25)
    for ties in TIES:
        for label in (1, 2):
            want = solve(counts, label, uniform[0], ties)
            got = solve(counts, label, uniform, ties)
            assert got == pytest.approx(want, abs=1e-12)


def test_symmetric_noise_at_high_levels():
    # Where the identity with uniform noise would lose digits.
    dataset = overlapping(4, n=200)
    curve = pynoise.accuracy_curve(
        dataset, [21, 51], "symmetric", [0.95, 1], model="fixed", ties="random", repeats=400
    )
    assert_within(curve, 400, 4)


def test_one_neighbor_is_the_straight_line():
    fixed, iid = (
        pynoise.accuracy_curve("digits", 1, "uniform", [0, 0.5, 1], model=model, measure=False)
        for model in ("fixed", "iid")
    )
    for a, b in zip(fixed.rows, iid.rows, strict=True):
        selected = a["selected_fraction"]
        assert a["analytic"] == pytest.approx(
            (1 - selected) * fixed.rows[0]["analytic"] + selected * 0.1, abs=1e-12
        )
        assert a["analytic"] == pytest.approx(b["analytic"], abs=2e-3)


def test_results_do_not_depend_on_threads():
    for kind in ("flip", "uniform", "symmetric", DENSE):
        one, two = (
            pynoise.accuracy_curve(overlapping(4), 9, kind, model="fixed", measure=False, threads=n).rows
            for n in (1, 2)
        )
        assert one == two


def test_large_k_is_within_the_limit_or_an_error():
    dataset = overlapping(3, n=500, m=15)
    curve = pynoise.accuracy_curve(dataset, 300, "flip", [0, 0.3], model="fixed", repeats=50)
    assert_within(curve, 50, 4)
    with pytest.raises(
        InputValueError, match=r"k: 401 is too large; give at most 400 with the model 'fixed'"
    ):
        pynoise.accuracy_curve(dataset, 401, model="fixed")


def test_spread_noise_on_many_neighbours_of_many_classes_is_drawn():
    counts = np.array([[50, 51, 50], [101, 50, 0], [151, 0, 0]], np.int32)
    label = np.zeros(3, np.int32)
    for kernel_noise in (None, np.full(3, 1 / 3)):
        _, exact = _core.fixed_accuracy(counts, label, 151, kernel_noise, "first", 10, 1)
        assert exact.tolist() == [False, True, True]
    dataset = overlapping(4, n=400)
    for kind in ("uniform", "symmetric"):
        curve = pynoise.accuracy_curve(dataset, 160, kind, [0.3, 0.6], model="fixed", repeats=100)
        assert_within(curve, 100, 4, rare=1e-6)
        assert all(row["exact_share"] < 1 for row in curve.rows)


def test_node_budget_is_for_the_fixed_model(run):
    code, _, err = run("curve", "--node-budget", 5)
    assert code == 2
    assert "goes with --model fixed, not with 'iid'" in err
    assert run("curve", "--node-budget", 0, "--model", "fixed")[0] == 2


def test_bad_arguments():
    with pytest.raises(InputValueError, match=r"model: 'fixd' is not known \(did you mean 'fixed'\?\)"):
        pynoise.accuracy_curve(model="fixd")
    with pytest.raises(InputValueError, match="node_budget: 0 is too small; give at least 1"):
        pynoise.accuracy_curve(model="fixed", node_budget=0)
    with pytest.raises(InputValueError, match="node_budget: 18446744073709551616 is too large"):
        pynoise.accuracy_curve(model="fixed", node_budget=2**64)


@pytest.mark.parametrize(
    ("counts", "label", "message"),
    [
        ([[2, 0]], [0], "counts: row 0 is not 3 labels: it sums to 2"),
        ([[4, -1]], [0], "counts: row 0 is not 3 labels"),
        ([[3, 0]], [2], "label: 2 at position 0"),
    ],
)
def test_kernels_check_again(counts, label, message):
    counts, label = np.array(counts, np.int32), np.array(label, np.int32)
    with pytest.raises(InputValueError, match=message):
        _core.fixed_accuracy(counts, label, 3, None, "first", 10, 1)
    with pytest.raises(InputValueError, match=message):
        _core.fixed_sample(counts, label, np.ones(1, np.int64), 3, np.eye(2), "first", 5, 0, 1)


def test_structure_of_matrices():
    def name(matrix):
        return type(structure_of(np.asarray(matrix, float))).__name__

    for kind in ("uniform", "symmetric"):
        assert name(noise.corruption_matrix(kind, 7)) == "Spread"
    assert name(noise.corruption_matrix("flip", 7)) == "LabelMapped"
    assert name(noise.corruption_matrix("flip", 7, label_map="all:3")) == "LabelMapped"
    assert name(DENSE) == "Dense"
    assert name([[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.3, 0.2, 0.5]]) == "Spread"
    rng = np.random.default_rng(0)
    clean = rng.dirichlet(np.ones(7), 5)
    for matrix in (
        *(noise.corruption_matrix(kind, 7) for kind in ("uniform", "symmetric", "flip")),
        noise.corruption_matrix("flip", 7, label_map="all:3"),
        0.3 * np.eye(7) + 0.7 * noise.corruption_matrix("symmetric", 7),
        0.3 * np.eye(7) + 0.7 * rng.dirichlet(np.ones(7)),
        rng.dirichlet(np.ones(7), 7),
    ):
        assert structure_of(matrix).corrupt(clean) == pytest.approx(clean @ matrix, abs=1e-14)
