"""The command `pynoise show`, and the picture of a run."""

import json
import re

import numpy as np
import pytest

from pynoise import data, training
from pynoise.errors import InputFileNotFoundError, InputValueError
from pynoise.noise import CorrectedLabels
from pynoise.plots.epochs import Course
from pynoise.plots.losses import edges_of
from pynoise.plots.run import run_picture
from pynoise.training import Run
from pynoise.training.picture import course_of

PNG = b"\x89PNG\r\n\x1a\n"
SAME = {"threads": 1, "device": "cpu"}
MIXNN = {
    "method": "mixnn",
    "method_options": {"warmup": 1, "correction_start": 2, "alpha": 0.5},
    "epochs": 4,
    "noise": "symmetric",
    "level": 0.4,
}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def stage(tmp_path_factory, one_thread):
    """Runs of MixNN, of MixNN with the data's labels and of cross-entropy; one that was killed, one empty."""
    folder = tmp_path_factory.mktemp("stage")
    digits = data.load("digits")

    class KilledError(Exception):
        pass

    def kill_at(epoch):
        def kill(row):
            if row["epoch"] == epoch:
                raise KilledError

        return kill

    training.train(digits, out=folder / "mixnn", **MIXNN, **SAME)
    own = MIXNN | {"noise": None, "level": None, "epochs": 2}
    own["method_options"] = {"warmup": 1, "correction_start": None}
    training.train(digits, out=folder / "own", validation=0, **own, **SAME)
    training.train(digits, out=folder / "plain", noise="flip", level=0.3, epochs=2, **SAME)
    with pytest.raises(KilledError):
        training.train(digits, out=folder / "killed", on_epoch=kill_at(3), **MIXNN, **SAME)
    (folder / "empty").mkdir()
    (folder / "empty" / "config.json").write_bytes((folder / "killed" / "config.json").read_bytes())
    return folder


@pytest.fixture
def at(run, stage, monkeypatch):
    monkeypatch.chdir(stage)
    return lambda line: run(*line.split())


def titles(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def test_what_came_of_mixnn(at, stage):
    code, out, err = at("show mixnn")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "digits, mlp, mixnn, seed 0"
    assert lines[1].startswith(
        "epochs 4, batch_size 128, optimizer sgd, lr 0.02, weight_decay 0.001, schedule"
    )
    assert lines[2].startswith("mixnn: k 1, neighbors exact, weights clean")
    assert lines[3] == "noise symmetric of level 0.4, 0.4002 of the labels wrong"
    result, labels = Run.load(stage / "mixnn").result, CorrectedLabels.load(stage / "mixnn")
    right = labels.labels == labels.clean
    assert f"corrected labels {labels.accuracy:.4f} right, the given ones {right.mean():.4f}" in lines
    # By definition: of a right and a wrong label, how often the right one has the larger probability.
    one, other = labels.clean_probability[right][:, None], labels.clean_probability[~right]
    area = (one > other).mean() + (one == other).mean() / 2
    (said,) = [line for line in lines if "ROC" in line]
    assert float(said.split()[-1]) == pytest.approx(area, abs=2e-3)
    changed, doubted = (labels.corrected != labels.labels).sum(), (labels.clean_probability < 0.5).sum()
    assert doubted > 100
    words = f"{changed:,} labels changed, {doubted:,} doubted (clean probability below 0.5); "
    assert f"{words}corrected.csv has all" in lines
    assert (
        "that is of 1,167 of 1,297 training examples; the others were held out, and --validation 0 keeps all"
        in lines
    )
    seconds = result["mixnn"]["seconds"]
    assert (
        f"{seconds['mixture']:.1f} s for the mixture and {seconds['neighbors']:.1f} s for the neighbours, of "
        f"{result['seconds']:.1f} s" in lines
    )


def test_labels_that_nobody_knows_better(at):
    code, out, err = at("show own")
    assert (code, err) == (0, "")
    assert "noise" not in out
    assert "right" not in out
    assert "ROC" not in out
    assert "held out" not in out
    assert re.search(r"^0 labels changed, [\d,]+ doubted", out, re.M)
    assert "correction_start" not in out  # of none there is nothing to say


def test_train_says_the_same(at, run, tmp_path, monkeypatch):
    code, shown, _ = at("show mixnn")
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    line = "train --noise symmetric --level 0.4 --method mixnn --set warmup=1 --set correction_start=2"
    line += " --set alpha=0.5 --epochs 4 --threads 1 --device cpu --out r"
    code, out, err = run(*line.split())
    assert code == 0, err
    timeless = [line for line in shown.splitlines()[3:] if not re.match(r"\d+\.\d s", line)]
    assert [line for line in out.splitlines()[6:] if not re.match(r"\d+\.\d s", line)] == timeless


def test_a_run_that_is_not_finished(at, stage):
    code, out, err = at("show killed --out killed.png")
    assert (code, err) == (0, "wrote killed.png\n")
    accuracy = Run.load(stage / "killed").metrics[-1]["test_accuracy"]
    assert out.splitlines()[3:] == [
        "noise symmetric of level 0.4, 0.4002 of the labels wrong",
        "not finished: 3 of 4 epochs are done; pynoise train with the same arguments and --resume goes on",
        f"test accuracy {accuracy:.4f} after epoch 3",
    ]
    code, out, _ = at("show empty")
    assert code == 0
    assert out.splitlines()[-1].startswith("not finished: 0 of 4 epochs are done")


def test_json_and_pictures(at, stage):
    code, out, err = at("show plain --json --out plain.svg --out plain.png")
    assert (code, err) == (0, "wrote plain.svg\nwrote plain.png\n")
    assert json.loads(out) == json.loads((stage / "plain" / "result.json").read_text())
    assert (stage / "plain.png").read_bytes().startswith(PNG)
    assert b"<svg" in (stage / "plain.svg").read_bytes()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("show", "Missing argument 'RUN'"),
        ("show nowhere", "'RUN': 'nowhere' is no folder of a run: it has no config.json"),
        ("show plain --out x.csv", "'--out': 'x.csv' must end in one of .png, .svg, .pdf"),
        ("show plain --out no/x.png", "'--out': 'no/x.png': there is no folder"),
        ("show killed --json", "'RUN': 'killed' has no result.json: it is not finished"),
        ("show empty --out x.png", "'RUN': 'empty' has nothing to draw: no epoch is finished"),
    ],
)
def test_bad_input(at, stage, line, message):
    code, out, err = at(line)
    assert message in err
    assert (code, out) == (2, "")
    assert not (stage / "x.png").exists()


