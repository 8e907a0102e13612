import hashlib
import math
from pathlib import Path

import numpy as np
import pytest
from reference import noise as twin

from pynoise import data, knn, noise, seeds
from pynoise.data import Dataset
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

LEVELS = [i / 20 for i in range(21)]
GENERAL = np.array([[0.0, 0.5, 0.5], [0.1, 0.8, 0.1], [1 / 3, 1 / 3, 1 / 3]])


def labels_of(n, classes, seed=0):
    return np.random.default_rng(seed).integers(0, classes, n).astype(np.int32)


# Kinds that follow from the labels alone, and what they need.
OPTIONS = {
    "uniform": {},
    "symmetric": {},
    "flip": {},
    "matrix": {"matrix": GENERAL},
    "general": {"alternatives": 2},
    "random-asymmetric": {},
    "semantic-asymmetric": {"label_map": "0:1,1:0"},
}


@pytest.mark.parametrize("kind", OPTIONS)
def test_equals_its_twin(kind):
    labels = labels_of(200, 3)
    for level, seed in [(0.0, 0), (0.3, 1), (0.77, 2**64 - 1), (1.0, 5)]:
        record = noise.make(labels, kind, level, seed=seed, **OPTIONS[kind])
        noisy, selected = twin.make(labels.tolist(), record.matrix.tolist(), level, seed)
        assert record.noisy.tolist() == noisy
        assert record.selected.tolist() == selected


@pytest.mark.parametrize(("per_class", "mapped_only"), [(True, False), (False, True), (True, True)])
def test_classes_that_are_selected_apart_equal_their_twin(per_class, mapped_only):
    labels = labels_of(300, 4)
    for level in (0.0, 0.3, 1.0):
        record = noise.make(
            labels, "flip", level, seed=3, label_map="0:1,2:0", per_class=per_class, mapped_only=mapped_only
        )
        groups = labels.copy() if per_class else 0 * labels
        if mapped_only:
            groups[(labels == 1) | (labels == 3)] = -1
        noisy, selected = twin.make(labels.tolist(), record.matrix.tolist(), level, 3, groups.tolist())
        assert record.noisy.tolist() == noisy
        assert record.selected.tolist() == selected
        wanted = {c: math.ceil(level * (labels == c).sum() - 1e-9) for c in (0, 1, 2, 3)}
        if per_class:
            for label, count in wanted.items():
                assert record.selected[labels == label].sum() == (
                    0 if mapped_only and label in (1, 3) else count
                )
        elif mapped_only:
            assert record.selected.sum() == noise.selected_count(level, np.isin(labels, (0, 2)).sum())


def test_coins_select_each_example_alone():
    labels = labels_of(20_000, 5)
    record = noise.make(labels, "uniform", 0.3, seed=2, selection="bernoulli")
    want = [twin.uniform(2, "noise/select", i) < 0.3 for i in range(500)]
    assert record.selected[:500].tolist() == want
    assert abs(record.selected.sum() - 6000) < 4.5 * math.sqrt(20_000 * 0.3 * 0.7)
    higher = noise.make(labels, "uniform", 0.5, seed=2, selection="bernoulli")
    assert (higher.selected >= record.selected).all()
    assert noise.make(labels, "uniform", 1.0, selection="bernoulli").selected.all()
    mapped = noise.make(labels, "flip", 0.5, label_map="0:1", selection="bernoulli", mapped_only=True)
    assert (labels[mapped.selected] == 0).all()


