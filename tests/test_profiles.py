"""Profiles of a network's outputs."""

import csv
import json

import numpy as np
import pytest
from reference.softmax_profile import profile as twin

from pynoise import analysis, data, knn, noise
from pynoise.errors import InputTypeError, InputValueError

NAMES = ("bird", "cat", "dog", "fish")


def outputs(rng, examples, classes=4):
    """Probabilities, some of them 0 and 1."""
    rows = rng.dirichlet(np.full(classes, 0.3), examples)
    rows[::5] = np.eye(classes)[rng.integers(0, classes, len(rows[::5]))]
    return rows


@pytest.fixture
def made():
    rng = np.random.default_rng(0)
    return outputs(rng, 60), rng.integers(0, 4, 60)


@pytest.mark.parametrize("examples", [1, 2, 3, 4, 7, 60])
def test_agrees_with_its_twin(examples):
    rng = np.random.default_rng(examples)
    rows, labels = outputs(rng, examples), rng.integers(0, 4, examples)
    want = twin(rows.tolist(), labels.tolist(), 4)
    found = analysis.softmax_profile(rows, labels).rows
    assert [(int(row["class"]), int(row["output"])) for row in found] == sorted(want)
    for row in found:
        k, j = int(row["class"]), int(row["output"])
        got = [row[name] for name in ("median", "lower", "upper", "mean")]
        assert got == pytest.approx([float(value) for value in want[k, j]], abs=1e-15)
        assert row["lower"] <= row["median"] <= row["upper"]
        assert row["examples"] == (labels == k).sum()
        assert row["is_true"] is (k == j)
        assert row["expected"] is None
        assert row["region"] == "all"


def test_expected_values_are_those_of_the_noise(made):
    rows, labels = made
    record = noise.make(np.arange(40) % 4, "flip", 0.3, names=NAMES)
    profile = analysis.softmax_profile(rows, labels, noise=record)
    expected = np.array([row["expected"] for row in profile.rows]).reshape(4, 4)
    assert (expected == record.transition).all()
    assert expected[1].tolist() == [0, 0.7, 0.3, 0]
    assert profile.rows[6]["class"] == "cat"
    assert profile.rows[6]["output"] == "dog"
    assert profile.meta["noise"] == {
        "kind": "flip",
        "level": 0.3,
        "seed": 0,
        "selection": "exact",
        "selected_fraction": 0.3,
        "realised_rate": 0.3,
    }
    assert profile.meta["names"] == NAMES
    uniform = noise.make(np.arange(40) % 4, "uniform", 0.2)  # Section 3.1: γ/L, and at the peak 1 - γ + γ/L
    row = analysis.softmax_profile(rows, labels, noise=uniform, names=NAMES).rows[:4]
    assert [one["expected"] for one in row] == pytest.approx([0.85, 0.05, 0.05, 0.05])
    assert row[0]["class"] == "bird"


def test_regions_of_concentrated_noise_stand_apart(made):
    rows, labels = made
    rng = np.random.default_rng(1)
    clean = np.arange(80) % 4
    record = noise.make(clean, "concentrated", 0.25, features=rng.normal(size=(80, 3)))
    inside = record.regions.noisy(rng.normal(size=(60, 3)), labels)
    assert 0 < inside.sum() < 60
    profile = analysis.softmax_profile(rows, labels, noise=record, noisy_region=inside)
    for region, mask, expected in (("clean", ~inside, np.eye(4)), ("noisy", inside, record.matrix)):
        alone = analysis.softmax_profile(rows[mask], labels[mask])
        mine = [row for row in profile.rows if row["region"] == region]
        for row, other in zip(mine, alone.rows, strict=True):
            assert row["expected"] == expected[int(row["class"]), int(row["output"])]
            assert row | {"region": "all", "expected": None} == other
        assert profile.meta["examples"][region] == mask.sum()
    plain = analysis.softmax_profile(rows, labels, noisy_region=inside)
    assert {row["expected"] for row in plain.rows} == {None}


