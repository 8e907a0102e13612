"""Outputs beside the labels of neighbours."""

import csv
import json
import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import chi_square as twin

from pynoise import analysis, data, knn
from pynoise.analysis.chi_square import chi_square
from pynoise.errors import InputTypeError, InputValueError


def made(seed, examples, classes, ks):
    """Outputs, and histograms of draws from them."""
    rng = np.random.default_rng(seed)
    rows = rng.dirichlet(np.full(classes, 0.4), examples)
    rows[::4] = np.eye(classes)[rng.integers(0, classes, len(rows[::4]))]
    counts = np.stack([rng.multinomial(k, rows) for k in ks]).astype(np.int32)
    return rows, counts, rng.integers(0, classes, examples)


@pytest.mark.parametrize("ks", [[1], [4, 8, 16], [30, 7, 10, 20]])
@pytest.mark.parametrize("classes", [2, 3, 10])
def test_agrees_with_its_twin(ks, classes):
    rows, counts, labels = made(1, 40, classes, ks)
    compared = analysis.compare_to_knn(rows, counts, ks, labels)
    exact = twin.compare(rows.tolist(), counts, ks)
    preferred = [k for _, k in exact]
    assert compared.preferred.tolist() == preferred
    lowest = [float(min(distances)) for distances, _ in exact]
    assert compared.distances.tolist() == pytest.approx(lowest, abs=1e-14)
    assert compared.median_distance == pytest.approx(np.median(lowest), abs=1e-14)
    for i, row in enumerate(compared.rows):
        at_k = [float(distances[i]) for distances, _ in exact]
        assert row == {
            "k": ks[i],
            "preferred": preferred.count(ks[i]),
            "share": preferred.count(ks[i]) / 40,
            "median_distance": pytest.approx(np.median(at_k), abs=1e-14),
            "mean_distance": pytest.approx(np.mean(at_k), abs=1e-14),
        }


@st.composite
def two_distributions(draw):
    """Two rows of whole numbers of one length, each with a positive sum."""
    size = draw(st.integers(1, 12))
    row = st.lists(st.integers(0, 1000), min_size=size, max_size=size).filter(any)
    return draw(row), draw(row)


def of(weights):
    return np.array([[weight / sum(weights) for weight in weights]])


@given(two_distributions(), st.randoms(use_true_random=False))
def test_properties_of_the_distance(weights, random):
    first, second = weights
    p, h = of(first), of(second)
    (distance,) = chi_square(p, h)
    assert 0 <= distance <= 1
    exact = twin.distance(*([Fraction(weight, sum(row)) for weight in row] for row in weights))
    assert distance == pytest.approx(float(exact), abs=1e-14)
    assert (distance == 0) == (exact == 0)
    assert chi_square(h, p)[0] == distance
    assert chi_square(p, p)[0] == 0
    order = list(range(len(first)))
    random.shuffle(order)
    assert chi_square(p[:, order], h[:, order])[0] == pytest.approx(distance, abs=1e-14)
    apart = np.concatenate([p, 0 * p], axis=1), np.concatenate([0 * h, h], axis=1)
    assert chi_square(*apart)[0] == pytest.approx(1, abs=1e-14)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=6), st.permutations([1, 2, 3, 4, 6, 12]))
