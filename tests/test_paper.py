"""The papers' tables: the published numbers, and what is made anew beside them."""

import csv
import json
import re
import tomllib
from importlib.resources import files
from statistics import fmean, stdev

import knet_runs
import numpy as np
import pytest
from conftest import REPOSITORY
from knet_runs import accuracy_of
from long_tables import cells_of

import pynoise
from pynoise import data, noise, paper, seeds
from pynoise.errors import InputTypeError, InputValueError
from pynoise.paper import knet_words
from pynoise.paper.published import METHODS, knet_tables
from pynoise.paper.registry import Options, recipes
from pynoise.paper.share import share_of
from pynoise.paper.words import SETTINGS
from pynoise.training import Run

PUBLISHED = REPOSITORY.parent / "shared" / "papers" / "published.md"
NAMES = ["knet-table2", "knet-table3", "knet-table4", "knet-table5"]
DIGITS = {"dataset": "digits", "network": "mlp"}


@pytest.fixture
def runs(monkeypatch):
    return knet_runs.install(monkeypatch)


@pytest.fixture(scope="module")
def images():
    """Few images, for what is called CIFAR-10, or SVHN."""
    x = np.arange(400 * 192, dtype=np.uint64).reshape(400, 8, 8, 3) * 7 % 251
    y = np.arange(400) % 10
    return {
        name: data.Dataset(x.astype(np.uint8), y, x[:50].astype(np.uint8), y[:50], name=name)
        for name in ("cifar10", "svhn")
    }


@pytest.fixture
def both(monkeypatch, images):
    """Both data sets of the tables are there."""
    monkeypatch.setattr(data, "load", lambda name, *_, **__: images[name])


@pytest.fixture
def cifar_alone(monkeypatch, images, tmp_path):
    load = data.load

    def there(name, root, **options):
        return images[name] if name == "cifar10" else load(name, tmp_path / "nowhere", **options)

    monkeypatch.setattr(data, "load", there)


# The published numbers


def printed():
    """The tables of published.md: words of the number, and of a table's rows."""
    section = PUBLISHED.read_text().partition("## 2 kNet")[2].partition("Notes on Tables")[0]
    for part in section.split("### Table ")[1:]:
        heading, _, lines = part.partition("\n")
        rows, ks = [], []
        for line in lines.split("\n"):
            cells = line.strip().split(",")
            if cells[0] == "dataset":
                ks = [cell.removeprefix("k=") for cell in cells[4:]]
            elif len(cells) > 4:
                rows.append((*cells[:4], ks, [cell for cell in cells[4:] if cell]))
        yield heading, rows


@pytest.mark.skipif(not PUBLISHED.is_file(), reason="needs the papers' published numbers, ../shared/papers")
def test_published_numbers_are_those_of_the_paper_digit_by_digit():
    text = files("pynoise.paper").joinpath("knet.toml").read_text("utf-8")
    content = tomllib.loads(text, parse_float=str)
    words = {"kNN": "knn", "fixed kNet": "fixed_knet", "preliminary": "preliminary", "kNet": "knet"}
    names = {"CIFAR-10": "cifar10", "SVHN": "svhn"}
    tables = dict(printed())
    assert len(tables) == 4
    for table, (heading, rows) in zip(content["tables"], tables.items(), strict=True):
        kind, percent = re.fullmatch(r"(\d: .*) (\d+) % \(.*", heading).groups()
        assert kind == f"{table['number']}: {table['noise'].replace('-', ' ')}"
        assert float(table["level"]) == int(percent) / 100
        there = [
            (
                block["dataset"],
                network["words"],
                key,
                network[key]["size"],
                block["k"],
                network[key]["accuracy"],
            )
            for block in table["blocks"]
            for network in block["networks"]
            for key in network
            if key not in ("name", "words")
        ]
        want = [
            (
                names[dataset],
                "Zhang et al." if network == "Zhang" else network,
                words[method],
                size,
                ks,
                numbers,
            )
            for dataset, network, method, size, ks, numbers in rows
        ]
        assert len(there) == 14
        for one, other in zip(there, want, strict=True):
            assert one[:4] == other[:4]
            assert [list(map(str, part)) for part in one[4:]] == list(other[4:])


