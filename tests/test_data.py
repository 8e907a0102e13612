"""Data sets: validation, the readers on small files made here, downloads, and the real files."""

from __future__ import annotations

import gzip
import http.client
import os
import pickle
import re
import struct
import subprocess
import sys
import types
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.io

from pynoise import data
from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError

RNG = np.random.default_rng(0)


def pixels(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


# Dataset


def make(**changes: Any) -> data.Dataset:
    parts: dict[str, Any] = {
        "x_train": np.zeros((4, 2, 3), np.uint8),
        "y_train": np.array([0, 1, 2, 1]),
        "x_test": np.zeros((2, 2, 3), np.uint8),
        "y_test": np.array([0, 1], np.uint8),
    }
    return data.Dataset(**(parts | changes))


def test_a_dataset_keeps_its_examples_and_makes_its_labels_int32() -> None:
    x, y = pixels(4, 2, 3), np.array([0, 1, 2, 1], np.int32)
    made = make(x_train=x, y_train=y, names=["cat", np.str_("dog"), "cow", "ant"])
    assert made.x_train is x
    assert made.y_train is y
    assert made.y_test.dtype == np.int32
    assert made.names == ("cat", "dog", "cow", "ant")
    assert all(type(name) is str for name in made.names)
    assert made.num_classes == 4
    assert made.name == "custom"
    with pytest.raises(AttributeError):
        made.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize("names", [None, (), []])
def test_classes_without_names_are_numbered_over_both_sets(names: Any) -> None:
    assert make(names=names).names == ("0", "1", "2")
    assert make(names=names, y_test=[4, 0]).names == ("0", "1", "2", "3", "4")


def test_a_dataset_may_have_no_test_examples() -> None:
    x, y = pixels(4, 2, 3), np.array([0, 1, 2, 1])
    made = data.Dataset(x, y)
    assert (made.x_test.shape, made.x_test.dtype) == ((0, 2, 3), np.uint8)
    assert (made.y_test.shape, made.y_test.dtype) == ((0,), np.int32)
    assert made.names == ("0", "1", "2")
    prints = made.fingerprints()
    assert prints["test"]["shape"] == [0, 2, 3]
    assert prints["train"] == make(x_train=x, y_train=y).fingerprints()["train"]
    empty = make(x_test=[], y_test=[])
    assert empty.fingerprints() == make(x_test=np.empty((0, 7)), y_test=np.empty(0)).fingerprints()


def test_a_dataset_compares_by_identity_and_prints_without_its_arrays() -> None:
    made = make()
    assert made != make()
    assert repr(made) == "Dataset(names=('0', '1', '2'), name='custom')"


@pytest.mark.parametrize("dtype", [np.bool_, np.int8, np.uint16, np.int64, np.float16, np.float32, ">f8"])
def test_any_numbers_of_up_to_64_bits_will_do(dtype: Any) -> None:
    assert make(x_train=np.ones((4, 2, 3), dtype)).x_train.dtype == dtype


@pytest.mark.parametrize(
    ("changes", "error", "argument", "problem"),
    [
        ({"x_train": np.zeros((4, 2, 3), object)}, InputTypeError, "x_train", "dtype object"),
        ({"x_train": np.zeros((4, 2, 3), complex)}, InputTypeError, "x_train", "dtype complex128"),
        ({"x_test": [["a"], ["b"]]}, InputTypeError, "x_test", "dtype <U1"),
        ({"x_test": np.zeros((2, 2, 3), np.longdouble)}, InputTypeError, "x_test", "64 bits"),
        ({"x_train": [[1, 2], [3]]}, InputTypeError, "x_train", "is not an array of numbers"),
        ({"x_train": np.zeros(4)}, InputValueError, "x_train", "shape (4,)"),
        ({"x_train": np.zeros((0, 2, 3))}, InputValueError, "x_train", "empty"),
        ({"x_test": np.zeros((2, 0))}, InputValueError, "x_test", "empty"),
        ({"x_test": np.zeros((2, 3, 2))}, InputValueError, "x_test", "(3, 2)"),
        ({"y_train": [0, 1, 2]}, InputValueError, "y_train", "3 labels for 4 rows"),
        ({"y_test": [0, 1, 1]}, InputValueError, "y_test", "3 labels for 2 rows"),
        ({"y_train": [0, 1, 2, -1]}, InputValueError, "y_train", "-1 at position 3"),
        ({"y_test": [0.0, 1.0]}, InputTypeError, "y_test", "float64"),
        ({"y_test": [[0], [1]]}, InputValueError, "y_test", "(2, 1)"),
        ({"y_test": []}, InputValueError, "y_test", "empty"),
        ({"y_train": [0, 1, 2, 3], "names": "abc"}, InputTypeError, "names", "'abc'"),
        ({"y_train": [0, 1, 2, 3], "names": ("a", "b", "c")}, InputValueError, "y_train", "outside 0..2"),
        ({"y_train": [0, 1, 2, 2_000_000_000]}, InputValueError, "y_train", "2000000000 at position 3"),
        ({"names": ("a", b"b", "c")}, InputTypeError, "names", "b'b' at position 1"),
        ({"names": 3}, InputTypeError, "names", "3 is no sequence"),
    ],
)
def test_what_a_dataset_refuses(
    changes: dict[str, Any], error: type[InputError], argument: str, problem: str
) -> None:
    with pytest.raises(error, match=re.escape(problem)) as caught:
        make(**changes)
    assert caught.value.argument == argument


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 3, 8])
def test_a_number_that_is_not_finite_is_found(monkeypatch: pytest.MonkeyPatch, bad: float, row: int) -> None:
    monkeypatch.setattr("pynoise._checks._BLOCK", 20)  # three rows at a time
    x = np.zeros((9, 2, 3), np.float32)
    x[row, 1, 2] = bad
    with pytest.raises(InputValueError, match=f"x_test: row {row} has a value that is not finite"):
        make(x_test=x, y_test=np.zeros(9, int))


