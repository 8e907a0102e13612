"""MixNN's tables: the published numbers, and what is made anew beside them."""

import csv
import json
import shutil
import tomllib
from importlib.resources import files
from statistics import fmean, stdev

import by_noise_runs
import numpy as np
import pytest
from by_noise_runs import named
from conftest import REPOSITORY
from long_tables import cells_of

from pynoise import noise, paper, seeds
from pynoise.errors import InputValueError
from pynoise.paper.mixnn_published import mixnn_networks, mixnn_tables
from pynoise.training import Run

PUBLISHED = REPOSITORY.parent / "shared" / "papers" / "published.md"
DIGITS = {"dataset": "digits", "network": "mlp"}
VARIANTS = ["full", "AVG", "RDM", "no label correction", "random partners"]
SEMANTIC = ("semantic-asymmetric", 0.4)
NOISES = [*(("symmetric", level) for level in (0.2, 0.4, 0.6, 0.8)), SEMANTIC]


def accuracy_of(method, level, seed):
    return (0.9 if method == "mixnn" else 0.8) - 0.1 * level + 0.01 * seed


def own(method, options, level, seed, given):
    """What the tables read of a run beside what every run has."""
    average = options.get("weights") == "average"
    result = {"test_accuracy_last": 0.5 if average else accuracy_of(method, level, seed)}
    if method == "mixnn":
        result["mixnn"] = {"warmup": 10 if options["warmup"] is None else options["warmup"]}
        result["correction_accuracy"] = 1 - level / 10 + 0.01 * seed
    return result


@pytest.fixture
def runs(monkeypatch):
    return by_noise_runs.install(monkeypatch, own)


@pytest.fixture
def cifar10(monkeypatch, tmp_path):
    return by_noise_runs.only_cifar10(monkeypatch, tmp_path)


# The published numbers


def printed(roman):
    """A table of published.md: lines of cells, without its head."""
    section = PUBLISHED.read_text().partition("## 3 MixNN")[2].partition("## 4 ODD")[0]
    part = section.partition(f"### Table {roman}:")[2].partition("\n\n")[0]
    lines = [line.split(",") for line in part.split("\n")[1:] if line.count(",") >= 5]
    return [line for line in lines[1:] if not line[0].startswith(("(", "Note"))]


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the papers' published numbers, ../shared/papers")
def test_published_numbers_are_those_of_the_paper_digit_by_digit():
    content = tomllib.loads(files("pynoise.paper").joinpath("mixnn.toml").read_text("utf-8"))
    first, fourth, fifth = content["tables"]

    def there(table):
        return [
            [line.get("words", line["method"]), *line["cifar10"], *line["cifar100"]]
            for line in table["lines"]
        ]

    assert there(first) == printed("I")
    assert len(printed("I")) == 17
    assert there(fourth) == printed("IV")
    assert len(printed("IV")) == 5
    assert there(fifth) == [["MixNN", *(number for line in printed("V") for number in line[1:])]]
    assert [line[0] for line in printed("V")] == ["CIFAR-10", "CIFAR-100"]


def test_what_is_read_of_them():
    first, fourth, fifth = mixnn_tables()
    assert [(table.number, table.roman, table.result) for table in (first, fourth, fifth)] == [
        (1, "I", "test_accuracy_last"),
        (4, "IV", "test_accuracy_last"),
        (5, "V", "correction_accuracy"),
    ]
    assert first.noises == fifth.noises == tuple(NOISES)
    assert fourth.noises == (NOISES[1], NOISES[3], SEMANTIC)
    assert [line.variant for line in fourth.lines] == VARIANTS
    assert mixnn_networks() == {"cifar10": "resnet34", "cifar100": "resnet34"}
    for table in (first, fourth, fifth):
        for line in table.lines:
            assert list(line.numbers) == ["cifar10", "cifar100"]
            for numbers in line.numbers.values():
                assert len(numbers) == len(table.noises)
                assert all(0.08 < one.mean < 0.97 for one in numbers if one is not None)
    by_name = {line.method: line.numbers for line in first.lines}
    last = by_name["MixNN"]["cifar10"][3]
    assert (last.mean, last.sd) == (0.8608, 0.0101)
    assert (by_name["DAC"]["cifar10"][3].mean, by_name["DAC"]["cifar10"][3].sd) == (0.7484, None)
    # Nothing reported, and nothing to be reported.
    assert by_name["PENCIL"]["cifar10"][:4] == (None,) * 4
    assert by_name["PENCIL"]["cifar100"][3] is None
    # Table IV says again what Table I says.
    assert fourth.lines[0].numbers["cifar10"] == tuple(by_name["MixNN"]["cifar10"][i] for i in (1, 3, 4))