def test_what_is_read_of_them():
    tables = knet_tables()
    assert [(table.number, table.noise, table.level) for table in tables] == [
        (2, "uniform", 0.4),
        (3, "uniform", 0.8),
        (4, "random-asymmetric", 0.3),
        (5, "semantic-asymmetric", 0.4),
    ]
    for table in tables:
        assert [(block.dataset, block.own) for block in table.blocks] == [
            ("cifar10", "resnet20"), ("svhn", "four-block-cnn")
        ]  # fmt: skip
        for block in table.blocks:
            own, other = block.networks
            assert other.name is None
            assert (list(own.methods), list(other.methods)) == (
                list(METHODS.values())[:3],
                list(METHODS.values()),
            )
            for network in block.networks:
                for method, column in network.methods.items():
                    assert len(column.accuracy) == (
                        1 if method == "preliminary" else len(block.ks) == 4 and 4
                    )
                    assert all(0 < number < 100 for number in column.accuracy)


def test_the_recipes():
    assert [name for name, _ in paper.RECIPES][:4] == NAMES
    assert list(recipes()) == [name for name, _ in paper.RECIPES]
    assert dict(paper.RECIPES)["knet-table4"] == (
        "kNet, Table 4: random-asymmetric noise of level 0.3, cifar10 and svhn"
    )


# What is made anew


def test_both_data_sets_beside_the_published(runs, both, images, tmp_path):
    table = paper.reproduce("knet-table2", tmp_path / "t", seeds=(0, 2), device="cpu", threads=1)
    assert runs.folders == [
        tmp_path / "t" / name / f"seed-{seed}"
        for name in ("cifar10-resnet20", "svhn-four-block-cnn")
        for seed in (0, 2)
    ]
    first, *_, last = runs.calls
    assert first["data"] is images["cifar10"]
    assert (first["noise"], first["level"], first["label_map"], first["method"]) == (
        "uniform",
        0.4,
        None,
        "knet",
    )
    assert (first["ks"], first["fixed"], last["ks"]) == ([1, 11, 51, 101], True, [1, 21, 61, 101])
    assert (first["resume"], first["device"], first["threads"]) == (True, "cpu", 1)
    assert (first["epochs"], first["lr"], first["weight_decay"], first["augment"]) == (
        60,
        0.1,
        5e-4,
        "crop-flip",
    )
    assert (last["network"], last["augment"], last["seed"]) == ("four-block-cnn", "crop", 2)
    # 13 rows of ours and 13 that stand as published, for each data set.
    assert [row["source"] for row in table.rows] == (["ours"] * 13 + ["published"] * 13) * 2
    rows = {(row["dataset"], row["network"], row["method"], row["k"]): row for row in table.rows}
    assert len(rows) == 52
    assert rows["svhn", "four-block-cnn", "K-NN", 61] == {
        "dataset": "svhn",
        "network": "four-block-cnn",
        "method": "K-NN",
        "k": 61,
        "published": 0.9303,
        "ours": fmean(accuracy_of("K-NN", 61, seed) for seed in (0, 2)),
        "sd": stdev(accuracy_of("K-NN", 61, seed) for seed in (0, 2)),
        "difference": fmean(accuracy_of("K-NN", 61, seed) for seed in (0, 2)) - 0.9303,
        "published_size": "0.55M+37.5M",
        "parameters": 272_474,
        "added": 2_880_000,
        "seeds": 2,
        "scale": 1.0,
        "source": "ours",
    }
    assert rows["cifar10", "resnet20", "preliminary", None]["published"] == 0.6643
    assert rows["cifar10", "resnet20", "preliminary", None]["added"] is None
    assert rows["cifar10", "resnet20", "kNet", 1]["added"] == 322
    fixed = rows["cifar10", "resnet20", "fixed kNet", 101]
    assert (fixed["published"], fixed["published_size"], fixed["difference"]) == (None, None, None)
    zhang = rows["cifar10", "Zhang et al.", "fixed kNet", 101]
    assert (zhang["published"], zhang["ours"], zhang["seeds"]) == (0.892, None, None)
    assert table.problem is None
    meta = table.meta
    assert (meta["recipe"], meta["seeds"], meta["scale"], meta["seconds"]) == (
        "knet-table2",
        [0, 2],
        1.0,
        {"epochs": 8.0},
    )
    assert (meta["noise"], meta["level"], meta["settings"]["epochs"]) == ("uniform", 0.4, 60)
    assert (meta["versions"]["torch"], meta["hardware"]) == ("2", {"processor": "none"})
    assert meta["blocks"][0] == {
        "dataset": "cifar10",
        "network": "resnet20",
        "k": [1, 11, 51, 101],
        "problem": None,
        "train_examples": 400,
        "test_examples": 50,
        "selected_fraction": 0.4,
        "realised_rate": pytest.approx(0.37),
    }