# load


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(
        InputValueError, match=r"data: 'fashon-mnist'.*did you mean 'fashion-mnist'.*FILE\.npz"
    ):
        data.load("fashon-mnist")
    with pytest.raises(InputTypeError, match="data: 5 is not the name"):
        data.load(5)  # type: ignore[arg-type]


def test_the_root_is_the_argument_or_the_environment_or_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYNOISE_DATA", raising=False)
    for root, asked in [("data", None), (str(tmp_path / "given"), tmp_path / "given")]:
        with pytest.raises(InputFileNotFoundError, match=f"data_root: {re.escape(repr(root))} does not hold"):
            data.load("mnist", asked)
    monkeypatch.setenv("PYNOISE_DATA", str(tmp_path / "environment"))
    with pytest.raises(FileNotFoundError, match="environment' does not hold svhn"):
        data.load("svhn")


def test_importing_data_loads_nothing_heavy() -> None:
    code = (
        "import sys, pynoise.data\n"
        "heavy = {'torch', 'torchvision', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# The built-in sets


def test_digits() -> None:
    digits = data.load("digits")
    assert digits.x_train.shape == (1297, 8, 8)
    assert digits.x_test.shape == (500, 8, 8)
    assert digits.x_train.dtype == np.uint8
    assert digits.x_train.max() == 16
    assert digits.names == tuple("0123456789")
    assert digits.name == "digits"
    assert digits.y_train[:12].tolist() == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]


@pytest.mark.parametrize(
    ("num_classes", "per_class", "test_rows"), [(2, 1, 2000), (3, 7, 1998), (2500, 2, 2500)]
)
def test_ideal_is_balanced_and_apart(num_classes: int, per_class: int, test_rows: int) -> None:
    made = data.ideal(num_classes, per_class)
    assert made.x_train.shape == (num_classes * per_class, 1)
    assert made.x_train.dtype == np.float64
    assert made.x_test.shape == (test_rows, 1)
    assert made.num_classes == num_classes
    for x, y in [(made.x_train, made.y_train), (made.x_test, made.y_test)]:
        offset = x[:, 0] - 3.0 * y
        assert offset.min() >= 0
        assert offset.max() <= 1
        assert len(set(np.bincount(y).tolist())) == 1
    assert made.y_train[: num_classes + 1].tolist() == [*range(num_classes), 0][: len(made.y_train)]


