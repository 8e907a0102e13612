"""Drory et al.'s figures: what is published, which panels there are, what is refused and what is missing."""

import re
import tomllib
from importlib.resources import files

import drory_runs
import numpy as np
import pytest
from conftest import REPOSITORY
from drory_runs import QUICK
from figure_files import FILES, titles
from long_tables import cells_of

from pynoise import data, knn, networks, paper
from pynoise.analysis import PUBLISHED_MEDIAN
from pynoise.errors import InputValueError
from pynoise.paper.drory_panels import figure_of, own_settings, panels_of
from pynoise.paper.drory_rows import claimed, notes_of
from pynoise.paper.registry import Options
from pynoise.training import Settings

PUBLISHED = REPOSITORY.parent / "shared" / "papers" / "published.md"
NAMES = [f"drory-fig{i}" for i in range(1, 14)]

# The numbers of published.md, by the claims of drory.toml.
CLAIMS = {
    "accuracy-uniform": "D1",
    "accuracy-concentrated": "D2",
    "softmax-uniform-other": "D3",
    "softmax-uniform-peak": "D4",
    "softmax-flip-alternative": "D5",
    "accuracy-expected": "D6",
    "flip-holds": "D7",
    "uniform-holds": "D8",
    "clusters-10": "D9",
    "clusters-2": "D10",
    "chi-square-median": "D11",
    "accuracy-clean": "D13",
}

pytestmark = pytest.mark.usefixtures("one_thread")


def content():
    return tomllib.loads(files("pynoise.paper").joinpath("drory.toml").read_text("utf-8"))


def asked(tmp_path, name, **given):
    """The panels that are asked for: letter, data, network, noise, levels."""
    panels = panels_of(figure_of(name), Options(tmp_path, **given))
    return [(panel.letter, panel.dataset, panel.network, panel.noise) for panel in panels]


# What is published


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the papers' published numbers, ../shared/papers")
def test_published_numbers_are_those_of_the_paper_digit_by_digit():
    section = PUBLISHED.read_text().partition("## 1 Drory")[2].partition("## 2 kNet")[0]
    lines = {line.partition(",")[0]: line.split(",") for line in section.splitlines()}
    claims = content()["claims"]
    assert set(claims) == set(CLAIMS)
    for name, claim in claims.items():
        words = lines[CLAIMS[name]][2]
        assert claim["words"] == words
        if words.startswith("~"):
            assert claim["approximate"] is True
        if re.fullmatch(r"~?\d+ %", words):
            assert claim["value"] == int(words.strip("~ %")) / 100
        elif re.fullmatch(r"[\d.]+", words):
            assert claim["value"] == float(words) == PUBLISHED_MEDIAN
            assert claim["approximate"] is False
        else:
            assert "value" not in claim  # a formula


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the papers' published numbers, ../shared/papers")
def test_panels_are_those_of_the_paper():
    section = PUBLISHED.read_text().partition("fig,panel,content\n")[2].partition("\n(")[0]
    printed = [line.split(",", 2) for line in section.splitlines()]
    for figure in content()["figures"]:
        number = figure["name"].removeprefix("drory-fig")
        letters = "".join(panel["panel"] for panel in figure["panels"])
        # Both panels of Figure 5 show one network.
        assert letters == {"5": "", "7": "abcdefgh"}.get(
            number, "".join(letter for own, letter, _ in printed if own == number)
        )
        if number not in ("1", "5", "6", "7"):
            for panel in figure["panels"]:
                (words,) = (
                    words for own, letter, words in printed if (own, letter) == (number, panel["panel"])
                )
                assert {"mnist": "MNIST", "cifar10": "CIFAR", "imagenet": "ImageNet"}[
                    panel["dataset"]
                ] in words
                assert panel["noise"] in words
                level = re.search(r"(\d+) %", words)
                if level:
                    own = [*panel.get("levels", []), *(1 / k for k in panel.get("clusters", []))]
                    assert own == [int(level[1]) / 100]
                if "region" in panel:
                    assert f"{panel['region']} region" in words


def test_formulas():
    (panel, *_) = panels_of(figure_of("drory-fig8"), Options(None))
    assert {name: claimed(name, panel, 0.3, 10)["published"] for name in CLAIMS if "softmax" in name} == {
        "softmax-uniform-other": pytest.approx(0.03),
        "softmax-uniform-peak": pytest.approx(0.73),
        "softmax-flip-alternative": 0.3,
    }
    assert claimed("accuracy-expected", panel, 0.25) == {"published": 0.75, "approximate": True}
    other = panels_of(figure_of("drory-fig8"), Options(None, network="mlp"))[0]
    assert claimed("accuracy-expected", other, 0.25) == {"published": None, "approximate": None}


