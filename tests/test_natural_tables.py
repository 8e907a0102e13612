"""Tables of labels as people gave them, MixNN's and ODD's: the published numbers, and what is made anew."""

import csv
import json
import shutil
import tomllib
from dataclasses import replace
from importlib.resources import files

import image_layouts
import numpy as np
import pytest
from conftest import REPOSITORY
from image_layouts import WNIDS
from long_tables import cells_of

from pynoise import methods, networks, paper
from pynoise.data import imagenet
from pynoise.errors import InputValueError, MissingPackageError, TrainingError
from pynoise.methods.forward import Forward
from pynoise.paper.natural_published import natural_tables
from pynoise.paper.natural_recipe import NaturalRecipe
from pynoise.paper.natural_rows import top_accuracy
from pynoise.paper.registry import Options
from pynoise.training import Run

PUBLISHED = REPOSITORY.parent / "shared" / "papers" / "published.md"
QUICK = {"device": "cpu", "threads": 1}
DIGITS = {"dataset": "digits", "network": "mlp", "scale": 0.3, **QUICK}
# Fast with images of this size.
SMALL, FOLDER = "torchvision:shufflenet_v2_x0_5", "torchvision-shufflenet_v2_x0_5"
INCEPTION = "timm:inception_resnet_v2"


@pytest.fixture(autouse=True)
def _one_thread(one_thread):
    pass


def printed(section, heading):
    """A table of published.md: lines of cells, without its head."""
    part = PUBLISHED.read_text().partition(f"## {section}")[2].partition(f"### {heading}")[2]
    lines = part.partition("\n\n")[0].split("\n")[2:]
    return [line.split(",") for line in lines if "," in line and not line.startswith("Bold")]


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the papers' published numbers, ../shared/papers")
@pytest.mark.parametrize(
    ("file", "section", "number", "heading", "lines"),
    [
        ("mixnn", "3 MixNN", 2, "Table II:", 9),
        ("mixnn", "3 MixNN", 3, "Table III:", 9),
        ("odd", "4 ODD", 4, "Table 4:", 6),
        ("odd", "4 ODD", 5, "Table 5:", 10),
    ],
)
def test_published_numbers_are_those_of_the_papers_digit_by_digit(file, section, number, heading, lines):
    content = tomllib.loads(files("pynoise.paper").joinpath(f"{file}.toml").read_text("utf-8"))
    (table,) = [one for one in content["natural"] if one["number"] == number]
    there = []
    for line in table["lines"]:
        (dataset,) = [name for name in table["datasets"] if name in line]
        assert (dataset == "clothing1m-clean") == (line.get("variant") == "clean")
        variant = [line["variant"]] if "variant" in line else []
        there.append([line["method"], *variant, *line[dataset]])
    assert there == printed(section, heading)
    assert len(there) == lines
    head = PUBLISHED.read_text().partition(f"## {section}")[2].partition(f"### {heading}")[2].split("\n")[1]
    columns = [f"{column['tested']}_top{column['top']}" for column in table["columns"]]
    if len(columns) > 1:
        assert head.replace("imagenet", "ilsvrc12").split(",")[1:] == columns


