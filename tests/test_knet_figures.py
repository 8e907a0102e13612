"""The papers' figures of kNet: the toy, kNet beside K-NN, and what both see."""

import numpy as np
import pytest
from figure_files import FILES, PNG, check_files
from long_tables import cells_of

from pynoise import data, knn, paper, plots, seeds
from pynoise._sample import sample
from pynoise.errors import InputTypeError, InputValueError
from pynoise.methods import KNet
from pynoise.methods.knet import agreement
from pynoise.noise import make
from pynoise.paper import spaces as paper_spaces
from pynoise.paper import toy
from pynoise.paper.knet_parts import toy_part
from pynoise.paper.knet_toy import border_of
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, outputs_of
from pynoise.plots.knet import Agreement, Space
from pynoise.training import Run, extract

SEEDS = (0, 1, 2)
KS = (1, 11, 51)
# Bit for bit the same, and no more training than it takes.
SAME = {"threads": 1, "device": "cpu"}
QUICK = SAME | {"epochs": 1, "method_options": {"epochs": 2}}
DIGITS = QUICK | {"dataset": "digits", "network": "mlp"}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def toys(tmp_path_factory, one_thread):
    """Figure 2 with three seeds, as anybody makes it, and its folder."""
    folder = tmp_path_factory.mktemp("toys") / "out"
    return paper.reproduce("knet-fig2", folder, seeds=SEEDS, **SAME), folder


def runs_of(folder, name, count):
    return [Run.load(folder / name / f"seed-{seed}") for seed in range(count)]


def lines_of(axes):
    return {line.get_label(): line for line in axes.get_lines()}


def texts_of(legend):
    return [text.get_text() for text in legend.get_texts()]


# The three Gaussians


def test_the_points():
    one, again, other = toy.toy(0), toy.toy(0), toy.toy(1)
    assert (one.x_train == again.x_train).all()
    assert (one.x_train != other.x_train).all()
    assert (one.x_train.shape, one.x_test.shape, one.x_train.dtype) == ((1500, 2), (3000, 2), np.float32)
    assert np.bincount(one.y_train).tolist() == [500] * 3
    assert np.bincount(one.y_test).tolist() == [1000] * 3
    sides = np.linalg.norm(toy.CENTERS - np.roll(toy.CENTERS, 1, axis=0), axis=1)
    assert sides == pytest.approx([4, 4, 4])
    assert toy.CENTERS.mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    spread = one.x_test - toy.CENTERS[one.y_test]
    assert np.cov(spread.T) == pytest.approx(np.eye(2), abs=0.08)  # three standard errors
    assert spread.mean(axis=0) == pytest.approx([0, 0], abs=0.06)
    # Points of different parts are not the same points.
    assert not (one.x_train[:, None] == one.x_test[None, :1500]).all(axis=2).any()


def test_the_best_classifier_is_right_for_959_in_1000():
    many = [toy.toy(seed) for seed in range(20)]
    right = [(toy.nearest_center(one.x_test) == one.y_test).mean() for one in many]
    assert np.mean(right) == pytest.approx(0.9586, abs=0.003)
    assert toy.nearest_center(toy.CENTERS).tolist() == [0, 1, 2]


def test_the_noise_turns_a_fifth_into_the_next_class_and_a_tenth_into_the_one_after():
    clean = np.arange(30_000) % 3
    noisy = make(clean, "matrix", toy.LEVEL, matrix=toy.MATRIX, seed=3).noisy
    for step, share in ((0, 0.7), (1, 0.2), (2, 0.1)):
        for label in range(3):
            assert (noisy[clean == label] == (label + step) % 3).mean() == pytest.approx(share, abs=0.015)


def test_border():
    assert border_of(np.zeros((5, 5), int)) == 0
    halves = np.repeat([[0], [1]], [2, 2], axis=0) * np.ones((4, 4), int)
    assert border_of(halves) == 4 / 24
    assert border_of(halves.T) == 4 / 24
    assert border_of(np.indices((4, 4)).sum(axis=0) % 2) == 1