def test_ideal_follows_its_seed() -> None:
    one, again, other = data.ideal(3, 5, seed=1), data.ideal(3, 5, seed=1), data.ideal(3, 5, seed=2)
    assert np.array_equal(one.x_train, again.x_train)
    assert not np.array_equal(one.x_train, other.x_train)
    assert np.array_equal(one.x_test, data.ideal(3, 50, seed=1).x_test)
    assert not np.array_equal(one.x_train, one.x_test[:15])


def test_ideal_by_name_takes_the_number_of_classes() -> None:
    assert data.load("ideal").x_train.shape == (20010, 1)
    assert data.load("ideal", num_classes=4).num_classes == 4


@pytest.mark.parametrize(
    ("arguments", "argument"),
    [
        ({"num_classes": 1}, "num_classes"),
        ({"num_classes": 10**12}, "num_classes"),
        ({"per_class": 0}, "per_class"),
        ({"num_classes": 1000, "per_class": 10**8}, "per_class"),
        ({"seed": -1}, "seed"),
    ],
)
def test_ideal_refuses_what_is_out_of_range(arguments: dict[str, int], argument: str) -> None:
    with pytest.raises(InputValueError, match=f"^{argument}: "):
        data.ideal(**arguments)


# .npz


def save(path: Path, **changes: Any) -> Path:
    arrays = {
        "x_train": np.arange(12.0).reshape(4, 3),
        "y_train": np.array([0, 1, 0, 1]),
        "x_test": np.ones((2, 3)),
        "y_test": np.array([1, 0]),
    } | changes
    np.savez(path, **{key: array for key, array in arrays.items() if array is not None})
    return path


@pytest.mark.parametrize("kind", [str, Path])
def test_npz(tmp_path: Path, kind: Any) -> None:
    path = save(tmp_path / "mine.npz")
    made = data.load(kind(path))
    assert np.array_equal(made.x_train, np.arange(12.0).reshape(4, 3))
    assert made.y_test.tolist() == [1, 0]
    assert made.names == ("0", "1")
    assert made.name == "mine"


def test_npz_without_test_examples(tmp_path: Path) -> None:
    made = data.load(save(tmp_path / "mine.npz", x_test=None, y_test=None))
    assert (made.x_test.shape, len(made.y_test)) == ((0, 3), 0)
    # As `pynoise extract` writes it.
    made = data.load(save(tmp_path / "mine.npz", x_test=np.empty((0, 3)), y_test=np.empty(0, np.int32)))
    assert (made.x_test.shape, len(made.y_test)) == ((0, 3), 0)