def test_what_is_read_of_them():
    second, third = natural_tables("mixnn")
    assert (second.number, second.roman, second.networks) == (2, "II", {"clothing1m": "resnet50"})
    assert third.networks == {"mini-webvision": INCEPTION}
    assert (third.settings["batch_size"], third.settings["lr"], third.settings["epochs"]) == (32, 0.01, 300)
    assert (third.settings["weight_decay"], third.settings["validation"]) == (5e-4, 0)
    mixnn = methods.make("mixnn").settings
    changed = {"lr", "weight_decay", "batch_size", "optimizer", "momentum", "validation"}
    assert {name: third.settings[name] for name in third.settings.keys() - changed} == {
        name: mixnn[name] for name in mixnn.keys() - changed
    }
    assert [one.mean for one in third.lines[-1].numbers["mini-webvision"]] == [0.7539, 0.9071, 0.7054, 0.9031]
    _, fifth = natural_tables("odd")
    assert [line.variant for line in fifth.lines_of("clothing1m-clean")] == ["clean"]
    assert len(fifth.lines_of("clothing1m")) == len(fifth.lines_of("digits")) == 9
    titles = dict(paper.RECIPES)
    assert titles["mixnn-table3"] == "MixNN, Table III: accuracy on mini-WebVision and ILSVRC12"
    assert titles["odd-table5"] == "ODD, Table 5: accuracy on Clothing1M"
    ours = [name for name in titles if name.startswith("mixnn-table")]
    assert ours == [f"mixnn-table{number}" for number in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize(
    ("name", "lines", "problem"),
    [
        (
            "mixnn-table2",
            9,
            "data not found: 'nowhere' does not hold clothing1m: it lacks clothing1m/images/",
        ),
        ("mixnn-table3", 36, "'nowhere' does not hold mini-webvision: it lacks webvision/google/"),
        ("odd-table4", 24, "'nowhere' does not hold webvision: it lacks webvision/google/"),
        ("odd-table5", 10, "'nowhere' does not hold clothing1m-clean: it lacks clothing1m/images/"),
    ],
)
def test_nothing_but_what_is_published(tmp_path, name, lines, problem):
    table = paper.reproduce(name, tmp_path / "t", data_root="nowhere")
    assert {row["source"] for row in table.rows} == {"published"}
    assert len(table.rows) == lines
    assert problem in table.meta["blocks"][-1]["problem"]
    assert table.problem.startswith("the data were not found (")
    assert problem in table.text()
    _, *cells = cells_of(table.text())
    assert len(cells) == lines
    assert {tuple(line[6:]) for line in cells} == {(*"----", "published")}
    if name == "odd-table5":
        assert ["clothing1m", "-", "ODD, noisy + clean", "clothing1m", "top-1", "80.30"] in [
            c[:6] for c in cells
        ]


def test_a_package_that_is_missing_is_said_as_data_are(tmp_path, monkeypatch):
    image_layouts.webvision(tmp_path / "data")
    make = networks.make

    def without(network, *given, **more):
        if network == INCEPTION:
            raise MissingPackageError("network", "needs the package timm, which is not installed")
        return make(network, *given, **more)

    monkeypatch.setattr(networks, "make", without)
    table = paper.reproduce("mixnn-table3", tmp_path / "t", data_root=tmp_path / "data")
    assert table.meta["blocks"][0]["problem"] == "network: needs the package timm, which is not installed"
    assert table.problem.startswith("a package is missing (mini-webvision)")
    table = paper.reproduce("mixnn-table3", tmp_path / "t", data_root=tmp_path)
    assert table.meta["blocks"][0]["problem"].endswith(
        "; network: needs the package timm, which is not installed"
    )
    # Where it is asked for, it is an error.
    with pytest.raises(MissingPackageError):
        paper.reproduce("mixnn-table3", tmp_path / "u", dataset="digits", network=INCEPTION)


def test_other_data(tmp_path):
    options = {"warmup": 2, "correction_start": 2}
    given = {**DIGITS, "epochs": 10, "method_options": options}
    table = paper.reproduce("mixnn-table3", tmp_path / "t", **given, seeds=(0, 1))
    names = ["F-correction", "Co-teaching", "ODD", "MixNN"]
    assert [(row["method"], row["top"]) for row in table.rows] == [(n, top) for n in names for top in (1, 5)]
    for row in table.rows:
        runs = [Run.load(tmp_path / "t" / f"digits-mlp-{row['method']}" / f"seed-{seed}") for seed in (0, 1)]
        assert (row["tested"], row["published"], row["seeds"], row["scale"]) == ("digits", None, 2, 0.3)
        assert runs[0].config["noise"] is None
        if row["top"] == 1:
            values = [run.result["test_accuracy_last"] for run in runs]
            assert (row["ours"], row["sd"]) == (np.mean(values), pytest.approx(np.std(values, ddof=1)))
        else:
            assert row["ours"] > 0.8
    assert all(
        five["ours"] > one["ours"] for one, five in zip(table.rows[::2], table.rows[1::2], strict=True)
    )
    mixnn = Run.load(tmp_path / "t" / "digits-mlp-MixNN" / "seed-0")
    assert mixnn.config["method_options"]["warmup"] == 2
    settings = mixnn.config["settings"]
    assert (settings["lr"], settings["batch_size"], settings["weight_decay"]) == (0.01, 32, 5e-4)
    kept = json.loads((tmp_path / "t" / "table.json").read_text())
    assert (kept["rows"], kept["meta"]) == (table.rows, table.meta)
    with (tmp_path / "t" / "table.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert lines == [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in table.rows
    ]
    markdown = (tmp_path / "t" / "table.md").read_text()
    assert "| method | digits top-1 | digits top-5 |" in markdown
    assert "389 training and 500 test examples." in markdown
    assert markdown.count("**") >= 4
    for words in (
        "Co-teaching is told that 0.2 of the labels are wrong, as the paper estimates.",
        "Training of mlp: epochs 10, batch_size 32, optimizer sgd, lr 0.01, momentum 0.9,",
        "± is the standard deviation over 2 seeds",
        "- 0.3 of the training examples were taken.",
    ):
        assert words in markdown
    text = table.text()
    assert "- Labels are learnt as people gave them: how many are wrong, nobody knows." in text
    assert len(cells_of(text)) == 9


def test_clothing1m(tmp_path):
    image_layouts.clothing1m(tmp_path / "data")
    table = natural_tables("odd")[1]
    # By cross-entropy alone: images of this size take long.
    trained = {("ERM", setting): ("cross-entropy", {}) for setting in ("noisy", "clean")}
    made = NaturalRecipe(table, "odd", trained).run(options_of(tmp_path, network=SMALL))
    runs = [
        Run.load(tmp_path / "t" / f"{name}-{FOLDER}-ERM-{setting}" / "seed-0")
        for name, setting in (("clothing1m", "noisy"), ("clothing1m-clean", "clean"))
    ]
    assert [run.result["train_examples"] for run in runs] == [12, 6]
    assert {run.config["recipe"] for run in runs} == {"clothing1m"}
    ours = [row for row in made.rows if row["source"] == "ours"]
    assert [(row["dataset"], row["tested"], row["variant"], row["published"]) for row in ours] == [
        ("clothing1m", "clothing1m", "noisy", None), ("clothing1m-clean", "clothing1m", "clean", None)
    ]  # fmt: skip
    assert [row["ours"] for row in ours] == [run.result["test_accuracy_last"] for run in runs]
    # Nothing is published of this network: the paper's lines stand beside it.
    assert len(made.rows) == 2 + 10


def test_mini_webvision_is_tested_on_imagenet_too(tmp_path):
    image_layouts.webvision(tmp_path / "data", flickr=0)
    image_layouts.imagenet(tmp_path / "data", train=0)
    table = replace(natural_tables("mixnn")[1], networks={"mini-webvision": SMALL})
    recipe = NaturalRecipe(table, "mixnn", {("MixNN", None): ("cross-entropy", {})})
    made = recipe.run(options_of(tmp_path, method_options={"warmup": 1}))
    run = Run.load(tmp_path / "t" / f"mini-webvision-{FOLDER}-MixNN" / "seed-0")
    assert run.config["input_shape"] == [3, 227, 227]
    ours = {(row["tested"], row["top"]): row for row in made.rows if row["source"] == "ours"}
    assert [row["published"] for row in ours.values()] == [0.7539, 0.9071, 0.7054, 0.9031]
    assert ours["webvision", 1]["ours"] == run.result["test_accuracy_last"]
    assert ours["webvision", 1]["difference"] == ours["webvision", 1]["ours"] - 0.7539
    # Its validation images are those of WebVision, pixel by pixel: half of them are now.
    own, theirs = tmp_path / "data" / "webvision" / "val_images_256", tmp_path / "data" / "imagenet" / "val"
    for label in range(0, 50, 2):
        shutil.copy(own / f"val{label}-0.jpg", theirs / WNIDS[label] / f"{WNIDS[label]}_0.JPEG")
    again = recipe.run(options_of(tmp_path, method_options={"warmup": 1}))
    said = {(row["tested"], row["top"]): row["ours"] for row in again.rows if row["source"] == "ours"}
    labels = np.arange(50, dtype=np.int32)
    files, found = imagenet.validation_images(tmp_path / "data", WNIDS[:50])
    assert found.tolist() == labels.tolist()
    assert files[49].endswith(f"val/{WNIDS[49]}/{WNIDS[49]}_0.JPEG")
    ranks = (run.softmax > run.softmax[labels, labels][:, None]).sum(axis=1)
    assert said["webvision", 5] == np.mean(ranks < 5) == top_accuracy(run.softmax, labels, 5)
    assert said["ilsvrc12", 5] >= np.sum(ranks[::2] < 5) / 50
    # Without ImageNet that is said, and the rest stands.
    shutil.rmtree(tmp_path / "data" / "imagenet")
    without = recipe.run(options_of(tmp_path, method_options={"warmup": 1}))
    assert [row["ours"] is None for row in without.rows if row["source"] == "ours"] == [
        False,
        False,
        True,
        True,
    ]
    assert "- Not tested on ImageNet: " in without.text()
    assert "does not hold ImageNet's validation images: it lacks imagenet/val/" in without.text()
    assert "| MixNN | " in without.to_markdown()


def options_of(tmp_path, **given):
    return Options(tmp_path / "t", data_root=tmp_path / "data", settings={"epochs": 1}, **QUICK, **given)


def test_a_method_that_fails_stands_as_published(tmp_path, monkeypatch):
    def losses(*_):
        raise TrainingError("it does not tell all classes apart")

    monkeypatch.setattr(Forward, "losses", losses)
    table = natural_tables("mixnn")[0]
    trained = {("CE", None): ("cross-entropy", {}), ("F-correction", None): ("forward", {})}
    options = Options(
        tmp_path / "t", scale=0.2, settings={"epochs": 2}, dataset="digits", network="mlp", **QUICK
    )
    made = NaturalRecipe(table, "mixnn", trained).run(options)
    assert [row["method"] for row in made.rows] == ["CE"]
    assert "- Not made anew: F-correction, seed 0: it does not tell all classes apart." in made.text()


@pytest.mark.parametrize("top", [1, 2, 5])
def test_labels_among_the_likeliest(top):
    rng = np.random.default_rng(0)
    softmax = rng.integers(0, 4, (200, 6)).astype(np.float32)  # with many that are equal
    labels = rng.integers(0, 6, 200).astype(np.int32)
    order = np.argsort(-softmax, axis=1, kind="stable")
    assert top_accuracy(softmax, labels, top) == np.mean(
        [y in row[:top] for y, row in zip(labels, order, strict=True)]
    )
    assert top_accuracy(softmax, softmax.argmax(axis=1).astype(np.int32), top) == 1
    assert top_accuracy(softmax, labels, 6) == 1


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("mixnn-table2", {"method_options": {"warmups": 1}}, "method_options: 'warmups' is not known"),
        ("odd-table5", {"method_options": {"p": 2}}, r"method_options: p: 2 is not within \(0, 1\)"),
        ("odd-table4", {"network": None}, "network: is missing; the table has none for 'digits'"),
        ("odd-table4", {"network": "resnet51"}, "network: 'resnet51' is not known"),
        ("odd-table4", {"epochs": 0}, "epochs: 0 is too small"),
    ],
)
def test_what_will_not_do(tmp_path, name, given, words):
    with pytest.raises(InputValueError, match=words):
        paper.reproduce(name, tmp_path / "t", **DIGITS | given)
    assert list(tmp_path.iterdir()) == []
