"""Drory et al.'s Figures 1, 2 and 5 to 13: where examples lie, and what networks put out."""

import shutil
from statistics import fmean, stdev

import drory_runs
import numpy as np
import pytest
from drory_runs import QUICK, seconds_of
from figure_files import FILES, check_files, titles
from long_tables import cells_of

from pynoise import paper, training
from pynoise.paper.drory_panels import figure_of
from pynoise.training import Run

pytestmark = pytest.mark.usefixtures("one_thread")

# The last columns of a line of the terminal's table, before its source.
PUBLISHED, OURS, DIFFERENCE, SEEDS = range(-6, -2)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory, one_thread):
    """Figure 7 with two seeds, and its folder."""
    folder = tmp_path_factory.mktemp("outputs") / "t"
    return paper.reproduce("drory-fig7", folder, seeds=(0, 1), **QUICK), folder


def copied(folder, tmp_path):
    """The runs of a figure's folder in another's."""
    return shutil.copytree(folder, tmp_path / "t", ignore=shutil.ignore_patterns(*FILES))


def owned(monkeypatch, name):
    """Make digits and mlp the paper's own."""
    (panel,) = figure_of(name)["panels"]
    for key in ("dataset", "network"):
        monkeypatch.setitem(panel, key, QUICK[key])


def profile_of(run, space=None):
    features = None if space is None else np.load(space / "features.npz")["x_test"]
    return training.profile(run, features=features)


# Softmax


def test_rows_are_those_of_the_profiles(outputs):
    figure, folder = outputs
    check_files(figure, folder)
    shown = {
        "a": ("clean", None), "b": ("uniform-0.3", None), "c": ("uniform-0.6", None), "d": ("flip-0.2", None),
        "e": ("flip-0.4", None), "f": ("general-0.4", None), "g": ("concentrated-0.25", "clean"),
        "h": ("concentrated-0.25", "noisy"),
    }  # fmt: skip
    assert len(drory_runs.runs_of(folder)) == 2 * 7
    for letter, (name, region) in shown.items():
        own = []
        for seed in (0, 1):
            space = None if region is None else folder / "digits-mlp-clean" / f"seed-{seed}"
            profile = profile_of(Run.load(folder / f"digits-mlp-{name}" / f"seed-{seed}"), space)
            own.append([
                row for row in profile.rows if (row["class"], row["region"]) == ("0", region or "all")
            ])  # fmt: skip
        rows = [row for row in figure.rows if row["panel"] == letter and row["class"] is not None]
        assert [row["output"] for row in rows] == list("0123456789")
        for row, *same in zip(rows, *own, strict=True):
            assert (row["class"], row["region"], row["seeds"]) == ("0", region, 2)
            for key in ("examples", "median", "lower", "upper", "mean"):
                assert row[key] == pytest.approx(fmean(one[key] for one in same))
            medians = [one["median"] for one in same]
            assert (row["ours"], row["sd"]) == (fmean(medians), stdev(medians))
            assert row["expected"] == same[0]["expected"]
    roles = {
        letter: "".join(row["role"][0] for row in figure.rows if row["panel"] == letter) for letter in shown
    }
    # Means over the roles come first, where there are such outputs.
    assert roles["a"] == roles["g"] == "to" + "t" + 9 * "o"
    assert roles["b"] == roles["c"] == "tn" + "t" + 9 * "n"
    assert roles["d"] == roles["e"] == "tno" + "tn" + 8 * "o"
    assert sorted(roles["f"][3:]) == ["n"] * 2 + ["o"] * 7 + ["t"]
    assert roles["h"] == "tno" + "toooonoooo"


def test_means_over_a_role(outputs):
    figure, _ = outputs
    own = [row for row in figure.rows if row["panel"] == "e"]
    for row in own[:3]:
        same = [one["ours"] for one in own[3:] if one["role"] == row["role"]]
        assert row["ours"] == pytest.approx(fmean(same))
        assert (row["class"], row["output"], row["level"]) == (None, None, 0.4)
    _, *lines = cells_of(figure.text())
    assert len(lines) == sum(row["class"] is None for row in figure.rows)
    assert lines[0][:5] == ["a", "digits", "mlp", "clean", "output of the true class"]
    assert lines[-1][4] == "output of all else, noisy region"
    assert lines[5][PUBLISHED] == "-"
    assert lines[5][SEEDS] == "2"


def test_the_picture_of_the_outputs(outputs):
    figure, _ = outputs
    words = titles(figure.plot())
    assert words[0] == "(a) digits, mlp: clean\n0: 50 examples"
    assert words[4] == "(e) digits, mlp: flip 0.4\n0: 50 examples"
    assert words[6].startswith("(g) digits, mlp: concentrated 0.25, clean region\n0: ")
    assert len(words) == 8