def test_the_files_and_what_they_say(runs, both, tmp_path):
    table = paper.reproduce("knet-table2", tmp_path / "t", seeds=(0, 1))
    folder = tmp_path / "t"
    kept = json.loads((folder / "table.json").read_text())
    assert (kept["rows"], kept["meta"]) == (table.rows, table.meta)
    with (folder / "table.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert lines == [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in table.rows
    ]
    markdown = (folder / "table.md").read_text()
    assert markdown == table.to_markdown()
    assert [line for line in markdown.splitlines() if line.startswith("| ")][:11] == [
        "| network | parameters | no k | k = 1 | k = 11 | k = 51 | k = 101 |",
        "| --- | --- | --: | --: | --: | --: | --: |",
        "| resnet20 | 0.27M (0.27M) | 80.05 ± 0.07 (66.43) |  |  |  |  |",
        "| + K-NN | 0.27M + 2.9M (0.27M + 3.2M) |  | 50.34 ± 0.07 (38.95) | 53.21 ± 0.07 (62.01) "
        "| 64.69 ± 0.07 (65.72) | **79.04** ± 0.07 (66.92) |",
        "| + kNet | 0.27M + 0.3K (0.27M + 3K) |  | **85.04** ± 0.07 (67.05) | 84.94 ± 0.07 (67.16) "
        "| 84.54 ± 0.07 (66.93) | 84.04 ± 0.07 (65.99) |",
        "| + fixed kNet | 0.27M + 0.3K |  | **86.04** ± 0.07 | 85.94 ± 0.07 | 85.54 ± 0.07 | 85.04 ± 0.07 |",
        "| Zhang et al., published | (0.87M) | (89.58) |  |  |  |  |",
        "| + K-NN | (0.87M + 12.8M) |  | (86.92) | (89.56) | (89.42) | (89.27) |",
        "| + kNet | (0.87M + 5K) |  | (89.24) | (89.43) | (89.63) | (89.53) |",
        "| + fixed kNet | (0.87M + 5K) |  | (89.88) | (89.84) | (89.34) | (89.20) |",
        "| network | parameters | no k | k = 1 | k = 21 | k = 61 | k = 101 |",
    ]
    assert "400 training and 50 test examples, 0.3650 of the training labels wrong." in markdown
    assert "standard deviation over 2 seeds" in markdown
    assert "any label, the true one included" in markdown
    assert "hidden units" not in markdown  # as many as the paper has
    assert "The best of ours in each row is bold; in parentheses, what is published." in markdown
    text = table.text()
    head, *cells = cells_of(text)
    assert head[:4] == ["data set", "network", "method", "k"]
    assert len(cells) == len(table.rows) == 13 + 13 + 13 + 13
    knn = ["cifar10", "resnet20", "K-NN", "101", "66.92", "79.04 ± 0.07", "+12.12", "2", "1", "ours"]
    assert knn in cells
    assert ["cifar10", "resnet20", "fixed kNet", "1", "-", "86.04 ± 0.07", "-", "2", "1", "ours"] in cells
    assert ["svhn", "Zhang et al.", "preliminary", "-", "91.88", *"----", "published"] in cells
    assert text.splitlines()[0] == table.meta["title"]
    assert all(f"- {note}" in text.splitlines() for note in table.meta["notes"])
    assert "*" not in text
    assert all(line == line.rstrip() for line in text.splitlines())


def test_equal_numbers_are_all_best(runs, both, tmp_path, monkeypatch):
    monkeypatch.setattr(knet_runs, "accuracy_of", lambda method, k, seed: 0.5)
    table = paper.reproduce("knet-table3", tmp_path / "t", dataset="svhn")
    assert table.to_markdown().count("**50.00**") == 12
    assert "±" not in table.to_markdown()


def test_a_block_without_data_stands_as_published(runs, cifar_alone, tmp_path):
    table = paper.reproduce("knet-table3", tmp_path / "t")
    assert runs.folders == [tmp_path / "t" / "cifar10-resnet20" / "seed-0"]
    assert table.problem is None
    assert [row["source"] for row in table.rows] == ["ours"] * 13 + ["published"] * 35
    cifar, svhn = table.meta["blocks"]
    assert cifar["problem"] is None
    assert svhn["problem"].startswith("data not found: ")
    assert "train_32x32.mat" in svhn["problem"]
    assert "download=True" in svhn["problem"]
    markdown = table.to_markdown()
    assert svhn["problem"] in markdown
    assert "| CNN, published | (0.27M) | (76.57) |" in markdown
    assert "| resnet20 | 0.27M (0.27M) | 80.00 (23.71) |" in markdown


