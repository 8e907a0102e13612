"""The papers' figures of MixNN: losses, the course of a training, corrected labels."""

import warnings
from statistics import fmean, stdev

import numpy as np
import pytest
from conftest import REPOSITORY
from figure_files import FILES, PNG, check_files, titles
from long_tables import cells_of

from pynoise import paper, plots
from pynoise.analysis import fit_mixture
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise import CorrectedLabels
from pynoise.paper import mixnn_fig_course, mixnn_fig_losses
from pynoise.paper.mixnn_fig_parts import beside
from pynoise.paper.parts import Part
from pynoise.plots.epochs import Course
from pynoise.plots.mixnn import Confusion, Effect, Losses
from pynoise.training import Run

PUBLISHED = REPOSITORY.parent / "shared" / "papers" / "published.md"
OPTIONS = {"warmup": 1, "correction_start": 2, "alpha": 0.5}
QUICK = {
    "dataset": "digits",
    "network": "mlp",
    "threads": 1,
    "device": "cpu",
    "epochs": 4,
    "scale": 0.3,
    "method_options": OPTIONS,
}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def course(tmp_path_factory, one_thread):
    """Figure 7 with two seeds, as the command makes it, but for two K instead of six; and its folder."""
    folder = tmp_path_factory.mktemp("course") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mixnn_fig_course, "_KS", range(2))
        return paper.reproduce("mixnn-fig7", folder, seeds=(0, 1), **QUICK), folder


def texts_of(legend):
    return [text.get_text() for text in legend.get_texts()]


# Figure 4