def test_the_recipes():
    titles = dict(paper.RECIPES)
    assert titles["mixnn-table1"] == "MixNN, Table I: test accuracy at the last epoch, cifar10 and cifar100"
    assert {"mixnn-table4", "mixnn-table5"} <= set(titles)


# What is made anew


def test_accuracies_beside_the_published_and_a_data_set_that_is_missing(runs, cifar10, tmp_path):
    table = paper.reproduce("mixnn-table1", tmp_path / "t", seeds=(0, 2), device="cpu", threads=1)
    # Each method under each noise with each seed, in a folder of its own.
    assert [call["out"] for call in runs.calls] == [
        tmp_path / "t" / f"cifar10-resnet34-{kind}-{level}-{method}" / f"seed-{seed}"
        for method in ("CE", "MixNN")
        for kind, level in NOISES
        for seed in (0, 2)
    ]
    assert [(call["noise"], call["level"]) for call in runs.calls[::2]] == NOISES * 2
    # The same settings for both, the paper's; the options of MixNN for MixNN alone.
    for call in runs.calls:
        assert call["data"] is cifar10
        assert (call["epochs"], call["lr"], call["lr_min"], call["weight_decay"]) == (300, 0.02, 1e-3, 1e-3)
        assert (call["schedule"], call["restart_every"], call["momentum"]) == ("cosine-restarts", 10, 0.9)
        assert (call["batch_size"], call["validation"], call["augment"]) == (128, 0, "crop-flip")
        assert (call["resume"], call["device"], call["threads"]) == (True, "cpu", 1)
        assert call["label_map"] == ("cifar10" if call["noise"] == "semantic-asymmetric" else None)
    assert [call["method"] for call in runs.calls] == ["cross-entropy"] * 10 + ["mixnn"] * 10
    assert runs.calls[0]["options"] == {}
    options = runs.calls[-1]["options"]
    assert (options["k"], options["correction_start"], options["alpha"]) == (1, 60, 0.9)
    rows = {(row["dataset"], row["method"], row["noise"], row["level"]): row for row in table.rows}
    assert len(rows) == len(table.rows)
    values = [accuracy_of("mixnn", 0.8, seed) for seed in (0, 2)]
    assert rows["cifar10", "MixNN", "symmetric", 0.8] == {
        "dataset": "cifar10",
        "network": "resnet34",
        "method": "MixNN",
        "variant": None,
        "noise": "symmetric",
        "level": 0.8,
        "published": 0.8608,
        "published_sd": 0.0101,
        "ours": fmean(values),
        "sd": stdev(values),
        "difference": fmean(values) - 0.8608,
        "realised_rate": pytest.approx(0.41),
        "seeds": 2,
        "scale": 1.0,
        "source": "ours",
    }
    other = rows["cifar10", "DAC", "symmetric", 0.2]
    assert (other["network"], other["published"], other["published_sd"]) == ("ResNet34", 0.9291, None)
    assert {key for key, value in other.items() if value is None} == {
        *("variant", "published_sd", "ours", "sd", "difference", "realised_rate", "seeds", "scale")
    }
    assert ("cifar10", "PENCIL", "symmetric", 0.2) not in rows  # not reported
    # What is missing stands as published.
    hundred = [row for row in table.rows if row["dataset"] == "cifar100"]
    assert {row["source"] for row in hundred} == {"published"}
    assert rows["cifar100", "MixNN", *SEMANTIC]["published"] == 0.6818
    assert table.problem is None
    ten, missing = table.meta["blocks"]
    assert (ten["dataset"], ten["network"], ten["problem"]) == ("cifar10", "resnet34", None)
    assert (ten["train_examples"], ten["test_examples"], len(ten)) == (400, 50, 5)
    assert missing["problem"].startswith("data not found: ")
    assert table.meta["seconds"] == {"epochs": 40.0}
    assert table.meta["settings"]["epochs"] == 300
    assert table.meta["methods"]["CE"] == {"method": "cross-entropy", "options": {}}


