"""ODD's table: the published numbers, and what is made anew beside them."""

import json
import tomllib
from importlib.resources import files
from statistics import fmean, stdev

import by_noise_runs
import pytest
from conftest import REPOSITORY
from long_tables import cells_of

from pynoise import methods, noise, paper
from pynoise.errors import InputValueError
from pynoise.paper.by_noise_published import tables_of
from pynoise.training import Run

PUBLISHED = REPOSITORY.parent / "shared" / "papers" / "published.md"
DIGITS = {"dataset": "digits", "network": "mlp"}
LEVELS = [0.0, 0.2, 0.4]
ANEW = {"ERM": "cross-entropy", "mixup": "mixup", "GCE": "gce", "ODD": "odd", "ODD + mixup": "odd"}
# In the order of the paper.
OTHERS = ["LUO", "REN*", "MENTORNET*"]


def accuracy_of(method, mixed, level, seed):
    """ODD is best, and better with mixup, but where nothing is wrong."""
    base = {"cross-entropy": 0.9, "mixup": 0.91, "gce": 0.89, "odd": 0.92 if level else 0.88}[method]
    return base + 0.02 * mixed - 0.1 * level + 0.01 * seed


def own(method, options, level, seed, given):
    """What the table reads of a run beside what every run has."""
    mixed = options.get("mixup") is not None
    result = {"test_accuracy_last": accuracy_of(method, mixed, level, seed)}
    if method == "odd" and given.get("patience") is None:
        result["odd"] = {"epoch": options["epoch"] or given["epochs"] // 4, "p": options["p"] or 0.25}
    return result


@pytest.fixture
def runs(monkeypatch):
    return by_noise_runs.install(monkeypatch, own)


@pytest.fixture
def cifar10(monkeypatch, tmp_path):
    return by_noise_runs.only_cifar10(monkeypatch, tmp_path)


# The published numbers


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the papers' published numbers, ../shared/papers")
def test_published_numbers_are_those_of_the_slides_digit_by_digit():
    section = PUBLISHED.read_text().partition("## 4 ODD")[2].partition("### Table 4")[0]
    head, *printed = [line.split(",") for line in section.splitlines() if line.count(",") == 6]
    content = tomllib.loads(files("pynoise.paper").joinpath("odd.toml").read_text("utf-8"))
    (table,) = content["tables"]
    assert [[line["method"], *line["cifar10"], *line["cifar100"]] for line in table["lines"]] == printed
    assert len(printed) == 8
    # Its columns: the data sets, and the percentage that is selected.
    short = {"cifar10": "c10", "cifar100": "c100"}
    assert head[1:] == [
        f"{short[name]}_{100 * noise['level']:.0f}"
        for name in content["datasets"]
        for noise in table["noises"]
    ]


def test_what_is_read_of_them():
    (table,) = tables_of("odd")
    assert (table.paper, table.number, table.roman, table.network_words) == ("ODD", 1, None, None)
    assert table.networks == {"cifar10": "wrn-28-10", "cifar100": "wrn-28-10"}
    assert table.noises == tuple(("uniform", level) for level in LEVELS)
    assert [line.method for line in table.lines] == ["ERM", "mixup", "GCE", *OTHERS, "ODD", "ODD + mixup"]
    by_name = {line.method: line.numbers for line in table.lines}
    assert [one.mean for one in by_name["ODD"]["cifar100"]] == [0.818, 0.772, 0.724]
    assert by_name["REN*"]["cifar10"][:2] == by_name["REN*"]["cifar100"][:2] == (None, None)
    assert by_name["GCE"]["cifar10"][0] is None
    assert dict(paper.RECIPES)["odd-table1"] == (
        "ODD, Table 1: accuracy under uniform noise, cifar10 and cifar100"
    )


# What is made anew


def test_five_methods_in_one_schedule_beside_the_published(runs, cifar10, tmp_path):
    table = paper.reproduce("odd-table1", tmp_path / "t", seeds=(0, 2), device="cpu", threads=1)
    folders = ["ERM", "mixup", "GCE", "ODD", "ODD-mixup"]
    assert [call["out"] for call in runs.calls] == [
        tmp_path / "t" / f"cifar10-wrn-28-10-uniform-{level:g}-{name}" / f"seed-{seed}"
        for name in folders
        for level in LEVELS
        for seed in (0, 2)
    ]
    assert [call["level"] for call in runs.calls[::2]] == LEVELS * 5
    assert [call["method"] for call in runs.calls[::6]] == list(ANEW.values())
    first = runs.calls[0]
    for call in runs.calls:
        assert call["data"] is cifar10
        assert (call["noise"], call["label_map"], call["resume"]) == ("uniform", None, True)
        # All settings of training are the same for all.
        for key in set(first) - {"out", "method", "options", "level", "seed"}:
            assert call[key] is first[key] or call[key] == first[key]
    assert (first["epochs"], first["lr"], first["schedule"], first["validation"]) == (200, 0.1, "cosine", 0)
    assert (first["momentum"], first["weight_decay"], first["augment"]) == (0.9, 5e-4, "crop-flip")
    assert (first["batch_size"], first["patience"], first["optimizer"]) == (128, None, "sgd")
    usual = methods.make("odd").options()
    assert usual["mixup"] is None
    by_name = dict(zip(ANEW, (call["options"] for call in runs.calls[::6]), strict=True))
    assert (by_name["ERM"], by_name["mixup"]) == ({}, {"alpha": 1.0})
    assert (by_name["GCE"], by_name["ODD"]) == (methods.make("gce").options(), usual)
    assert by_name["ODD + mixup"] == usual | {"mixup": 1.0}
    rows = {(row["dataset"], row["method"], row["level"]): row for row in table.rows}
    assert len(rows) == len(table.rows)
    values = [accuracy_of("odd", True, 0.4, seed) for seed in (0, 2)]
    assert rows["cifar10", "ODD + mixup", 0.4] == {
        "dataset": "cifar10",
        "network": "wrn-28-10",
        "method": "ODD + mixup",
        "variant": None,
        "noise": "uniform",
        "level": 0.4,
        "published": 0.955,
        "published_sd": None,
        "ours": fmean(values),
        "sd": stdev(values),
        "difference": fmean(values) - 0.955,
        "realised_rate": pytest.approx(0.21),
        "seeds": 2,
        "scale": 1.0,
        "source": "ours",
    }
    # GCE has ours where nothing is published; others have what is published, of a network without a name.
    gce = rows["cifar10", "GCE", 0.0]
    assert (gce["source"], gce["published"]) == ("ours", None)
    luo = rows["cifar10", "LUO", 0.2]
    assert (luo["network"], luo["published"], luo["ours"], luo["source"]) == (None, 0.962, None, "published")
    assert [level for level in LEVELS if ("cifar10", "REN*", level) in rows] == [0.4]
    hundred = [row for row in table.rows if row["dataset"] == "cifar100"]
    assert len(hundred) == 20
    assert {row["source"] for row in hundred} == {"published"}
    assert table.problem is None
    assert table.meta["blocks"][1]["problem"].startswith("data not found: ")
    assert table.meta["methods"]["ODD + mixup"] == {"method": "odd", "options": usual | {"mixup": 1.0}}


def test_the_files_and_what_they_say(runs, cifar10, tmp_path):
    table = paper.reproduce("odd-table1", tmp_path / "t", seeds=(0, 1), method_options={"p": 0.3})
    kept = json.loads((tmp_path / "t" / "table.json").read_text())
    assert (kept["rows"], kept["meta"]) == (table.rows, table.meta)
    markdown = (tmp_path / "t" / "table.md").read_text()
    assert markdown == table.to_markdown()
    lines = [line for line in markdown.splitlines() if line.startswith("| ")]
    assert lines[:9] == [
        "| method | clean | uniform 20 % | uniform 40 % |",
        "| --- | --: | --: | --: |",
        "| wrong labels | 0.50 | 10.50 | 20.50 |",
        "| ERM | 90.50 ± 0.71 (96.30) | 88.50 ± 0.71 (88.50) | 86.50 ± 0.71 (84.40) |",
        "| mixup | **91.50** ± 0.71 (97.00) | 89.50 ± 0.71 (93.90) | 87.50 ± 0.71 (91.70) |",
        "| GCE | 89.50 ± 0.71 | 87.50 ± 0.71 (89.90) | 85.50 ± 0.71 (87.10) |",
        "| ODD | 88.50 ± 0.71 (96.20) | 90.50 ± 0.71 (94.70) | 88.50 ± 0.71 (92.80) |",
        "| ODD + mixup | 90.50 ± 0.71 (97.20) | **92.50** ± 0.71 (95.60) | **90.50** ± 0.71 (95.50) |",
        "| LUO, published | (96.20) | (96.20) | (94.90) |",
    ]
    assert "| REN*, published |  |  | (86.90) |" in lines
    assert len(lines) == 2 + 1 + 5 + 3 + 2 + 8
    for words in (
        "± is the standard deviation over 2 seeds; beside them what is published, ",
        "which is validation accuracy; of which network, after which epoch and over how many runs, the "
        "slides do not say.",
        "of 20 % that are selected 18 % are wrong with 10 classes, 19.8 % with 100",
        "- * behind the name of a method: trained with 1000 clean labels besides, say the slides.",
        "Training of wrn-28-10, the same for all methods: epochs 200, ",
        "augment auto, validation 0.0. The slides speak of ResNets and a rate of 0.1, and say no more",
        "- mixup: alpha 1.0.",
        "- ODD: p 0.3, ",
        ", mixup 1.0.",
        "- ODD on cifar10: after epoch 50 of 200 examples are left out whose loss is above the 0.3-quantile",
    ):
        assert words in markdown
    assert "None" not in markdown
    assert "The best of ours in each column is bold; in parentheses, what is published." in markdown
    head, *cells = cells_of(table.text())
    assert head[:5] == ["data set", "network", "method", "noise", "wrong labels"]
    ours = ["cifar10", "wrn-28-10", "ODD + mixup", "uniform 20 %", "10.50", "95.60", "92.50 ± 0.71", "-3.10"]
    assert [*ours, "2", "1", "ours"] in cells
    assert ["cifar100", "-", "LUO", "clean", "-", "81.40", *"----", "published"] in cells
    assert len(cells) == len(table.rows)


def test_nothing_but_what_is_published(runs, tmp_path):
    table = paper.reproduce("odd-table1", tmp_path / "t", data_root=tmp_path / "nowhere")
    assert runs.calls == []
    assert table.problem.startswith("the data were not found (cifar10, cifar100)")
    lines = table.to_markdown().splitlines()
    assert "| method | clean | uniform 20 % | uniform 40 % |" in lines
    assert "| ODD + mixup, published | (82.50) | (79.10) | (76.50) |" in lines


def test_another_network_has_nothing_published_beside_it(runs, cifar10, tmp_path):
    given = {"dataset": "cifar10", "network": "resnet18", "epochs": 60, "validation": 0.1, "patience": 3}
    table = paper.reproduce("odd-table1", tmp_path / "t", **given, scale=0.5)
    ours = [row for row in table.rows if row["source"] == "ours"]
    assert {(row["network"], row["published"]) for row in ours} == {("resnet18", None)}
    assert {len(call["data"].x_train) for call in runs.calls} == {200}
    markdown = table.to_markdown()
    assert "| ODD, published | (96.20) | (94.70) | (92.80) |" in markdown
    assert "Training of resnet18, the same for all methods: epochs 60, " in markdown
    assert "are left out" not in markdown  # every run was ended before
    assert "- 0.5 of the training examples were taken." in markdown


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"mixup": 0.4}, "mixup is the table's; leave it out"),
        ({"p": 2}, r"p: 2 is not within \(0, 1\)"),
        ({"epochs": 3}, "'epochs' is not known .*did you mean 'epoch'"),
    ],
)
def test_options_that_will_not_do(runs, digits, tmp_path, given, words):
    with pytest.raises(InputValueError, match=f"method_options: {words}"):
        paper.reproduce("odd-table1", tmp_path / "t", **DIGITS, method_options=given)
    assert runs.calls == []
    assert list(tmp_path.iterdir()) == []


