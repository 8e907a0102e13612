"""Suspects: their file, their ranking, their rows."""

import csv
import dataclasses

import numpy as np
import pytest

from pynoise import noise
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.noise import Suspects

NAMES = ("cat", 'a "dog", old', "eel\nwet")
ARRAYS = {
    "index": np.array([0, 2, 5, 6, 9]),
    "labels": np.array([0, 1, 2, 1, 0], np.int32),
    "suggested": np.array([0, 2, 2, 0, 1], np.int32),
    "losses": np.array([0.25, 3.5, 0.5, 3.5, 12.25], np.float32),
    "modelled": np.array([0.1, 1, 2, 4], np.float32),
}
OPTIONAL = {
    "clean": np.array([0, 2, 2, 1, 1], np.int32),
    "files": np.array([f"train/a,b/{i}.png" for i in range(5)]),
}
META = {"method": "odd", "noise": {"level": 0.4}, "data": None, "odd": {"p": 0.3, "epoch": 2}}


def made(**other):
    own = {"names": NAMES, "meta": dict(META), "threshold": 0.5}
    return Suspects(**(ARRAYS | OPTIONAL | own | other))


@pytest.mark.parametrize("without", [(), ("clean",), ("files",), ("clean", "files")])
def test_it_is_the_same_after_save_and_load(tmp_path, without):
    found = made(**dict.fromkeys(without))
    found.save(tmp_path / "any.npz")
    loaded = Suspects.load(str(tmp_path / "any.npz"))
    for name, wanted in (ARRAYS | OPTIONAL).items():
        values = getattr(loaded, name)
        if name in without:
            assert values is None
            continue
        assert values.dtype == wanted.dtype
        np.testing.assert_array_equal(values, wanted)
    assert (loaded.names, loaded.meta, loaded.threshold, len(loaded)) == (NAMES, META, 0.5, 5)
    loaded.save(tmp_path / "again.npz")
    assert Suspects.load(tmp_path / "again.npz").meta == META


def test_the_folder_of_a_run_will_do(tmp_path):
    made().save(tmp_path / "suspects.npz")
    for path in (tmp_path, str(tmp_path)):
        assert Suspects.load(path).names == NAMES
    (tmp_path / "other").mkdir()
    with pytest.raises(InputFileNotFoundError, match=r"^suspects: there is no file '.*other/suspects\.npz'"):
        Suspects.load(tmp_path / "other")


def test_who_is_suspected():
    """Those above the threshold, not at it; the highest loss first, and of equal ones the lower place."""
    found = made()
    assert found.suspected.tolist() == [False, True, False, True, True]
    assert found.ranking.tolist() == [4, 1, 3, 2, 0]
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == 1.0
    assert repr(found) == "<3 of 5 labels suspected: loss above 0.5000>"
    assert made(threshold=5.0).recall == 0.5


def test_what_nobody_knows():
    unknown, none, right = made(clean=None), made(threshold=20.0), made(clean=ARRAYS["labels"])
    assert (unknown.precision, unknown.recall) == (None, None)
    assert (none.precision, none.recall) == (None, 0.0)
    assert (right.precision, right.recall) == (0.0, None)


@pytest.mark.parametrize("without", [(), ("clean",), ("files",), ("clean", "files")])
def test_rows(tmp_path, without):
    text = made(**dict.fromkeys(without)).to_csv(tmp_path / "rows.csv")
    assert (tmp_path / "rows.csv").read_bytes().decode() == text
    rows = list(csv.DictReader(text.splitlines(keepends=True)))
    assert [row["index"] for row in rows] == ["9", "2", "6"]
    wanted = {
        "index": "9",
        "file": "train/a,b/4.png",
        "given_label": "cat",
        "suggested_label": 'a "dog", old',
        "loss": "12.25",
        "threshold": "0.5",
        "true_label": 'a "dog", old',
    }
    for key, column in {"clean": "true_label", "files": "file"}.items():
        if key in without:
            del wanted[column]
    assert rows[0] == wanted


def test_nobody_suspected_is_a_line_of_headings():
    assert made(threshold=99.0).to_csv() == (
        "index,file,given_label,suggested_label,loss,threshold,true_label\n"
    )


def holds(key, value):
    return lambda arrays: arrays.__setitem__(key, value)


DAMAGES = {
    "no losses": (lambda arrays: arrays.pop("losses"), "it has no losses"),
    "labels too large": (holds("labels", np.full(5, 3)), "labels has labels that are none of 3 classes"),
    "suggested below 0": (holds("suggested", np.full(5, -1)), "suggested has labels that are none of"),
    "one loss too many": (holds("losses", np.zeros(6, np.float32)), r"losses has shape \(6,\), not \(5,\)"),
    "a loss that is none": (holds("losses", np.full(5, np.nan)), "losses or their threshold are not finite"),
    "nothing modelled": (holds("modelled", np.zeros(0)), "or none are modelled"),
    "words for losses": (holds("losses", np.array(list("abcde"))), "losses has dtype <U1"),
    "no names": (holds("meta", np.array('{"record": "suspects", "format": 1}')), "damaged .KeyError"),
    "another record": (holds("meta", np.array('{"record": "x", "format": 1}')), "holds 'x', not 'suspects'"),
    "of tomorrow": (holds("meta", np.array('{"record": "suspects", "format": 2}')), "format: 2 is not 1"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_refused(tmp_path, damage):
    change, words = DAMAGES[damage]
    path = tmp_path / "suspects.npz"
    made().save(path)
    with np.load(path) as content:
        arrays = dict(content)
    change(arrays)
    np.savez(path, **arrays)
    with pytest.raises(InputValueError, match=rf"(?s)^suspects: '.*suspects\.npz' will not do: .*{words}"):
        Suspects.load(path)


def test_other_files(tmp_path):
    noise.make(np.arange(9) % 3, "flip", 0.2).save(tmp_path / "noise.npz")
    (tmp_path / "text.npz").write_text("no zip")
    for name in ("noise.npz", "text.npz"):
        with pytest.raises(InputValueError, match=r"^suspects: .*wanted is a file that Suspects\.save wrote"):
            Suspects.load(tmp_path / name)
    with pytest.raises(InputTypeError, match=r"^suspects: 3 is not the path of a file"):
        Suspects.load(3)
    with pytest.raises(InputValueError, match=r"^path: .* must end in one of \.npz"):
        made().save(tmp_path / "suspects")
    with pytest.raises(InputValueError, match=r"^path: .* must end in one of \.csv"):
        made().to_csv(tmp_path / "suspects.txt")


def test_it_compares_by_identity():
    found = made()
    assert found in [found]
    assert dataclasses.replace(found) != found  # arrays have no single truth value