def test_settings_are_settings_of_training():
    for dataset in ("mnist", "cifar10", "imagenet", "other"):
        settings = Settings.of({}, own_settings(dataset))
        assert (settings.validation, settings.validation_labels) == (0.1, "clean")
    assert own_settings("imagenet")["step_at"] == [15]
    assert own_settings("digits") == own_settings("other")
    named = {
        panel.get(key)
        for one in content()["figures"]
        for panel in one["panels"]
        for key in ("network", "space")
    }
    assert named - {None} <= set(networks.NETWORKS)


def test_the_notes_say_which_epoch_counts(tmp_path):
    panels = panels_of(figure_of("drory-fig4"), Options(tmp_path))
    *_, mnist, cifar, imagenet = notes_of(panels, Options(tmp_path))
    assert mnist.startswith("Training of mnist-cnn, mnist-cnn-500 on mnist: epochs 20, ")
    assert cifar.startswith("Training of all-cnn, all-cnn-256 on cifar10: epochs 60, ")
    assert "lr 0.001" in imagenet
    assert mnist.endswith("those of the epoch that is best on the examples held out.")
    (*_, last) = notes_of(panels[:1], Options(tmp_path, settings={"validation": 0}, scale=1.0))
    assert last.endswith("those of the last epoch.")


def test_the_recipes():
    known = dict(paper.RECIPES)
    assert [name for name in known if name.startswith("drory")] == NAMES
    assert known["drory-fig3"] == (
        "Drory et al., Figure 3: accuracy of K-NN against noise level, analytic and measured"
    )


# Which panels


def test_panels_by_data_and_network(tmp_path):
    mlp = {"dataset": "digits", "network": "mlp"}
    assert asked(tmp_path, "drory-fig4", **mlp) == [
        (letter, "digits", "mlp", noise)
        for letter, noise in zip("adgh", ("flip", "uniform", "general", "concentrated"), strict=True)
    ]
    assert [one[0] for one in asked(tmp_path, "drory-fig4")] == list("abcdefghi")
    assert [one[0] for one in asked(tmp_path, "drory-fig4", dataset="mnist")] == list("adgh")
    assert asked(tmp_path, "drory-fig4", network="mnist-cnn-500") == [
        ("d", "mnist", "mnist-cnn-500", "uniform")
    ]
    assert asked(tmp_path, "drory-fig4", dataset="cifar10", network="resnet20") == [
        ("b", "cifar10", "resnet20", "flip"),
        ("e", "cifar10", "resnet20", "uniform"),
        ("i", "cifar10", "resnet20", "concentrated"),
    ]
    assert asked(tmp_path, "drory-fig3", dataset="digits") == [
        ("a", "digits", None, "flip"), ("c", "digits", None, "uniform")
    ]  # fmt: skip
    assert asked(tmp_path, "drory-fig3", **mlp)[0] == ("a", "digits", "mlp", "flip")
    # Regions are panels of their own.
    assert len(asked(tmp_path, "drory-fig7", **mlp)) == 8


def test_what_is_the_papers_own(tmp_path):
    def own(**given):
        return {panel.own for panel in panels_of(figure_of("drory-fig4"), Options(tmp_path, **given))}

    assert own() == own(dataset="mnist") == own(network="all-cnn") == {True}
    assert own(dataset="digits", network="mlp") == own(dataset="mnist", network="mlp") == {False}
    *others, i = panels_of(figure_of("drory-fig4"), Options(tmp_path))
    assert [panel.letter for panel in others if panel.claim == "accuracy-clean"] == ["a", "d", "g"]
    assert (i.space, i.levels[:3], i.levels[-1]) == ("all-cnn-256", (0.0, 0.1, 0.125), 0.5)
    assert panels_of(figure_of("drory-fig4"), Options(tmp_path, network="mlp"))[-1].space is None


# What is missing, and what is refused


@pytest.mark.parametrize("name", NAMES)
def test_no_data_at_all(tmp_path, name):
    figure = paper.reproduce(name, tmp_path / "t", data_root=tmp_path)
    assert figure.rows == []
    assert figure.problem.startswith("data not found: ")
    assert figure.text().count("data not found") == len(panels_of(figure_of(name), Options(tmp_path)))
    assert sorted(one.name for one in (tmp_path / "t").iterdir()) == FILES[1:]