def test_real_runs(digits, tmp_path, one_thread):
    given = {**DIGITS, "scale": 0.3, "epochs": 4, "device": "cpu", "threads": 1, "lr": 0.05}
    given["method_options"] = {"epoch": 2, "draws": 1000}
    table = paper.reproduce("odd-table1", tmp_path / "t", **given)
    assert len(table.rows) == 15
    for row in table.rows:
        name = row["method"].replace(" + ", "-")
        run = Run.load(tmp_path / "t" / f"digits-mlp-uniform-{row['level']:g}-{name}" / "seed-0")
        assert row["ours"] == run.result["test_accuracy_last"]
        assert row["realised_rate"] == run.result["noise"]["realised_rate"]
        assert run.config["method"] == ANEW[row["method"]]
        assert run.record.selected.mean() == pytest.approx(row["level"], abs=0.002)
        # The true label may be drawn: 9 of 10 that are selected are wrong, but for chance.
        assert row["realised_rate"] == pytest.approx(0.9 * row["level"], abs=0.06)
        if run.config["method"] == "odd":
            found = noise.Suspects.load(run.path)
            assert run.result["removed_fraction"] == found.suspected.mean()
    # 10 classes: 1/10 and a ninth of the rest.
    assert (
        "- ODD on digits: after epoch 2 of 4 examples are left out whose loss is above the 0.2-quantile"
        in (table.to_markdown())
    )
    # A line that is there is not trained again.
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("result.json")}
    assert paper.reproduce("odd-table1", tmp_path / "t", **given).rows == table.rows
    assert {file: file.stat().st_mtime_ns for file in tmp_path.rglob("result.json")} == before