def test_the_picture_of_mixnn(stage):
    run = Run.load(stage / "mixnn")
    figure, labels = run.plot(), CorrectedLabels.load(stage / "mixnn")
    assert titles(figure) == [
        "accuracy",
        "losses after the warm-up",
        "losses after the last epoch",
        "gradient at the true class",
        f"corrected labels, {labels.accuracy:.4f} right",
    ]
    accuracy, warm = figure.axes[:2]
    lines = {line.get_label(): line for line in accuracy.get_lines()}
    assert list(lines) == [
        "test", "validation", "training, given labels", "training, true labels", "end of warm-up",
        "start of label correction",
    ]  # fmt: skip
    keys = {
        "test": "test_accuracy",
        "training, given labels": "given_fit",
        "training, true labels": "true_fit",
    }
    for name, key in keys.items():
        assert lines[name].get_xdata().tolist() == [1, 2, 3, 4]
        assert lines[name].get_ydata().tolist() == [row[key] for row in run.metrics]
    # Mixing begins with epoch 2, and with the second of these epochs correction.
    assert lines["end of warm-up"].get_xdata()[0] == 1.5
    assert lines["start of label correction"].get_xdata()[0] == 2.5
    assert len({(line.get_linestyle(), line.get_marker()) for line in lines.values()}) == 6  # without colour
    right, wrong = warm.patches
    assert (right.get_hatch(), wrong.get_hatch()) == (None, "/////")
    heights, edges = right.get_data().values + wrong.get_data().values, right.get_data().edges
    assert (heights * np.diff(edges)).sum() == pytest.approx(1)
    own = labels.warm_losses[labels.labels != labels.clean]
    assert wrong.get_data().values == pytest.approx(
        np.histogram(own, edges)[0] / len(labels) / np.diff(edges)
    )
    curves = {line.get_label(): line.get_ydata() for line in warm.get_lines()}
    assert curves["mixture"] == pytest.approx(curves["lower component"] + curves["upper component"])


def test_other_pictures(stage):
    assert titles(Run.load(stage / "own").plot()) == [
        "accuracy", "losses after the warm-up", "losses after the last epoch"
    ]  # fmt: skip
    plain = Run.load(stage / "plain").plot()
    assert titles(plain) == ["accuracy"]
    assert [line.get_label() for line in plain.axes[0].get_lines()] == [
        "test", "validation", "training, labels as given"
    ]  # fmt: skip
    assert titles(Run.load(stage / "killed").plot()) == ["accuracy", "gradient at the true class"]


def test_what_is_refused_of_a_picture(stage, tmp_path):
    with pytest.raises(InputValueError, match=r"run: .* has nothing to draw: no epoch is finished"):
        Run.load(stage / "empty").plot()
    with pytest.raises(InputFileNotFoundError, match=r"path: .* there is no folder"):
        Run.load(stage / "plain").plot(tmp_path / "no" / "x.png")
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("config.json", "result.json", "metrics.csv"):
        (broken / name).write_bytes((stage / "mixnn" / name).read_bytes())
    (broken / "corrected.npz").write_bytes(b"no such thing")
    with pytest.raises(InputValueError, match=r"run: .*corrected\.npz"):
        Run.load(broken).plot()
    (broken / "result.json").write_text("{}")
    with pytest.raises(InputValueError, match=r"run: .*result\.json' is damaged: parts are missing"):
        Run.load(broken)


def test_one_epoch_is_no_fraction():
    course = Course([{"test_accuracy": 0.5}])
    figure = run_picture(course, [], None, ["a", "b"], "one")
    assert figure.axes[0].get_xticks().tolist() == [1]


@pytest.mark.parametrize(("shares", "place"), [((0.0, 0.3, 0.3), 2.5), ((0.0, 0.0, 0.0), None), ((), None)])
def test_the_picture_says_when_suspects_are_left_out(shares, place, tmp_path, monkeypatch):
    rows = [{"test_accuracy": 0.5, "removed_fraction": share} for share in shares] or [{"test_accuracy": 0.5}]
    monkeypatch.setattr(Run, "metrics", rows)
    course = course_of(Run(tmp_path, {"method": "odd"}, None))
    lines = {line.get_label(): line for line in run_picture(course, [], None, [], "one").axes[0].lines}
    assert ("suspects left out" in lines) == (place is not None)
    if place is not None:
        assert set(lines["suspects left out"].get_xdata()) == {place}


@pytest.mark.parametrize(
    ("losses", "least"), [([0.1, 0.2, 3.0], 0), ([0.690, 0.692, 0.695], 0.690), ([0.7, 0.7, 0.7], 0)]
)
def test_losses_that_hardly_differ_fill_the_panel(losses, least):
    edges = edges_of(np.array(losses))
    assert (edges[0], edges[-1]) == (least, losses[-1])
    assert (np.diff(edges) > 0).all()