def test_outputs_of_a_vote_show_the_noise():
    # K-NN of classes far apart is the network that the paper's conjecture describes.
    ideal = data.ideal(5, 400)
    record = noise.make(ideal.y_train, "flip", 0.3, seed=3)
    shares = knn.KNNClassifier(25).fit(ideal.x_train, record.noisy).predict_proba(ideal.x_test)
    for row in analysis.softmax_profile(shares, ideal.y_test, noise=record).rows:
        assert row["mean"] == pytest.approx(row["expected"], abs=0.2)
        assert row["expected"] > 0 or row["upper"] == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_short_floats_are_divided_by_their_sums(made, dtype):
    rows, labels = made
    short = rows.astype(dtype)
    long = short.astype(float)
    long /= long.sum(axis=1, keepdims=True)
    profile = analysis.softmax_profile(short, labels)
    assert profile.rows == analysis.softmax_profile(long, labels).rows
    assert profile.meta["softmax"]["divided_by_sums"] is True
    assert profile.meta["softmax"]["largest_miss"] > 0


def test_classes_without_examples_have_no_rows():
    profile = analysis.softmax_profile([[0.5, 0.5, 0], [1, 0, 0]], [2, 2], names=["a", "b", "c"])
    assert [row["class"] for row in profile.rows] == ["c"] * 3
    assert [row["median"] for row in profile.rows] == [0.75, 0.25, 0]


def test_files(made, tmp_path):
    rows, labels = made
    profile = analysis.softmax_profile(rows, labels, names=["a,b", 'c"', "d", "e"])
    for suffix in ("csv", "json", "png", "svg"):
        profile.save(tmp_path / f"p.{suffix}")
    table = list(csv.DictReader((tmp_path / "p.csv").read_text().splitlines()))
    assert tuple(table[0]) == analysis.PROFILE_COLUMNS == tuple(profile.rows[0])
    assert [float(row["median"]) for row in table] == [row["median"] for row in profile.rows]
    assert table[0]["expected"] == ""
    assert table[4]["class"] == 'c"'
    read = json.loads((tmp_path / "p.json").read_text())
    assert read["rows"] == profile.rows
    assert read["meta"]["classes"] == 4
    assert (tmp_path / "p.png").read_bytes()[:4] == b"\x89PNG"
    first = (tmp_path / "p.svg").read_bytes()
    profile.plot(tmp_path / "p.svg")
    assert (tmp_path / "p.svg").read_bytes() == first
    with pytest.raises(InputValueError, match=r"path: 'p\.txt' must end in one of"):
        profile.save("p.txt")


def heights(axes):
    return [bar.get_height() for bar in axes.containers[0]]


def test_the_picture_shows_the_rows(made):
    rows, labels = made
    record = noise.make(np.arange(40) % 4, "flip", 0.3, names=NAMES)
    profile = analysis.softmax_profile(rows, labels, noise=record)
    figure = profile.plot()
    assert len(figure.subfigs[0].axes) == 4
    for k, axes in enumerate(figure.subfigs[0].axes):
        own = [row for row in profile.rows if row["class"] == NAMES[k]]
        assert axes.get_title() == f"{NAMES[k]}: {own[0]['examples']} examples"
        assert heights(axes) == [row["median"] for row in own]
        (triangle,) = [line for line in axes.lines if line.get_marker() == "v"]
        assert triangle.get_xdata()[0] == k
        assert [bool(bar.get_hatch()) for bar in axes.containers[0]] == [j == k for j in range(4)]
        expected = axes.collections[-1].get_segments()
        assert [segment[0][1] for segment in expected] == [row["expected"] for row in own]
        # The last panel of each column names the outputs.
        assert [text.get_text() for text in axes.get_xticklabels()] == list(NAMES)
    assert figure.get_suptitle() == "Outputs by true class, flip noise of level 0.3"
    one = profile.plot(classes="dog").subfigs[0].axes
    assert [axes.get_title().split(":")[0] for axes in one] == ["dog"]
    two = profile.plot(classes=[3, "bird"])
    assert [axes.get_title().split(":")[0] for axes in two.subfigs[0].axes] == ["fish", "bird"]
    assert "(2 of 4)" in two.get_suptitle()


def test_the_picture_of_regions_has_two_parts(made, tmp_path):
    rows, labels = made
    inside = labels == 0  # class 0 has no example outside, the others none inside
    figure = analysis.softmax_profile(rows, labels, names=NAMES, noisy_region=inside).plot(tmp_path / "r.png")
    clean, noisy = figure.subfigs
    assert clean.get_suptitle().startswith("clean region: ")
    assert noisy.get_suptitle().startswith("noisy region: ")
    assert clean.axes[0].get_title() == "bird: no examples"
    assert [axes.get_title() for axes in noisy.axes][1:] == [f"{name}: no examples" for name in NAMES[1:]]