def test_the_files_and_what_they_say(runs, cifar10, tmp_path):
    table = paper.reproduce("mixnn-table1", tmp_path / "t", seeds=(0, 1))
    kept = json.loads((tmp_path / "t" / "table.json").read_text())
    assert (kept["rows"], kept["meta"]) == (table.rows, table.meta)
    with (tmp_path / "t" / "table.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert lines == [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in table.rows
    ]
    markdown = (tmp_path / "t" / "table.md").read_text()
    assert markdown == table.to_markdown()
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert lines[:6] == [
        "| method | symm. 20 % | symm. 40 % | symm. 60 % | symm. 80 % | asymm. 40 % |",
        "| --- | --: | --: | --: | --: | --: |",
        "| wrong labels | 10.50 | 20.50 | 30.50 | 40.50 | 20.50 |",
        "| CE | 78.50 ± 0.71 (86.98 ± 0.12) | 76.50 ± 0.71 (81.88 ± 0.29) | 74.50 ± 0.71 (74.14 ± 0.56) "
        "| 72.50 ± 0.71 (53.82 ± 1.04) | 76.50 ± 0.71 (80.11 ± 1.44) |",
        "| MixNN | **88.50** ± 0.71 (93.91 ± 0.12) | **86.50** ± 0.71 (92.89 ± 0.02) "
        "| **84.50** ± 0.71 (91.66 ± 0.07) | **82.50** ± 0.71 (86.08 ± 1.01) "
        "| **86.50** ± 0.71 (90.25 ± 0.76) |",
        "| F-correction, published | (87.99 ± 0.36) | (83.25 ± 0.38) | (74.96 ± 0.65) | (54.64 ± 0.44) "
        "| (83.55 ± 0.58) |",
    ]
    assert "| PENCIL, published |  |  |  |  | (91.01) |" in lines
    assert len(lines) == 2 + 1 + 2 + 15 + 2 + 17
    for words in (
        "400 training and 50 test examples.",
        "± is the standard deviation over 2 seeds; beside them what is published, for ResNet34.",
        "Map of cifar10: truck to automobile, bird to airplane, deer to horse, cat and dog to each other.",
        "Training of resnet34: epochs 300, ",
        "validation 0.0, as in the paper.",
        "CE, cross-entropy, is trained by the same settings as MixNN.",
        "MixNN: k 1, neighbors exact, weights clean, alpha 0.9, neighbor_targets given.",
        "MixNN on cifar10: 10 epochs of warm-up; labels are corrected from epoch 70 of 300 on.",
        "PENCIL on cifar100 fails to converge at symmetric 80 %, says the paper.",
    ):
        assert words in markdown
    text = table.text()
    cells = cells_of(text)
    assert len(cells) == 1 + len(table.rows)
    ours = ["cifar10", "resnet34", "MixNN", "symm. 20 %", "10.50", "93.91 ± 0.12", "88.50 ± 0.71", "-5.41"]
    assert [*ours, "2", "1", "ours"] in cells
    pencil = ["cifar10", "ResNet34", "PENCIL", "asymm. 40 %", "-", "91.01", *"----", "published"]
    assert pencil in cells
    assert all(line == line.rstrip() for line in text.splitlines())


def test_parts_of_it_left_out(runs, digits, tmp_path):
    given = {"warmup": 2, "correction_start": 3, "concentration": 0.5}
    table = paper.reproduce("mixnn-table4", tmp_path / "t", **DIGITS, epochs=8, method_options=given)
    names = ["MixNN", "MixNN-AVG", "MixNN-RDM", "MixNN-no-label-correction", "MixNN-random-partners"]
    assert [named(call) for call in runs.calls] == [
        f"digits-mlp-{noise}-{name}"
        for name in names
        for noise in ("symmetric-0.4", "symmetric-0.8", "semantic-asymmetric-0.4")
    ]
    options = [call["options"] for call in runs.calls[::3]]
    changed = ("weights", "correction_start", "neighbors")
    assert [tuple(one[name] for name in changed) for one in options] == [
        ("clean", 3, "exact"),
        ("average", 3, "exact"),
        ("random", 3, "exact"),
        ("clean", None, "exact"),
        ("clean", 3, "random"),
    ]
    assert {(one["warmup"], one["concentration"]) for one in options} == {(2, 0.5)}
    assert {call["epochs"] for call in runs.calls} == {8}
    assert [(row["method"], row["variant"]) for row in table.rows[::3]] == [
        ("MixNN", one) for one in VARIANTS
    ]
    assert {row["published"] for row in table.rows} == {None}
    markdown = table.to_markdown()
    assert "| MixNN, AVG | 50.00 | 50.00 | 50.00 |" in markdown
    assert "| MixNN, no label correction | **86.00** | **82.00** | **86.00** |" in markdown
    for words in (
        "AVG, the paper's 'MixNN w/o weight estimation (AVG)': weights average.",
        "RDM, the paper's 'MixNN w/o weight estimation (RDM)': weights random, concentration 0.5.",
        "no label correction, the paper's 'MixNN w/o label correction': correction_start None.",
        "random partners, the paper's 'MixNN w/o K nearest neighbours': neighbors random.",
        "Map of digits: 7:1,2:7,5:6,6:5,3:8.",
        "in the paper epochs 300.",
        "MixNN on digits: 2 epochs of warm-up; labels are corrected from epoch 5 of 8 on.",
    ):
        assert words in markdown