def test_hubs_are_selected_first():
    digits = data.load("digits")
    x, y = digits.x_train, digits.y_train
    indices, _ = knn.search(x, x, 10, exclude_self=True)
    hubness = np.bincount(indices.ravel(), minlength=len(y))
    record = noise.make(y, "hubness", 0.3, seed=4, features=x)
    noisy, selected = twin.make(y.tolist(), record.matrix.tolist(), 0.3, 4, weights=hubness.tolist())
    assert record.noisy.tolist() == noisy
    assert record.selected.tolist() == selected
    assert hubness[record.selected].mean() > 1.2 * hubness.mean()
    assert record.selected.sum() == noise.selected_count(0.3, len(y))
    kept = knn.neighbors(digits, 12, of="train")
    same = noise.make(y, "hubness", 0.3, seed=4, neighbors=kept)
    assert (same.noisy == record.noisy).all()
    assert same.features == record.features
    other = noise.make(y, "hubness", 0.3, seed=4, neighbors=kept, k=12)
    assert other.options == {"k": 12}
    never = (hubness == 0).sum()
    assert 0 < never < 100
    most = 1 - never / len(y)
    assert (
        noise.make(y, "hubness", math.floor(most * 1e4) / 1e4, features=x).selected[hubness > 0].mean() > 0.99
    )
    with pytest.raises(
        InputValueError, match=f"level: 1.0 is out of reach: .*give at most 0.{int(most * 1e4)}"
    ):
        noise.make(y, "hubness", 1.0, features=x)
    with pytest.raises(InputValueError, match="those of the test examples"):
        noise.make(y, "hubness", 0.1, neighbors=knn.neighbors(digits, 12))
    with pytest.raises(InputValueError, match="are those of 1297 examples, not 2"):
        noise.make([0, 1], "hubness", 0.1, neighbors=kept)
    with pytest.raises(InputValueError, match="k: 13 is too large; give at most 12, as many as"):
        noise.make(y, "hubness", 0.1, neighbors=kept, k=13)
    with pytest.raises(InputTypeError, match="neighbors: is a int"):
        noise.make(y, "hubness", 0.1, neighbors=3)


def test_general_matrices_are_drawn_by_the_seed():
    for alternatives in (1, 2, 9):
        p = noise.corruption_matrix("general", 10, alternatives=alternatives, seed=3)
        assert (np.diag(p) == 0).all()
        assert ((p > 0).sum(axis=1) == alternatives).all()
        np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-15)
    asymmetric = noise.corruption_matrix("random-asymmetric", 10, seed=3)
    assert (np.diag(asymmetric) == 0).all()
    assert (np.sort(asymmetric, axis=1)[:, -3:] == [0, 1 / 3, 2 / 3]).all()
    assert not np.array_equal(asymmetric, noise.corruption_matrix("random-asymmetric", 10, seed=4))
    # Every other label is as likely an alternative as any.
    counts = sum((noise.corruption_matrix("general", 4, seed=s) > 0).astype(int) for s in range(600))
    assert abs(counts[~np.eye(4, dtype=bool)] - 400).max() < 4.5 * math.sqrt(600 * 2 / 9)


def test_maps_of_what_looks_alike():
    assert noise.semantic_map("cifar10") == {9: 1, 2: 0, 4: 7, 3: 5, 5: 3}
    hundred = noise.semantic_map("cifar100")
    assert sorted(hundred) == sorted(hundred.values()) == list(range(100))
    # Circles of five.
    for k in range(100):
        circle = [k]
        while (then := hundred[circle[-1]]) != k:
            circle.append(then)
        assert len(circle) == 5
    assert hundred[4] == 30  # beaver to dolphin, aquatic mammals
    for name in ("svhn", "mnist", "digits"):
        assert noise.semantic_map(name) == {7: 1, 2: 7, 5: 6, 6: 5, 3: 8}
    labels = labels_of(3000, 10)
    record = noise.make(labels, "semantic-asymmetric", 1.0, label_map="cifar10")
    # A cat becomes a dog and stays one: no label moves twice.
    assert (record.noisy[labels == 3] == 5).all()
    assert (record.noisy[labels == 5] == 3).all()
    assert (record.noisy[labels == 6] == 6).all()
    with pytest.raises(InputValueError, match="label_map: 'imagenet' is not known"):
        noise.semantic_map("imagenet")


def test_superclasses_are_those_of_the_data():
    path = Path(__file__).parents[2] / "shared" / "data" / "cifar-n" / "CIFAR-100_human.npz"
    if not path.is_file():
        pytest.skip("needs CIFAR-100N's labels, which have the superclasses beside the classes")
    fine, coarse = (noise.load_labels(f"{path}:{name}") for name in ("clean_label", "clean_coarse_label"))
    superclass = dict(zip(fine.tolist(), coarse.tolist(), strict=True))
    for label, target in noise.semantic_map("cifar100").items():
        assert superclass[label] == superclass[target]


