"""Data without test examples: networks learn from them, and what measures accuracy refuses."""

import json
import shutil

import numpy as np
import pytest

import pynoise
from pynoise import data, knn, training
from pynoise.data import Dataset, ImageSets
from pynoise.errors import InputFileNotFoundError, InputValueError
from pynoise.training import Run, train

SAME = {"threads": 1, "device": "cpu"}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def own():
    digits = data.load("digits")
    return Dataset(digits.x_train[:200], digits.y_train[:200], name="own")


@pytest.fixture(scope="module")
def stage(tmp_path_factory, own, one_thread):
    """The data in a file, and a run on them."""
    folder = tmp_path_factory.mktemp("stage")
    np.savez(folder / "own.npz", x_train=own.x_train, y_train=own.y_train)
    (folder / "measured.csv").write_text("level,accuracy\n0,1\n0.5,0.7\n")
    train(data.load(folder / "own.npz"), out=folder / "r", epochs=2, features=True, **SAME)
    return folder


def test_a_run_measures_nothing_on_test_examples(stage, own, tmp_path):
    run = Run.load(stage / "r")
    assert {path.name for path in run.path.iterdir()} == {
        "config.json", "metrics.csv", "last.pt", "selected.pt", "features.npz", "result.json",
    }  # fmt: skip
    assert run.result["test_accuracy_last"] is None
    assert run.result["test_accuracy_selected"] is None
    assert run.result["test_examples"] == 0
    assert run.result["selected_epoch"] in (1, 2)
    assert [row["test_accuracy"] for row in run.metrics] == [None, None]
    assert all(row["validation_accuracy"] > 0 for row in run.metrics)
    with pytest.raises(InputFileNotFoundError, match=r"has no softmax\.npz: 'own' has no test examples"):
        _ = run.softmax
    found = data.load(run.path / "features.npz")
    assert (found.x_train.shape, found.x_test.shape) == ((200, 256), (0, 256))
    assert (training.extract(run, **SAME).dataset().x_train == found.x_train).all()
    run.plot(tmp_path / "run.png")
    # What is learnt is what is learnt with test examples.
    tested = Dataset(own.x_train, own.y_train, own.x_train, own.y_train)
    beside = train(tested, out=tmp_path / "tested", epochs=2, **SAME)
    names = ("train_loss", "validation_loss")
    assert [[row[name] for name in names] for row in beside.metrics] == [
        [row[name] for name in names] for row in run.metrics
    ]


def test_nothing_need_be_held_out_either(own, tmp_path):
    run = train(own, out=tmp_path / "r", epochs=1, validation=0, resume=True, **SAME)
    assert run.metrics[0]["validation_accuracy"] is run.metrics[0]["test_accuracy"] is None
    assert not (run.path / "selected.pt").exists()
    assert train(own, out=tmp_path / "r", epochs=1, validation=0, resume=True, **SAME).result == run.result


@pytest.mark.parametrize("method", ["cross-entropy", "mixup", "mixnn", "odd"])
def test_methods_do_without(own, tmp_path, method):
    options = {"warmup": 1, "correction_start": None, "k": 5} if method == "mixnn" else None
    run = train(own, out=tmp_path / "r", epochs=3, method=method, method_options=options, **SAME)
    assert run.result["test_accuracy_last"] is None


def test_knet_is_measured_on_them(own, tmp_path):
    with pytest.raises(InputValueError, match="data: 'own' has no test examples, and the method knet needs"):
        train(own, out=tmp_path / "r", method="knet", **SAME)
    assert not (tmp_path / "r").exists()