# Figure 2


@pytest.mark.parametrize("seed", SEEDS)
def test_knet_is_nearly_as_good_at_one_neighbour_as_knn_at_many(toys, seed):
    rows = {(row["method"], row["k"]): row for row in toys[0].rows if row["seed"] == seed}
    one, chaos, smooth = rows["kNet", 1], rows["K-NN", 1], rows["K-NN", 51]
    assert one["accuracy"] >= chaos["accuracy"] + 0.1
    assert one["border"] < chaos["border"] / 3
    assert abs(one["accuracy"] - smooth["accuracy"]) <= 0.02


def test_rows_are_panels_with_what_the_runs_say(toys):
    figure, folder = toys
    assert [(row["seed"], row["panel"], row["method"], row["k"]) for row in figure.rows] == [
        (seed, panel, method, k)
        for seed in SEEDS
        for panel, method, k in zip(
            "bcdefgh", ["K-NN"] * 3 + ["network"] + ["kNet"] * 3, [*KS, None, *KS], strict=True
        )
    ]
    keys = {"K-NN": "knn_accuracy", "kNet": "knet_accuracy"}
    for seed, run in zip(SEEDS, runs_of(folder, "toy-mlp", 3), strict=True):
        for row in figure.rows:
            if row["seed"] == seed and row["method"] != "network":
                assert row["accuracy"] == run.result[keys[row["method"]]][str(row["k"])]
            elif row["seed"] == seed:
                assert row["accuracy"] == run.result["preliminary_accuracy"]
        assert run.record.realised_rate == 0.3
        assert (
            run.record.noisy.tolist()
            == make(
                toy.toy(seed).y_train,
                "matrix",
                0.3,
                matrix=toy.MATRIX,
                seed=seeds.split(seed, "noise"),
            ).noisy.tolist()
        )
        assert (run.result["train_examples"], run.result["validation_examples"]) == (1500, 0)


def test_the_plane_is_divided_as_test_points_are(toys):
    """Test points go the way of the plane's, and come out as right as result.json says."""
    _, folder = toys
    run, dataset, options = runs_of(folder, "toy-mlp", 1)[0], toy.toy(0), Options(folder, **SAME)
    made = Made(run, lambda: dataset, run.result)
    known, _ = outputs_of(made, dataset.x_train, options)
    features, classes = outputs_of(made, dataset.x_test, options)
    whole = extract(run, dataset, **SAME)
    assert features == pytest.approx(whole.x_test, abs=1e-5)
    assert (classes == whole.softmax.argmax(axis=1)).all()
    nearest, _ = knn.search(known, features, 51)
    for k, votes in zip(KS, knn.label_histograms(nearest, run.record.noisy, KS, 3), strict=True):
        right = (votes.argmax(axis=1) == dataset.y_test).mean()
        assert right == pytest.approx(run.result["knn_accuracy"][str(k)], abs=0.002)


def test_what_the_folder_holds(toys):
    figure, folder = toys
    assert sorted(one.name for one in folder.iterdir()) == [*FILES, "toy-mlp"]
    check_files(figure, folder)
    meta = figure.meta
    (block,) = meta["blocks"]
    assert (meta["recipe"], meta["seeds"], len(meta["best_accuracy"])) == ("knet-fig2", [0, 1, 2], 3)
    assert block["settings"]["epochs"] == 20
    assert block["method_options"]["k_range"] == [1, 101]
    assert (block["noise"], block["level"]) == (toy.MATRIX.tolist(), 0.3)
    assert {"pynoise", "torch"} <= meta["versions"].keys()
    assert meta["hardware"]["threads"] == 1
    assert meta["seconds"]["epochs"] > 0
    text = figure.text()
    assert "(b) K-NN, k = 1" in text
    assert "1,500 training points, 0.3000 of their labels wrong; 3,000 test points" in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_what_is_trained_is_not_trained_again(toys, monkeypatch):
    from pynoise.training import loop

    monkeypatch.setattr(loop.Training, "run_epoch", lambda *_: pytest.fail("trains"))
    figure, folder = toys
    before = {file: (folder / file).read_bytes() for file in FILES}
    again = paper.reproduce("knet-fig2", folder, **SAME)
    assert again.rows == figure.rows[:7]
    assert (folder / "figure.png").read_bytes() == before["figure.png"]
    for file, content in before.items():
        (folder / file).write_bytes(content)


