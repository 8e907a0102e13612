"""Methods compared on the same noisy labels, and the command `pynoise compare-methods`."""

import csv
import json
import math
import os
import shutil
import signal
from statistics import fmean, stdev

import numpy as np
import processes
import pytest

from pynoise import noise, seeds, training
from pynoise.errors import InputTypeError, InputValueError, TrainingError
from pynoise.training import Run, compare_methods
from pynoise.training.contenders import contenders_of

PNG = b"\x89PNG\r\n\x1a\n"
METHODS = [
    "cross-entropy",
    ("odd", {"epoch": 1}),
    "odd:epoch=1,mixup=1",
    "knet:ks=5,11,k_range=1:11,epochs=1",
]
LABELS = ["cross-entropy", "odd:epoch=1", "odd:epoch=1,mixup=1", "knet:ks=5,11,k_range=1,11,epochs=1"]
FOLDERS = ["cross-entropy", "odd-epoch=1", "odd-epoch=1,mixup=1", "knet-ks=5,11,k_range=1,11,epochs=1"]
# Bit for bit the same, which CUDA is not.
QUICK = {"epochs": 2, "threads": 1, "device": "cpu"}
NOISE = {"noise": "uniform", "level": 0.4}
LINE = (
    "compare-methods --method cross-entropy --method odd:epoch=1 --noise uniform --level 0.4 --seeds 0,1 "
    "--epochs 2 --threads 1 --device cpu"
)


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def kept(digits, tmp_path_factory):
    """A comparison of two seeds, and its folder."""
    folder = tmp_path_factory.mktemp("compared") / "runs"
    return compare_methods(digits, methods=METHODS, out=folder, seeds=[3, 1], **NOISE, **QUICK), folder


def times_of(folder):
    """When each run was finished."""
    return {str(file.relative_to(folder)): file.stat().st_mtime_ns for file in folder.rglob("result.json")}


def without_times(rows):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in rows]


def test_all_methods_have_the_same_labels_of_a_seed(kept, digits):
    _, folder = kept
    given = {}
    for seed in (3, 1):
        runs = [Run.load(folder / name / f"seed-{seed}") for name in FOLDERS]
        given[seed] = runs[0].record.noisy
        want = noise.make(digits.y_train, "uniform", 0.4, seed=seeds.split(seed, "noise"))
        for run in runs:
            assert (run.record.noisy == want.noisy).all()
            assert run.config["seed"] == seed
            assert all((a == b).all() for a, b in zip(run.rows, runs[0].rows, strict=True))
            assert run.config["settings"] == runs[0].config["settings"]
    assert (given[3] != given[1]).any()


def test_a_run_is_what_training_alone_makes_of_its_method_and_seed(kept, digits, tmp_path):
    _, folder = kept
    alone = training.train(
        digits, out=tmp_path / "r", method="odd", method_options={"epoch": 1}, seed=1, **NOISE, **QUICK
    )
    there = Run.load(folder / "odd-epoch=1" / "seed-1")
    assert (there.softmax == alone.softmax).all()
    assert there.config == alone.config


def test_rows_are_means_and_differences_by_seed(kept):
    compared, folder = kept
    assert [row["label"] for row in compared.rows] == LABELS
    assert [row["method"] for row in compared.rows] == ["cross-entropy", "odd", "odd", "knet"]
    assert [row["options"].get("mixup") for row in compared.rows] == [None, None, 1.0, None]
    results = [
        [json.loads((folder / name / f"seed-{seed}" / "result.json").read_text()) for seed in (3, 1)]
        for name in FOLDERS
    ]
    for i, (row, own) in enumerate(zip(compared.rows, results, strict=True)):
        assert (row["runs"], row["problem"]) == (2, None)
        for key in ("test_accuracy_last", "test_accuracy_selected"):
            values = [result[key] for result in own]
            assert (row[key], row[f"{key}_sd"]) == (fmean(values), stdev(values))
            found = [row[f"{key}_difference{part}"] for part in ("", "_sd", "_se")]
            if i == 0:
                assert found == [None] * 3
                continue
            firsts = [result[key] for result in results[0]]
            apart = [a - b for a, b in zip(values, firsts, strict=True)]
            assert found == pytest.approx([fmean(apart), stdev(apart), stdev(apart) / math.sqrt(2)])
        assert row["seconds"] == fmean(result["seconds"] for result in own)
        for key in ("removed_fraction", "removed_precision", "removed_recall"):
            told = [result[key] for result in own if key in result]
            assert row[key] == (fmean(told) if told else None)
        assert (row["clean_auc"], row["correction_accuracy"]) == (None, None)
    assert compared.rows[1]["removed_fraction"] > 0
    by_k = [result["knet_accuracy"] for result in results[3]]
    assert compared.rows[3]["knet_accuracy"] == {k: fmean(one[k] for one in by_k) for k in ("5", "11")}
    # kNet's network learns as if nothing came after it: from the same weights, batches and labels.
    assert compared.rows[3]["test_accuracy_last"] == compared.rows[0]["test_accuracy_last"]
    assert compared.runs["odd:epoch=1", 1].result == results[1][1]
    assert [(one["seed"], one["label"]) for one in compared.results] == [
        (seed, label) for seed in (3, 1) for label in LABELS
    ]