def test_of_equal_distances_the_smallest_k_is_preferred(votes, ks):
    # The first of two labels has v/12 of the votes at each K that allows it: many are equal.
    rows = np.array([[vote / 4, 1 - vote / 4] for vote in votes])
    counts = np.array([[[k * vote // 4, k - k * vote // 4] for vote in votes] for k in ks])
    compared = analysis.compare_to_knn(rows, counts, ks, [0] * len(votes))
    for got, (_, want) in zip(compared.preferred, twin.compare(rows.tolist(), counts, ks), strict=True):
        assert got == want


def test_equal_distances_that_are_rounded_apart_are_equal():
    counts = np.array([[[5, 5, 0]], [[0, 10, 10]]])
    p = [[1 / 3, 1 / 3, 1 / 3]]
    one, two = (chi_square(np.array(p), of(count[0].tolist()))[0] for count in counts)
    assert two < one < two + 1e-15
    for ks, order in (([10, 20], [0, 1]), ([20, 10], [1, 0])):
        assert analysis.compare_to_knn(p, counts[order], ks, [0]).preferred.tolist() == [10]


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_short_floats_are_divided_by_their_sums(dtype):
    rows, counts, labels = made(2, 30, 5, [5, 20])
    short = rows.astype(dtype)
    long = short.astype(float)
    long /= long.sum(axis=1, keepdims=True)
    compared = analysis.compare_to_knn(short, counts, [5, 20], labels)
    want = analysis.compare_to_knn(long, counts, [5, 20], labels)
    assert (compared.distances == want.distances).all()
    assert compared.meta["softmax"]["divided_by_sums"] is True


def test_a_vote_is_its_own_neighbourhood():
    digits = data.load("digits")
    indices, _ = knn.search(digits.x_train, digits.x_test, 30)
    counts = knn.label_histograms(indices, digits.y_train, [5, 11, 30], 10)
    compared = analysis.compare_to_knn(counts[1] / 11, counts, [5, 11, 30], digits.y_test)
    assert (compared.distances == 0).all()
    pure = (counts[2].max(axis=1) == 30) | (counts[0].max(axis=1) == 5) & (counts[1].max(axis=1) == 11)
    assert (compared.preferred == np.where(pure, 5, 11)).all()


def test_blocks_change_nothing_and_keep_memory_small(monkeypatch):
    ks = [10, 20, 30]
    rows, counts, labels = made(3, 3000, 100, ks)
    tracemalloc.start()
    whole = analysis.compare_to_knn(rows, counts, ks, labels)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6e6  # the votes at the preferred K are 1.2 MB, the rows 2.4, the histograms 3.6
    monkeypatch.setattr("pynoise.analysis.chi_square._BLOCK", 700)
    parts = analysis.compare_to_knn(rows, counts, ks, labels)
    assert (parts.distances == whole.distances).all()
    assert (parts.preferred == whole.preferred).all()
    assert parts.rows == whole.rows


def test_files(tmp_path):
    rows, counts, labels = made(4, 25, 3, [4, 9])
    compared = analysis.compare_to_knn(rows, counts, [4, 9], labels, names=["a", "b", "c"])
    for suffix in ("csv", "json", "png", "svg"):
        compared.save(tmp_path / f"c.{suffix}")
    table = list(csv.DictReader((tmp_path / "c.csv").read_text().splitlines()))
    assert tuple(table[0]) == analysis.COMPARISON_COLUMNS == tuple(compared.rows[0])
    assert [int(row["preferred"]) for row in table] == [row["preferred"] for row in compared.rows]
    read = json.loads((tmp_path / "c.json").read_text())
    assert read["rows"] == compared.rows
    assert read["distances"] == compared.distances.tolist()
    assert read["preferred"] == compared.preferred.tolist()
    assert read["median_distance"] == compared.median_distance
    assert read["meta"]["published"]["median"] == analysis.PUBLISHED_MEDIAN == 0.143123
    assert read["meta"]["names"] == ["a", "b", "c"]
    first = (tmp_path / "c.svg").read_bytes()
    compared.plot(tmp_path / "c.svg")
    assert (tmp_path / "c.svg").read_bytes() == first


def test_the_pictures_show_the_numbers(tmp_path):
    ks = [20, 5, 10]
    rows, counts, labels = made(5, 41, 4, ks)
    names = ["$\\frac$" + 30 * "a", "b", "c", "d"]
    compared = analysis.compare_to_knn(rows, counts, ks, labels, names=names)
    left, right = compared.plot(tmp_path / "c.png").axes
    by_k = {row["k"]: row["preferred"] for row in compared.rows}
    assert [bar.get_height() for bar in left.containers[0]] == [by_k[k] for k in (5, 10, 20)]
    assert [text.get_text() for text in left.get_xticklabels()] == ["5", "10", "20"]
    assert sum(bar.get_height() for bar in right.containers[0]) == 41
    assert right.lines[0].get_xdata()[0] == compared.median_distance

    figure = compared.plot_pairs(tmp_path / "p.svg")
    assert len(figure.subfigs) == 6
    nearest = sorted(range(41), key=lambda i: (abs(compared.distances[i] - compared.median_distance), i))[:6]
    drawn = sorted(nearest, key=lambda i: compared.distances[i])
    for part, i in zip(figure.subfigs, drawn, strict=True):
        k = compared.preferred[i]
        assert f"(example {i}), K = {k}, distance {compared.distances[i]:.4f}" in part.get_suptitle()
        softmax, shares = ([bar.get_height() for bar in axes.containers[0]] for axes in part.axes)
        assert softmax == rows[i].tolist()
        assert shares == (counts[ks.index(k), i] / k).tolist()
    one = compared.plot_pairs(pairs=1)
    assert len(one.subfigs) == 1
    few = analysis.compare_to_knn(rows[:2], counts[:, :2], ks, labels[:2])
    assert len(few.plot_pairs().subfigs) == 2
    with pytest.raises(InputValueError, match="pairs: 25 is too large; give at most 24"):
        compared.plot_pairs(pairs=25)


def test_pictures_of_many_classes_and_equal_distances(tmp_path):
    counts = 10 * np.eye(60, dtype=np.int32)[None, np.arange(50)]
    compared = analysis.compare_to_knn(counts[0] / 10, counts, 10, np.arange(50))
    assert (compared.distances == 0).all()
    compared.plot(tmp_path / "c.png")
    figure = compared.plot_pairs(tmp_path / "p.png")
    titles = [part.get_suptitle() for part in figure.subfigs]
    assert titles == [f"{i} (example {i}), K = 10, distance 0.0000" for i in range(6)]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"softmax": [[0.5, 0.6]]}, InputValueError, "softmax: row 0 sums to 1.1, not 1"),
        ({"labels": [2]}, InputValueError, "labels: 2 at position 0 is outside 0..1: softmax has 2 columns"),
        ({"labels": [0, 1]}, InputValueError, "softmax: has 1 rows for 2 labels"),
        ({"ks": [2, 2]}, InputValueError, "ks: 2 is given twice; name each K once"),
        ({"ks": []}, InputValueError, "ks: is empty; give at least one K"),
        ({"ks": [2]}, InputValueError, "histograms: has shape (2, 1, 2); give counts for each K and row of"),
        (
            {"histograms": [[[1, 1]], [[2.0, 2]]]},
            InputTypeError,
            "histograms: has dtype float64; give counts",
        ),
        (
            {"histograms": [[[1, 1]], [[2, 3]]]},
            InputValueError,
            "histograms: row 0 for K = 4 sums to 5, with 2 as the least; give how often each label stands",
        ),
        (
            {"histograms": [[[3, -1]], [[2, 2]]]},
            InputValueError,
            "histograms: row 0 for K = 2 sums to 2, with -1 as the least; give how often each label stands",
        ),
        ({"names": ["a"]}, InputValueError, "names: are 1; give 2, one a class"),
    ],
)
def test_bad_arguments(changes, error, message):
    arguments = {
        "softmax": [[0.5, 0.5]],
        "histograms": [[[1, 1]], [[2, 2]]],
        "ks": [2, 4],
        "labels": [0],
        "names": None,
    } | changes
    names = arguments.pop("names")
    with pytest.raises(error) as caught:
        analysis.compare_to_knn(*arguments.values(), names=names)
    assert str(caught.value).startswith(message)