def test_the_panels_of_the_toy(toys):
    picture = toys[0].plot()
    rows = toys[0].rows[:7]
    titles = [axes.get_title() for axes in picture.axes]
    assert titles[0] == "(a) training points, as labelled"
    assert titles[1] == f"(b) K-NN, k = 1\naccuracy {rows[0]['accuracy']:.3f}, border {rows[0]['border']:.3f}"
    assert [title.split("\n")[0] for title in titles[4:]] == [
        "(e) network",
        "(f) kNet, k = 1",
        "(g) kNet, k = 11",
        "(h) kNet, k = 51",
    ]
    assert picture.axes[4].get_xlabel() == "x₁ (standard deviations)"
    assert [axes.get_ylabel() for axes in picture.axes[:2]] == ["x₂ (standard deviations)", ""]
    for axes in picture.axes[1:]:
        (image,) = axes.get_images()
        assert image.get_array().shape == (200, 200)
        assert [text.get_text() for text in axes.texts] == ["0", "1", "2"]
        # The names of the classes lie in their regions, whichever way up these are drawn.
        for label, (x, y) in enumerate(toy.CENTERS):
            cells = image.get_array()[int((y + 6) / 0.06) - 5 :, int((x + 6) / 0.06) - 5 :][:10, :10]
            if axes.get_title().startswith(("(d)", "(e)", "(f)", "(g)", "(h)")):
                assert (cells == label).all()
    assert border_of(picture.axes[1].get_images()[0].get_array()) == rows[0]["border"]
    assert texts_of(picture.legends[0])[3:] == ["wrong label", "border of the best classifier"]
    assert sum(len(part.get_offsets()) for part in picture.axes[0].collections) == 1500


# Figure 3


def test_agreement_on_the_digits(tmp_path):
    figure = paper.reproduce("knet-fig3", tmp_path / "t", seeds=(0, 1), **DIGITS)
    runs = runs_of(tmp_path / "t", "digits-mlp", 2)
    assert [row["k"] for row in figure.rows] == [1, 3, 5, 7, 9, *range(11, 102, 10)]
    found = [run.result["knet"] for run in runs]
    for row in figure.rows:
        for key in ("difference", "knn_maximum", "knet_maximum"):
            assert row[key] == np.mean([one[key][str(row["k"])] for one in found])
        assert row["difference_sd"] == pytest.approx(
            np.std([one["difference"][str(row["k"])] for one in found], ddof=1)
        )
        assert (row["dataset"], row["network"], row["seeds"], row["scale"]) == ("digits", "mlp", 2, 1.0)
    assert figure.rows[0]["knn_maximum"] == 1
    assert figure.rows[0]["difference"] > 3 * figure.rows[-1]["difference"]
    (best,) = [row for row in figure.rows if row["argmin"]]
    assert best["difference"] == min(row["difference"] for row in figure.rows)
    assert runs[0].record.level == 0.8
    assert runs[0].record.kind == "uniform"
    # Its numbers are those of the features themselves.
    run, data_of = runs[0], data.load("digits")
    parts, learnt = extract(run, data_of, **SAME), run.rows[0]
    nearest, _ = knn.search(parts.x_train[learnt], parts.x_test, 11)
    votes = knn.label_histograms(nearest, run.record.noisy[learnt], [11], 10)[0]
    shares = KNet.load(run.path / "knet.npz").predict_proba(parts.x_test, 11)
    measures = agreement(votes / 11, shares)
    assert measures["difference"] == pytest.approx(found[0]["difference"]["11"], abs=1e-3)
    assert figure.meta["published"] == {"argmin": [50, 60], "words": "around 50 or 60, on all data sets"}
    *lines, last = cells_of(figure.text())
    told = f"{best['difference']:.4f} ± {best['difference_sd']:.4f}"
    assert ["digits", "mlp", "difference", str(best["k"]), "-", told, "-", "2", "1", "ours"] in lines
    assert len(lines) == 1 + len(figure.rows)
    smallest = ["digits", "mlp", "k of the smallest", "-", "around 50 or 60", str(best["k"]), "-"]
    assert last == [*smallest, "2", "1", "ours"]
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == ["digits-mlp", *FILES]
    picture = figure.plot()
    top, bottom = picture.axes
    assert top.get_title() == "digits, mlp\nuniform noise of level 0.8"
    assert (bottom.get_xlabel(), bottom.get_ylabel()) == ("k", "mean of the largest share")
    assert top.get_ylabel() == "mean absolute difference of shares"
    assert texts_of(top.get_legend()) == [
        "smallest, published: around 50 or 60",
        "ours",
        f"smallest, ours: k = {best['k']}",
    ]
    assert lines_of(bottom)["K-NN"].get_ydata().tolist() == [row["knn_maximum"] for row in figure.rows]
    assert lines_of(bottom)["kNet"].get_ydata().tolist() == [row["knet_maximum"] for row in figure.rows]


