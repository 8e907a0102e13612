"""Figures 2, 6 and 9 of MixNN: what cross-entropy learns by heart, matrices of noise, places of examples."""

import json

import numpy as np
import pytest
from long_tables import cells_of

from pynoise import data, noise, paper
from pynoise.errors import InputValueError
from pynoise.paper import spaces
from pynoise.paper.share import share_of
from pynoise.training import Run, extract, train

SAME = {"device": "cpu", "threads": 1}
DIGITS = {"dataset": "digits", "network": "mlp", "scale": 0.3, **SAME}
FILES = ["figure.png", "table.csv", "table.json"]

pytestmark = pytest.mark.usefixtures("one_thread")


def titles(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]


def check_kept(figure, folder):
    kept = json.loads((folder / "table.json").read_text())
    assert (kept["rows"], kept["meta"]) == (figure.rows, figure.meta)
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")


# Figure 2


def test_what_cross_entropy_learns_by_heart(tmp_path):
    figure = paper.reproduce("mixnn-fig2", tmp_path / "t", seeds=(0, 1), epochs=12, lr=0.1, **DIGITS)
    check_kept(figure, tmp_path / "t")
    every = [(seed, epoch) for seed in (0, 1) for epoch in range(1, 13)]
    assert [(row["seed"], row["epoch"]) for row in figure.rows] == every
    run = Run.load(tmp_path / "t" / "digits-mlp-symmetric-0.6-cross-entropy" / "seed-0")
    accuracies = [row["test_accuracy"] for row in run.metrics]
    assert [row["test_accuracy"] for row in figure.rows[:12]] == accuracies
    settings = run.config["settings"]
    assert (run.record.kind, run.record.level, settings["weight_decay"]) == ("symmetric", 0.6, 1e-3)
    # It is cross-entropy and nothing else.
    part = share_of(data.load("digits"), 0.3, 0)
    plain = train(part, "mlp", out=tmp_path / "plain", noise=run.record, **SAME, **settings)
    assert [row["test_accuracy"] for row in plain.metrics] == accuracies
    losses = [row["train_loss"] for row in plain.metrics]
    assert [row["train_loss"] for row in run.metrics] == pytest.approx(losses, rel=1e-4)
    # Wrong labels pull the other way than right ones.
    first, last = figure.rows[0], figure.rows[11]
    assert last["given_fit"] > first["given_fit"]
    assert first["gradient_clean"] < last["gradient_clean"] < 0 < last["gradient_wrong"]
    head, *cells = cells_of(figure.text())
    assert head[:2] == ["epoch", "measure"]
    assert cells[0][:2] == ["1, the first", "test accuracy"]
    assert cells[-5][:2] == ["12, the last", "test accuracy"]
    values = [row["test_accuracy"] for row in figure.rows if row["epoch"] == 12]
    assert cells[-5][3] == f"{np.mean(values):.4f} ± {np.std(values, ddof=1):.4f}"
    picture = figure.plot()
    assert titles(picture) == ["(a) accuracy", "(b) gradient at the true class"]
    words = [text.get_text() for text in picture.axes[0].get_legend().get_texts()]
    assert words == ["test", "training, given labels", "training, true labels"]  # no warm-up that would end


def test_nothing_of_mixnn_can_be_set_where_nothing_is_mixed(tmp_path):
    with pytest.raises(InputValueError, match="method_options: alpha is the figure's; leave it out"):
        paper.reproduce("mixnn-fig2", tmp_path / "t", **DIGITS, method_options={"alpha": 0.5})
    assert list(tmp_path.iterdir()) == []


# Figure 6


