import hashlib
import json

import numpy as np
import pytest

import pynoise
from pynoise import data, noise
from pynoise._fingerprint import Fingerprint
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

LABELS = np.arange(600) % 3


def records():
    x = np.random.default_rng(0).normal(size=(600, 2)) + 5 * np.eye(3)[LABELS][:, :2]
    return {
        "uniform": noise.make(LABELS, "uniform", 0.3, seed=2**64 - 1),
        "flip": noise.make(LABELS, "flip", 0.3, label_map={0: 1}, mapped_only=True, per_class=True),
        "general": noise.make(LABELS, "general", 0.3, selection="bernoulli", alternatives=1),
        "names": noise.make(np.array(["cat", "dog", "eel"])[LABELS], "symmetric", 0.5),
        "hubness": noise.make(LABELS, "hubness", 0.2, features=x, k=3),
        "concentrated": noise.make(LABELS, "concentrated", 0.25, features=x),
        "concentrated-exact": noise.make(LABELS, "concentrated-exact", 0.7, features=x),
        "nothing": noise.make(LABELS, "concentrated", 0.0, features=x),
        "human": noise.make(LABELS, "human", noisy=(LABELS + (np.arange(600) % 7 == 0)) % 3),
    }


RECORDS = records()


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_is_the_same_after_save_and_load(tmp_path, name):
    record, path = RECORDS[name], tmp_path / "noise.npz"
    record.save(path)
    loaded = noise.NoisyLabels.load(path, LABELS if name != "names" else record.clean)
    for key in ("clean", "noisy", "selected", "matrix", "transition", "counts", "empirical"):
        value = getattr(record, key)
        assert getattr(loaded, key).dtype == value.dtype
        np.testing.assert_array_equal(getattr(loaded, key), value)
    for key in ("kind", "level", "seed", "names", "selection", "per_class", "mapped_only", "features"):
        assert getattr(loaded, key) == getattr(record, key)
    assert dict(loaded.options) == dict(record.options)
    assert loaded.versions["pynoise"] == pynoise.__version__
    assert loaded.path == str(path)
    if record.regions is None:
        assert loaded.regions is None
    else:
        points = np.random.default_rng(1).normal(size=(600, 2)) * 4
        want = record.regions.noisy(points, LABELS)
        assert loaded.regions.noisy(points, LABELS).tolist() == want.tolist()
    # And what it holds is plain: no pickle.
    with np.load(path, allow_pickle=False) as content:
        assert json.loads(content["meta"].item())["record"] == "noisy labels"
        assert all(content[key].dtype != object for key in content.files)


def test_what_a_record_says():
    record = RECORDS["uniform"]
    assert record.counts.sum() == 600
    assert record.counts.sum(axis=1).tolist() == [200] * 3
    assert record.realised_rate == pytest.approx(1 - np.trace(record.counts) / 600)
    assert record.expected_rate == pytest.approx(180 * (2 / 3) / 600)
    np.testing.assert_allclose(record.empirical, record.counts / 200)
    assert record.digest == Fingerprint.of(LABELS.astype(np.int32))
    assert record.digest.sha256 == hashlib.sha256(b"int32 600\n" + LABELS.astype("<i4").tobytes()).hexdigest()
    assert record.names == ("0", "1", "2")
    human = RECORDS["human"]
    assert human.level == 1
    assert human.selected.all()
    np.testing.assert_array_equal(human.transition, human.empirical)
    assert human.realised_rate == pytest.approx(86 / 600)
    assert RECORDS["names"].names == ("cat", "dog", "eel")
    # Classes without an example keep their labels, as far as is known.
    absent = noise.make([0, 1, 0], "human", noisy=[1, 1, 0], num_classes=3)
    assert absent.matrix.tolist() == [[0.5, 0.5, 0], [0, 1, 0], [0, 0, 1]]


def test_threads_change_nothing():
    x = np.random.default_rng(0).normal(size=(600, 5)).astype(np.float32)
    for kind in ("symmetric", "hubness", "concentrated", "concentrated-exact"):
        features = None if kind == "symmetric" else x
        one, two = (
            noise.make(LABELS, kind, 0.2, seed=3, features=features, threads=threads) for threads in (1, 2)
        )
        assert one.noisy.tobytes() == two.noisy.tobytes()
        assert one.selected.tobytes() == two.selected.tobytes()


