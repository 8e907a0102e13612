"""Drory et al.'s Figures 3 and 4: accuracy against noise level, of K-NN and of networks."""

import shutil
from statistics import fmean, stdev

import drory_runs
import numpy as np
import pytest
from drory_runs import QUICK, seconds_of
from figure_files import FILES, check_files, titles
from long_tables import cells_of

import pynoise
from pynoise import knn, noise, paper, seeds
from pynoise.curves import network_curve
from pynoise.paper import drory_networks
from pynoise.paper.drory_panels import Panel
from pynoise.paper.parts import Part
from pynoise.training import Run, extract

pytestmark = pytest.mark.usefixtures("one_thread")


# K-NN

KS, LEVELS, REPEATS = [1, 11], [0.0, 0.3, 0.6], 3


@pytest.fixture
def few(monkeypatch):
    drory_runs.shorten(monkeypatch, "drory-fig3", k=KS, levels=LEVELS, repeats=REPEATS)


def measured(dataset, kind, k, level, seed):
    """Accuracies of K-NN on noise that is drawn some times."""
    indices, _ = knn.search(dataset.x_train, dataset.x_test, k)
    found = []
    for i in range(REPEATS):
        drawn = noise.make(dataset.y_train, kind, level, seed=seeds.split(seed, "noise", i))
        votes = knn.label_histograms(indices, drawn.noisy, [k], 10)[0]
        found.append((votes.argmax(axis=1) == dataset.y_test).mean())
    return found


def test_knn_in_pixels(few, tmp_path, digits):
    given = {"dataset": "digits", "threads": 1, "seeds": (0, 1)}
    figure = paper.reproduce("drory-fig3", tmp_path / "t", **given)
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == FILES
    check_files(figure, tmp_path / "t")
    assert [row["panel"] for row in figure.rows] == ["a"] * 8 + ["c"] * 8
    for row in figure.rows:
        assert (row["dataset"], row["network"], row["seeds"], row["draws"]) == ("digits", "pixels", 2, 6)
        assert (row["published"], row["difference"], row["scale"], row["source"]) == (None, None, 1.0, "ours")
    for kind in ("flip", "uniform"):
        curves = [
            pynoise.accuracy_curve(digits, KS, kind, LEVELS, repeats=REPEATS, seed=seed) for seed in (0, 1)
        ]
        rows = [row for row in figure.rows if row["noise"] == kind and row["level"] is not None]
        for row, *same in zip(rows, *(curve.rows for curve in curves), strict=True):
            assert (row["k"], row["level"]) == (same[0]["k"], same[0]["level"])
            assert row["ours"] == fmean(one["measured"] for one in same)
            assert row["analytic"] == pytest.approx(same[0]["analytic"], abs=1e-12)
            assert row["off_analytic"] == row["ours"] - row["analytic"]
            assert row["selected_fraction"] == same[0]["selected_fraction"]
    (row,) = (row for row in figure.rows if (row["noise"], row["k"], row["level"]) == ("flip", 11, 0.3))
    every = [one for seed in (0, 1) for one in measured(digits, "flip", 11, 0.3, seed)]
    assert (row["ours"], row["sd"]) == (pytest.approx(np.mean(every)), pytest.approx(np.std(every, ddof=1)))
    for kind in ("flip", "uniform"):
        off = {
            row["level"]: row["off_analytic"] for row in figure.rows if (row["noise"], row["k"]) == (kind, 1)
        }
        (largest,) = (row for row in figure.rows if (row["noise"], row["k"], row["level"]) == (kind, 1, None))
        assert abs(largest["ours"]) == max(abs(value) for level, value in off.items() if level is not None)
    assert titles(figure.plot()) == ["(a) digits, pixels: flip", "(c) digits, pixels: uniform"]
    head, *lines = cells_of(figure.text())
    assert head[:4] == ["panel", "data set", "network", "noise"]
    assert [line[:4] for line in lines] == [["a", "digits", "pixels", "flip"]] * 2 + [
        ["c", "digits", "pixels", "uniform"]
    ] * 2


