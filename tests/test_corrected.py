"""Corrected labels: their file, their rows, what cleanlab takes."""

import csv
import dataclasses
import json
import zipfile

import numpy as np
import pytest

from pynoise import noise
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.noise import CorrectedLabels

NAMES = ("cat", 'a "dog", old', "eel\nwet", "größer")
ARRAYS = {
    "index": np.array([0, 2, 5, 6, 9]),
    "labels": np.array([0, 1, 2, 3, 0], np.int32),
    "corrected": np.array([0, 1, 3, 3, 1], np.int32),
    "clean_probability": np.array([1.0, 0.5, 0.25, 0.75, 1e-30]),
    "losses": np.array([0.1, 0.2, 3.5, 0.3, 12.25], np.float32),
    "targets": np.eye(4, dtype=np.float32)[[0, 1, 3, 3, 1]],
    "pred_probs": np.full((5, 4), 0.25, np.float32),
    "warm_losses": np.array([1, 1, 2, 1, 2], np.float32),
}
OPTIONAL = {
    "clean": np.array([0, 1, 3, 2, 1], np.int32),
    "files": np.array([f"train/a,b/{i}.png" for i in range(5)]),
}
META = {"method": "mixnn", "noise": {"level": 0.4}, "data": None}


def made(**other):
    return CorrectedLabels(**(ARRAYS | OPTIONAL | {"names": NAMES, "meta": dict(META)} | other))


@pytest.mark.parametrize("without", [(), ("clean",), ("files",), ("clean", "files")])
def test_it_is_the_same_after_save_and_load(tmp_path, without):
    found = made(**dict.fromkeys(without))
    found.save(tmp_path / "any.npz")
    loaded = CorrectedLabels.load(str(tmp_path / "any.npz"))
    for name, wanted in (ARRAYS | OPTIONAL).items():
        values = getattr(loaded, name)
        if name in without:
            assert values is None
            continue
        assert values.dtype == wanted.dtype
        np.testing.assert_array_equal(values, wanted)
    assert loaded.names == NAMES
    assert loaded.meta == META
    assert len(loaded) == 5
    loaded.save(tmp_path / "again.npz")
    again = CorrectedLabels.load(tmp_path / "again.npz")
    assert again.meta == META
    np.testing.assert_array_equal(again.targets, ARRAYS["targets"])
    with np.load(tmp_path / "any.npz", allow_pickle=False) as content:
        assert all(content[key].dtype != object for key in content.files)


def test_the_folder_of_a_run_will_do(tmp_path):
    made().save(tmp_path / "corrected.npz")
    for path in (tmp_path, str(tmp_path)):
        assert CorrectedLabels.load(path).names == NAMES
    (tmp_path / "other").mkdir()
    with pytest.raises(
        InputFileNotFoundError, match=r"^corrected: there is no file '.*other/corrected\.npz'"
    ):
        CorrectedLabels.load(tmp_path / "other")


def test_accuracy_and_confusion():
    found = made()
    assert found.accuracy == 4 / 5
    wanted = np.zeros((4, 4), int)
    for true, corrected in ((0, 0), (1, 1), (3, 3), (2, 3), (1, 1)):
        wanted[true, corrected] += 1
    counts = found.confusion()
    assert counts.dtype == np.int64
    np.testing.assert_array_equal(counts, wanted)
    unknown = made(clean=None)
    assert unknown.accuracy is None
    with pytest.raises(InputValueError, match=r"^corrected: has no true labels"):
        unknown.confusion()


def test_a_file_whose_name_is_no_text_is_written_all_the_same(tmp_path):
    """As Python has names that are not UTF-8."""
    found = made(files=np.array(["a.png", "b.png", "\udcff.png", "é.png", "c.png"]))
    found.save(tmp_path / "out.npz")
    np.testing.assert_array_equal(CorrectedLabels.load(tmp_path / "out.npz").files, found.files)
    found.to_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as lines:
        names = [row["file"] for row in csv.DictReader(lines)]
    assert names == ["a.png", "b.png", "\\udcff.png", "é.png", "c.png"]