def test_no_data_at_all(runs, tmp_path):
    table = paper.reproduce("knet-table2", tmp_path / "t", data_root=tmp_path / "nowhere")
    assert runs.calls == []
    assert table.problem.startswith("the data were not found (cifar10, svhn)")
    assert {row["source"] for row in table.rows} == {"published"}
    assert json.loads((tmp_path / "t" / "table.json").read_text())["meta"]["versions"]["pynoise"]
    # What came of it is no hindrance once the data are there.
    paper.reproduce("knet-table2", tmp_path / "t", data_root=tmp_path / "nowhere")
    other = paper.reproduce(
        "knet-table2", tmp_path / "o", dataset="mnist", network="mnist-cnn", data_root=tmp_path / "nowhere"
    )
    assert other.rows == []
    assert "it lacks MNIST/raw" in other.text()


def test_which_data_and_network(runs, both, tmp_path):
    def made(**given):
        runs.calls.clear()
        table = paper.reproduce("knet-table4", tmp_path / f"t{len(list(tmp_path.iterdir()))}", **given)
        return [(call["data"].name, call["network"]) for call in runs.calls], table

    assert made(dataset="svhn")[0] == [("svhn", "four-block-cnn")]
    assert made(network="resnet20")[0] == [("cifar10", "resnet20")]
    named, table = made(network="resnet18")
    assert named == [("cifar10", "resnet18"), ("svhn", "resnet18")]
    # What was trained has nothing published beside it, and what is published stands alone.
    assert [row["network"] for row in table.rows if row["dataset"] == "svhn"] == (
        ["resnet18"] * 13 + ["CNN (CE loss)"] * 9 + ["Zhang et al."] * 13
    )
    assert all(row["published"] is None for row in table.rows if row["network"] == "resnet18")


def test_other_data_have_the_noise_and_the_ks_of_the_table(runs, digits, tmp_path):
    table = paper.reproduce("knet-table5", tmp_path / "t", **DIGITS)
    (call,) = runs.calls
    assert call["out"] == tmp_path / "t" / "digits-mlp" / "seed-0"
    assert (call["noise"], call["level"], call["label_map"]) == ("semantic-asymmetric", 0.4, "digits")
    assert (call["ks"], call["augment"]) == ([1, 21, 51, 101], "none")
    assert [row["source"] for row in table.rows] == ["ours"] * 13
    assert {row["published"] for row in table.rows} == {None}
    assert "Map of digits: 7:1,2:7,5:6,6:5,3:8." in table.to_markdown()
    assert "does not say whether its level is of all examples" in table.to_markdown()


def test_a_share_of_the_training_examples(runs, both, images, tmp_path):
    table = paper.reproduce("knet-table2", tmp_path / "t", seeds=[3], scale=0.5, dataset="cifar10")
    (call,) = runs.calls
    part, whole = call["data"], images["cifar10"]
    assert part.name == "cifar10 (200 of 400 training examples)"
    assert (len(part.x_train), part.x_test is whole.x_test, part.names) == (200, True, whole.names)
    assert call["augment"] == "crop-flip"  # that of the whole
    assert {row["scale"] for row in table.rows if row["source"] == "ours"} == {0.5}
    assert "- 0.5 of the training examples were taken." in table.to_markdown()


def test_how_a_share_is_drawn(digits):
    part, more = share_of(digits, 0.1, 7), share_of(digits, 0.2, 7)
    keys = pynoise._core.random_uniform(seeds.split(7, "share"), "share", 1297)
    rows = np.sort(np.argsort(keys)[:130])
    assert (part.x_train == digits.x_train[rows]).all()
    assert (part.y_train == digits.y_train[rows]).all()
    assert part.origin is None
    assert set(map(bytes, part.x_train)) < set(map(bytes, more.x_train))
    assert share_of(digits, 1.0, 7) is digits
    assert len(share_of(digits, 1e-9, 7).x_train) == 1
    assert (share_of(digits, 0.1, 8).y_train != part.y_train).any()