def test_knn_in_features(few, tmp_path):
    figure = paper.reproduce("drory-fig3", tmp_path / "t", **QUICK)
    run = Run.load(tmp_path / "t" / "digits-mlp-clean" / "seed-0")
    assert run.result["noise"]["realised_rate"] == 0
    features = extract(run, device="cpu", threads=1).dataset()
    curve = pynoise.accuracy_curve(features, KS, "uniform", LEVELS, repeats=REPEATS, seed=0)
    rows = [row for row in figure.rows if row["panel"] == "c" and row["level"] is not None]
    for row, same in zip(rows, curve.rows, strict=True):
        assert row["network"] == "mlp"
        assert [row[key] for key in ("ours", "sd", "analytic", "realised_rate")] == [
            same[key] for key in ("measured", "measured_sd", "analytic", "realised_rate")
        ]
    # What is trained is not trained again, and features are those that were kept.
    before = seconds_of(tmp_path / "t")
    again = paper.reproduce("drory-fig3", tmp_path / "t", **QUICK)
    assert (again.rows, seconds_of(tmp_path / "t")) == (figure.rows, before)
    assert again.meta["seconds"]["epochs"] == pytest.approx(sum(before.values()))


def test_a_share_of_the_examples_is_another_for_each_seed(few, tmp_path):
    given = {"dataset": "digits", "threads": 1, "scale": 0.2}
    both = paper.reproduce("drory-fig3", tmp_path / "t", seeds=(0, 1), **given)
    (one, other) = (paper.reproduce("drory-fig3", tmp_path / f"{i}", seeds=(i,), **given) for i in (0, 1))
    clean = [
        [row["ours"] for row in figure.rows if (row["panel"], row["k"], row["level"]) == ("a", 11, 0)]
        for figure in (both, one, other)
    ]
    assert clean[1] != clean[2]
    assert clean[0][0] == pytest.approx((clean[1][0] + clean[2][0]) / 2)
    assert {row["scale"] for row in both.rows} == {0.2}
    assert "0.2 of the training examples were taken." in both.text()


# Networks

GIVEN = QUICK | {"seeds": (0, 1)}


@pytest.fixture(scope="module")
def curves(tmp_path_factory, one_thread):
    """Figure 4 with few levels, and its folder."""
    folder = tmp_path_factory.mktemp("curves") / "t"
    with pytest.MonkeyPatch.context() as patch:
        drory_runs.shorten(patch, "drory-fig4", levels=[0.0, 0.2, 0.6], clusters=[10, 2])
        yield paper.reproduce("drory-fig4", folder, **GIVEN), folder


def rows_of(figure, panel, what="accuracy"):
    return [row for row in figure.rows if (row["panel"], row["what"]) == (panel, what)]


def test_networks_are_trained_once_whatever_panels_show_them(curves):
    figure, folder = curves
    check_files(figure, folder)
    assert sorted(drory_runs.runs_of(folder)) == sorted(
        f"digits-mlp-{noise}/seed-{seed}"
        for noise in (
            *("clean", "flip-0.2", "flip-0.6", "uniform-0.2", "uniform-0.6"),
            *("general-0.2", "general-0.6", "concentrated-0.1", "concentrated-0.5"),
        )
        for seed in (0, 1)
    )
    assert figure.meta["seconds"]["epochs"] == pytest.approx(sum(seconds_of(folder).values()))
    a, _, g, h = figure.meta["blocks"]
    assert (a["levels"], a["matrix"], h["levels"]) == ([0.0, 0.2, 0.6], None, [0.0, 0.1, 0.5])
    assert g["matrix"] == noise.corruption_matrix("general", 10, seed=0).tolist()