def test_losses_of_the_digits(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # that nothing is mixed is no surprise here
        figure = paper.reproduce("mixnn-fig4", tmp_path / "t", seeds=(0, 1), **QUICK)
    folder = tmp_path / "t"
    assert sorted(one.name for one in folder.iterdir()) == [
        "digits-mlp-symmetric-0.4-losses", "digits-mlp-symmetric-0.8-losses", *FILES
    ]  # fmt: skip
    check_files(figure, folder)
    for level in (0.4, 0.8):
        for seed in (0, 1):
            run = Run.load(folder / f"digits-mlp-symmetric-{level}-losses" / f"seed-{seed}")
            labels = CorrectedLabels.load(run.path)
            # The warm-up is all that is trained.
            assert (run.result["epochs"], run.record.kind, run.record.level) == (1, "symmetric", level)
            assert run.result["validation_examples"] == 0
            rows = [row for row in figure.rows if (row["level"], row["seed"]) == (level, seed)]
            edges = [row["from"] for row in rows] + [rows[-1]["to"]]
            assert (edges[0], edges[-1]) == (0, labels.warm_losses.max())
            wrong = labels.labels != labels.clean
            for name, own in (("right", ~wrong), ("wrong", wrong)):
                counts = np.histogram(labels.warm_losses[own], edges)[0]
                assert [row[name] for row in rows] == counts.tolist()
                want = counts / len(labels) / np.diff(edges)
                assert [row[f"{name}_density"] for row in rows] == pytest.approx(want)
            middle = (np.array(edges[1:]) + edges[:-1]) / 2
            low, high = fit_mixture(labels.warm_losses).densities(middle)
            assert [row["lower_component"] for row in rows] == pytest.approx(low)
            assert [row["upper_component"] for row in rows] == pytest.approx(high)
            (shown,) = [one for one in figure.meta["shown"] if (one["level"], one["seed"]) == (level, seed)]
            assert shown["wrong"]["weight"] == wrong.mean()
            assert shown["right"]["mean"] == pytest.approx(labels.warm_losses[~wrong].mean(), rel=1e-5)
            assert shown["clean_auc"] == run.result["clean_auc"]
    picture = figure.plot()
    assert titles(picture) == ["symmetric noise of level 0.4", "symmetric noise of level 0.8"]
    assert texts_of(picture.axes[0].get_legend()) == [
        "right labels", "wrong labels", "mixture", "lower component", "upper component"
    ]  # fmt: skip
    head, *cells = cells_of(figure.text())
    assert head[:3] == ["noise", "of", "measure"]
    assert len(cells) == 2 * (4 * 3 + 2)
    assert {line[3] for line in cells} == {"-"}  # the paper has other data
    auc = [one["clean_auc"] for one in figure.meta["shown"] if one["level"] == 0.8]
    told = f"{fmean(auc):.4f} ± {stdev(auc):.4f}"
    given = ["symmetric 0.8", "clean probabilities", "AUC", "-", told, "-", "2", "0.3", "ours"]
    assert given in cells


def test_how_long_it_is_trained(tmp_path, monkeypatch):
    asked = []

    def none(parts, _):
        asked.append([(one.settings["epochs"], one.method_options["warmup"]) for one in parts])
        return [[] for _ in parts]

    monkeypatch.setattr(mixnn_fig_losses, "train_all", none)
    given = {"dataset": "digits", "network": "mlp"}
    for i, more in enumerate([{}, {"epochs": 3}, {"epochs": 3, "method_options": {"warmup": 2}}]):
        paper.reproduce("mixnn-fig4", tmp_path / f"{i}", **given, **more)
    assert asked == [[(10, 10)] * 2, [(3, 3)] * 2, [(2, 2)] * 2]


# Figure 7


def test_the_course_of_the_digits(course):
    figure, folder = course
    check_files(figure, folder)
    rows = [row for row in figure.rows if row["panel"] == "ab"]
    assert [(row["seed"], row["epoch"]) for row in rows] == [(s, e) for s in (0, 1) for e in (1, 2, 3, 4)]
    runs = [Run.load(folder / "digits-mlp-symmetric-0.6-MixNN-k-1" / f"seed-{seed}") for seed in (0, 1)]
    metrics = [row for run in runs for row in run.metrics]
    for key in ("test_accuracy", "given_fit", "true_fit", "gradient_clean", "gradient_wrong"):
        assert [row[key] for row in rows] == [row[key] for row in metrics]
    assert runs[0].config["settings"]["lr_min"] == 0.001
    assert runs[0].config["settings"]["validation"] == 0
    assert (runs[0].record.kind, runs[0].record.level) == ("symmetric", 0.6)
    _, *cells = cells_of(figure.text())
    told = {(line[2], line[3]): line[5] for line in cells if line[:2] == ["MixNN", "1"]}
    fit = [run.metrics[-1]["given_fit"] for run in runs]
    assert told["4, the last", "given labels known"] == f"{fmean(fit):.4f} ± {stdev(fit):.4f}"
    worst = fmean(run.result["mixnn"]["worst_case"] for run in runs)
    assert told["4", "the worst case, share"].startswith(f"{worst:.4f}")
    early = fmean(run.metrics[0]["neighbor_agreement_wrong"] for run in runs)  # after the warm-up
    assert told["1", "neighbours of the same true class, wrong labels"].startswith(f"{early:.4f}")
    moments = ["1, end of warm-up", "2, before correction", "4, the last"]
    assert [line[2] for line in cells[:15]] == [moment for moment in moments for _ in range(5)]
    assert figure.meta["published"]["cifar10"]["worst_case"] == 0.043
    assert {line[4] for line in cells} == {"-"}


def test_accuracy_against_k(course):
    figure, folder = course
    rows = [row for row in figure.rows if row["panel"] == "c"]
    names = ["MixNN", "MixAVG", "MixAVG, clean data"]
    assert [(row["method"], row["k"]) for row in rows] == [(name, k) for name in names for k in (0, 1)]
    # MixAVG with K = 0 is MixNN.
    folders = ["0.6-MixNN-k-0", "0.6-MixNN-k-1", "0.6-MixNN-k-0", "0.6-MixAVG-k-1"]
    folders += ["0-MixAVG-clean-data-k-0", "0-MixAVG-clean-data-k-1"]
    assert {one.name for one in folder.iterdir()} == {*FILES, *(f"digits-mlp-symmetric-{n}" for n in folders)}
    for row, name in zip(rows, folders, strict=True):
        runs = [Run.load(folder / f"digits-mlp-symmetric-{name}" / f"seed-{seed}") for seed in (0, 1)]
        values = [run.result["test_accuracy_last"] for run in runs]
        assert (row["test_accuracy"], row["test_accuracy_sd"]) == (fmean(values), stdev(values))
        assert (row["seeds"], row["level"]) == (2, runs[0].record.level)
        options = runs[0].config["method_options"]
        assert (options["k"], options["weights"] == "clean") == (row["k"], "MixNN" in name)
        assert runs[0].result["noise"]["realised_rate"] == pytest.approx(row["level"], abs=0.01)
    picture = figure.plot()
    assert titles(picture) == ["(a) accuracy", "(b) gradient at the true class", "(c) accuracy against K"]
    assert texts_of(picture.axes[2].get_legend()) == names
    assert f"{rows[1]['test_accuracy']:.4f} ± {rows[1]['test_accuracy_sd']:.4f}" in figure.text()


def test_k_that_is_given_makes_two_panels(course, tmp_path):
    given = QUICK | {"method_options": OPTIONS | {"k": 2}}
    figure = paper.reproduce("mixnn-fig7", tmp_path / "t", **given)
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == [
        "digits-mlp-symmetric-0.6-MixNN-k-2", *FILES
    ]  # fmt: skip
    assert {(row["panel"], row["k"]) for row in figure.rows} == {("ab", 2)}
    assert len(titles(figure.plot())) == 2
    assert "panel (c)" not in figure.text()
    assert "panel (c)" in course[0].text()


# Figure 8


def test_corrected_labels_of_the_digits(tmp_path):
    figure = paper.reproduce("mixnn-fig8", tmp_path / "t", seeds=(3,), **QUICK)
    check_files(figure, tmp_path / "t")
    names = [("symmetric", 0.4), ("symmetric", 0.8), ("semantic-asymmetric", 0.4)]
    for kind, level in names:
        run = Run.load(tmp_path / "t" / f"digits-mlp-{kind}-{level}-MixNN" / "seed-3")
        labels = CorrectedLabels.load(run.path)
        counts = np.zeros((10, 10), int)
        np.add.at(counts, (labels.clean, labels.corrected), 1)
        rows = [row for row in figure.rows if (row["noise"], row["level"]) == (kind, level)]
        assert [row["count"] for row in rows] == counts.ravel().tolist()
        assert [row["share"] for row in rows] == pytest.approx((counts / counts.sum(1)[:, None]).ravel())
        assert [(row["true"], row["corrected"]) for row in rows][:11][-2:] == [("0", "9"), ("1", "0")]
        assert f"{run.result['correction_accuracy']:.4f}" in figure.text()
        title = f"{kind}, level {level}: {run.result['correction_accuracy']:.4f} right"
        assert title in titles(figure.plot())
    assert (run.record.kind, run.result["noise"]["realised_rate"] < 0.3) == ("semantic-asymmetric", True)


def test_data_without_a_map_have_two_panels(tmp_path):
    given = QUICK | {
        "dataset": "blobs.npz",
        "epochs": 2,
        "method_options": {"warmup": 1, "correction_start": 1, "alpha": 0.5},
    }
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 3
    rows = rng.normal(size=(200, 4)) + labels[:, None]
    given["dataset"] = str(tmp_path / "blobs.npz")
    np.savez(given["dataset"], x_train=rows, y_train=labels, x_test=rows, y_test=labels)
    figure = paper.reproduce("mixnn-fig8", tmp_path / "t", **given)
    assert {row["noise"] for row in figure.rows} == {"symmetric"}
    assert len(titles(figure.plot())) == 2


# All of them


@pytest.mark.parametrize("name", ["mixnn-fig4", "mixnn-fig7", "mixnn-fig8"])
def test_no_data_at_all(tmp_path, name):
    figure = paper.reproduce(name, tmp_path / "t", data_root=tmp_path)
    assert figure.rows == []
    assert figure.problem.startswith("data not found: ")
    assert {block["network"] for block in figure.meta["blocks"]} == {"resnet34"}
    assert figure.meta["blocks"][0]["settings"]["epochs"] == (10 if name == "mixnn-fig4" else 300)
    assert figure.text().count("data not found") == (2 if name == "mixnn-fig4" else 1)
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == FILES[1:]


@pytest.mark.parametrize(
    ("dataset", "network", "published"),
    [("cifar10", "resnet34", 0.043), ("cifar10", "resnet20", None), ("cifar100", "resnet34", None)],
)
def test_what_is_published_stands_beside_the_same_alone(dataset, network, published):
    part = Part(dataset, network, "symmetric", 0.6, "mixnn", {}, {})
    assert beside(part, 0.043) == published
    assert beside(part, None) is None


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the papers' published numbers, ../shared/papers")
def test_published_numbers_are_those_of_the_paper():
    lines = {line.partition(",")[0]: line for line in PUBLISHED.read_text().splitlines()}
    assert "88.96 % at 40 % noise; 82.8 % at 60 %" in lines["M1"]
    assert mixnn_fig_losses._PUBLISHED == {0.4: 0.8896}
    assert "4.3 % of the training data at CIFAR-10 60 %" in lines["M2"]
    assert "stabilises at ~40 %" in lines["M4"]
    assert mixnn_fig_course._PUBLISHED == {
        "given_fit": "around 0.4", "worst_case": 0.043, "neighbor_agreement_wrong": 0.828
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "given", "error", "words"),
    [
        ("mixnn-fig4", {"network": None}, InputValueError, "network: is missing; the figure has none"),
        ("mixnn-fig4", {"method_options": {"warmup": 0}}, InputValueError, "epochs: 0 is too small"),
        ("mixnn-fig4", {"method_options": {"warmups": 1}}, InputValueError, "options: 'warmups' is not"),
        ("mixnn-fig7", {"method_options": {"weights": "clean"}}, InputValueError, "weights is the figure's"),
        ("mixnn-fig7", {"method_options": {"k": -1}}, InputValueError, "k: -1 is too small"),
        ("mixnn-fig7", {"scale": 0.003}, InputValueError, "leaves 4 examples .*, and k goes up to 5"),
        ("mixnn-fig8", {"epochs": "a"}, InputTypeError, "epochs: 'a' is not a whole number"),
    ],
)  # fmt: skip
def test_arguments_out_of_range_are_named(tmp_path, name, given, error, words):
    with pytest.raises(error, match=words):
        paper.reproduce(name, tmp_path / "t", **QUICK | given)
    assert list(tmp_path.iterdir()) == []