def test_data_that_are_missing_are_said(tmp_path):
    figure = paper.reproduce("knet-fig3", tmp_path / "t", data_root=tmp_path, scale=0.5, **QUICK)
    toy_block, cifar, svhn = figure.meta["blocks"]
    assert {(row["dataset"], row["network"], row["scale"]) for row in figure.rows} == {("toy", "mlp", 1.0)}
    assert toy_block["problem"] is None
    assert (cifar["network"], svhn["network"]) == ("resnet20", "four-block-cnn")
    assert cifar["problem"].startswith("data not found: ")
    assert "train_32x32.mat" in svhn["problem"]
    assert svhn["problem"] in figure.text()
    assert figure.problem is None
    assert [axes.get_title() for axes in figure.plot().axes] == [
        "toy, mlp\nrandom-asymmetric noise of level 0.3",
        "",
    ]


@pytest.mark.parametrize("name", ["knet-fig3", "knet-fig4"])
def test_no_data_at_all(tmp_path, name):
    figure = paper.reproduce(name, tmp_path / "t", dataset="svhn", data_root=tmp_path, **QUICK)
    assert figure.rows == []
    assert figure.problem == figure.meta["blocks"][0]["problem"]
    assert "train_32x32.mat" in figure.problem
    assert figure.problem in figure.text()
    assert figure.meta["blocks"][0]["network"] == "four-block-cnn"
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == FILES[1:]
    # What came of it is no hindrance once the data are there.
    paper.reproduce(name, tmp_path / "t", dataset="svhn", data_root=tmp_path, **QUICK)


@pytest.mark.parametrize(
    ("network", "asked"),
    [
        ("mlp", [("toy", "mlp")]),
        ("resnet20", [("cifar10", "resnet20")]),
        ("resnet18", [("toy", "mlp"), ("cifar10", "resnet18"), ("svhn", "resnet18")]),
    ],
)
def test_which_network(tmp_path, monkeypatch, network, asked):
    from pynoise.paper import knet_agreement

    monkeypatch.setattr(knet_agreement, "train_all", lambda parts, _: [[] for _ in parts])
    figure = paper.reproduce("knet-fig3", tmp_path / "t", network=network, data_root=tmp_path)
    assert [(block["dataset"], block["network"]) for block in figure.meta["blocks"]] == asked


def test_a_mark_at_the_smallest_difference():
    part = Agreement("one", (1, 11, 51), (0.5, 0.1, 0.2), (1, 0.6, 0.5), (0.5, 0.5, 0.5))
    picture = plots.knet_agreement([part, part], (50, 60), "two")
    assert len(picture.axes) == 4
    star = lines_of(picture.axes[0])["smallest, ours: k = 11"]
    assert (star.get_xdata()[0], star.get_ydata()[0]) == (11, 0.1)