def test_rows_are_means_over_the_runs_beside_the_analytic_accuracies(curves, digits):
    figure, folder = curves
    runs = drory_runs.runs_of(folder)
    clean = runs["digits-mlp-clean/seed-0"]
    matrix = noise.corruption_matrix("general", 10, seed=0)
    for panel, kind in {"a": "flip", "d": "uniform", "g": "general"}.items():
        given = matrix if kind == "general" else kind
        analytic = pynoise.accuracy_curve(
            digits, [5, 101], given, [0.0, 0.2, 0.6], clean=clean.softmax, measure=False
        )
        known = {(row["k"], row["level"]): row["analytic"] for row in analytic.rows}
        rows = rows_of(figure, panel)
        assert [row["level"] for row in rows] == [0.0, 0.2, 0.6]
        for row in rows:
            name = f"{kind}-{row['level']}" if row["level"] else "clean"
            own = [runs[f"digits-mlp-{name}/seed-{seed}"] for seed in (0, 1)]
            selected = [run.result["test_accuracy_selected"] for run in own]
            assert (row["ours"], row["sd"]) == (fmean(selected), stdev(selected))
            assert row["accuracy_last"] == fmean(run.result["test_accuracy_last"] for run in own)
            assert row["realised_rate"] == fmean(run.result["noise"]["realised_rate"] for run in own)
            assert row["analytic_5"] == known[5, row["level"]]
            assert row["analytic_101"] == known[101, row["level"]]
            assert (row["expected"], row["published"], row["seeds"]) == (None, None, 2)
            if kind == "general" and row["level"]:
                assert (own[0].record.matrix == own[1].record.matrix).all()
                assert (own[0].record.matrix == matrix).all()
    for row in rows_of(figure, "h"):
        assert (row["expected"], row["analytic_5"]) == (1 - row["level"], None)


def test_accuracies_are_those_of_a_network_curve(curves, digits, tmp_path):
    _, folder = curves
    options = {"out": tmp_path / "runs", "run_seeds": [0], "k": 1} | {
        key: QUICK[key] for key in ("epochs", "threads", "device")
    }
    curve = network_curve(digits, "mlp", "concentrated", [0.0, 0.5], **options)
    for row in curve.rows:
        name = "concentrated-0.5" if row["level"] else "clean"
        run = Run.load(folder / f"digits-mlp-{name}" / "seed-0")
        assert row["accuracy"] == run.result["test_accuracy_selected"]
    # Each seed has the space of its own clean network.
    for seed in (0, 1):
        x = np.load(folder / "digits-mlp-clean" / f"seed-{seed}" / "features.npz")["x_train"]
        record = Run.load(folder / "digits-mlp-concentrated-0.1" / f"seed-{seed}").record
        assert (record.regions.noisy(x, digits.y_train) == record.selected).all()


def test_what_the_paper_says_of_whole_curves(curves):
    figure, _ = curves
    for panel in "ad":
        (held,) = rows_of(figure, panel, "level that leaves 0.9 of the accuracy")
        levels, accuracies = zip(
            *((row["level"], row["ours"]) for row in rows_of(figure, panel)), strict=True
        )
        if held["ours"] is not None:
            assert np.interp(held["ours"], levels, accuracies) == pytest.approx(0.9 * accuracies[0])
        assert (held["published"], held["level"]) == (None, None)
    for k in (10, 2):
        (share,) = rows_of(figure, "h", f"share of wrong labels, k = {k}")
        (row,) = (row for row in rows_of(figure, "h") if row["level"] == 1 / k)
        assert share["ours"] == row["realised_rate"] == pytest.approx(1 / k, rel=0.1)


def test_the_level_up_to_which_accuracy_holds():
    def held(*accuracies):
        rows = [{"level": i / 10, "accuracy": accuracy} for i, accuracy in enumerate(accuracies)]
        return drory_networks._held(rows)

    assert held(1.0, 0.95, 0.85, 0.3) == pytest.approx(0.15)
    assert held(0.5, 0.4) == pytest.approx(0.05)
    assert held(1.0, 0.9, 0.8, 1.0) == pytest.approx(0.1)
    assert held(1.0, 0.95, 0.9) is None