def test_what_is_said_of_it(kept, digits):
    compared, folder = kept
    meta = compared.meta
    records = [Run.load(folder / FOLDERS[0] / f"seed-{seed}").record for seed in (3, 1)]
    assert meta["noise"] == {
        "kind": "uniform",
        "level": 0.4,
        "selection": "exact",
        "selected_fraction": math.ceil(0.4 * 1297) / 1297,
        "realised_rate": pytest.approx(fmean(record.realised_rate for record in records)),
    }
    assert meta["settings"] == training.Settings(epochs=2).to_dict()
    assert (meta["data"], meta["network"], meta["seeds"]) == ("digits", "mlp", [3, 1])
    assert (meta["train_examples"], meta["test_examples"]) == (1297, 500)
    assert meta["seconds"] == pytest.approx(sum(one["seconds"] for one in compared.results))
    assert meta["versions"].keys() >= {"pynoise", "torch"}
    assert meta["hardware"]["device"] == "cpu"
    assert "uniform (true class included) of level 0.4: 0.4002 of the labels selected" in compared.heading


def test_a_method_with_settings_of_its_own_has_those_of_all(digits, tmp_path):
    compare_methods(
        digits, methods=["mixnn:warmup=1,correction_start=none"], out=tmp_path / "m", **NOISE, **QUICK
    )
    found = Run.load(tmp_path / "m" / "mixnn-warmup=1,correction_start=none" / "seed-0")
    assert found.config["settings"] == training.Settings(epochs=2).to_dict() | {"augment": "none"}


def test_without_noise_and_validation(digits, tmp_path):
    compared = compare_methods(
        digits, methods=["cross-entropy", "mixup"], out=tmp_path / "c", validation=0, **QUICK
    )
    assert compared.meta["noise"] is None
    assert "no noise added" in compared.heading
    assert [row["test_accuracy_selected"] for row in compared.rows] == [None, None]
    assert [row["test_accuracy_last_sd"] for row in compared.rows] == [None, None]
    row = compared.rows[1]
    assert row["test_accuracy_last_difference"] is not None
    assert row["test_accuracy_last_difference_se"] is None
    assert compared.grid("*{}")[0] == ["method", "runs", "last", "Δ last", "seconds"]
    compared.plot(tmp_path / "c.svg")


# Going on


def test_what_is_done_is_not_done_again(kept, digits, tmp_path):
    compared, folder = kept
    copy = shutil.copytree(folder, tmp_path / "runs")
    before, calls, seen = times_of(copy), [], []
    again = compare_methods(
        digits, methods=METHODS, out=copy, seeds=[3, 1], on_run=seen.append,
        progress=lambda *words: calls.append(words), **NOISE, **QUICK,
    )  # fmt: skip
    assert again.rows == compared.rows
    assert times_of(copy) == before
    assert len(seen) == 8
    runs = [(done, total, words) for phase, done, total, words in calls if phase == "runs"]
    assert runs[0] == (0, 8, "cross-entropy, seed 3")
    assert runs[-1] == (8, 8, "")
    assert "training" not in {phase for phase, *_ in calls}