def test_npz_with_names(tmp_path: Path) -> None:
    path = save(tmp_path / "mine.npz", names=np.array(["cat", "dog", "newt"]))
    assert data.load(path).names == ("cat", "dog", "newt")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"x_train": None}, "no x_train"),
        ({"x_test": None}, r"x_test: has shape \(0,\)"),
        ({"y_test": None}, "y_test: is empty"),
        ({"x_train": np.array([[{}], [1], [2], [3]], object)}, "Object arrays cannot be loaded"),
        ({"names": np.array(["a", None], object)}, "Object arrays cannot be loaded"),
        ({"names": np.array("ab")}, "'ab' is no sequence"),
        ({"names": np.array(7)}, "7 is no sequence"),
        ({"y_test": np.array([1, -2])}, "y_test: -2 at position 1"),
        ({"y_test": np.array([1.0, 0.0])}, "y_test: has dtype float64"),
    ],
)
def test_npz_that_will_not_do(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    path = save(tmp_path / "mine.npz", **changes)
    with pytest.raises(
        InputValueError, match=rf"^data: .*mine\.npz.*{problem}.*wanted is a file of numpy\.savez"
    ):
        data.load(path)


def test_npz_whose_members_are_no_arrays(tmp_path: Path) -> None:
    path = save(tmp_path / "mine.npz")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("names", "cat dog")
    with pytest.raises(InputValueError, match="names: 99 at position 0"):
        data.load(path)


def test_npz_damaged_anywhere_names_the_file(tmp_path: Path) -> None:
    whole = save(tmp_path / "mine.npz").read_bytes()
    path = tmp_path / "damaged.npz"
    cut = [whole[:n] for n in range(0, len(whole), 37)]
    turned = [whole[:n] + bytes([whole[n] ^ 255]) + whole[n + 1 :] for n in range(0, len(whole), 7)]
    refusals = []
    for content in [*cut, *turned, b"hello", pickle.dumps(3)]:
        path.write_bytes(content)
        try:
            data.load(path)  # a byte may be one that nobody reads
        except InputValueError as error:
            refusals.append(error)
    assert len(refusals) > len(cut)
    assert all(error.argument == "data" and "damaged.npz" in error.problem for error in refusals)
    for content in cut:
        path.write_bytes(content)
        with pytest.raises(InputValueError, match="no zip archive"):
            data.load(path)


def test_npz_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputFileNotFoundError, match=r"^data: there is no file '.*none\.npz'; wanted"):
        data.load(tmp_path / "none.npz")


# MNIST and Fashion-MNIST


def idx(array: np.ndarray) -> bytes:
    return bytes((0, 0, 8, array.ndim)) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()


def write_mnist(root: Path, folder: str = "MNIST", packed: bool = False) -> dict[str, np.ndarray]:
    arrays = {
        "train-images-idx3-ubyte": pixels(5, 28, 28),
        "train-labels-idx1-ubyte": np.array([5, 0, 4, 1, 9], np.uint8),
        "t10k-images-idx3-ubyte": pixels(3, 28, 28),
        "t10k-labels-idx1-ubyte": np.array([7, 2, 1], np.uint8),
    }
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    for name, array in arrays.items():
        if packed:
            (raw / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
        else:
            (raw / name).write_bytes(idx(array))
    return arrays


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("name", "folder"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")])
def test_mnist(tmp_path: Path, name: str, folder: str, packed: bool) -> None:
    arrays = write_mnist(tmp_path, folder, packed)
    made = data.load(name, tmp_path)
    assert np.array_equal(made.x_train, arrays["train-images-idx3-ubyte"])
    assert np.array_equal(made.x_test, arrays["t10k-images-idx3-ubyte"])
    assert made.y_train.tolist() == [5, 0, 4, 1, 9]
    assert made.y_test.tolist() == [7, 2, 1]
    assert made.x_train.flags.writeable
    assert made.name == name
    assert made.names[8] == {"mnist": "8", "fashion-mnist": "Bag"}[name]
    assert made.num_classes == 10


def test_missing_files_are_named_with_the_cure(tmp_path: Path) -> None:
    write_mnist(tmp_path)
    (tmp_path / "MNIST/raw/t10k-images-idx3-ubyte").unlink()
    with pytest.raises(InputFileNotFoundError) as caught:
        data.load("mnist", tmp_path)
    message = str(caught.value)
    assert message.startswith(f"data_root: {str(tmp_path)!r} does not hold mnist: ")
    assert "MNIST/raw/t10k-images-idx3-ubyte (each may end in .gz)" in message
    assert "train-images" not in message
    for cure in ["download=True", "--download", "root=", "--data-root", "PYNOISE_DATA"]:
        assert cure in message


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("train-images-idx3-ubyte", b"", "does not begin as an idx file of 3 axes"),
        ("train-images-idx3-ubyte", idx(pixels(5, 28, 28))[:9], "does not begin"),
        ("train-images-idx3-ubyte", idx(pixels(5)), "does not begin"),
        ("train-images-idx3-ubyte", idx(pixels(5, 28, 28))[:-1], "3919 bytes where shape"),
        ("train-images-idx3-ubyte", idx(pixels(5, 28, 28)) + b"x", "3921 bytes where shape"),
        ("train-images-idx3-ubyte", idx(pixels(5, 28, 27)), "not N x 28 x 28 bytes"),
        ("t10k-images-idx3-ubyte", idx(pixels(0, 28, 28)), "not N x 28 x 28 bytes"),
        (
            "t10k-images-idx3-ubyte",
            bytes((0, 0, 8, 3)) + b"\xff" * 12,
            "0 bytes where",
        ),
        ("t10k-labels-idx1-ubyte", idx(np.array([7, 2], np.uint8)), "2 labels for 3 images"),
        ("t10k-labels-idx1-ubyte", idx(np.array([7, 10, 1], np.uint8)), "10 at position 1 is outside 0..9"),
        ("t10k-labels-idx1-ubyte", idx(np.zeros(0, np.uint8)), "empty"),
    ],
)
def test_damaged_mnist(tmp_path: Path, file: str, content: bytes, problem: str) -> None:
    write_mnist(tmp_path)
    (tmp_path / "MNIST/raw" / file).write_bytes(content)
    with pytest.raises(InputValueError, match=rf"^data_root: .*{file}' is damaged: .*{problem}.*--download"):
        data.load("mnist", tmp_path)