def test_folders_and_sets_of_images_without(pets, tmp_path):
    shutil.rmtree(pets / "test")
    settings = {"epochs": 2, "batch_size": 8, "validation": 0} | SAME
    first = train(pets, "mlp", out=tmp_path / "a", features=True, **settings)
    assert first.result["test_examples"] == 0
    assert first.data().name == "pets"
    second = train(pets / "train", "mlp", out=tmp_path / "b", **settings)
    assert [row["train_loss"] for row in first.metrics] == [row["train_loss"] for row in second.metrics]
    assert data.load(tmp_path / "a" / "features.npz").x_train.shape == (30, 256)

    class Rows:
        targets = (0, 1) * 20

        def __len__(self):
            return 40

        def __getitem__(self, index):
            return np.full((4, 4), 100 * (index % 2), np.uint8), index % 2

    assert train(ImageSets(Rows()), out=tmp_path / "c", **settings).result["test_accuracy_last"] is None


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (lambda own, path: pynoise.accuracy_curve(own, 5), "an accuracy curve"),
        (lambda own, path: pynoise.accuracy_curve(own, 5, queries=3), "an accuracy curve"),
        (lambda own, path: pynoise.fit_k([0, 0.5], [1, 0.7], own), "an accuracy curve"),
        (lambda own, path: knn.neighbors(own, 5), "a search for the neighbours of test examples"),
        (lambda own, path: knn.neighbors(own, 5, queries=3), "a search for the neighbours of test examples"),
        (lambda own, path: pynoise.curves.network.network_curve(own, out=path / "c"), "a network curve"),
        (lambda own, path: training.profile(path / "r"), "a profile of softmax"),
        (lambda own, path: training.compare(path / "r", **SAME), "a comparison with neighbours"),
    ],
)
def test_what_measures_accuracy_refuses(own, stage, asked, what):
    with pytest.raises(InputValueError) as caught:
        asked(own, stage)
    assert str(caught.value) == (
        f"data: 'own' has no test examples, and {what} needs some; give x_test and y_test too, or in a "
        "folder of images PATH/test"
    )
    assert not (stage / "c").exists()


def test_neighbours_of_training_examples_need_none(own):
    assert knn.neighbors(own, 5, of="train").indices.shape == (200, 5)


@pytest.mark.parametrize(
    ("line", "option"),
    [
        ("curve --dataset own.npz", "--dataset"),
        ("fit-k measured.csv --dataset own.npz", "--dataset"),
        ("neighbors own.npz --k 5 --out n.npz", "DATA"),
        ("network-curve --dataset own.npz --out c", "--dataset"),
        ("reproduce knet-table2 --dataset own.npz --network mlp --out c", "--dataset"),
        ("train --dataset own.npz --method knet --out c", "--dataset"),
        ("softmax r", "--dataset"),
        ("compare r", "--dataset"),
    ],
)
def test_commands_say_so(run, stage, monkeypatch, line, option):
    monkeypatch.chdir(stage)
    code, out, err = run(*line.split())
    assert (code, out) == (2, "")
    assert f"Error: Invalid value for '{option}': 'own' has no test examples, and a" in err.replace(
        "the method", "a method"
    )
    assert not (stage / "c").exists()


def test_training_in_words(run, stage, monkeypatch, tmp_path):
    monkeypatch.chdir(stage)
    code, out, _ = run(
        "train", "--dataset", "own.npz", "--epochs", 1, "--threads", 1, "--out", tmp_path / "r"
    )
    lines = out.splitlines()
    assert code == 0
    assert lines[2].split()[5] == "-"
    assert lines[3:5] == [
        "no test examples, and so no test accuracy",
        "epoch 1, selected by 20 validation labels",
    ]
    assert run("show", "r")[1].splitlines()[2] == "no test examples, and so no test accuracy"
    (tmp_path / "r" / "result.json").unlink()
    assert "test accuracy" not in run("show", tmp_path / "r")[1]
    code, out, _ = run("extract", "r", "--threads", 1, "--out", tmp_path / "f.npz")
    assert (code, out) == (0, "own, mlp: 256 features of 200 training and no test examples\n")
    assert json.loads((stage / "r" / "config.json").read_text())["data"]["test"]["shape"] == [0, 8, 8]