def test_labels_are_the_same_for_ever():
    # These digests are a promise: the same seed gives the same labels in every version.
    labels = np.arange(10_000) % 10
    digests = {
        kind: hashlib.sha256(noise.make(labels, kind, 0.4, seed=7).noisy.astype("<i4").tobytes()).hexdigest()
        for kind in ("uniform", "symmetric", "flip")
    }
    assert {kind: digest[:16] for kind, digest in digests.items()} == {
        "uniform": "0af843686f94480d",
        "symmetric": "9fdf262792b3b00d",
        "flip": "f6c7b50d8466e405",
    }
    others = {
        "bernoulli": noise.make(labels, "symmetric", 0.4, seed=7, selection="bernoulli"),
        "per class": noise.make(labels, "symmetric", 0.4, seed=7, per_class=True),
        "general": noise.make(labels, "general", 0.4, seed=7, alternatives=3),
        "random-asymmetric": noise.make(labels, "random-asymmetric", 0.4, seed=7),
        "hubness": noise.make(
            data.load("digits").y_train, "hubness", 0.4, features=data.load("digits").x_train
        ),
    }
    others = {
        name: hashlib.sha256(one.noisy.astype("<i4").tobytes()).hexdigest()[:16]
        for name, one in others.items()
    }
    assert others == {
        "bernoulli": "c610e43d24dd427c",
        "per class": "d666a89d449b9fb8",
        "general": "67bb392ab5a3aea5",
        "random-asymmetric": "12a9630d27efb126",
        "hubness": "1b726017d6819a62",
    }
    assert seeds.split(0, "noise", 3) == 4624969181421356804


@pytest.mark.parametrize("n", [1, 7, 10, 100, 1297, 60_000])
def test_exactly_the_count_is_selected(n):
    for level in LEVELS:
        # In whole numbers: ⌈level·n⌉ with level = i/20.
        want = math.ceil(round(level * 20) * n / 20)
        assert noise.selected_count(level, n) == want
    record = noise.make(labels_of(n, 3), "flip", 0.35, num_classes=3)
    assert record.selected.sum() == noise.selected_count(0.35, n)
    assert record.selected_fraction == record.selected.mean()


@pytest.mark.parametrize("i", range(101))
def test_counts_do_not_suffer_from_rounding(i):
    assert noise.selected_count(i / 100, 100) == i
    assert noise.selected_count(i / 100, 60_000) == 600 * i


def test_only_selected_labels_change_and_a_higher_level_keeps_them():
    labels = labels_of(500, 10)
    before = noise.make(labels, "symmetric", 0.2, seed=4)
    after = noise.make(labels, "symmetric", 0.7, seed=4)
    assert (before.noisy != before.clean).tolist() == before.selected.tolist()
    assert (after.noisy[before.selected] == before.noisy[before.selected]).all()
    assert (after.selected >= before.selected).all()


@pytest.mark.parametrize("kind", [*OPTIONS, "hubness"])
@pytest.mark.parametrize("how", [{}, {"per_class": True}, {"selection": "bernoulli"}])
def test_realised_rate_is_the_expected_one(kind, how):
    if kind == "hubness" and how.get("selection"):
        return  # refused, as test_bad_arguments has it
    labels = labels_of(5000, 10)
    options = how | OPTIONS.get(kind, {"features": np.random.default_rng(0).normal(size=(5000, 3))})
    if kind == "matrix":
        options["matrix"] = 0.3 * np.eye(10) + 0.7 * np.roll(np.eye(10), 3, axis=1)
    elif kind == "semantic-asymmetric":
        options["label_map"] = "cifar10"
    if kind == "hubness":
        options["features"] = knn.neighbors(
            Dataset(options["features"], labels, [[0, 0, 0]], [0]), 10, of="train"
        )
        options["neighbors"] = options.pop("features")
    records = [noise.make(labels, kind, 0.5, seed=s, **options) for s in range(100)]
    rates = np.array([record.realised_rate for record in records])
    # What the matrix makes of those selected, and of half of the data, or of each class.
    expected = np.array([record.expected_rate for record in records])
    standard_error = np.std(rates - expected, ddof=1) / 10
    assert abs(np.mean(rates - expected)) <= 4 * standard_error + 1e-12
    half = np.ceil(np.bincount(labels) / 2) if how.get("per_class") else np.bincount(labels) / 2
    wrong = np.mean([half @ (1 - record.matrix.diagonal()) / 5000 for record in records])
    if kind != "hubness":
        assert abs(np.mean(rates) - wrong) <= 4 * np.std(rates, ddof=1) / 10 + 1e-12


