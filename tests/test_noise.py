import hashlib
import math

import numpy as np
import pytest
from reference import noise as twin

from pynoise import noise, seeds
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

LEVELS = [i / 20 for i in range(21)]
GENERAL = np.array([[0.0, 0.5, 0.5], [0.1, 0.8, 0.1], [1 / 3, 1 / 3, 1 / 3]])


def labels_of(n, classes, seed=0):
    return np.random.default_rng(seed).integers(0, classes, n).astype(np.int32)


@pytest.mark.parametrize("kind", noise.KINDS)
def test_equals_its_twin(kind):
    labels = labels_of(200, 3)
    matrix = GENERAL if kind == "matrix" else None
    for level, seed in [(0.0, 0), (0.3, 1), (0.77, 2**64 - 1), (1.0, 5)]:
        record = noise.make(labels, kind, level, seed=seed, matrix=matrix)
        noisy, selected = twin.make(labels.tolist(), record.matrix.tolist(), level, seed)
        assert record.noisy.tolist() == noisy
        assert record.selected.tolist() == selected


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


@pytest.mark.parametrize(
    ("kind", "wrong"), [("uniform", 0.5 * 0.9), ("symmetric", 0.5), ("flip", 0.5), ("matrix", 0.5 * 0.7)]
)
def test_realised_rate_is_the_expected_one(kind, wrong):
    matrix = 0.3 * np.eye(10) + 0.7 * np.roll(np.eye(10), 3, axis=1) if kind == "matrix" else None
    labels = labels_of(5000, 10)
    rates = [noise.make(labels, kind, 0.5, seed=s, matrix=matrix).realised_rate for s in range(100)]
    standard_error = np.std(rates, ddof=1) / 10
    assert abs(np.mean(rates) - wrong) <= 4 * standard_error + 1e-12


@pytest.mark.parametrize("kind", noise.KINDS)
def test_new_labels_follow_the_matrix(kind):
    labels = np.repeat(np.arange(3), 20_000)
    record = noise.make(labels, kind, 1.0, seed=2, matrix=GENERAL if kind == "matrix" else None)
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