def test_methods_and_seeds_add_to_what_is_there(kept, digits, tmp_path):
    compared, folder = kept
    copy = shutil.copytree(folder, tmp_path / "runs")
    before = times_of(copy)
    methods = ["mixup", "cross-entropy"]
    more = compare_methods(digits, methods=methods, out=copy, seeds=[1, 2], **NOISE, **QUICK)
    assert times_of(copy).items() >= before.items()
    assert len(times_of(copy)) == 8 + 3
    old = {(one["label"], one["seed"]): one for one in compared.results}
    new = {(one["label"], one["seed"]): one for one in more.results}
    assert new["cross-entropy", 1] == old["cross-entropy", 1]
    said = json.loads((copy / "comparison.json").read_text())
    assert list(said["methods"]) == [*LABELS, "mixup"]
    assert list(said["labels"]) == ["3", "1", "2"]
    again = compare_methods(digits, methods=METHODS, out=copy, seeds=[3, 1], **NOISE, **QUICK)
    assert again.rows == compared.rows


class KilledError(Exception):
    pass


@pytest.mark.parametrize("after", [1, 5])
def test_a_comparison_killed_between_runs_goes_on(kept, digits, tmp_path, after):
    compared, _ = kept
    done = []

    def kill(run):
        done.append(run)
        if len(done) == after:
            raise KilledError

    options = {"methods": METHODS, "out": tmp_path / "runs", "seeds": [3, 1], **NOISE, **QUICK}
    with pytest.raises(KilledError):
        compare_methods(digits, on_run=kill, **options)
    before = times_of(tmp_path / "runs")
    assert len(before) == after
    again = compare_methods(digits, **options)
    assert without_times(again.rows) == without_times(compared.rows)
    assert times_of(tmp_path / "runs").items() >= before.items()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"level": 0.3}, "its noise.level is 0.4, here it is 0.3"),
        ({"noise": "symmetric"}, 'its noise.kind is "uniform", here it is "symmetric"'),
        ({"noise": None, "level": None}, r"its noise is {.*}, here it is null"),
        ({"epochs": 3}, "its settings.epochs is 2, here it is 3"),
        ({"network": "mnist-cnn"}, 'its network is "mlp", here it is "mnist-cnn"'),
    ],
)
def test_a_folder_of_another_comparison_is_refused(kept, digits, given, words):
    _, folder = kept
    before = {file: file.stat().st_mtime_ns for file in folder.rglob("*")}
    options = {"methods": ["mixup"], "seeds": [7], "out": folder, **NOISE, **QUICK} | given
    with pytest.raises(InputValueError, match=f"out: .* holds another comparison: {words}"):
        compare_methods(digits, **options)
    assert {file: file.stat().st_mtime_ns for file in folder.rglob("*")} == before


def test_other_labels_of_a_seed_are_refused(kept, digits):
    _, folder = kept
    other = noise.make(digits.y_train, "uniform", 0.4, seed=99, names=digits.names)
    with pytest.raises(InputValueError, match=r"another comparison: its labels\.1 is "):
        compare_methods(digits, methods=["mixup"], seeds=[1], out=folder, noise=other, **QUICK)


@pytest.mark.parametrize("text", ["[]", '{"record": "pynoise run"}', "{", "\xff"])
def test_a_damaged_folder_is_refused(digits, tmp_path, text):
    (tmp_path / "comparison.json").write_bytes(text.encode("latin-1"))
    with pytest.raises(InputValueError, match="does not say that this is a comparison"):
        compare_methods(digits, methods=["mixup"], out=tmp_path, **NOISE, **QUICK)


# What goes wrong


def test_a_method_that_fails_has_its_reason_in_its_row(digits, tmp_path):
    # Nothing is learnt at such a rate: all labels are as bad as any.
    methods = ["odd:epoch=1,p=0.0001", "cross-entropy", "mixup"]
    options = {"methods": methods, "out": tmp_path / "f", "seeds": [0, 1], **NOISE, **QUICK, "lr": 1e-6}
    compared = compare_methods(digits, **options)
    failed, *others = compared.rows
    assert failed["runs"] == 0
    assert failed["problem"].startswith("seed 0: odd would remove 1,167 of 1,167 examples after epoch 1")
    assert "; seed 1: odd would remove" in failed["problem"]
    assert failed["test_accuracy_last"] is None
    assert [row["runs"] for row in others] == [2, 2]
    assert [row["test_accuracy_last_difference"] for row in others] == [None, None]
    assert len(compared.runs) == 4
    assert compared.problems[0].startswith("odd:epoch=1,p=0.0001, seed 0: odd would remove")
    assert f"| {methods[0]} | 0 | - | - | - | - | - |" in compared.to_markdown()
    assert compared.problems[1] in compared.to_markdown()
    compared.plot(tmp_path / "f.png")
    before = times_of(tmp_path / "f")
    assert without_times(compare_methods(digits, **options).rows) == without_times(compared.rows)
    assert times_of(tmp_path / "f") == before


