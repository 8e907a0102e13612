"""Clean distributions that are given: softmax outputs."""

import json

import numpy as np
import pytest

import pynoise
from pynoise import data, knn, noise
from pynoise.curves.cases import distinct
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.noise.structure import structure_of

TIES = ("first", "strict", "random")


@pytest.fixture(scope="module")
def digits():
    return data.load("digits")


@pytest.fixture(scope="module")
def softmax(digits):
    """What a network might say: sure of the right label, mostly."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(500, 10)) + 4 * np.eye(10)[digits.y_test]
    rows = np.exp(logits)
    return rows / rows.sum(axis=1, keepdims=True)


def test_rows_take_the_place_of_the_neighbours(digits, softmax):
    p = noise.corruption_matrix("flip", 10)
    for ties in TIES:
        curve = pynoise.accuracy_curve(
            digits, [7, 2000], "flip", [0, 0.3], clean=softmax, ties=ties, measure=False
        )
        for row in curve.rows:
            q = (1 - row["level"]) * softmax + row["level"] * softmax @ p
            want = pynoise.plurality_accuracy(q, digits.y_test, row["k"], ties=ties).mean()
            assert row["analytic"] == pytest.approx(want, abs=1e-13)
    assert curve.meta["clean"] == {
        "source": "array",
        "largest_miss": pytest.approx(0, abs=1e-12),
        "divided_by_sums": False,
    }


def test_the_measured_curve_is_still_that_of_the_neighbours(digits, softmax):
    given = pynoise.accuracy_curve(digits, 7, "flip", [0.3], clean=softmax, repeats=2)
    plain = pynoise.accuracy_curve(digits, 7, "flip", [0.3], repeats=2)
    assert given.rows[0]["measured"] == plain.rows[0]["measured"]
    assert given.rows[0]["analytic"] != plain.rows[0]["analytic"]


def test_neighbour_histograms_given_as_rows_are_the_same_curve(digits):
    indices, _ = knn.search(digits.x_train, digits.x_test, 9)
    rows = knn.label_histograms(indices, digits.y_train, [9], 10)[0] / 9
    given = pynoise.accuracy_curve(digits, 9, "uniform", clean=rows, measure=False)
    plain = pynoise.accuracy_curve(digits, 9, "uniform", measure=False)
    for a, b in zip(given.rows, plain.rows, strict=True):
        assert a["analytic"] == pytest.approx(b["analytic"], abs=1e-12)


def test_files(digits, softmax, tmp_path, run):
    np.save(tmp_path / "s.npy", softmax)
    np.savez(tmp_path / "s.npz", softmax=softmax.astype(np.float32), other=np.zeros(3))
    want = pynoise.accuracy_curve(digits, 7, levels=[0.2], clean=softmax, measure=False).rows[0]["analytic"]
    curve = pynoise.accuracy_curve(digits, 7, levels=[0.2], clean=f"softmax:{tmp_path}/s.npy", measure=False)
    assert curve.rows[0]["analytic"] == want
    options = ["curve", "--K", 7, "--levels", "0.2", "--no-measure", "--clean"]
    code, out, _ = run(*options, "softmax:s.npz", "--json")
    assert code == 0
    got = json.loads(out)
    assert got["rows"][0]["analytic"] == pytest.approx(want, abs=1e-6)
    assert got["meta"]["clean"]["divided_by_sums"] is True
    assert 0 < got["meta"]["clean"]["largest_miss"] < 1e-6
    _, out, _ = run(*options, "softmax:s.npz")
    assert "clean softmax:s.npz (sums off by " in out
    assert "rows divided by their sums" in out
    code, _, err = run(*options, "softmax:s.npz", "--model", "fixed")
    assert code == 2
    assert "Invalid value for '--clean': has no counts of neighbours" in err


def test_fit_k_takes_them_too(digits, softmax):
    levels = [0.0, 0.2, 0.4, 0.6]
    curve = pynoise.accuracy_curve(digits, 33, "uniform", levels, clean=softmax, measure=False)
    accuracy = [row["analytic"] for row in curve.rows]
    fit = pynoise.fit_k(levels, accuracy, digits, "uniform", clean=softmax)
    assert fit.k == 33
    assert fit.meta["clean"]["source"] == "array"


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_short_floats_are_divided_by_their_sums(digits, softmax, dtype):
    short = softmax.astype(dtype)
    curve = pynoise.accuracy_curve(digits, 5, levels=[0.1], clean=short, measure=False)
    long = short.astype(float)
    long /= long.sum(axis=1, keepdims=True)
    want = pynoise.accuracy_curve(digits, 5, levels=[0.1], clean=long, measure=False)
    assert curve.rows[0]["analytic"] == pytest.approx(want.rows[0]["analytic"], abs=1e-13)


def changed(rows, place, value):
    rows = rows.copy()
    rows[place] = value
    return rows


def test_bad_rows(digits, softmax, tmp_path):
    def curve(clean, **options):
        return pynoise.accuracy_curve(digits, 5, clean=clean, measure=False, **options)

    for bad, error, message in (
        (softmax[:-1], InputValueError, r"clean: has shape \(499, 10\); give a row a test example"),
        (softmax[0], InputValueError, r"clean: has shape \(10,\)"),
        (
            changed(softmax, (3, 2), -0.1),
            InputValueError,
            "clean: row 3 has -0.1 at label 2; give probabilities, the softmax and",
        ),
        (changed(softmax, (3, 2), np.nan), InputValueError, "clean: row 3 has nan at label 2"),
        (changed(softmax, (3, 2), np.inf), InputValueError, "clean: row 3 has inf at label 2"),
        (2 * softmax, InputValueError, "clean: row 0 sums to 2, not 1 .* the softmax and not its logits"),
        ((softmax * (1 + 1e-4)).astype(np.float32), InputValueError, "clean: row 0 sums to 1.0001"),
        (softmax * (1 + 1e-7), InputValueError, "clean: row 0 sums to 1.0000001"),
        (np.full((500, 10), "a"), InputTypeError, "clean: has dtype <U1"),
        ("histograms", InputValueError, "clean: 'histograms' is not softmax:FILE"),
        ("softmax:none.npy", InputFileNotFoundError, "clean: there is no file 'none.npy'"),
        ("softmax:none.csv", InputValueError, "clean: 'none.csv' ends in none of .npy, .npz"),
    ):
        with pytest.raises(error, match=message):
            curve(bad)
    np.savez(tmp_path / "s.npz", logits=softmax, features=softmax)
    with pytest.raises(
        InputValueError, match="it has no single array; name one of logits, features as FILE:NAME"
    ):
        curve(f"softmax:{tmp_path}/s.npz")
    (tmp_path / "s.npy").write_text("no array")
    with pytest.raises(InputValueError, match="does not hold an array"):
        curve(f"softmax:{tmp_path}/s.npy")
    with pytest.raises(InputValueError, match="clean: has no counts of neighbours"):
        curve(softmax, model="fixed")


@pytest.mark.parametrize("model", ["iid", "fixed"])
def test_cases_that_are_merged_have_the_same_probability(model, monkeypatch):
    rng = np.random.default_rng(2)
    y = [rng.integers(0, 4, size) for size in (80, 50)]
    x = [labels[:, None] + rng.normal(scale=0.5, size=(len(labels), 1)) for labels in y]
    dataset = data.Dataset(x[0], y[0], x[1], y[1], tuple("abcd"))
    dense = rng.dirichlet(np.ones(4), 4)

    def rows():
        return [
            row["analytic"]
            for kind in ("uniform", "symmetric", "flip", "0:2,2:3", "all:1", dense)
            for ties in TIES
            for row in pynoise.accuracy_curve(
                dataset, [1, 4, 9], kind, [0, 0.3, 0.8, 1], ties=ties, model=model, measure=False
            ).rows
        ]

    merged = rows()
    monkeypatch.setattr("pynoise.curves.cases._sort_others", lambda *_: None)
    monkeypatch.setattr("pynoise.curves.cases._merge_pure", lambda *_: None)
    assert rows() == pytest.approx(merged, abs=1e-13)


def test_learnable_data_are_one_case_a_point():
    # Appendix D: one Q for a whole point of the curve; with ties "first" one a label.
    counts, right, once = 7 * np.eye(5, dtype=np.int32), np.arange(5, dtype=np.int32), np.ones(5, np.int64)
    for kind in ("uniform", "symmetric", "flip"):
        structure = structure_of(noise.corruption_matrix(kind, 5))
        for ties in TIES:
            cases = distinct(counts, right, once, structure, ties)
            assert len(cases.right) == (5 if ties == "first" else 1)
            assert cases.weights.sum() == 5
    uneven = structure_of(noise.corruption_matrix("flip", 5, label_map={0: 1, 1: 0}))
    assert len(distinct(counts, right, once, uneven, "strict").right) == 2


def test_ideal_data_with_thousands_of_classes_need_no_search(monkeypatch):
    def search(*_, **__):
        raise AssertionError("neighbours of ideal data are known")

    monkeypatch.setattr("pynoise.knn.search", search)
    ideal = data.ideal(1500, 60)
    for ties in ("strict", "random"):
        curve = pynoise.accuracy_curve(ideal, 51, "symmetric", [0.5], ties=ties, measure=False)
        q = np.full((1, 1500), 0.5 / 1499)
        q[0, 0] = 0.5
        want = pynoise.plurality_accuracy(q, [0], 51, ties=ties)[0]
        assert curve.rows[0]["analytic"] == pytest.approx(want, abs=1e-12)