# Figure 4


@pytest.fixture
def few(monkeypatch):
    """t-SNE of some test examples only: it takes seconds for all of them."""
    monkeypatch.setattr(paper_spaces, "MOST", 90)


@pytest.mark.usefixtures("few")
def test_spaces_of_the_digits(tmp_path):
    figure = paper.reproduce("knet-fig4", tmp_path / "t", seeds=(0, 1), **DIGITS)
    assert [row["seed"] for row in figure.rows] == [0] * 90 + [1] * 90
    run, dataset = runs_of(tmp_path / "t", "digits-mlp", 1)[0], data.load("digits")
    assert (run.record.kind, run.record.level) == ("uniform", 0.4)
    rows = figure.rows[:90]
    chosen = [row["example"] for row in rows]
    assert chosen == sample(seeds.split(0, "t-SNE"), "examples", 500, 90).tolist()
    assert chosen != [row["example"] for row in figure.rows[90:]]
    parts = extract(run, dataset, **SAME)
    model = KNet.load(run.path / "knet.npz")
    said = {
        "label": dataset.y_test[chosen],
        "network": parts.softmax[chosen].argmax(axis=1),
        "knet": model.predict(parts.x_test[chosen], 51),
    }
    for key, values in said.items():
        assert [row[key] for row in rows] == values.tolist()
    circled = (said["network"] != said["label"]) & (said["knet"] == said["label"])
    assert [row["circled"] for row in rows] == circled.tolist()
    first = figure.meta["shown"][0]
    assert (first["seed"], first["examples"], first["circled"]) == (0, 90, circled.sum())
    assert first["lost"] == ((said["network"] == said["label"]) & (said["knet"] != said["label"])).sum()
    assert first["network_accuracy"] == (said["network"] == said["label"]).mean()
    for of in ("network", "knet"):
        places = np.array([[row[f"{of}_x"], row[f"{of}_y"]] for row in rows])
        distances = np.linalg.norm(places[:, None] - places[None], axis=2)
        nearest = distances.argsort(axis=1)[:, 1:11]
        same = (said["label"][nearest] == said["label"][:, None]).mean()
        assert first[f"{of}_unmixed"] == pytest.approx(same)
        assert same > 0.3  # where chance has 0.1
    assert "seed 1, kNet" in figure.text()
    picture = figure.plot()
    assert [axes.get_title().split("\n")[0] for axes in picture.axes] == [
        "penultimate features of the network",
        "kNet's hidden layer, k = 51",
    ]
    assert [axes.get_xlabel() for axes in picture.axes] == ["t-SNE, first"] * 2
    assert texts_of(picture.legends[0]) == ["network wrong,\nkNet right", *"0123456789"]
    for axes in picture.axes:
        assert len(axes.collections[10].get_offsets()) == circled.sum()
        assert sum(len(part.get_offsets()) for part in axes.collections[:10]) == 90


def test_many_classes_are_not_named():
    labels = np.arange(60, dtype=np.int32) % 30
    spaces = [Space(name, np.random.default_rng(0).normal(size=(60, 2))) for name in ("one", "two")]
    picture = plots.knet_spaces(spaces, labels, labels > 25, [f"$n{i}$" for i in range(30)], "$many$")
    assert texts_of(picture.legends[0]) == ["network wrong,\nkNet right"]
    assert plots.render(picture, ".png").startswith(PNG)


# What is refused