def test_one_seed_that_fails_leaves_the_others(digits, tmp_path, monkeypatch):
    from pynoise.errors import TrainingError
    from pynoise.methods import Mixup

    usual = Mixup.losses

    def fail(self, training, batch):
        if training.seed == 1:
            raise TrainingError("no number")
        return usual(self, training, batch)

    monkeypatch.setattr(Mixup, "losses", fail)
    compared = compare_methods(
        digits, methods=["cross-entropy", "mixup"], out=tmp_path / "f", seeds=[0, 1, 2], **NOISE, **QUICK
    )
    row = compared.rows[1]
    assert (row["runs"], row["problem"]) == (2, "seed 1: no number")
    found = {(one["label"], one["seed"]): one["test_accuracy_last"] for one in compared.results}
    apart = [found["mixup", seed] - found["cross-entropy", seed] for seed in (0, 2)]
    assert row["test_accuracy_last_difference"] == pytest.approx(fmean(apart))
    assert found["mixup", 1] is None


def test_all_fail(digits, tmp_path):
    methods = ["cross-entropy", "mixup"]
    compared = compare_methods(digits, methods=methods, out=tmp_path / "f", lr=1e30, **NOISE, **QUICK)
    assert [row["runs"] for row in compared.rows] == [0, 0]
    assert all("not a finite number" in row["problem"] for row in compared.rows)
    assert compared.grid("*{}") == [["method", "runs", "seconds"], *([name, "0", "-"] for name in methods)]
    assert compared.meta["hardware"]["device"] == "cpu"
    compared.plot(tmp_path / "f.png")


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"methods": []}, InputTypeError, r"methods: \[\] is no sequence of methods"),
        ({"methods": "odd"}, InputTypeError, "methods: 'odd' is no sequence of methods"),
        ({"methods": {"odd": {}}}, InputTypeError, "is no sequence of methods"),
        ({"methods": ["od"]}, InputValueError, r"methods: 'od' is not known \(did you mean 'odd'\?\)"),
        ({"methods": [3]}, InputTypeError, "methods: 3 is no method; give a name, or a pair"),
        ({"methods": ("odd", {"p": 0.1})}, InputTypeError, r"methods: \{'p': 0.1\} is no method"),
        ({"methods": ["odd:q=1"]}, InputValueError, "methods: odd:q=1: 'q' is not known"),
        ({"methods": ["odd:p"]}, InputValueError, "methods: 'odd:p': 'p' is not NAME=VALUE"),
        ({"methods": [("odd", {"p": 2})]}, InputValueError, r"methods: odd:p=2: p: 2 is not within \(0, 1\)"),
        (
            {"methods": ["mixup", "odd", "mixup:alpha=1"]},
            InputValueError,
            "methods: 'mixup' and 'mixup:alpha=1' are the same",
        ),
        (
            {"methods": ["mixup", "odd:epoch=9"]},
            InputValueError,
            "methods: odd:epoch=9: epoch: 9 is not before the last of 2 epochs",
        ),
        ({"seeds": []}, InputTypeError, r"seeds: \[\] is no sequence of seeds"),
        ({"seeds": [1, 1]}, InputValueError, "seeds: .* names one twice"),
        ({"level": 1.5}, InputValueError, "level: 1.5 is outside"),
        ({"level": None}, InputValueError, "level: is missing"),
        ({"noise": "unform"}, InputValueError, "noise: 'unform' is not known"),
        ({"seed": 1}, InputTypeError, "seed: is no argument of compare_methods: give seeds"),
        ({"method": "odd"}, InputTypeError, "method: is no argument of compare_methods: give methods"),
        ({"epoch": 3}, InputValueError, "settings: 'epoch' is not known .*did you mean 'epochs'"),
        ({"device": "gpu"}, InputValueError, "device: 'gpu' is no device"),
        ({"network": "mpl"}, InputValueError, "network: 'mpl' is not known"),
        ({"progress": 3}, InputTypeError, "progress: 3 cannot be called"),
        ({"on_run": 3}, InputTypeError, "on_run: 3 cannot be called"),
        ({"recipe": "imagenet"}, InputValueError, "recipe: 'imagenet' goes with images read from files"),
        ({"out": 3}, InputTypeError, "out: 3 is not the path of a folder"),
        ({"out": "x" * 300}, InputValueError, "is not a path that can be written"),
    ],
)
def test_mistakes_are_refused_before_any_training(digits, tmp_path, monkeypatch, given, error, words):
    from pynoise.training.loop import Training

    def learn(*_):
        raise KilledError

    monkeypatch.setattr(Training, "run_epoch", learn)
    options = {"methods": ["cross-entropy"], "out": tmp_path / "q", **NOISE, **QUICK} | given
    with pytest.raises(error, match=words):
        compare_methods(digits, **options)
    assert not (tmp_path / "q").exists()


