"""kNet in the training loop, beside the network whose features it has and K-NN."""

import json

import numpy as np
import pytest
import torch

from pynoise import methods
from pynoise.errors import InputTypeError, InputValueError, TrainingError
from pynoise.knn import KNNClassifier
from pynoise.methods import KNet
from pynoise.methods.knet import KNetMethod
from pynoise.training import Run, extract, train

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"epochs": 2, "threads": 1, "device": "cpu", "noise": "uniform", "level": 0.4}
FEW = {"ks": [1, 5, 9], "k_range": [1, 9], "epochs": 3}


@pytest.fixture(scope="module")
def quick(digits, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "quick"
    return train(digits, out=out, method="knet", method_options=FEW | {"fixed": True}, **QUICK)


@pytest.mark.parametrize(("kind", "level"), [("uniform", 0.4), ("uniform", 0.8), ("random-asymmetric", 0.3)])
def test_digits_under_noise(digits, tmp_path, kind, level):
    """As good as the network at K = 51, and far better than K-NN at K = 1."""
    options = QUICK | {"epochs": 20, "noise": kind, "level": level}
    result = train(digits, out=tmp_path / "run", method="knet", **options).result
    assert result["knet_accuracy"]["51"] >= result["preliminary_accuracy"] - 0.005
    assert result["knet_accuracy"]["1"] >= result["knn_accuracy"]["1"] + 0.1
    difference = result["knet"]["difference"]
    assert min(difference, key=difference.get) in ("51", "101")


def test_the_result_is_that_of_the_features(quick, digits):
    """K-NN and the saved kNet, on the features of the selected epoch and the noisy labels, say the same."""
    found = extract(quick, device="cpu", threads=1)
    rows, noisy = quick.rows[0], quick.record.noisy
    x, y = found.x_train[rows], noisy[rows]
    result = quick.result
    assert result["preliminary_accuracy"] == result["test_accuracy_selected"]
    model = KNet.load(quick.path / "knet.npz")
    for k in (1, 5, 9):
        nearest = KNNClassifier(k, n_jobs=1).fit(x, y)
        assert result["knn_accuracy"][str(k)] == nearest.score(found.x_test, digits.y_test)
        told = model.predict_proba(found.x_test, k)
        assert result["knet_accuracy"][str(k)] == (told.argmax(axis=1) == digits.y_test).mean()
        shares = nearest.predict_proba(found.x_test)
        difference = np.abs(shares - told).mean()
        assert result["knet"]["difference"][str(k)] == pytest.approx(difference, rel=1e-5)
        assert result["knet"]["knn_maximum"][str(k)] == pytest.approx(shares.max(axis=1).mean())
        assert result["knet"]["knet_maximum"][str(k)] == pytest.approx(told.max(axis=1).mean(), rel=1e-5)
    assert result["knet"]["parameters"] == model.n_parameters_ == 4330
    assert result["knet"]["stored_values"] == len(rows) * 256
    assert result["knet"]["k_range"] == [1, 9]
    assert set(result["fixed_knet_accuracy"]) == {"1", "5", "9"}
    assert result["fixed_knet_accuracy"] != result["knet_accuracy"]


def test_the_config_has_the_options(quick, digits):
    config = quick.config
    assert config["method"] == "knet"
    assert config["method_options"] == {
        "ks": [1, 5, 9],
        "fixed": True,
        "k_range": [1, 9],
        "epochs": 3,
        "hidden": None,
        "lr": 0.01,
        "metric": "euclidean",
        "loss": "cross-entropy",
        "engine": "exact",
        "batch_size": 128,
    }
    again = train(
        digits, out=quick.path, method="knet", method_options=FEW | {"fixed": True}, resume=True, **QUICK
    )
    assert again.result == quick.result
    with pytest.raises(InputValueError, match=r"^out: .*method_options"):
        train(digits, out=quick.path, method="knet", resume=True, **QUICK)


class KilledError(Exception):
    pass


def test_a_run_killed_in_the_end_comes_to_the_same(quick, digits, tmp_path):
    def kill(phase, done, total, words):
        if phase == "kNet" and done == 2:
            raise KilledError

    given = QUICK | {"method": "knet", "method_options": FEW | {"fixed": True}}
    with pytest.raises(KilledError):
        train(digits, out=tmp_path / "run", progress=kill, **given)
    assert Run.load(tmp_path / "run").result is None
    run = train(digits, out=tmp_path / "run", resume=True, **given)
    for key in ("knn_accuracy", "knet_accuracy", "fixed_knet_accuracy", "preliminary_accuracy"):
        assert run.result[key] == quick.result[key]
    with np.load(run.path / "knet.npz") as ours, np.load(quick.path / "knet.npz") as theirs:
        assert all(np.array_equal(ours[name], theirs[name]) for name in theirs.files if name != "meta")


def test_an_instance_does_as_well(quick, digits, tmp_path):
    method = KNetMethod([1, 5, 9], fixed=True, k_range=(1, 9), epochs=3)
    run = train(digits, out=tmp_path / "run", method=method, **QUICK)
    assert run.result["knet_accuracy"] == quick.result["knet_accuracy"]
    assert run.config["method"] == "KNetMethod"
    assert run.config["method_options"] == quick.config["method_options"]


def test_the_last_epoch_where_none_is_selected(digits, tmp_path):
    run = train(digits, out=tmp_path / "run", method="knet", method_options=FEW, validation=0, **QUICK)
    assert run.result["preliminary_accuracy"] == run.result["test_accuracy_last"]
    assert run.result["knet"]["stored_values"] == 1297 * 256


def test_a_class_that_no_label_names(digits, tmp_path):
    """Class 3 is always taken for 4: K-NN and kNet say so, and nothing else is out of step."""
    options = QUICK | {"noise": "flip", "level": 1.0, "label_map": {3: 4}, "epochs": 6}
    run = train(digits, out=tmp_path / "run", method="knet", method_options=FEW, **options)
    assert KNet.load(run.path / "knet.npz").classes_.tolist() == [0, 1, 2, 4, 5, 6, 7, 8, 9]
    # A tenth of the test examples is lost, and no more than the short training loses.
    assert 0.7 < run.result["knet_accuracy"]["9"] < 0.92
    assert 0.8 < run.result["knn_accuracy"]["9"] < 0.92


OPTIONS = {
    "unknown": ({"width": 3}, InputValueError, "'width' is not known; known are ks, fixed, batch_size"),
    "the run's own": ({"random_state": 3}, InputValueError, "'random_state' is not known"),
    "ks beyond": ({"ks": [1, 200]}, InputValueError, r"ks: 200 is outside k_range, 1\.\.101"),
    "ks twice": ({"ks": [1, 1]}, InputValueError, "ks: 1 is given twice"),
    "ks of words": ({"ks": "many"}, InputTypeError, "ks: "),
    "hidden": ({"hidden": -1}, InputValueError, "hidden: -1 is too small"),
    "fixed": ({"fixed": 1}, InputTypeError, "fixed: 1 is neither True nor False"),
    "k_range": ({"k_range": (1, 1167)}, InputValueError, "k_range goes up to K = 1167, and 1167 examples"),
    "no dict": ([("hidden", 3)], InputTypeError, r"\[\('hidden', 3\)\] is no dict of options by name"),
}


@pytest.mark.parametrize("case", OPTIONS)
def test_wrong_options_are_named_before_the_training(digits, tmp_path, case):
    options, kind, message = OPTIONS[case]
    with pytest.raises(kind, match=f"^method_options: {message}"):
        train(digits, out=tmp_path / "run", method="knet", method_options=options, **QUICK)
    assert not (tmp_path / "run" / "last.pt").exists()


def test_a_mistake_in_the_end_costs_no_training(quick, digits, tmp_path):
    """Its options act when the network is trained: a run that is not finished goes on with others."""
    given = QUICK | {"method": "knet", "out": tmp_path / "run"}
    with pytest.raises(TrainingError, match="give a smaller lr; the network is kept: go on with another"):
        train(digits, method_options=FEW | {"lr": 1e30}, **given)
    run = train(digits, method_options=FEW | {"fixed": True}, resume=True, **given)
    assert run.config["method_options"]["lr"] == 0.01
    assert len(run.metrics) == 2
    for key in ("knn_accuracy", "knet_accuracy", "fixed_knet_accuracy"):
        assert run.result[key] == quick.result[key]
    with pytest.raises(InputValueError, match=r"^out: .*holds another run: its method_options"):
        train(digits, method_options=FEW, resume=True, **given)


def test_options_belong_to_a_method(digits, tmp_path):
    with pytest.raises(InputValueError, match="'hidden' is not known: cross-entropy has no options"):
        train(digits, out=tmp_path / "run", method_options={"hidden": 3}, **QUICK)
    with pytest.raises(InputValueError, match="go with the name of a method; KNetMethod has its own"):
        methods.make(KNetMethod(), {"hidden": 3})
    one = QUICK | {"noise": "flip", "level": 1.0, "label_map": "all:0"}
    with pytest.raises(InputValueError, match=r"^noise: leaves labels of one class"):
        train(digits, out=tmp_path / "run", method="knet", **one)


def test_columns_fit_the_range():
    assert KNetMethod().options()["ks"] == [1, 11, 51, 101]
    assert KNetMethod(k_range=(5, 60)).options()["ks"] == [11, 51]
    assert KNetMethod(k_range=33).options()["ks"] == [33]
    assert KNetMethod(k_range=33).options()["k_range"] == [33, 33]
    assert KNetMethod(ks=7).options()["ks"] == [7]


def test_the_command(run, quick):
    line = "train --noise uniform --level 0.4 --epochs 2 --threads 1 --device cpu --method knet --out r"
    options = "--set ks=1,5,9 --set k_range=1,9 --set epochs=3 --set fixed=true"
    code, out, err = run(*f"{line} {options}".split())
    assert code == 0, err
    lines = [words.split() for words in out.splitlines() if words]
    heading = lines.index(["K", "network", "K-NN", "kNet", "fixed", "kNet"])
    table = {words[0]: words[1:] for words in lines[heading:]}
    for k in ("1", "5", "9"):
        wanted = [quick.result["preliminary_accuracy"]]
        wanted += [quick.result[f"{name}_accuracy"][k] for name in ("knn", "knet", "fixed_knet")]
        assert table[k] == [f"{figure:.4f}" for figure in wanted]
    code, out, err = run(*f"{line} {options} --resume --json".split())
    assert code == 0, err
    assert json.loads(out)["knet_accuracy"] == quick.result["knet_accuracy"]


COMMANDS = {
    "--set hidden": "'hidden' is not NAME=VALUE; docs/methods.md has the names",
    "--set 2=3": "'2=3' is not NAME=VALUE",
    "--set hidden=3 --set hidden=4": "hidden is given twice",
    "--set hiden=3": "'hiden' is not known (did you mean 'hidden'?)",
    "--set ks=1,x": "ks: ",
    "--set hidden=true": "hidden: True is not a whole number",
    "--set k_range=9:3": "k_range: (9, 3) goes down; give the smallest K first",
    "--set hidden=wide": "hidden: 'wide' is not a whole number",
    "--set lr=-0.1": "lr: -0.1 is not a finite number above 0",
    "--set k_range=1,5000": "k_range goes up to K = 5000",
}


@pytest.mark.parametrize("options", COMMANDS)
def test_wrong_options_of_the_command(run, options):
    code, _, err = run(*f"train --method knet {options} --out r".split())
    assert code == 2
    assert f"'--set': {COMMANDS[options]}" in err
    assert "Traceback" not in err


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda(digits, tmp_path):
    options = QUICK | {"device": "cuda", "epochs": 20}
    result = train(digits, out=tmp_path / "run", method="knet", **options).result
    assert result["knet_accuracy"]["51"] >= result["preliminary_accuracy"] - 0.005


def test_images_that_could_not_be_read_have_no_vote(pets, tmp_path):
    for spoilt in ("train/cat/03.png", "test/cat/01.png"):
        (pets / spoilt).write_bytes(b"")
    options = {"method": "knet", "method_options": FEW, "batch_size": 8, "validation": 0}
    run = train(pets, out=tmp_path / "run", skip_corrupt=True, **options, **QUICK)
    assert run.result["knet"]["stored_values"] == 29 * 256
    parts = extract(run, threads=1)
    rows = np.delete(np.arange(30), 3)
    nearest = KNNClassifier(9, n_jobs=1).fit(parts.x_train[rows], run.record.noisy[rows])
    test = np.delete(np.arange(10), 1)
    score = nearest.score(parts.x_test[test], parts.y_test[test])
    assert run.result["knn_accuracy"]["9"] == score