def test_damaged_gzip(tmp_path: Path) -> None:
    write_mnist(tmp_path, packed=True)
    path = tmp_path / "MNIST/raw/train-images-idx3-ubyte.gz"
    whole = path.read_bytes()
    for content in [b"", b"hello", whole[:-20], whole[:40] + b"\xff" * 40 + whole[80:], whole + b"tail"]:
        path.write_bytes(content)
        with pytest.raises(InputValueError, match=r"^data_root: .*ubyte\.gz' is damaged"):
            data.load("mnist", tmp_path)


# CIFAR


def new_pickle(value: Any) -> bytes:
    return pickle.dumps(value, protocol=2)


def old_pickle(value: Any) -> bytes:
    """As the published files were written, before numpy renamed its module."""
    return new_pickle(value).replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")


CIFAR10_NAMES = [
    b"airplane",
    b"automobile",
    b"bird",
    b"cat",
    b"deer",
    b"dog",
    b"frog",
    b"horse",
    b"ship",
    b"truck",
]


def write_cifar10(root: Path, dump: Any = new_pickle) -> dict[str, dict[bytes, Any]]:
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)
    content: dict[str, dict[bytes, Any]] = {
        name: {b"data": pixels(2, 3072), b"labels": [i, 9 - i], b"batch_label": name.encode()}
        for i, name in enumerate([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"])
    }
    content["batches.meta"] = {b"label_names": CIFAR10_NAMES, b"num_vis": 3072}
    for name, values in content.items():
        (folder / name).write_bytes(dump(values))
    return content


def write_cifar100(root: Path) -> None:
    folder = root / "cifar-100-python"
    folder.mkdir(parents=True)
    for name, labels in [("train", [99, 0, 1]), ("test", [5, 6])]:
        content = {
            b"data": pixels(len(labels), 3072),
            b"fine_labels": labels,
            b"coarse_labels": [0] * len(labels),
        }
        (folder / name).write_bytes(new_pickle(content))
    meta = {b"fine_label_names": [f"name {i}".encode() for i in range(100)], b"coarse_label_names": [b"a"]}
    (folder / "meta").write_bytes(new_pickle(meta))


@pytest.mark.parametrize("dump", [old_pickle, new_pickle])
def test_cifar10(tmp_path: Path, dump: Any) -> None:
    content = write_cifar10(tmp_path, dump)
    made = data.load("cifar10", tmp_path)
    assert made.x_train.shape == (10, 32, 32, 3)
    assert made.x_train.dtype == np.uint8
    assert made.x_train.flags.c_contiguous
    assert made.y_train.tolist() == [0, 9, 1, 8, 2, 7, 3, 6, 4, 5]
    assert made.y_test.tolist() == [5, 4]
    assert made.names == tuple(name.decode() for name in CIFAR10_NAMES)
    assert made.name == "cifar10"
    flat = content["data_batch_2"][b"data"][1]  # red, green and blue planes, row by row
    assert made.x_train[3, 2, 5].tolist() == [
        flat[2 * 32 + 5],
        flat[1024 + 2 * 32 + 5],
        flat[2048 + 2 * 32 + 5],
    ]


def test_cifar100_has_the_fine_labels(tmp_path: Path) -> None:
    write_cifar100(tmp_path)
    made = data.load("cifar100", tmp_path)
    assert made.x_train.shape == (3, 32, 32, 3)
    assert made.y_train.tolist() == [99, 0, 1]
    assert made.y_test.tolist() == [5, 6]
    assert made.num_classes == 100
    assert made.names[42] == "name 42"


class Malicious:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.path),)