def test_names_of_methods():
    given = [
        "knet:ks=1,11,hidden=32,k_range=1:20",
        ("mixnn", {"warmup": None}),
        ["odd", {"p": np.float64(0.3)}],
    ]
    found = contenders_of(given)
    assert [one.label for one in found] == [
        "knet:ks=1,11,hidden=32,k_range=1,20", "mixnn:warmup=none", "odd:p=0.3"
    ]  # fmt: skip
    assert found[0].given == {"ks": [1, 11], "hidden": 32, "k_range": [1, 20]}
    # A label says what makes it.
    assert [one.options for one in contenders_of([one.label for one in found])] == [
        one.options for one in found
    ]


# Files


def test_files(kept, tmp_path):
    compared, _ = kept
    for suffix in ("md", "csv", "json", "png", "svg"):
        compared.save(tmp_path / f"t.{suffix}")
    assert (tmp_path / "t.png").read_bytes().startswith(PNG)
    with (tmp_path / "t.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == LABELS
    for row, want in zip(rows, compared.rows, strict=True):
        assert json.loads(row["options"]) == want["options"]
        assert float(row["test_accuracy_last"]) == want["test_accuracy_last"]
        assert row["removed_recall"] == (
            "" if want["removed_recall"] is None else str(want["removed_recall"])
        )
    assert rows[0]["knet_accuracy_5"] == rows[0]["test_accuracy_last_difference"] == ""
    assert float(rows[3]["knet_accuracy_11"]) == compared.rows[3]["knet_accuracy"]["11"]
    there = json.loads((tmp_path / "t.json").read_text())
    assert there == {"meta": compared.meta, "results": compared.results, "rows": compared.rows}
    lines = (tmp_path / "t.md").read_text().splitlines()
    head = lines.index(next(line for line in lines if line.startswith("| method")))
    assert lines[head] == (
        "| method | runs | last | Δ last | selected | Δ selected | seconds | removed | precision | recall |"
    )
    assert [line.split(" | ")[0] for line in lines[head + 2 : head + 6]] == [f"| {one}" for one in LABELS]
    best = max(compared.rows, key=lambda row: row["test_accuracy_last"])["test_accuracy_last"]
    bold = [line.split(" | ")[2] for line in lines[head + 2 : head + 6] if line.split(" | ")[2][0] == "*"]
    assert bold
    assert all(cell.startswith(f"**{best:.4f}** ± ") for cell in bold)
    assert f"- {LABELS[3]}: the accuracies are those of its network; kNet itself " in "\n".join(lines)
    with pytest.raises(InputValueError, match="must end in one of"):
        compared.save(tmp_path / "t.txt")


def test_the_picture(kept):
    compared, _ = kept
    figure = compared.plot()
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == LABELS
    assert axes.get_title() == "digits, mlp: uniform noise of level 0.4"
    each = [line for line in axes.lines if line.get_label() == "last epoch, one seed"]
    assert sorted(each[0].get_xdata()) == sorted(one["test_accuracy_last"] for one in compared.results)


# The command


def test_the_command(run, tmp_path):
    code, out, err = run(*LINE.split(), "--out", "c")
    assert code == 0, err
    files = ("table.md", "table.csv", "table.json", "figure.png")
    assert [line for line in err.splitlines() if "Warning" not in line] == [f"wrote c/{one}" for one in files]
    there = json.loads((tmp_path / "c" / "table.json").read_text())
    heading, columns, *lines = out.splitlines()
    assert heading.startswith(
        "digits (1,297 training and 500 test examples, 10 classes), noise uniform (true"
    )
    assert columns.split() == [
        *[
            "method",
            "runs",
            "last",
            "Δ",
            "last",
            "selected",
            "Δ",
            "selected",
            "seconds",
            "removed",
            "precision",
            "recall",
        ]
    ]
    for line, row in zip(lines[:2], there["rows"], strict=True):
        cells = line.replace("*", "").split()
        assert cells[:5] == [
            row["label"], "2", f"{row['test_accuracy_last']:.4f}", "±", f"{row['test_accuracy_last_sd']:.4f}"
        ]  # fmt: skip
    assert "*" in "".join(lines[:2])
    assert lines[-1] == "*: the highest"
    assert (tmp_path / "c" / "figure.png").read_bytes().startswith(PNG)
    before = times_of(tmp_path / "c")
    code, out, _ = run(*LINE.split(), "--out", "c", "--json")
    assert code == 0
    assert json.loads(out) == there
    assert times_of(tmp_path / "c") == before
    code, out, err = run(*LINE.split(), "--level", "0.3", "--out", "c")
    assert (code, out) == (2, "")
    assert "'--out': 'c' holds another comparison: its noise.level is 0.4, here it is 0.3" in err


def test_the_command_when_a_method_fails(run):
    line = LINE.replace("odd:epoch=1", "odd:epoch=1,p=0.0001").replace("0,1", "0")
    code, out, err = run(*line.split(), "--lr", "1e-6", "--out", "c")
    assert code == 1
    assert "wrote c/table.md" in err
    assert "Error: odd:epoch=1,p=0.0001, seed 0: odd would remove 1,167 of 1,167 examples" in err
    failed = next(line for line in out.splitlines() if "odd:epoch" in line)
    assert failed.split() == ["odd:epoch=1,p=0.0001", "0", *"-----"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("--out q", "Missing option '--method'"),
        ("--method odd", "Missing option '--out'"),
        ("--method od --out q", "'--method': 'od' is not known (did you mean 'odd'?)"),
        ("--method odd:q=3 --out q", "'--method': odd:q=3: 'q' is not known"),
        ("--method odd --method odd --out q", "'--method': 'odd' and 'odd' are the same"),
        ("--method odd --level 2 --out q", "'--level': 2.0 is outside [0, 1]"),
        ("--method odd --noise flip --out q", "'--level': is missing"),
        ("--method odd --seeds a --out q", "'--seeds': 'a' is not a list of whole numbers"),
        ("--method odd:epoch=9 --epochs 3 --out q", "'--method': odd:epoch=9: epoch: 9 is not before the"),
        ("--method odd --epochs 0 --out q", "'--epochs': 0 is too small"),
        ("--method odd --out full", "'--out': 'full' holds other files; name a folder of its own"),
        ("--method odd --out file", "'--out': 'file' is not a folder; name another"),
        ("--method odd --dataset gone.npz --out q", "'--dataset': there is no file 'gone.npz'"),
        ("--method odd --noise-file n.npz --level 0.2 --out q", "'--level': n.npz has a level of its own"),
    ],
)
def test_bad_input(run, tmp_path, digits, given, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    noise.make(digits.y_train, "flip", 0.2, names=digits.names).save(tmp_path / "n.npz")
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run("compare-methods", *given.split())
    assert message in err
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert sorted(tmp_path.rglob("*")) == before


def test_ctrl_c_keeps_the_runs_that_are_done(run, tmp_path):
    process = processes.start(tmp_path, *LINE.split(), "--out", "c")
    processes.wait_for((tmp_path / "c" / "cross-entropy" / "seed-0" / "result.json").exists)
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 130
    last = (tmp_path / "err.txt").read_text().strip().splitlines()[-1]
    assert last == "interrupted; c keeps the runs that are done; the same command goes on"
    before = times_of(tmp_path / "c")
    assert 1 <= len(before) < 4
    code, _, _ = run(*LINE.split(), "--out", "c")
    assert code == 0
    assert times_of(tmp_path / "c").items() >= before.items()
    assert len(times_of(tmp_path / "c")) == 4


def test_each_label_has_a_folder_of_its_own(tmp_path):
    places = ["m/a.npy", "m-a.npy", "é" * 100 + ".npy", "é" * 101 + ".npy"]
    (tmp_path / "m").mkdir()
    for place in places:
        np.save(tmp_path / place, np.eye(3))
    found = contenders_of([("forward", {"transition": str(tmp_path / place)}) for place in places])
    folders = [one.folder for one in found]
    assert len(set(folders)) == len(folders)
    for folder in folders:
        (tmp_path / folder).mkdir()


def test_several_processes_are_refused(digits, tmp_path, monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(TrainingError, match="trains in one process; leave torchrun out"):
        compare_methods(digits, methods=["gce"], out=tmp_path / "r", **QUICK)
    assert not (tmp_path / "r").exists()