def test_published_numbers_stand_beside_the_papers_own():
    def rows(letter, dataset, network, noise, levels, **more):
        found = [
            {"level": level, "accuracy": 0.9 - level, "sd": None, "runs": 1, "accuracy_last": 0.5}
            | {"sd_last": None, "selected_fraction": level, "realised_rate": level, "analytic": {"1": 0.5}}
            for level in levels
        ]
        panel = Panel(letter, dataset, network, noise, levels, **more)
        part = Part(dataset, network, noise, 0.5, "cross-entropy", {}, {})
        curve = type("Curve", (), {"rows": found})
        made = drory_networks._rows(drory_networks._Found(panel, part, curve))
        return [(row["level"], row["what"], row["published"], row["difference"]) for row in made]

    held = "level that leaves 0.9 of the accuracy"
    assert rows("a", "mnist", "mnist-cnn", "flip", (0.0, 0.5), claim="accuracy-clean") == [
        (0.0, "accuracy", 1.0, pytest.approx(-0.1)),
        (0.5, "accuracy", None, None),
        (None, held, 0.5, pytest.approx(-0.41)),
    ]
    assert rows("e", "cifar10", "all-cnn", "uniform", (0.0, 0.5))[0][2] is None
    assert rows("e", "cifar10", "all-cnn", "uniform", (0.0, 0.5))[2][:3] == (None, held, 0.9)
    assert rows("h", "mnist", "mnist-cnn", "concentrated", (0.0, 0.1, 0.5)) == [
        (0.0, "accuracy", 1.0, pytest.approx(-0.1)),
        (0.1, "accuracy", 0.9, pytest.approx(-0.1)),
        (0.5, "accuracy", 0.5, pytest.approx(-0.1)),
        (0.1, "share of wrong labels, k = 10", 0.1, 0.0),
        (0.5, "share of wrong labels, k = 2", 0.5, 0.0),
    ]
    assert {one[2] for one in rows("h", "digits", "mlp", "concentrated", (0.0, 0.1), own=False)} == {None}


def test_what_is_done_is_not_done_again(curves, tmp_path):
    figure, folder = curves
    copy = shutil.copytree(folder, tmp_path / "t")
    before = seconds_of(copy)
    again = paper.reproduce("drory-fig4", copy, **GIVEN)
    assert (again.rows, seconds_of(copy)) == (figure.rows, before)


def test_the_picture_of_the_networks(curves):
    figure, _ = curves
    picture = figure.plot()
    assert titles(picture) == [
        f"({letter}) digits, mlp: {kind}"
        for letter, kind in {"a": "flip", "d": "uniform", "g": "general", "h": "concentrated"}.items()
    ]
    # The matrix is drawn where it is one of many.
    assert [len(axes.child_axes) for axes in picture.axes if axes.get_title()] == [0, 0, 1, 0]
    (legend,) = picture.legends
    assert [text.get_text() for text in legend.get_texts()] == [
        *(f"analytic, K = {k}" for k in (1, 5, 11, 51, 101)),
        "networks",
        "1-γ, expected of concentrated noise",
    ]
    _, *lines = cells_of(figure.text())
    assert len(lines) == len(figure.rows)
    assert ["d", "digits", "mlp", "uniform 0.6", "accuracy"] in [line[:5] for line in lines]


def test_features_of_another_network_are_the_space(tmp_path, monkeypatch):
    """As for CIFAR-10: the network that is trained is not the one whose features noise lies in."""
    panels = drory_networks._FIGURE["panels"]
    monkeypatch.setitem(drory_networks._FIGURE, "panels", [
        panels[-1] | {"dataset": "digits", "network": "mlp", "space": "mnist-cnn", "clusters": [2]}
    ])  # fmt: skip
    given = {key: value for key, value in QUICK.items() if key != "network"} | {"epochs": 1, "scale": 0.1}
    paper.reproduce("drory-fig4", tmp_path / "t", **given)
    runs = drory_runs.runs_of(tmp_path / "t")
    assert {name: run.config["network"] for name, run in runs.items()} == {
        "digits-mlp-clean/seed-0": "mlp",
        "digits-mnist-cnn-clean/seed-0": "mnist-cnn",
        "digits-mlp-concentrated-0.5/seed-0": "mlp",
    }
    x = np.load(tmp_path / "t" / "digits-mnist-cnn-clean" / "seed-0" / "features.npz")
    record = runs["digits-mlp-concentrated-0.5/seed-0"].record
    assert (record.regions.noisy(x["x_train"], x["y_train"]) == record.selected).all()