@pytest.mark.parametrize(
    ("name", "kind", "region"),
    [
        ("drory-fig8", "uniform-0.3", None),
        ("drory-fig9", "uniform-0.6", None),
        ("drory-fig10", "flip-0.2", None),
        ("drory-fig11", "flip-0.4", None),
        ("drory-fig12", "concentrated-0.25", "clean"),
        ("drory-fig13", "concentrated-0.25", "noisy"),
    ],
)
def test_other_figures_show_the_same_runs(outputs, tmp_path, name, kind, region):
    _, folder = outputs
    copy = copied(folder, tmp_path)
    before = seconds_of(copy)
    figure = paper.reproduce(name, copy, **QUICK)
    assert seconds_of(copy) == before
    space = None if region is None else copy / "digits-mlp-clean" / "seed-0"
    profile = profile_of(Run.load(copy / f"digits-mlp-{kind}" / "seed-0"), space)
    wanted = [row for row in profile.rows if row["region"] == (region or "all")]
    rows = [row for row in figure.rows if row["class"] is not None]
    assert [(row["class"], row["output"], row["ours"]) for row in rows] == [
        (row["class"], row["output"], row["median"]) for row in wanted
    ]
    assert {row["region"] for row in rows} == {region}
    if name == "drory-fig13":
        assert len(titles(figure.plot())) == len({row["class"] for row in wanted})


def test_figure_2_shows_panels_of_figure_7(outputs, tmp_path):
    seven, folder = outputs
    copy = copied(folder, tmp_path)
    figure = paper.reproduce("drory-fig2", copy, seeds=(0, 1), **QUICK)
    assert seconds_of(copy) == seconds_of(folder)
    for letter, other in zip("abcd", "begh", strict=True):
        assert [row["ours"] for row in figure.rows if row["panel"] == letter] == [
            row["ours"] for row in seven.rows if row["panel"] == other
        ]


def test_formulas_stand_beside_the_papers_own(tmp_path, monkeypatch):
    """The paper's data are digits here, and its network an mlp."""
    for name in ("drory-fig9", "drory-fig10"):
        owned(monkeypatch, name)
        drory_runs.shorten(monkeypatch, name, classes=[0, 1])
    given = QUICK | {"scale": 0.1, "epochs": 1, "batch_size": 32}
    uniform = paper.reproduce("drory-fig9", tmp_path / "9", **given)
    for row in uniform.rows:
        value = 1 - 0.6 + 0.06 if row["role"] == "true" else 0.06
        assert (row["published"], row["approximate"]) == (pytest.approx(value), True)
        assert row["difference"] == pytest.approx(row["ours"] - value)
        if row["class"] is not None:
            assert row["expected"] == pytest.approx(value)
    flip = paper.reproduce("drory-fig10", tmp_path / "10", **given)
    assert {row["role"]: row["published"] for row in flip.rows} == {"true": None, "noisy": 0.2, "other": None}
    _, *lines = cells_of(flip.text())
    assert [line[PUBLISHED] for line in lines] == ["-", "~0.2000", "-"]
    assert lines[1][DIFFERENCE][0] in "+-"


# Chi-square


@pytest.fixture(scope="module")
def preferred(outputs, tmp_path_factory):
    """Figure 5, of runs that Figure 7 has trained, and its folder."""
    folder = copied(outputs[1], tmp_path_factory.mktemp("preferred"))
    return paper.reproduce("drory-fig5", folder, seeds=(0, 1), **QUICK), folder


def test_which_k_is_preferred(outputs, preferred):
    figure, folder = preferred
    assert seconds_of(folder) == seconds_of(outputs[1])
    check_files(figure, folder)
    compared = [
        training.compare(folder / "digits-mlp-clean" / f"seed-{seed}", device="cpu", threads=1)
        for seed in (0, 1)
    ]
    first, *rows = figure.rows
    medians = [one.median_distance for one in compared]
    assert (first["what"], first["ours"], first["sd"]) == (
        "median distance at the preferred K", fmean(medians), stdev(medians)
    )  # fmt: skip
    assert [row["k"] for row in rows] == list(range(10, 301, 10))
    for row, *same in zip(rows, *(one.rows for one in compared), strict=True):
        assert row["ours"] == fmean(one["share"] for one in same)
        assert row["mean_distance"] == fmean(one["mean_distance"] for one in same)
    assert sum(row["ours"] for row in rows) == pytest.approx(1)
    assert titles(figure.plot()) == ["How often each K is preferred", "Distances at the preferred K"]
    assert {row["published"] for row in figure.rows} == {None}