@pytest.mark.parametrize("kind", OPTIONS)
def test_new_labels_follow_the_matrix(kind):
    labels = np.repeat(np.arange(3), 20_000)
    record = noise.make(labels, kind, 1.0, seed=2, **OPTIONS[kind])
    counts = np.zeros((3, 3))
    np.add.at(counts, (record.clean, record.noisy), 1)
    expected = 20_000 * record.matrix
    assert (counts[expected == 0] == 0).all()
    possible = expected > 0
    chi_square = ((counts - expected)[possible] ** 2 / expected[possible]).sum()
    # 6 degrees of freedom at most: beyond 27.9 in 1 of 10,000 cases. The draw is fixed by its seed.
    assert chi_square < 27.9


def test_matrices():
    assert (noise.corruption_matrix("uniform", 4) == 0.25).all()
    symmetric = noise.corruption_matrix("symmetric", 5)
    assert (np.diag(symmetric) == 0).all()
    assert symmetric[0, 1] == 0.25
    assert noise.corruption_matrix("flip", 3).tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
    swapped = [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
    for label_map in ({0: 1, 1: 0}, "0:1,1:0", " 0 : 1 , 1 : 0 "):
        assert noise.corruption_matrix("flip", 3, label_map=label_map).tolist() == swapped
    for label_map in ({"all": 2}, "all:2"):
        all_to_one = noise.corruption_matrix("flip", 3, label_map=label_map)
        assert all_to_one.tolist() == [[0, 0, 1]] * 3


def test_labels_that_a_map_does_not_name_keep_their_value():
    labels = labels_of(3000, 10)
    record = noise.make(labels, "flip", 0.5, label_map={4: 9})
    assert record.selected.sum() == 1500
    moved = record.noisy != record.clean
    assert (record.clean[moved] == 4).all()
    assert (record.noisy[moved] == 9).all()
    assert moved.sum() == (record.selected & (labels == 4)).sum()


def test_transition_matrix():
    record = noise.make(labels_of(10, 3), "uniform", 0.3, num_classes=3)
    want = 0.7 * np.eye(3) + 0.1
    np.testing.assert_allclose(record.transition, want, rtol=1e-15)


def test_matrix_files(tmp_path):
    np.save(tmp_path / "p.npy", GENERAL)
    np.savetxt(tmp_path / "p.csv", GENERAL, delimiter=",", fmt="%.17g")
    (tmp_path / "bom.csv").write_text("\ufeff" + (tmp_path / "p.csv").read_text() + "\n")
    for name in ("p.npy", "p.csv", "bom.csv"):
        np.testing.assert_array_equal(noise.load_matrix(tmp_path / name), GENERAL)


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("p.txt", b"1", InputValueError, "ends in neither .npy nor .csv"),
        ("missing.csv", None, InputFileNotFoundError, "is not a file"),
        ("words.csv", b"a,b\n", InputValueError, "does not hold a matrix of numbers"),
        ("ragged.csv", b"1,0\n1\n", InputValueError, "has rows of 1 to 2 numbers"),
        ("broken.npy", b"\x93NUMPY", InputValueError, "does not hold a matrix of numbers"),
        ("pickle.npy", np.array([{}]), InputValueError, "does not hold a matrix of numbers"),
        ("binary.csv", b"\xff\xfe\x00", InputValueError, "does not hold a matrix of numbers"),
    ],
)
def test_bad_matrix_files(tmp_path, name, content, error, message):
    path = tmp_path / name
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        np.save(path, content, allow_pickle=True)
    with pytest.raises(error, match=message) as caught:
        noise.load_matrix(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("matrix", "error", "message"),
    [
        (np.ones((2, 3)) / 3, InputValueError, "has shape (2, 3); it must be square"),
        (np.ones(3) / 3, InputValueError, "has shape (3,); it must be square"),
        (np.eye(4), InputValueError, "has 4 rows; the data have 3 classes"),
        (np.eye(3) * 2 - 1 / 3, InputValueError, "entry [0, 1] is -0.33"),
        (np.full((3, 3), np.nan), InputValueError, "entry [0, 0] is nan"),
        (np.eye(3) * 0.9, InputValueError, "row 0 sums to 0.9; every row must sum to 1"),
        ([], InputValueError, "is empty"),
        ([["a"]], InputTypeError, "has dtype <U1; give real numbers"),
        (None, InputValueError, "noise 'matrix' needs a matrix"),
    ],
)
def test_bad_matrices(matrix, error, message):
    with pytest.raises(error) as caught:
        noise.make([0, 1, 2], "matrix", 0.5, matrix=matrix)
    assert str(caught.value).startswith("matrix: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"kind": "unifrom"}, InputValueError, "kind: 'unifrom' is not known (did you mean 'uniform'?)"),
        (
            {"kind": "uniform", "matrix": np.eye(2)},
            InputValueError,
            "matrix: noise 'uniform' takes no matrix",
        ),
        ({"level": 1.01}, InputValueError, "level: 1.01 is outside [0, 1]"),
        ({"level": -0.1}, InputValueError, "level: -0.1 is outside [0, 1]"),
        ({"level": math.nan}, InputValueError, "level: nan is outside [0, 1]"),
        ({"level": "a"}, InputTypeError, "level: 'a' is not a number"),
        ({"seed": -1}, InputValueError, "seed: -1 is too small"),
        ({"seed": 2**64}, InputValueError, "seed: 18446744073709551616 is too large"),
        ({"seed": 0.5}, InputTypeError, "seed: 0.5 is not a whole number"),
        ({"labels": []}, InputValueError, "labels: is empty"),
        ({"labels": [0.5, 1]}, InputTypeError, "labels: has dtype float64"),
        ({"labels": [0, -1]}, InputValueError, "labels: -1 at position 1 is outside"),
        ({"labels": [0, 3], "num_classes": 3}, InputValueError, "labels: 3 at position 1 is outside 0..2"),
        ({"labels": [[0, 1]]}, InputValueError, "labels: has shape (1, 2)"),
        ({"num_classes": 1}, InputValueError, "num_classes: 1 is too small; give at least 2"),
        ({"num_classes": "3"}, InputTypeError, "num_classes: '3' is not a whole number"),
        ({"labels": [0, 10_000]}, InputValueError, "labels: 10000 at position 1 is outside 0..9999"),
        ({"kind": np.zeros(2)}, InputValueError, "kind: "),
        ({"kind": "matrix", "matrix": np.eye(2) * 1j}, InputTypeError, "matrix: has dtype complex128"),
        ({"label_map": {0: 2}}, InputValueError, "label_map: 2 is too large; give at most 1, the last of 2"),
        ({"label_map": {5: 0}}, InputValueError, "label_map: 5 is too large"),
        ({"label_map": {0: 0}}, InputValueError, "label_map: moves no label"),
        ({"label_map": {}}, InputValueError, "label_map: moves no label"),
        ({"label_map": {"all": 0, 1: 0}}, InputValueError, "label_map: 'all' stands alone"),
        ({"label_map": "0:1,0:1"}, InputValueError, "label_map: '0:1,0:1' names 0 twice"),
        ({"label_map": "0>1"}, InputValueError, "label_map: '0>1' is not FROM:TO"),
        ({"label_map": 3}, InputTypeError, "label_map: 3 is not a mapping"),
        ({"label_map": {0: 1}, "kind": "uniform"}, InputValueError, "label_map: goes with noise 'flip'"),
        ({"level": None}, InputValueError, "level: is missing; noise 'flip' needs one"),
        ({"alternatives": 1}, InputValueError, "alternatives: goes with noise 'general', not with 'flip'"),
        (
            {"kind": "general", "alternatives": 2},
            InputValueError,
            "alternatives: 2 is too large; give at most 1",
        ),
        ({"kind": "random-asymmetric"}, InputValueError, "kind: 'random-asymmetric' needs two other labels"),
        (
            {"kind": "semantic-asymmetric"},
            InputValueError,
            "label_map: noise 'semantic-asymmetric' needs one",
        ),
        (
            {"kind": "semantic-asymmetric", "label_map": "cifar10"},
            InputValueError,
            "label_map: 9 is too large; give at most 1",
        ),
        (
            {"selection": "coin"},
            InputValueError,
            "selection: 'coin' is not known; known are exact, bernoulli",
        ),
        ({"per_class": 1}, InputTypeError, "per_class: 1 is neither True nor False"),
        (
            {"labels": [1, 1], "label_map": "0:1", "mapped_only": True},
            InputValueError,
            "label_map: 0:1 moves no class that the labels have",
        ),
        (
            {"kind": "matrix", "matrix": np.eye(2), "mapped_only": True},
            InputValueError,
            "mapped_only: no example is of a class that the noise can move",
        ),
        (
            {"selection": "bernoulli", "per_class": True},
            InputValueError,
            "per_class: changes nothing about a coin",
        ),
        ({"level": "0.5"}, InputTypeError, "level: '0.5' is not a number"),
        ({"level": True}, InputTypeError, "level: True is not a number"),
        ({"level": 10**400}, InputValueError, "level: is outside [0, 1]"),
        ({"threads": -5}, InputValueError, "threads: -5 is too small"),
        ({"progress": 5}, InputTypeError, "progress: 5 cannot be called"),
        ({"names": 5}, InputTypeError, "names: 5 is no sequence of strings"),
        ({"labels": ["a", "b"], "num_classes": 5}, InputValueError, "num_classes: is 5; labels name 2"),
        ({"label_map": {"cat": "dog"}}, InputValueError, "label_map: 'cat' is not known; known are 0, 1"),
        ({"label_map": "0:one"}, InputValueError, "label_map: 'one' is not known; known are 0, 1"),
        ({"label_map": {"0": 7}}, InputValueError, "label_map: 7 is too large; give at most 1"),
        (
            {"kind": "human", "level": None, "noisy": [0, 1, 0], "alternatives": 2},
            InputValueError,
            "alternatives: does not go with noise 'human'",
        ),
        (
            {"kind": "human", "level": None, "labels": ["a", "b"], "noisy": [0, 1]},
            InputTypeError,
            "noisy: are names and the labels numbers, or the other way",
        ),
        ({"kind": "hubness"}, InputValueError, "features: noise 'hubness' needs them"),
        (
            {"kind": "hubness", "selection": "bernoulli"},
            InputValueError,
            "selection: does not go with noise 'hubness'",
        ),
        (
            {"kind": "hubness", "features": [[0.0], [1.0], [2.0]]},
            InputValueError,
            "k: 10 is too large; give at most 2, the other examples",
        ),
        (
            {"kind": "hubness", "features": [[0.0], [1.0]], "k": 1},
            InputValueError,
            "features: has 2 rows for 3 labels",
        ),
        ({"features": [[0.0]] * 3}, InputValueError, "features: goes with noise 'concentrated'"),
        ({"k": 3}, InputValueError, "k: goes with noise 'hubness', not with 'flip'"),
        ({"noisy": [0, 0, 0]}, InputValueError, "noisy: goes with noise 'human', not with 'flip'"),
        ({"kind": "human", "noisy": [0, 0, 0]}, InputValueError, "level: does not go with noise 'human'"),
        ({"kind": "human", "level": None}, InputValueError, "noisy: noise 'human' needs them"),
        (
            {"kind": "human", "level": None, "noisy": [0, 1]},
            InputValueError,
            "noisy: has 2 labels for 3 clean ones",
        ),
        ({"labels": ["a", "a"]}, InputValueError, "labels: has one class, 'a'"),
        (
            {"labels": ["a", "b"], "names": ["a", "c"]},
            InputValueError,
            "labels: 'b' at position 1 is none of the classes a, c",
        ),
        ({"names": ["a", "a"]}, InputValueError, "names: name a class twice"),
        ({"names": "ab"}, InputTypeError, "names: 'ab' is no sequence of strings"),
    ],
)
def test_bad_arguments(changes, error, message):
    arguments = {"labels": [0, 1, 1], "kind": "flip", "level": 0.5} | changes
    with pytest.raises(error) as caught:
        noise.make(**arguments)
    assert str(caught.value).startswith(message)


def test_seeds_split_by_name_and_index():
    for seed, name, index in [(0, "noise", 0), (2**64 - 1, "init", 5), (3, "", 2**40)]:
        assert seeds.split(seed, name, index) == twin.integer(seed, name, index)
    assert len({seeds.split(0, name, i) for name in ("a", "b") for i in range(100)}) == 200
    with pytest.raises(InputValueError, match="index: -1 is too small"):
        seeds.split(0, "noise", -1)