@pytest.mark.parametrize("file", ["data_batch_3", "test_batch", "batches.meta"])
def test_a_malicious_pickle_is_refused_before_it_runs(tmp_path: Path, file: str) -> None:
    write_cifar10(tmp_path)
    mark = tmp_path / "mark"
    attack = pickle.dumps({b"data": Malicious(mark)}, protocol=2)
    (tmp_path / "cifar-10-batches-py" / file).write_bytes(attack)
    with pytest.raises(InputValueError, match=rf"^data_root: .*{file}' is damaged: .*asks for posix\.mkdir"):
        data.load("cifar10", tmp_path)
    assert not mark.exists()
    pickle.loads(attack)  # noqa: S301 - the attack works where nothing stops it
    assert mark.exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "cannot be unpickled"),
        (b"hello", "cannot be unpickled"),
        (new_pickle([1]), "has no data and no labels"),
        (new_pickle({b"data": pixels(2, 3072)}), "has no labels"),
        (new_pickle({b"data": pixels(2, 3071), b"labels": [0, 1]}), "not N x 3072 bytes"),
        (new_pickle({b"data": pixels(2, 3072) / 255, b"labels": [0, 1]}), "not N x 3072 bytes"),
        (new_pickle({b"data": "pixels", b"labels": [0, 1]}), "not N x 3072 bytes"),
        (new_pickle({b"data": pixels(2, 3072), b"labels": 3}), "labels are no list"),
        (new_pickle({b"data": pixels(2, 3072), b"labels": [0]}), "1 labels for 2 images"),
        (new_pickle({b"data": pixels(2, 3072), b"labels": [0, 10]}), "10 at position 1 is outside 0..9"),
        (new_pickle({b"data": pixels(2, 3072), b"labels": [[0], [1, 2]]}), "inhomogeneous"),
        (new_pickle({b"data": pixels(2, 3072), b"labels": [b"a", b"b"]}), "labels are integers"),
    ],
)
def test_damaged_cifar_batch(tmp_path: Path, content: bytes, problem: str) -> None:
    write_cifar10(tmp_path)
    (tmp_path / "cifar-10-batches-py/data_batch_4").write_bytes(content)
    with pytest.raises(
        InputValueError, match=rf"^data_root: .*data_batch_4' is damaged: .*{problem}.*--download"
    ):
        data.load("cifar10", tmp_path)


@pytest.mark.parametrize("names", [CIFAR10_NAMES[:9], "abcdefghij", [*CIFAR10_NAMES[:9], 3]])
def test_damaged_cifar_names(tmp_path: Path, names: Any) -> None:
    write_cifar10(tmp_path)
    (tmp_path / "cifar-10-batches-py/batches.meta").write_bytes(new_pickle({b"label_names": names}))
    with pytest.raises(InputValueError, match=r"batches\.meta' is damaged: its label_names are not 10 names"):
        data.load("cifar10", tmp_path)