def test_panels_without_data_say_what_is_missing(tmp_path, monkeypatch, digits):
    load = data.load

    def there(name, root, **options):
        return digits if name == "mnist" else load(name, root, **options)

    monkeypatch.setattr(data, "load", there)
    drory_runs.shorten(monkeypatch, "drory-fig3", k=[1, 5], levels=[0.0, 0.3], repeats=2)
    figure = paper.reproduce("drory-fig3", tmp_path / "t", data_root=tmp_path / "nowhere", threads=1)
    assert figure.problem is None
    assert {row["panel"] for row in figure.rows} == {"a"}
    assert [block["problem"] is None for block in figure.meta["blocks"]] == [True, False, False, False]
    lines = figure.text().splitlines()
    assert lines[2].startswith("(b) cifar10, all-cnn-256: flip: data not found: ")
    assert "download=True" in lines[2]
    assert lines[4].startswith("(d) imagenet, densenet121: uniform: data not found: ")
    assert "train/n01440764/n01440764_18.JPEG" in lines[4]
    assert len(cells_of(figure.text())) == 3


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("drory-fig4", {"network": None}, "network: is missing; the figure has none for 'digits'"),
        ("drory-fig2", {"method_options": {"a": 1}}, "method_options: 'a' is not known: cross-ent"),
        ("drory-fig3", {"network": None}, "epochs: is of training, and nothing is trained"),
        ("drory-fig3", {"scale": 0.05}, "scale: 0.05 of digits leaves .* examples .*, and k goes up to 101"),
        ("drory-fig1", {"scale": 0.03}, "scale: 0.03 of digits has a class of . examples, and .* 5 clusters"),
        ("drory-fig5", {"dataset": "digit"}, "dataset: 'digit' is not known"),
        ("drory-fig8", {"network": "mpl"}, "network: 'mpl' is not known"),
        ("drory-fig6", {"epochs": 0}, "epochs: 0 is too small"),
        ("drory-fig14", {}, "'drory-fig14' is not known"),
    ],
)  # fmt: skip
def test_arguments_out_of_range_are_named(tmp_path, name, given, words):
    with pytest.raises(InputValueError, match=words):
        paper.reproduce(name, tmp_path / "t", **QUICK | given)
    assert list(tmp_path.iterdir()) == []


# Images in files


def test_networks_on_images_in_files(pets, tmp_path, monkeypatch):
    drory_runs.shorten(monkeypatch, "drory-fig4", levels=[0.0, 0.5], clusters=[2])
    figure = paper.reproduce("drory-fig4", tmp_path / "t", **QUICK | {"dataset": str(pets)})
    runs = drory_runs.runs_of(tmp_path / "t")
    accuracies = [row for row in figure.rows if row["what"] == "accuracy"]
    assert [(row["panel"], row["level"]) for row in accuracies] == [
        (panel, level) for panel in "adh" for level in (0.0, 0.5)
    ]
    for row in accuracies:
        noise = "clean" if row["level"] == 0 else f"{row['noise']}-0.5"
        assert row["ours"] == runs[f"pets-mlp-{noise}/seed-0"].result["test_accuracy_selected"]
        assert 0 <= row["expected" if row["panel"] == "h" else "analytic_5"] <= 1
    # There is no second class that a label could become.
    problem = "general noise makes two other labels of one, and there are 2 classes"
    assert f"(g) {pets}, mlp: general: {problem}" in figure.text()
    assert [block["problem"] for block in figure.meta["blocks"]] == [None, None, problem, None]
    assert len(titles(figure.plot())) == 3


def test_knn_in_features_of_images_in_files(pets, tmp_path, monkeypatch):
    drory_runs.shorten(monkeypatch, "drory-fig3", k=[1, 3], levels=[0.0, 0.5], repeats=2)
    figure = paper.reproduce("drory-fig3", tmp_path / "t", **QUICK | {"dataset": str(pets)})
    x = np.load(tmp_path / "t" / "pets-mlp-clean" / "seed-0" / "features.npz")
    assert (x["x_train"].shape, x["x_test"].shape) == ((30, 256), (10, 256))
    for row in figure.rows:
        if row["level"] == 0:
            indices, _ = knn.search(x["x_train"], x["x_test"], row["k"])
            votes = x["y_train"][indices].mean(axis=1) > 0.5
            assert row["ours"] == row["analytic"] == (votes == x["y_test"]).mean()


def test_images_in_files_have_no_pixels_to_compare(pets, tmp_path, monkeypatch):
    drory_runs.shorten(monkeypatch, "drory-fig3", k=[1])
    with pytest.raises(
        InputValueError, match=r"network: is missing: the images of .* have sizes of their own"
    ):
        paper.reproduce("drory-fig3", tmp_path / "t", dataset=str(pets))