def test_published_variants(runs, cifar10, tmp_path):
    table = paper.reproduce("mixnn-table4", tmp_path / "t", dataset="cifar10")
    rows = {(row["variant"], row["noise"], row["level"]): row["published"] for row in table.rows}
    assert len(rows) == len(table.rows) == 15
    assert rows["random partners", "symmetric", 0.8] == 0.7658
    assert "| MixNN, RDM | **86.00** (91.92 ± 0.09) |" in table.to_markdown()


def test_correction_accuracy(runs, cifar10, tmp_path):
    table = paper.reproduce("mixnn-table5", tmp_path / "t", dataset="cifar10", seeds=[3])
    assert [named(call) for call in runs.calls] == [
        f"cifar10-resnet34-{kind}-{level}-MixNN" for kind, level in NOISES
    ]
    assert [(row["published"], row["ours"]) for row in table.rows] == [
        (0.9678, pytest.approx(1.01)), (0.9525, pytest.approx(0.99)), (0.9289, pytest.approx(0.97)),
        (0.8677, pytest.approx(0.95)), (0.9181, pytest.approx(0.99)),
    ]  # fmt: skip
    markdown = table.to_markdown()
    assert "**" not in markdown  # one method: none is the best
    assert "Correction accuracies, the share of the training examples whose label" in markdown
    assert "±" not in markdown


def test_another_network_has_nothing_published_beside_it(runs, cifar10, tmp_path):
    table = paper.reproduce("mixnn-table1", tmp_path / "t", dataset="cifar10", network="resnet18")
    ours = [row for row in table.rows if row["source"] == "ours"]
    assert {(row["network"], row["published"]) for row in ours} == {("resnet18", None)}
    markdown = table.to_markdown()
    assert "| CE, published | (86.98 ± 0.12) |" in markdown
    assert "| MixNN, published | (93.91 ± 0.12) |" in markdown
    assert "| MixNN | **88.00** | **86.00** |" in markdown


def test_data_without_a_map_have_no_asymmetric_noise(runs, tmp_path):
    table = paper.reproduce("mixnn-table1", tmp_path / "t", dataset="ideal", network="mlp")
    assert {call["noise"] for call in runs.calls} == {"symmetric"}
    assert len(table.rows) == 8
    markdown = table.to_markdown()
    assert "| method | symm. 20 % | symm. 40 % | symm. 60 % | symm. 80 % |" in markdown
    assert "ideal has no map of what looks alike: asymmetric noise is left out." in markdown


def test_a_share_and_other_settings(runs, cifar10, tmp_path):
    seen = []
    table = paper.reproduce(
        "mixnn-table5", tmp_path / "t", dataset="cifar10", scale=0.5, optimizer="adam", validation=0.1,
        progress=lambda *words: seen.append(words),
    )  # fmt: skip
    call = runs.calls[0]
    assert (len(call["data"].x_train), call["augment"]) == (200, "crop-flip")
    # The rates of the paper are those of SGD.
    assert (call["lr"], call["lr_min"], call["weight_decay"], call["schedule"]) == (
        1e-3, 0.0, 0.0, "cosine-restarts"
    )  # fmt: skip
    assert seen[0] == ("runs", 0, 5, "cifar10, resnet34, symmetric 0.2 MixNN, seed 0")
    markdown = table.to_markdown()
    assert (
        "in the paper optimizer sgd, lr 0.02, weight_decay 0.001, lr_min 0.001, validation 0.0." in markdown
    )
    assert "a share of 0.5 of the training set: 200 training and 50 test examples." in markdown
    assert "- 0.5 of the training examples were taken." in markdown