@pytest.mark.parametrize("dump", [old_pickle, new_pickle])
def test_a_cut_cifar_file_raises_nothing_else(tmp_path: Path, dump: Any) -> None:
    write_cifar10(tmp_path, dump)
    path = tmp_path / "cifar-10-batches-py/test_batch"
    whole = path.read_bytes()
    places = [*range(200), *range(len(whole) - 100, len(whole))]
    for content in [whole[:n] for n in places]:
        path.write_bytes(content)
        with pytest.raises(InputValueError, match=r"^data_root: .*test_batch"):
            data.load("cifar10", tmp_path)


# SVHN


def write_svhn(root: Path, **changes: Any) -> dict[str, np.ndarray]:
    train = {"X": pixels(32, 32, 3, 4), "y": np.array([[10], [1], [9], [2]], np.uint8)} | changes
    scipy.io.savemat(
        root / "train_32x32.mat", {key: value for key, value in train.items() if value is not None}
    )
    scipy.io.savemat(
        root / "test_32x32.mat", {"X": pixels(32, 32, 3, 2), "y": np.array([[3], [10]], np.uint8)}
    )
    return train


def test_svhn(tmp_path: Path) -> None:
    train = write_svhn(tmp_path)
    made = data.load("svhn", tmp_path)
    assert np.array_equal(made.x_train, train["X"].transpose(3, 0, 1, 2))
    assert made.x_train.flags.c_contiguous
    assert made.y_train.tolist() == [0, 1, 9, 2]
    assert made.y_test.tolist() == [3, 0]
    assert made.names == tuple("0123456789")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"y": None}, "has no variable 'y'"),
        ({"X": pixels(32, 32, 4)}, "not 32 x 32 x 3 x N bytes"),
        ({"y": np.array([[11], [1], [9], [2]], np.uint8)}, "11 at position 0"),
        ({"y": np.array([[1], [9]], np.uint8)}, "2 labels for 4 images"),
        ({"y": scipy.sparse.csc_array(np.ones((4, 1)))}, "dtype"),
    ],
)
def test_damaged_svhn(tmp_path: Path, changes: dict[str, Any], problem: str) -> None:
    write_svhn(tmp_path, **changes)
    with pytest.raises(InputValueError, match=rf"^data_root: .*train_32x32\.mat' is damaged: .*{problem}"):
        data.load("svhn", tmp_path)