def test_settings_and_progress_are_handed_on(runs, digits, tmp_path):
    seen = []
    table = paper.reproduce(
        "knet-table2", tmp_path / "t", **DIGITS, seeds=[4, 1], optimizer="adam", epochs=3, validation=0,
        progress=lambda *words: seen.append(words), method_options={"hidden": 4},
    )  # fmt: skip
    call = runs.calls[0]
    assert (call["hidden"], call["ks"], call["fixed"]) == (4, [1, 11, 51, 101], True)
    assert (table.meta["method_options"]["hidden"], table.meta["method_options"]["epochs"]) == (4, 50)
    assert "k_range [1, 101], loss cross-entropy, lr 0.01" in table.to_markdown()
    assert (call["optimizer"], call["lr"], call["epochs"], call["batch_size"]) == ("adam", 0.001, 3, 128)
    assert seen == [
        ("runs", 0, 2, "digits, mlp, seed 4"), ("runs", 1, 2, "digits, mlp, seed 1"), ("runs", 2, 2, "")
    ]  # fmt: skip
    assert "optimizer adam, lr 0.001" in table.to_markdown()
    assert "the weights of the last epoch" in table.to_markdown()


def test_a_table_is_written_to_the_file_that_is_named(runs, digits, tmp_path):
    table = paper.reproduce("knet-table2", tmp_path / "t", **DIGITS)
    for name in ("a.md", "a.csv", "a.json"):
        table.save(tmp_path / name)
    assert (tmp_path / "a.md").read_text() == table.to_markdown()
    with pytest.raises(InputValueError, match=r"path: .* must end in one of \.md, \.csv, \.json"):
        table.save(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("name", "given", "error", "words"),
    [
        ("knet-table1", {}, InputValueError, r"name: 'knet-table1' is not known \(did you mean 'knet-table"),
        (3, {}, InputValueError, "name: 3 is not known"),
        ("knet-table2", {"out": 3}, InputTypeError, "out: 3 is not the path of a folder"),
        ("knet-table2", {"out": "o" * 300}, InputValueError, "out: .* is not a path that can be written"),
        ("knet-table2", {"seeds": []}, InputTypeError, r"seeds: \[\] is no sequence of seeds"),
        ("knet-table2", {"seeds": 0}, InputTypeError, "seeds: 0 is no sequence of seeds"),
        ("knet-table2", {"seeds": "01"}, InputTypeError, "seeds: '01' is no sequence of seeds"),
        ("knet-table2", {"seeds": [1, 1]}, InputValueError, r"seeds: \[1, 1\] names one twice"),
        ("knet-table2", {"seeds": [-1]}, InputValueError, "seeds: -1 is too small"),
        ("knet-table2", {"scale": 0}, InputValueError, r"scale: 0 is outside \(0, 1\]"),
        ("knet-table2", {"scale": 1.5}, InputValueError, r"scale: 1.5 is outside \(0, 1\]"),
        ("knet-table2", {"scale": float("nan")}, InputValueError, r"scale: nan is outside \(0, 1\]"),
        ("knet-table2", {"scale": "1"}, InputTypeError, "scale: '1' is not a number"),
        (
            "knet-table2",
            {"scale": 0.07},
            InputValueError,
            "scale: 0.07 of digits leaves 82 examples to learn",
        ),
        ("knet-table2", {"dataset": 3}, InputTypeError, "dataset: 3 is no name"),
        ("knet-table2", {"dataset": "cifar"}, InputValueError, "dataset: 'cifar' is not known"),
        (
            "knet-table2",
            {"network": None},
            InputValueError,
            "network: is missing; the table has none for 'digits'",
        ),
        ("knet-table2", {"network": 3}, InputTypeError, "network: 3 is no name"),
        ("knet-table2", {"progress": 3}, InputTypeError, "progress: 3 cannot be called"),
        ("knet-table2", {"download": 1}, InputTypeError, "download: 1 is neither True nor False"),
        ("knet-table2", {"threads": 0}, InputValueError, "threads: 0 is too small"),
        (
            "knet-table2",
            {"epoch": 3},
            InputValueError,
            "settings: 'epoch' is not known .*did you mean 'epochs'",
        ),
        ("knet-table2", {"method": "knet"}, InputValueError, "settings: 'method' is not known"),
        ("knet-table2", {"method_options": 3}, InputTypeError, "method_options: 3 is no dict of options"),
        ("knet-table2", {"method_options": {"ks": 3}}, InputValueError, "method_options: ks is the table's"),
        (
            "knet-table2",
            {"method_options": {"hiden": 3}},
            InputValueError,
            "method_options: 'hiden' is not kno",
        ),
        ("knet-table2", {"lr": -1}, InputValueError, "lr: -1 is not a finite number"),
        (
            "knet-table5",
            {"dataset": "ideal"},
            InputValueError,
            "dataset: 'ideal' has no map of what looks alike",
        ),
    ],
)
def test_arguments_out_of_range_are_named(runs, tmp_path, name, given, error, words):
    with pytest.raises(error, match=words):
        paper.reproduce(name, **{"out": tmp_path / "t"} | DIGITS | given)
    assert runs.calls == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_other_things_is_left_alone(runs, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputValueError, match=r"out: .*file' is not a folder"):
        paper.reproduce("knet-table2", tmp_path / "file", **DIGITS)
    with pytest.raises(InputValueError, match=r"out: .* holds other files; name a folder of its own"):
        paper.reproduce("knet-table2", tmp_path, **DIGITS)
    assert [one.name for one in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("name", ["knet-table3", "knet-fig2", "knet-fig3"])
def test_a_folder_of_another_recipe_is_left_alone(runs, tmp_path, name):
    paper.reproduce("knet-table2", tmp_path / "t", **DIGITS)
    before = {file: file.read_bytes() for file in (tmp_path / "t").glob("table.*")}
    words = f"out: .* holds knet-table2, which {name} would overwrite; name another folder"
    with pytest.raises(InputValueError, match=words):
        paper.reproduce(name, tmp_path / "t", **({} if name == "knet-fig2" else DIGITS))
    assert {file: file.read_bytes() for file in (tmp_path / "t").glob("table.*")} == before
    assert len(runs.calls) == 1


@pytest.mark.parametrize("text", ["", "[]", '{"meta": 3}', '{"meta": {}}'])
def test_a_table_that_no_recipe_made_is_left_alone(runs, tmp_path, text):
    (tmp_path / "table.json").write_text(text)
    with pytest.raises(InputValueError, match=r"out: .* holds other files; name a folder of its own"):
        paper.reproduce("knet-table2", tmp_path, **DIGITS)
    assert (tmp_path / "table.json").read_text() == text


def test_options_have_defaults(tmp_path):
    options = Options(tmp_path)
    assert (options.seeds, options.scale, options.settings) == ((0,), 1.0, {})
    assert options.progress("runs", 0, 1, "") is None


# With the method itself


@pytest.mark.usefixtures("one_thread")
def test_the_digits_from_one_end_to_the_other(digits, tmp_path):
    given = DIGITS | {"seeds": (0, 1), "epochs": 2, "threads": 1, "device": "cpu"}
    given["method_options"] = {"epochs": 2}
    table = paper.reproduce("knet-table2", tmp_path / "t", **given)
    found = [Run.load(tmp_path / "t" / "digits-mlp" / f"seed-{seed}") for seed in (0, 1)]
    assert len(table.rows) == 13
    for row in table.rows:
        key = {"K-NN": "knn_accuracy", "kNet": "knet_accuracy", "fixed kNet": "fixed_knet_accuracy"}
        values = [
            run.result["preliminary_accuracy" if row["k"] is None else key[row["method"]]] for run in found
        ]
        if row["k"] is not None:
            values = [value[str(row["k"])] for value in values]
        assert (row["ours"], row["sd"]) == (fmean(values), stdev(values))
    for seed, run in enumerate(found):
        want = noise.make(digits.y_train, "uniform", 0.4, seed=seeds.split(seed, "noise"), names=digits.names)
        assert (run.record.noisy == want.noisy).all()
    before = [run.result for run in found]
    again = paper.reproduce("knet-table2", tmp_path / "t", **given)
    assert again.rows == table.rows
    assert [Run.load(run.path).result for run in found] == before
    (tmp_path / "t" / "table.json").unlink()
    with pytest.raises(InputValueError, match=r"out: .* holds another run: its noise\.level is 0\.4"):
        paper.reproduce("knet-table3", tmp_path / "t", **given)


def test_another_width_than_the_papers_is_said():
    table = knet_tables()[0]
    settings = {"validation": 0} | dict.fromkeys(SETTINGS)
    made = {"mnist": {"knet": {"hidden": 16, "features": 64}, "network": "resnet20"}}
    found = knet_words.notes(table, made, [0], 1.0, settings, {})
    words = "kNet has 16 hidden units for the 64 features of resnet20 on mnist; the paper's Table 1 has 4."
    assert words in found