@pytest.mark.parametrize(
    ("epochs", "given", "words"),
    [
        (4, {"warmup": 4}, ", and epoch 4 is the last: nothing is mixed, and no label is corrected."),
        (
            9,
            {"correction_start": 6},
            "; no label is corrected, which would begin with epoch 10, after the last.",
        ),
        (9, {"correction_start": 5}, "; labels are corrected from epoch 9 of 9 on."),
        (9, {"correction_start": None}, "; no label is corrected."),
    ],
)
def test_what_never_happens_is_said(runs, digits, tmp_path, epochs, given, words):
    given = {"warmup": 4} | given
    table = paper.reproduce("mixnn-table5", tmp_path / "t", **DIGITS, epochs=epochs, method_options=given)
    assert f"- MixNN on digits: 4 epochs of warm-up{words}\n" in table.to_markdown()


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("mixnn-table4", {"weights": "random"}, "weights=random is the table's, of 'MixNN RDM'; leave it"),
        ("mixnn-table4", {"weights": "average"}, "weights=average is the table's, of 'MixNN AVG'"),
        ("mixnn-table4", {"neighbors": "random"}, "neighbors=random is the table's, of 'MixNN ran"),
        ("mixnn-table4", {"correction_start": None}, "correction_start=None is the table's, of"),
        ("mixnn-table1", {"warm": 3}, "'warm' is not known .*did you mean 'warmup'"),
        ("mixnn-table5", {"alpha": 2}, "alpha: 2 is too large"),
    ],
)
def test_options_that_will_not_do(runs, digits, tmp_path, name, given, words):
    with pytest.raises(InputValueError, match=f"method_options: {words}"):
        paper.reproduce(name, tmp_path / "t", **DIGITS, method_options=given)
    assert runs.calls == []
    assert list(tmp_path.iterdir()) == []


def test_more_neighbours_than_examples(runs, digits, tmp_path):
    with pytest.raises(InputValueError, match=r"scale: 0.01 of digits leaves 13 examples .* up to 20"):
        paper.reproduce("mixnn-table1", tmp_path / "t", **DIGITS, scale=0.01, method_options={"k": 20})


def test_real_runs(digits, tmp_path, one_thread):
    given = {**DIGITS, "scale": 0.2, "epochs": 4, "device": "cpu", "threads": 1, "lr": 0.05}
    given["method_options"] = {"warmup": 1, "correction_start": 1, "alpha": 0.5}
    table = paper.reproduce("mixnn-table5", tmp_path / "five", **given)
    share = digits.y_train.shape[0] // 5
    for row in table.rows:
        run = Run.load(tmp_path / "five" / f"digits-mlp-{row['noise']}-{row['level']}-MixNN" / "seed-0")
        assert (
            row["ours"] == run.result["correction_accuracy"] == noise.CorrectedLabels.load(run.path).accuracy
        )
        assert row["realised_rate"] == run.result["noise"]["realised_rate"]
        assert run.record.seed == seeds.split(0, "noise")
    # The level is of all examples; that of the classes which the map names is about the same.
    selected = run.record.selected
    named = np.isin(run.record.clean, list(noise.semantic_map("digits")))
    assert selected.mean() == pytest.approx(0.4, abs=1 / share)
    assert (run.record.noisy != run.record.clean)[named].mean() == pytest.approx(0.4, abs=0.1)
    # Its runs serve Table I, once they lie there: nothing is trained again but CE.
    shutil.copytree(
        tmp_path / "five", tmp_path / "one", ignore=shutil.ignore_patterns("table.*", "*asymmetric*", "*0.8*")
    )
    kept = {file: file.stat().st_mtime_ns for file in (tmp_path / "one").rglob("result.json")}
    assert len(kept) == 3
    first = paper.reproduce("mixnn-table1", tmp_path / "one", **given)
    assert {file: file.stat().st_mtime_ns for file in kept} == kept
    run = Run.load(tmp_path / "one" / "digits-mlp-symmetric-0.2-MixNN" / "seed-0")
    rows = {(row["method"], row["noise"], row["level"]): row for row in first.rows}
    assert len(rows) == 10
    assert rows["MixNN", "symmetric", 0.2]["ours"] == run.result["test_accuracy_last"]
    other = Run.load(tmp_path / "one" / "digits-mlp-symmetric-0.2-CE" / "seed-0")
    assert rows["CE", "symmetric", 0.2]["ours"] == other.result["test_accuracy_last"]
    # Both have the same noise.
    assert (run.record.noisy == other.record.noisy).all()