@pytest.mark.parametrize("classes", [2, 7, 14, 100])
def test_pictures_of_few_and_many_classes(classes, tmp_path):
    rng = np.random.default_rng(classes)
    labels = np.arange(300) % classes
    names = [f"{k}$\\frac$" + "long" * k for k in range(classes)]
    profile = analysis.softmax_profile(outputs(rng, 300, classes), labels, names=names)
    figure = profile.plot(tmp_path / "p.png")
    assert len(figure.subfigs[0].axes) == min(classes, 16)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"softmax": [0.5, 0.5]}, InputValueError, "softmax: has shape (2,); give a row an example"),
        ({"softmax": [[1.0]], "labels": [0]}, InputValueError, "softmax: has shape (1, 1); give a row"),
        ({"softmax": np.empty((0, 3))}, InputValueError, "softmax: has shape (0, 3); give a row"),
        ({"softmax": [[2.0, -1.0]] * 3}, InputValueError, "softmax: row 0 has -1 at label 1; give prob"),
        ({"softmax": [[0.5, 0.6]] * 3}, InputValueError, "softmax: row 0 sums to 1.1, not 1"),
        ({"softmax": [["a", "b"]]}, InputTypeError, "softmax: has dtype <U1"),
        ({"labels": [0, 1]}, InputValueError, "softmax: has 3 rows for 2 labels"),
        ({"labels": [0, 1, 2]}, InputValueError, "labels: 2 at position 2 is outside 0..1: softmax has 2"),
        ({"labels": [0.0, 1, 1]}, InputTypeError, "labels: has dtype float64"),
        ({"names": ["a"] * 3}, InputValueError, "names: name a class twice"),
        ({"names": ["a", "b", "c"]}, InputValueError, "names: are 3; give 2"),
        ({"noise": "flip"}, InputTypeError, "noise: is a str; give NoisyLabels"),
        (
            {"noise": noise.make([0, 1, 2], "flip", 0.5)},
            InputValueError,
            "noise: the flip noise of level 0.5 is of 3 classes; softmax has 2 columns",
        ),
        (
            {"noise": noise.make([0, 1], "flip", 0.5, names=["a", "b"]), "names": ["b", "a"]},
            InputValueError,
            "noise: the flip noise of level 0.5 is of the classes a, b; names are b, a",
        ),
        ({"noisy_region": [0, 1, 1]}, InputTypeError, "noisy_region: has dtype int64; it is a mask"),
        ({"noisy_region": [True]}, InputValueError, "noisy_region: has shape (1,) for 3 rows of softmax"),
        (
            {"noisy_region": [True] * 3, "noise": noise.make([0, 1], "flip", 0.5)},
            InputValueError,
            "noisy_region: is of no use to the flip noise of level 0.5, which has no region",
        ),
    ],
)
def test_bad_arguments(changes, error, message):
    arguments = {"softmax": [[0.5, 0.5]] * 3, "labels": [0, 1, 1]} | changes
    with pytest.raises(error) as caught:
        analysis.softmax_profile(arguments.pop("softmax"), arguments.pop("labels"), **arguments)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("classes", "error", "message"),
    [
        ("bear", InputValueError, "classes: 'bear' is none of the classes bird, cat, dog, fish"),
        ([0, "bird"], InputValueError, "classes: name 'bird' twice"),
        ([3], InputValueError, "classes: 'fish' has no examples"),
        ([4], InputValueError, "classes: 4 is too large; give at most 3: there are 4 classes"),
        ([], InputValueError, "classes: 0 is too small; give at least 1"),
        ([0.5], InputTypeError, "classes: 0.5 is not a whole number"),
        (0.5, InputTypeError, "classes: 0.5 is no sequence of numbers or names"),
    ],
)
def test_bad_choices_of_classes(classes, error, message):
    profile = analysis.softmax_profile(np.eye(4)[[0, 1, 2]], [0, 1, 2], names=NAMES)
    with pytest.raises(error) as caught:
        profile.plot(classes=classes)
    assert str(caught.value) == message