def test_a_record_belongs_to_its_labels(tmp_path):
    digits = data.load("digits")
    record = noise.make(digits.y_train, "flip", 0.2)
    record.save(tmp_path / "flip.npz")
    noise.NoisyLabels.load(tmp_path / "flip.npz", digits)
    with pytest.raises(
        InputValueError, match=r"noise: .*flip\.npz was made for other labels .* than the labels"
    ):
        noise.NoisyLabels.load(tmp_path / "flip.npz", digits.y_test)
    with pytest.raises(InputValueError, match="was made for 10 classes; ideal has 3"):
        record.check(data.load("ideal", num_classes=3))
    with pytest.raises(InputValueError, match="than the training labels of ideal"):
        record.check(data.load("ideal"))
    named = RECORDS["names"]
    named.check(np.array(["cat", "dog", "eel"])[LABELS])


def content(path):
    with np.load(path) as file:
        return dict(file)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clean": LABELS[::-1].astype(np.int32)}, "selected: leaves out an example whose label has changed"),
        ({"clean": "swapped"}, "digest: the clean labels are not those that the record was made for"),
        ({"noisy": np.full(600, 3, np.int32)}, "noisy: 3 at position 0 is outside 0..2"),
        ({"noisy": np.zeros(599, np.int32)}, r"noisy: has shape \(599,\) for 600 clean labels"),
        ({"selected": np.ones(600)}, "selected: has dtype float64"),
        ({"matrix": np.eye(3) * 0.9}, "matrix: row 0 sums to 0.9"),
        ({"meta": {"format": 2}}, "format: 2 is not 1"),
        ({"meta": {"record": "soup"}}, "it holds 'soup'"),
        ({"meta": {"kind": "soup"}}, "kind: 'soup' is not known"),
        ({"meta": {"level": 2}}, r"level: 2.0 is outside \[0, 1\]"),
        ({"meta": {"names": ["a"]}}, "names: are 1; give 3, one a class"),
        ({"meta": {"digest": None}}, "its record is damaged"),
        ({"meta": {"selection": "soup"}}, "selection: 'soup' is not known; known are exact, bernoulli"),
        ({"meta": {"options": None}}, "options: None is no mapping"),
        ({"meta": {"versions": 5}}, "versions: 5 is no mapping"),
        ({"meta": {"per_class": "yes"}}, "per_class: 'yes' is neither True nor False"),
        ({"meta": {"names": ["a", "a", "b"]}}, "names: name a class twice"),
        ({"meta": {"names": "abc"}}, "names: 'abc' is no sequence of strings"),
        ({"meta": {"features": {"dtype": 5, "shape": [3], "sha256": ""}}}, "fingerprint: 5"),
        ({"meta": {"seed": -1}}, "seed: -1 is too small"),
        ({"meta": np.array("[" * 100_000)}, "its record is damaged"),
        ({"region_chosen": np.zeros(3, np.int32)}, "its record is damaged|centers: are"),
        ({"region_centers": np.zeros((3, 2, 2)), "region_chosen": np.full(3, 2)}, "chosen: names a centre"),
        ({"region_centers": np.zeros(3), "region_chosen": np.zeros(3, int)}, "centers: are float64"),
        (
            {
                "region_centers": np.zeros((3, 2, 2)),
                "region_chosen": np.zeros(3, int),
                "region_margins": [1.0],
            },
            "margins: have shape",
        ),
        ({"meta": np.array("{")}, "its record is damaged"),
    ],
)
def test_damaged_records(tmp_path, change, message):
    path = tmp_path / "noise.npz"
    RECORDS["uniform"].save(path)
    arrays = content(path)
    for key, value in change.items():
        if isinstance(value, dict):
            value = np.array(json.dumps(json.loads(arrays[key].item()) | value))
        elif isinstance(value, str):  # two labels that are not selected, of two classes
            keep = np.flatnonzero(~arrays["selected"])[:2]
            for labels in (arrays["clean"], arrays["noisy"]):
                labels[keep] = labels[keep[::-1]]
            value = arrays[key]
        arrays[key] = value
    np.savez(path, **arrays)
    with pytest.raises(InputValueError, match=message) as caught:
        noise.NoisyLabels.load(path)
    assert str(caught.value).startswith(f"noise_file: {str(path)!r} will not do: ")
    with pytest.raises(InputValueError):
        noise.load(path)