def test_matrices(tmp_path):
    figure = paper.reproduce("mixnn-fig6", tmp_path / "t")
    check_kept(figure, tmp_path / "t")
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == FILES
    assert figure.problem is None
    for words, kind in {"symmetric": "symmetric", "asymmetric": "flip"}.items():
        rows = [row for row in figure.rows if row["noise"] == words]
        matrix = np.array([row["probability"] for row in rows]).reshape(5, 5)
        assert [(row["true"], row["given"]) for row in rows] == list(np.ndindex(5, 5))
        assert matrix.sum(axis=1) == pytest.approx(np.ones(5))
        assert np.diag(matrix) == pytest.approx(np.full(5, 0.6))
        # That of labels that are made so.
        made = noise.make(np.repeat(np.arange(5), 1000), kind, 0.4)
        assert matrix == pytest.approx(made.transition, abs=0.05)
    assert (
        "asymmetric     0     1     2     3     4\n0           0.60  0.40  0.00  0.00  0.00\n"
        in figure.text()
    )
    picture = figure.plot()
    assert titles(picture) == ["symmetric", "asymmetric"]
    panel = next(axes for axes in picture.axes if axes.get_title() == "asymmetric")
    assert [text.get_text() for text in panel.texts][:2] == [".60", ".40"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"dataset": "digits"}, "dataset: is of no use"),
        ({"network": "mlp"}, "network: is of no use"),
        ({"scale": 0.5}, "scale: is of no use"),
        ({"epochs": 3}, "epochs: is of no use to a figure for which nothing is trained; leave it out"),
        ({"method_options": {"k": 2}}, "method_options: is of no use"),
    ],
)
def test_what_a_figure_without_training_refuses(tmp_path, given, words):
    with pytest.raises(InputValueError, match=words):
        paper.reproduce("mixnn-fig6", tmp_path / "t", **given)


# Figure 9


@pytest.fixture
def few(monkeypatch):
    """t-SNE of some examples only: it takes seconds for all of them."""
    monkeypatch.setattr(spaces, "MOST", 40)


@pytest.mark.usefixtures("few")
def test_places_of_training_examples(tmp_path):
    given = DIGITS | {"epochs": 6, "lr": 0.1}
    given["method_options"] = {"warmup": 2, "correction_start": 1, "alpha": 0.5}
    figure = paper.reproduce("mixnn-fig9", tmp_path / "t", **given)
    check_kept(figure, tmp_path / "t")
    names = {"CE": "cross-entropy", "SCE": "sce", "MixNN": "mixnn"}
    levels = [0.2, 0.4, 0.6, 0.8]
    heads = list(dict.fromkeys((row["method"], row["level"], row["seed"]) for row in figure.rows))
    assert heads == [(name, level, 0) for name in names for level in levels]
    assert len(figure.rows) == 12 * 40
    part = share_of(data.load("digits"), 0.3, 0)
    for name, method in names.items():
        run = Run.load(tmp_path / "t" / f"digits-mlp-symmetric-0.4-{name}" / "seed-0")
        assert (run.config["method"], run.config["settings"]["lr"]) == (method, 0.1)
        rows = [row for row in figure.rows if (row["method"], row["level"]) == (name, 0.4)]
        index = [row["example"] for row in rows]
        assert len(set(index)) == 40
        assert [row["true"] for row in rows] == run.record.clean[index].tolist()
        assert [row["given"] for row in rows] == run.record.noisy[index].tolist()
        # Its places are those of the penultimate features.
        features = extract(run, part, **SAME).x_train[index]
        places = np.array([[row["x"], row["y"]] for row in rows])
        near = np.linalg.norm(places[:, None] - places[None], axis=2).argsort(axis=1)[:, 1]
        distances = np.linalg.norm(features[:, None] - features[None], axis=2)
        ranks = distances.argsort(axis=1).argsort(axis=1)[np.arange(40), near]
        assert np.median(ranks) <= 3  # by chance 20
    head, *cells = cells_of(figure.text())
    assert head[:3] == ["method", "level", "measure"]
    assert len(cells) == 12 * 3
    assert [line[:3] for line in cells[:3]] == [
        ["CE", "0.2", "test accuracy"], ["CE", "0.2", "unmixed"], ["CE", "0.2", "unmixed, wrong labels"]
    ]  # fmt: skip
    true = np.array([row["true"] for row in figure.rows[:40]])
    places = np.array([[row["x"], row["y"]] for row in figure.rows[:40]])
    near = np.linalg.norm(places[:, None] - places[None], axis=2).argsort(axis=1)[:, 1:11]
    assert float(cells[1][4]) == pytest.approx((true[near] == true[:, None]).mean(), abs=1e-4)
    assert titles(figure.plot()) == [f"{name}, level {level}" for level in levels for name in names]


@pytest.mark.parametrize("name", ["mixnn-fig2", "mixnn-fig9"])
def test_no_data(tmp_path, name):
    figure = paper.reproduce(name, tmp_path / "t", data_root=tmp_path)
    assert figure.rows == []
    assert figure.problem.startswith("data not found: ")
    assert figure.text().count("data not found") == 1
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == FILES[1:]