def test_a_cut_svhn_file_raises_nothing_else(tmp_path: Path) -> None:
    write_svhn(tmp_path)
    path = tmp_path / "test_32x32.mat"
    whole = path.read_bytes()
    for length in [*range(0, 300, 7), len(whole) // 2, len(whole) - 70, len(whole) - 9]:
        path.write_bytes(whole[:length])
        with pytest.raises(InputValueError, match=r"^data_root: .*test_32x32\.mat' is damaged"):
            data.load("svhn", tmp_path)


@pytest.mark.parametrize("name", ["mnist", "cifar10", "svhn"])
def test_a_file_that_may_not_be_read_is_the_systems_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def refuse(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    write_mnist(tmp_path)
    write_cifar10(tmp_path)
    write_svhn(tmp_path)
    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(PermissionError, match="Permission denied"):
        data.load(name, tmp_path)


# Downloads


class FakeTorchvision:
    """Stands in for torchvision.datasets: writes the files, and notes how it was called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.error: Exception | None = None
        self.writers: dict[str, Any] = {
            "MNIST": write_mnist,
            "FashionMNIST": lambda root: write_mnist(root, "FashionMNIST"),
            "CIFAR10": write_cifar10,
            "CIFAR100": write_cifar100,
            "SVHN": write_svhn,
        }
        torchvision, datasets = types.ModuleType("torchvision"), types.ModuleType("torchvision.datasets")
        for name in self.writers:
            setattr(datasets, name, lambda root, _name=name, **options: self.fetch(_name, root, options))
        torchvision.datasets = datasets  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "torchvision", torchvision)
        monkeypatch.setitem(sys.modules, "torchvision.datasets", datasets)

    def fetch(self, name: str, root: str, options: dict[str, Any]) -> None:
        print("Downloading")
        if self.error:
            raise self.error
        self.calls.append((name, options))
        self.writers[name](Path(root))


@pytest.fixture
def torchvision(monkeypatch: pytest.MonkeyPatch) -> FakeTorchvision:
    return FakeTorchvision(monkeypatch)


@pytest.fixture
def no_torchvision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)  # importing it fails


@pytest.mark.parametrize(
    ("name", "calls"),
    [
        ("mnist", [("MNIST", {"download": True})]),
        ("fashion-mnist", [("FashionMNIST", {"download": True})]),
        ("cifar10", [("CIFAR10", {"download": True})]),
        ("cifar100", [("CIFAR100", {"download": True})]),
        ("svhn", [("SVHN", {"download": True, "split": split}) for split in ("train", "test")]),
    ],
)
def test_download_fetches_what_is_missing_and_only_once(
    tmp_path: Path,
    torchvision: FakeTorchvision,
    capsys: pytest.CaptureFixture[str],
    name: str,
    calls: list[tuple[str, dict[str, Any]]],
) -> None:
    for _ in range(2):
        assert data.load(name, tmp_path, download=True).name == name
    assert torchvision.calls == calls
    assert capsys.readouterr().out == ""  # standard output is for results


def test_nothing_is_downloaded_unasked(tmp_path: Path, torchvision: FakeTorchvision) -> None:
    with pytest.raises(FileNotFoundError):
        data.load("mnist", tmp_path)
    assert torchvision.calls == []


def test_download_without_torchvision_names_the_extra(tmp_path: Path, no_torchvision: None) -> None:
    with pytest.raises(
        InputValueError, match=r"^download: needs torchvision.*pip install 'pynoise-lab\[train\]'"
    ):
        data.load("mnist", tmp_path, download=True)


def test_files_that_are_there_need_no_torchvision(tmp_path: Path, no_torchvision: None) -> None:
    write_mnist(tmp_path)
    write_cifar10(tmp_path)
    write_cifar100(tmp_path)
    write_svhn(tmp_path)
    for name in ["mnist", "cifar10", "cifar100", "svhn"]:
        assert data.load(name, tmp_path, download=True).name == name


@pytest.mark.parametrize(
    "error", [RuntimeError("no mirror"), TimeoutError("no mirror"), http.client.HTTPException("no mirror")]
)
def test_a_download_that_fails_is_an_oserror(
    tmp_path: Path, torchvision: FakeTorchvision, error: Exception
) -> None:
    torchvision.error = error
    with pytest.raises(OSError, match=r"could not download mnist into .*: no mirror") as caught:
        data.load("mnist", tmp_path, download=True)
    assert type(caught.value) is OSError


def test_a_download_that_brings_too_little_is_an_oserror(
    tmp_path: Path, torchvision: FakeTorchvision
) -> None:
    torchvision.writers["CIFAR10"] = lambda root: None
    with pytest.raises(OSError, match=r"downloaded cifar10, yet .* lacks .*batches\.meta"):
        data.load("cifar10", tmp_path, download=True)


# The real files


def test_real_mnist(data_root: Path) -> None:
    mnist = data.load("mnist", data_root)
    assert mnist.x_train.shape == (60000, 28, 28)
    assert mnist.x_test.shape == (10000, 28, 28)
    assert mnist.y_train[:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(mnist.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_real_cifar10(data_root: Path) -> None:
    if not (data_root / "cifar-10-batches-py").is_dir():
        pytest.skip(f"needs the real CIFAR-10: {data_root} has no cifar-10-batches-py")
    cifar = data.load("cifar10", data_root)
    assert cifar.x_train.shape == (50000, 32, 32, 3)
    assert cifar.x_test.shape == (10000, 32, 32, 3)
    assert cifar.names == tuple(name.decode() for name in CIFAR10_NAMES)
    assert np.bincount(cifar.y_train).tolist() == [5000] * 10
    assert np.bincount(cifar.y_test).tolist() == [1000] * 10
    assert cifar.x_train[0, 0, 0].tolist() == [59, 62, 63]