def test_what_is_no_record(tmp_path):
    with pytest.raises(InputFileNotFoundError, match=r"noise_file: there is no file .none\.npz."):
        noise.NoisyLabels.load("none.npz")
    (tmp_path / "text.npz").write_text("labels")
    with pytest.raises(InputValueError, match="it is no zip archive"):
        noise.NoisyLabels.load(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", x=1)
    with pytest.raises(InputValueError, match="it has no clean, noisy, selected, matrix, meta"):
        noise.load(tmp_path / "other.npz")
    with pytest.raises(InputTypeError, match="noise_file: 3 is not the path of a file"):
        noise.NoisyLabels.load(3)


def test_nothing_is_written_where_it_cannot_be(tmp_path):
    record = RECORDS["flip"]
    for path, message in [
        ("noise.npy", "must end in one of .npz"),
        ("none/noise.npz", "there is no folder"),
    ]:
        with pytest.raises((InputValueError, InputFileNotFoundError), match=message):
            record.save(tmp_path / path)
    assert not list(tmp_path.iterdir())


def test_labels_as_csv(tmp_path):
    record = noise.make(["b", "a", "b", "a"], "flip", 0.5, seed=1)
    text = record.to_csv(tmp_path / "labels.csv")
    rows = [line.split(",") for line in text.splitlines()]
    assert rows[0] == ["index", "clean", "noisy", "selected"]
    assert [row[1] for row in rows[1:]] == ['"b"', '"a"', '"b"', '"a"']
    assert [row[2] for row in rows[1:]] == [f'"{record.names[label]}"' for label in record.noisy]
    assert [row[3] == "1" for row in rows[1:]] == record.selected.tolist()
    assert (tmp_path / "labels.csv").read_text() == text
    # And back again.
    noisy = noise.load_labels(f"{tmp_path / 'labels.csv'}:noisy")
    clean = noise.load_labels(f"{tmp_path / 'labels.csv'}:clean")
    again = noise.make(clean, "human", noisy=noisy)
    assert (again.noisy == record.noisy).all()
    with pytest.raises(InputValueError, match=r"must end in one of .csv"):
        record.to_csv(tmp_path / "labels.txt")


def test_names_of_any_kind_survive_csv(tmp_path):
    names = ['a, "b"', "c\nd", " e", "f ", "", "é", "01"]
    record = noise.make(np.arange(70) % 7, "symmetric", 0.5, names=names)
    record.to_csv(tmp_path / "labels.csv")
    with pytest.raises(InputValueError, match="it has no label on line"):
        noise.load_labels(f"{tmp_path / 'labels.csv'}:noisy")
    names[4] = "g"
    record = noise.make(np.arange(70) % 7, "symmetric", 0.5, names=names)
    record.to_csv(tmp_path / "labels.csv")
    assert noise.load_labels(f"{tmp_path / 'labels.csv'}:noisy").tolist() == [names[y] for y in record.noisy]


def test_a_record_stays_what_it_was():
    labels = LABELS.astype(np.int32)
    record = noise.make(labels, "flip", 0.3)
    digest = record.digest
    labels[:] = 0
    assert record.digest == digest
    for array in (record.clean, record.noisy, record.selected, record.matrix):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    regions = RECORDS["concentrated-exact"].regions
    for array in (regions.centers, regions.chosen, regions.margins):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
    general = noise.make(LABELS, "general", 0.3, alternatives=np.int64(2), per_class=np.True_)
    assert json.dumps(general.summary())


def test_names_must_be_the_same():
    y = np.arange(30) % 3
    x = np.zeros((30, 1))
    animals = data.Dataset(x, y, x, y, names=("cat", "dog", "emu"))
    others = data.Dataset(x, y, x, y, names=("dog", "cat", "emu"))
    record = noise.make(y, "flip", 0.5, names=animals.names)
    record.check(animals)
    with pytest.raises(
        InputValueError, match="was made for the classes cat, dog, emu; custom has dog, cat, emu"
    ):
        record.check(others)
    noise.make(y, "flip", 0.5).check(others)  # numbers say nothing
    with pytest.raises(InputValueError, match=r"was made for other labels .* outside 0..2"):
        record.check([5, 0])
    # And maps may have the names.
    named = noise.make(np.array(animals.names)[y], "flip", 0.5, label_map={"cat": "dog"})
    assert named.options == {"label_map": "0:1"}
    assert (named.matrix == noise.corruption_matrix("flip", 3, label_map={0: 1})).all()
    text = noise.make(np.array(animals.names)[y], "flip", 0.5, label_map="cat:dog, emu:cat")
    assert text.options == {"label_map": "0:1,2:0"}
    everyone = noise.make(np.array(animals.names)[y], "flip", 1, label_map={"all": "dog"})
    assert (everyone.noisy == 1).all()
    # Labels of people may have classes that the clean ones lack.
    human = noise.make(["cat", "emu"], "human", noisy=["dog", "emu"])
    assert human.names == ("cat", "dog", "emu")
    assert noise.make([0, 1], "human", noisy=[3, 1]).counts.shape == (4, 4)