@pytest.mark.parametrize("without", [(), ("clean",), ("files",), ("clean", "files")])
def test_rows(tmp_path, without):
    text = made(**dict.fromkeys(without)).to_csv(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert (tmp_path / "out.csv").read_bytes().decode() == text
    assert list(rows[0]) == [
        name
        for name, part in {
            "index": None,
            "file": "files",
            "given_label": None,
            "corrected_label": None,
            "clean_probability": None,
            "loss": None,
            "true_label": "clean",
        }.items()
        if part not in without
    ]
    assert [int(row["index"]) for row in rows] == ARRAYS["index"].tolist()
    assert [row["given_label"] for row in rows] == [NAMES[i] for i in ARRAYS["labels"]]
    assert [row["corrected_label"] for row in rows] == [NAMES[i] for i in ARRAYS["corrected"]]
    np.testing.assert_allclose(
        [float(row["clean_probability"]) for row in rows], ARRAYS["clean_probability"], rtol=1e-5
    )
    np.testing.assert_allclose([float(row["loss"]) for row in rows], ARRAYS["losses"], rtol=1e-5)
    if "files" not in without:
        assert [row["file"] for row in rows] == OPTIONAL["files"].tolist()
    if "clean" not in without:
        assert [row["true_label"] for row in rows] == [NAMES[i] for i in OPTIONAL["clean"]]


def test_what_cleanlab_takes():
    columns = made().to_cleanlab()
    assert {name: (values.dtype, values.shape) for name, values in columns.items()} == {
        "labels": (np.int32, (5,)),
        "pred_probs": (np.float32, (5, 4)),
        "is_label_issue": (np.bool_, (5,)),
        "label_quality": (np.float64, (5,)),
        "given_label": (np.int32, (5,)),
        "predicted_label": (np.int32, (5,)),
    }
    # Half is not below half.
    assert columns["is_label_issue"].tolist() == [False, False, True, False, True]
    assert columns["predicted_label"].tolist() == ARRAYS["corrected"].tolist()


def without(name):
    return lambda arrays: arrays.pop(name)


def holds(name, values):
    return lambda arrays: arrays.update({name: np.array(values)})


def says(text):
    return lambda arrays: arrays.update(meta=np.array(text))


def meta(**other):
    good = {"record": "corrected labels", "format": 1, "names": list(NAMES)}
    return says(json.dumps(good | other))


DAMAGES = {
    "no losses": (without("losses"), "it has no losses"),
    "no meta": (without("meta"), "it has no meta"),
    "meta no JSON": (says("{"), "its record is damaged"),
    "meta no object": (says("3"), "its record is damaged"),
    "meta an array": (holds("meta", ["{}", "{}"]), "its record is damaged"),
    "another record": (meta(record="noisy labels"), "it holds 'noisy labels', not 'corrected labels'"),
    "another format": (meta(format=2), "2 is not 1"),
    "no names": (says('{"record": "corrected labels", "format": 1}'), "its record is damaged"),
    "names a word": (meta(names="cats"), "names are 'cats', not a list of words"),
    "names of numbers": (meta(names=[1, 2, 3, 4]), "names are"),
    "names null": (meta(names=None), "names are None"),
    "too few names": (meta(names=["cat", "dog"]), r"none of 2 classes"),
    "fewer labels": (holds("labels", [0, 1]), r"labels has shape \(2,\), not \(5,\)"),
    "an index of rows": (holds("index", [[0], [1], [2], [3], [4]]), r"index has shape \(5, 1\)"),
    "an index of one number": (holds("index", 3), r"index has shape \(\), not \(1,\)"),
    "targets in a row": (holds("targets", [0.5] * 5), r"targets has shape \(5,\)"),
    "a label beyond": (holds("labels", [0, 1, 2, 3, 4]), "labels has labels that are none of 4 classes"),
    "a label below": (holds("corrected", [0, 1, 2, 3, -1]), "corrected has labels that are none of 4"),
    "a true label beyond": (holds("clean", [0, 1, 2, 3, 9]), "clean has labels that are none of 4"),
    "labels of fractions": (holds("labels", [0.5, 1, 2, 3, 0]), "labels has dtype float64"),
    "labels of words": (holds("labels", list("abcde")), "labels has dtype <U1"),
    "an index of fractions": (holds("index", [0.5, 1, 2, 3, 4]), "index has dtype float64"),
    "losses of words": (holds("losses", list("abcde")), "losses has dtype <U1"),
    "files of numbers": (holds("files", [0, 1, 2, 3, 4]), "files has dtype int64"),
    "complex probabilities": (holds("pred_probs", np.zeros((5, 4), complex)), "pred_probs has dtype complex"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_refused(tmp_path, damage):
    change, words = DAMAGES[damage]
    path = tmp_path / "corrected.npz"
    made().save(path)
    with np.load(path) as content:
        arrays = dict(content)
    change(arrays)
    np.savez(path, **arrays)
    with pytest.raises(InputValueError, match=rf"(?s)^corrected: '.*corrected\.npz' will not do: .*{words}"):
        CorrectedLabels.load(path)


def test_integers_and_floats_of_other_widths_will_do(tmp_path):
    """Of a file that someone else wrote: what is read has the dtypes that are promised."""
    path = tmp_path / "corrected.npz"
    made().save(path)
    with np.load(path) as content:
        arrays = dict(content)
    for name in ("labels", "index", "corrected"):
        arrays[name] = arrays[name].astype(np.uint8)
    arrays["losses"] = arrays["losses"].astype(">f8")
    np.savez(path, **arrays)
    loaded = CorrectedLabels.load(path)
    for name, wanted in ARRAYS.items():
        assert getattr(loaded, name).dtype == wanted.dtype
        np.testing.assert_array_equal(getattr(loaded, name), wanted)


@pytest.mark.parametrize("content", [b"", b"no zip", b"half", b"other", b"text"])
def test_files_that_are_something_else(tmp_path, content):
    path = tmp_path / "corrected.npz"
    if content == b"half":
        made().save(path)
        path.write_bytes(path.read_bytes()[:-50])
    elif content == b"other":
        noise.make(np.arange(9) % 3, "flip", 0.2).save(path)
    elif content == b"text":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("index", "text")
    else:
        path.write_bytes(content)
    with pytest.raises(
        InputValueError, match=r"^corrected: .*wanted is a file that CorrectedLabels\.save wrote"
    ):
        CorrectedLabels.load(path)


def test_a_file_with_spoilt_bytes(tmp_path):
    path = tmp_path / "corrected.npz"
    made().save(path)
    content = bytearray(path.read_bytes())
    place = content.index(ARRAYS["losses"].tobytes())
    content[place] ^= 255
    path.write_bytes(bytes(content))
    with pytest.raises(InputValueError, match=r"^corrected: .* numpy cannot read it \(BadZipFile"):
        CorrectedLabels.load(path)


def test_paths_that_will_not_do(tmp_path):
    with pytest.raises(InputFileNotFoundError, match=r"^corrected: there is no file 'none\.npz'"):
        CorrectedLabels.load("none.npz")
    with pytest.raises(InputTypeError, match=r"^corrected: 3 is not the path of a file"):
        CorrectedLabels.load(3)
    with pytest.raises(InputFileNotFoundError, match=r"^corrected: "):
        CorrectedLabels.load("a\0.npz")
    with pytest.raises(InputValueError, match=r"^path: .* must end in one of \.npz"):
        made().save(tmp_path / "corrected")
    with pytest.raises(InputValueError, match=r"^path: .* must end in one of \.csv"):
        made().to_csv(tmp_path / "corrected.txt")
    with pytest.raises(InputFileNotFoundError, match=r"^path: "):
        made().save(tmp_path / "none" / "corrected.npz")
    assert list(tmp_path.iterdir()) == []


def test_it_compares_by_identity():
    found = made()
    assert found in [found]
    assert dataclasses.replace(found) != found  # arrays have no single truth value