# The pictures alone


def test_losses_that_are_all_alike():
    losses = np.zeros(5, np.float32)
    picture = plots.mixnn_losses([Losses("zero", losses, None, None)], "title")
    assert titles(picture) == ["zero\nall alike: no mixture"]
    assert picture.axes[0].get_lines() == []
    assert texts_of(picture.axes[0].get_legend()) == ["all labels"]
    assert plots.render(picture, ".png").startswith(PNG)


def test_losses_of_which_most_are_small_are_still_to_be_seen():
    losses = np.r_[np.zeros(500), np.linspace(0, 8, 50)].astype(np.float32)
    for values, scale in ((losses, "log"), (np.linspace(0, 8, 50), "linear")):
        picture = plots.mixnn_losses([Losses("", values, None, fit_mixture(values))], "")
        axes = picture.axes[0]
        assert axes.get_yscale() == scale
        (bars,) = axes.patches
        lowest, highest = axes.get_ylim()
        heights = bars.get_data().values
        assert lowest < heights[heights > 0].min()
        assert highest > heights.max()


def test_cells_have_numbers_where_there_are_few_classes():
    for classes, count in ((3, 4), (12, 13), (13, 0)):
        counts = np.eye(classes, dtype=int) * 9
        counts[0, 1] = 3
        names = [f"$class {i} of many" for i in range(classes)]
        picture = plots.mixnn_confusions([Confusion("title", counts)], names, "$all")
        texts = [text.get_text() for text in picture.axes[0].texts]
        assert len(texts) == count
        if texts:
            assert texts[:3] == [".75", ".25", "1"]  # shares of a row
        assert picture.axes[0].get_xticklabels()[1].get_text() == "$class 1 of…"
        assert plots.render(picture, ".png").startswith(PNG)
    # A class without examples is no row of nothing by nothing.
    picture = plots.mixnn_confusions([Confusion("", np.diag([0, 5]))], "ab", "")
    assert picture.axes[0].get_images()[0].get_array().tolist() == [[0, 0], [0, 1]]


def test_what_did_not_happen_is_not_drawn():
    rows = [{"test_accuracy": 0.5, "given_fit": 0.4, "gradient_clean": -0.1, "gradient_wrong": None}] * 3
    picture = plots.mixnn_course(Course(rows, 3, 5), [], "")
    assert texts_of(picture.axes[0].get_legend()) == ["test", "training, given labels"]
    assert texts_of(picture.axes[1].get_legend()) == ["right labels"]


def test_one_seed_has_no_bars():
    effects = [Effect("one", (0, 1), (0.5, 0.6), (None, None)), Effect("two", (0, 1), (0.5, 0.7), (0.1, 0.2))]
    picture = plots.mixnn_course(Course([{"test_accuracy": 0.5, "gradient_clean": 0.1}]), effects, "")
    one, two = (bars.get_segments() for bars in picture.axes[2].collections)
    assert [part[1, 1] - part[0, 1] for part in one] == [0, 0]
    assert [part[1, 1] - part[0, 1] for part in two] == pytest.approx([0.2, 0.4])
    # Equal points stand beside one another.
    assert one[0][0, 0] != two[0][0, 0]