@pytest.mark.parametrize(
    ("name", "given", "error", "words"),
    [
        ("knet-fig2", {"dataset": "digits"}, InputValueError, "dataset: 'digits' is of no use here: the po"),
        ("knet-fig2", {"scale": 0.5}, InputValueError, "scale: 0.5 is of no use here"),
        ("knet-fig2", {"download": True}, InputValueError, "download: True is of no use here"),
        ("knet-fig2", {"data_root": "x"}, InputValueError, "data_root: 'x' is of no use here"),
        ("knet-fig2", {"network": "resnet20"}, InputValueError, "network: 'resnet20' takes images"),
        ("knet-fig3", {"network": "mlpp", "data_root": "x"}, InputValueError, "network: 'mlpp' is not known"),
        ("knet-fig3", {"dataset": "digit", "network": "mlp"}, InputValueError, "dataset: 'digit' is not kno"),
        ("knet-fig3", {"dataset": "digits"}, InputValueError, "network: is missing; the figure has none for"),
        ("knet-fig4", {"dataset": "digits"}, InputValueError, "network: is missing; the figure has none for"),
        ("knet-fig4", DIGITS | {"scale": 0.05}, InputValueError, "scale: 0.05 of digits leaves 59 examples"),
        ("knet-fig3", DIGITS | {"epochs": 0}, InputValueError, "epochs: 0 is too small"),
        ("knet-fig3", DIGITS | {"epoch": 1}, InputValueError, "settings: 'epoch' is not known"),
        ("knet-fig3", DIGITS | {"augment": "crop2"}, InputValueError, "augment: 'crop2' is not known"),
        (
            "knet-fig3",
            DIGITS | {"method_options": {"ks": 5}},
            InputValueError,
            "method_options: ks is the figure's; leave it out",
        ),
        (
            "knet-fig4",
            DIGITS | {"method_options": {"fixed": True}},
            InputValueError,
            "method_options: fixed is the figure's; leave it out",
        ),
        (
            "knet-fig4",
            DIGITS | {"method_options": {"k_range": [1, 50]}},
            InputValueError,
            r"method_options: ks: 51 is outside k_range, 1\.\.50",
        ),
        (
            "knet-fig4",
            DIGITS | {"method_options": {"hiden": 8}},
            InputValueError,
            "method_options: 'hiden' is not known",
        ),
        ("knet-fig2", {"seeds": [0.5]}, InputTypeError, "seeds: 0.5 is not a whole number"),
    ],
)
def test_arguments_out_of_range_are_named(tmp_path, name, given, error, words):
    with pytest.raises(error, match=words):
        paper.reproduce(name, tmp_path / "t", **given)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["knet-fig2", "knet-fig3", "knet-fig4"])
def test_a_folder_of_other_things_is_left_alone(tmp_path, name):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(InputValueError, match=r"out: .* holds other files; name a folder of its own"):
        paper.reproduce(name, tmp_path)
    assert [one.name for one in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_folder_of_another_figure_is_left_alone(toys):
    _, folder = toys
    before = (folder / "table.json").read_text()
    with pytest.raises(InputValueError, match=r"out: .* holds knet-fig2, which knet-fig3 would overwrite"):
        paper.reproduce("knet-fig3", folder, dataset="toy", **SAME)
    assert (folder / "table.json").read_text() == before


def test_options_of_knet_are_those_that_are_given():
    options = Options(None, settings={"lr": 0.05}, method_options={"hidden": 8})
    part = toy_part("mlp", KS, options)
    assert (part.method_options["hidden"], part.method_options["ks"]) == (8, [1, 11, 51])
    assert (part.settings["lr"], part.settings["validation"]) == (0.05, 0.0)


def test_the_command(run):
    line = "reproduce knet-fig3 --dataset digits --network mlp --epochs 1 --set epochs=1 --threads 1 --out t"
    code, out, err = run(*line.split())
    assert code == 0, err
    assert err.splitlines() == [f"wrote t/{file}" for file in FILES]
    assert out.splitlines()[:3] == [
        dict(paper.RECIPES)["knet-fig3"] + "; here digits",
        "",
        "digits, mlp: uniform noise of level 0.8",
    ]
    code, out, err = run("reproduce", "knet-fig4", "--data-root", "nowhere", "--out", "n")
    assert code == 1
    assert "nothing could be made anew: data not found: 'nowhere' does not hold cifar10" in err