def test_pairs_near_the_median(preferred, tmp_path):
    _, folder = preferred
    copy = copied(folder, tmp_path)
    figure = paper.reproduce("drory-fig6", copy, seeds=(0, 1), **QUICK)
    check_files(figure, copy)
    first, *rows = figure.rows
    assert first["what"] == "median distance at the preferred K"
    assert len(rows) == 2 * 9 * 11
    compared = training.compare(copy / "digits-mlp-clean" / "seed-1", device="cpu", threads=1)
    for row in rows:
        if row["seed"] == 1 and row["output"] is None:
            assert row["ours"] == compared.distances[row["example"]]
            assert row["k"] == compared.preferred[row["example"]]
    nearest = np.sort(abs(compared.distances - compared.median_distance))[:9]
    own = [row["ours"] for row in rows if row["seed"] == 1 and row["output"] is None]
    assert np.sort(abs(np.array(own) - compared.median_distance)) == pytest.approx(nearest)
    one = [row for row in rows if (row["seed"], row["example"]) == (1, rows[-1]["example"])][1:]
    assert sum(row["ours"] for row in one) == pytest.approx(1, abs=1e-5)
    assert sum(row["neighbours"] for row in one) == pytest.approx(1)
    _, *lines = cells_of(figure.text())
    assert len(lines) == 1 + 2 * 9


def test_the_median_stands_beside_the_published(tmp_path, monkeypatch):
    owned(monkeypatch, "drory-fig5")
    figure = paper.reproduce("drory-fig5", tmp_path / "t", **QUICK | {"scale": 0.1})
    first, second, *_ = figure.rows
    assert (first["published"], first["approximate"]) == (0.143123, False)
    assert first["difference"] == first["ours"] - 0.143123
    assert second["published"] is None
    assert cells_of(figure.text())[1][PUBLISHED] == "0.1431"


# t-SNE


def test_where_examples_lie(outputs, tmp_path, monkeypatch):
    _, folder = outputs
    copy = copied(folder, tmp_path)
    drory_runs.shorten(monkeypatch, "drory-fig1", examples=60)
    figure = paper.reproduce("drory-fig1", copy, seeds=(0, 1), **QUICK)
    check_files(figure, copy)
    runs = drory_runs.runs_of(copy)
    for letter, name in {"a": "uniform-0.2", "b": "concentrated-0.2"}.items():
        first, *rows = [row for row in figure.rows if row["panel"] == letter]
        accuracies = [
            runs[f"digits-mlp-{name}/seed-{seed}"].result["test_accuracy_selected"] for seed in (0, 1)
        ]
        assert (first["what"], first["ours"], first["sd"], first["seeds"]) == (
            "test accuracy", fmean(accuracies), stdev(accuracies), 2
        )  # fmt: skip
        record = runs[f"digits-mlp-{name}/seed-0"].record
        assert len({row["example"] for row in rows}) == len(rows) == 60
        for row in rows:
            assert row["class"] == f"{record.clean[row['example']]}"
            assert row["given"] == f"{record.noisy[row['example']]}"
            assert row["ours"] is None
    a, b = ([(row["example"], row["x"], row["y"]) for row in figure.rows if row["panel"] == p] for p in "ab")
    assert a == b  # one space
    assert titles(figure.plot()) == ["(a) digits, mlp: uniform 0.2", "(b) digits, mlp: concentrated 0.2"]
    assert [line[4] for line in cells_of(figure.text())[1:]] == ["test accuracy"] * 2


def test_accuracies_stand_beside_the_published(tmp_path, monkeypatch):
    drory_runs.shorten(monkeypatch, "drory-fig1", examples=30)
    for panel in figure_of("drory-fig1")["panels"]:
        monkeypatch.setitem(panel, "dataset", "digits")
    figure = paper.reproduce("drory-fig1", tmp_path / "t", scale=0.2, epochs=1, threads=1, device="cpu")
    first = [row for row in figure.rows if row["example"] is None]
    assert [(row["published"], row["approximate"]) for row in first] == [(1.0, True), (0.8, True)]
    assert [line[PUBLISHED] for line in cells_of(figure.text())[1:]] == ["~1.0000", "~0.8000"]
    # The space of both is the network of concentrated noise.
    assert {run.config["network"] for run in drory_runs.runs_of(tmp_path / "t").values()} == {
        "mnist-cnn", "mnist-cnn-500"
    }  # fmt: skip
    assert (tmp_path / "t" / "digits-mnist-cnn-clean" / "seed-0" / "features.npz").is_file()
    assert not (tmp_path / "t" / "digits-mnist-cnn-500-clean").exists()
