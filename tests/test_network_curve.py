"""Network curves, and the command `pynoise network-curve`."""

import csv
import json
import os
import shutil
import signal
from statistics import fmean, stdev

import numpy as np
import processes
import pytest

import pynoise
from pynoise import data, methods, noise, seeds, training
from pynoise.curves import network_curve
from pynoise.errors import InputTypeError, InputValueError, TrainingError
from pynoise.methods.cross_entropy import CrossEntropy
from pynoise.training import Run

PNG = b"\x89PNG\r\n\x1a\n"
# Bit for bit the same, which CUDA is not.
QUICK = {"epochs": 1, "threads": 1, "device": "cpu"}
LINE = "network-curve --noise flip --levels 0.2,0.4 --seeds 0,1 --K 5,11 --epochs 1 --threads 1 --device cpu"


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def kept(digits, tmp_path_factory):
    """A curve whose levels lack 0, and the folder of its runs."""
    folder = tmp_path_factory.mktemp("curve") / "runs"
    return network_curve(
        digits, "mlp", "flip", [0.2, 0.4], out=folder, run_seeds=[0, 1], k=[5, 11], **QUICK
    ), folder


def runs_of(folder):
    return {path.name: Run.load(path) for path in sorted(folder.iterdir()) if path.is_dir()}


def times_of(folder):
    return {name: run.result["seconds"] for name, run in runs_of(folder).items()}


def test_rows_are_means_over_runs_beside_the_analytic_curves(kept, digits):
    curve, folder = kept
    runs = runs_of(folder)
    assert sorted(runs) == [f"level-{level}" for level in (
        "0-seed-0", "0.2-seed-0", "0.2-seed-1", "0.4-seed-0", "0.4-seed-1"
    )]  # fmt: skip
    assert [row["level"] for row in curve.rows] == [0.2, 0.4]
    clean = runs["level-0-seed-0"]
    assert clean.config["noise"] is None
    analytic = pynoise.accuracy_curve(digits, [5, 11], "flip", [0.2, 0.4], clean=clean.softmax, measure=False)
    known = {(row["k"], row["level"]): row["analytic"] for row in analytic.rows}
    for row in curve.rows:
        results = [runs[f"level-{row['level']}-seed-{seed}"].result for seed in (0, 1)]
        selected = [result["test_accuracy_selected"] for result in results]
        last = [result["test_accuracy_last"] for result in results]
        assert row == {
            "level": row["level"],
            "accuracy": fmean(selected),
            "sd": stdev(selected),
            "accuracy_last": fmean(last),
            "sd_last": stdev(last),
            "runs": 2,
            "selected_fraction": np.ceil(row["level"] * 1297) / 1297,
            "realised_rate": np.ceil(row["level"] * 1297) / 1297,
            "analytic": {"5": known[5, row["level"]], "11": known[11, row["level"]]},
        }
    meta = curve.meta
    assert meta["clean_accuracy"] == clean.result["test_accuracy_selected"]
    assert (meta["noise"], meta["seeds"], meta["k"], meta["ties"]) == ("flip", [0, 1], [5, 11], "first")
    assert (meta["matrix"], meta["method"], meta["network"]) == (None, "cross-entropy", "mlp")
    assert meta["seconds"] == pytest.approx(sum(times_of(folder).values()))


def test_a_run_is_what_training_alone_makes_of_its_level_and_seed(kept, digits, tmp_path):
    _, folder = kept
    alone = training.train(digits, out=tmp_path / "r", noise="flip", level=0.4, seed=1, **QUICK)
    there = Run.load(folder / "level-0.4-seed-1")
    assert (there.record.noisy == alone.record.noisy).all()
    assert (there.softmax == alone.softmax).all()


def test_what_is_done_is_not_done_again(kept, digits, tmp_path):
    curve, folder = kept
    copy = shutil.copytree(folder, tmp_path / "runs")
    before, seen, calls = times_of(copy), [], []
    again = network_curve(
        digits, "mlp", "flip", [0.2, 0.4], out=copy, run_seeds=[0, 1], k=[5, 11], on_run=seen.append,
        progress=lambda *words: calls.append(words), **QUICK,
    )  # fmt: skip
    assert again.rows == curve.rows
    assert times_of(copy) == before
    assert seen[0].path.name == "level-0-seed-0"
    assert len(seen) == len({run.path for run in seen}) == 5
    assert {phase for phase, *_ in calls} == {"runs"}
    assert [(done, total) for _, done, total, _ in calls] == [(i, 5) for i in range(6)]
    # Levels, seeds and K add to what is there.
    more = network_curve(digits, "mlp", "flip", [0.0, 0.2, 0.3], out=copy, run_seeds=[0, 1], k=7, **QUICK)
    assert times_of(copy).items() >= before.items()
    assert len(times_of(copy)) == 8
    assert [list(row["analytic"]) for row in more.rows] == [["7"]] * 3
    assert more.rows[1]["accuracy"] == curve.rows[0]["accuracy"]


class KilledError(Exception):
    pass


@pytest.mark.parametrize("after", [1, 3])
def test_a_curve_killed_between_runs_goes_on(kept, digits, tmp_path, after):
    curve, _ = kept
    done = []

    def kill(run):
        done.append(run)
        if len(done) == after:
            raise KilledError

    options = {"out": tmp_path / "runs", "run_seeds": [0, 1], "k": [5, 11]} | QUICK
    with pytest.raises(KilledError):
        network_curve(digits, "mlp", "flip", [0.2, 0.4], on_run=kill, **options)
    before = times_of(tmp_path / "runs")
    assert len(before) == after
    again = network_curve(digits, "mlp", "flip", [0.2, 0.4], **options)
    assert again.rows == curve.rows
    assert times_of(tmp_path / "runs").items() >= before.items()


def test_a_curve_killed_within_a_run_goes_on(digits, tmp_path):
    options = {"run_seeds": [0], "k": 5} | QUICK | {"epochs": 3}
    whole = network_curve(digits, "mlp", "flip", [0.3], out=tmp_path / "whole", **options)
    rows = []

    def kill(row):
        rows.append(row)
        if len(rows) == 5:  # the second epoch of the second run
            raise KilledError

    with pytest.raises(KilledError):
        network_curve(digits, "mlp", "flip", [0.3], out=tmp_path / "part", on_epoch=kill, **options)
    assert Run.load(tmp_path / "part" / "level-0.3-seed-0").result is None
    part = network_curve(digits, "mlp", "flip", [0.3], out=tmp_path / "part", on_epoch=rows.append, **options)
    assert [row["epoch"] for row in rows] == [1, 2, 3, 1, 2, 3]
    assert part.rows == whole.rows


def test_a_drawn_matrix_is_one_for_all_runs(digits, tmp_path):
    curve = network_curve(digits, "mlp", "general", [0.3], out=tmp_path / "g", run_seeds=[4, 2], k=5, **QUICK)
    runs = runs_of(tmp_path / "g")
    want = noise.corruption_matrix("general", 10, seed=4)
    assert (np.array(curve.meta["matrix"]) == want).all()
    for seed in (4, 2):
        record = runs[f"level-0.3-seed-{seed}"].record
        assert (record.matrix == want).all()
        assert record.seed == seeds.split(seed, "noise")
    clean = runs["level-0-seed-4"].softmax
    analytic = pynoise.accuracy_curve(digits, 5, want, [0.3], clean=clean, measure=False)
    assert curve.rows[0]["analytic"] == {"5": analytic.rows[0]["analytic"]}


def test_concentrated_noise_lies_in_the_features_of_the_clean_network(digits, tmp_path):
    options = {"run_seeds": [3], **QUICK}
    curve = network_curve(digits, "mlp", "concentrated", [0.2, 0.5], out=tmp_path / "c", **options)
    assert [row["analytic"] for row in curve.rows] == [{"1-γ": 0.8}, {"1-γ": 0.5}]
    runs = runs_of(tmp_path / "c")
    features = training.extract(runs["level-0-seed-3"], digits, threads=1, device="cpu")
    for level in (0.2, 0.5):
        record = runs[f"level-{level}-seed-3"].record
        draw = seeds.split(3, "noise")
        want = noise.make(digits.y_train, "concentrated", level, features=features.x_train, seed=draw)
        assert (record.noisy == want.noisy).all()
    # The features stay, for whoever asks what lies in the region.
    kept = data.load(tmp_path / "c" / "level-0-seed-3" / "features.npz")
    assert (kept.x_train == features.x_train).all()
    profile = training.profile(runs["level-0.5-seed-3"], digits, features=kept.x_test)
    assert set(profile.meta["examples"]) == {"clean", "noisy"}
    before = times_of(tmp_path / "c")
    again = network_curve(digits, "mlp", "concentrated", [0.2, 0.5], out=tmp_path / "c", **options)
    assert again.rows == curve.rows
    assert times_of(tmp_path / "c") == before


def test_levels_where_none_are_given(digits, tmp_path, monkeypatch):
    made = []

    def stop(*arguments, out, **options):
        made.append(out.name)
        raise KilledError

    monkeypatch.setattr(training, "train", stop)
    jobs = {}
    for kind in ("flip", "concentrated", "concentrated-exact"):
        with pytest.raises(KilledError):
            network_curve(
                digits, "mlp", kind, out=tmp_path / kind, run_seeds=[0],
                progress=lambda phase, done, total, words, kind=kind: jobs.update({kind: total}),
            )  # fmt: skip
    assert made == ["level-0-seed-0"] * 3
    assert jobs == {"flip": 11, "concentrated": 8, "concentrated-exact": 11}


class Remembers(CrossEntropy):
    """A method that would not do twice."""

    used = False

    def begin(self, training):
        assert not self.used
        self.used = True


def test_a_method_of_ones_own_begins_anew_in_each_run(digits, tmp_path):
    curve = network_curve(
        digits, "mlp", "flip", [0.2], out=tmp_path / "m", run_seeds=[0], k=5, method=Remembers(), **QUICK
    )
    assert curve.meta["method"] == "Remembers"
    assert isinstance(methods.make("cross-entropy"), CrossEntropy)


def test_a_loss_that_is_no_number_ends_it(digits, tmp_path):
    with pytest.raises(TrainingError, match="not a finite number"):
        network_curve(digits, "mlp", "flip", [0.2], out=tmp_path / "c", lr=1e30, **QUICK)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"run_seeds": []}, InputTypeError, r"run_seeds: \[\] is no sequence of seeds"),
        ({"run_seeds": "01"}, InputTypeError, "run_seeds: '01' is no sequence of seeds"),
        ({"run_seeds": 3}, InputTypeError, "run_seeds: 3 is no sequence of seeds"),
        ({"run_seeds": [1, 1]}, InputValueError, r"run_seeds: \[1, 1\] names one twice"),
        ({"run_seeds": [-1]}, InputValueError, "run_seeds: -1 is too small"),
        ({"run_seeds": [0.5]}, InputTypeError, "run_seeds: 0.5 is not a whole number"),
        ({"levels": []}, InputValueError, "levels: give a sequence of at least one number"),
        ({"levels": [1.5]}, InputValueError, "levels: 1.5 is outside"),
        ({"k": 0}, InputValueError, "k: 0 is too small"),
        ({"ties": "last"}, InputValueError, "ties: 'last' is not known"),
        ({"noise": "flp"}, InputValueError, "noise: 'flp' is not known"),
        ({"level": 0.2}, InputTypeError, "level: is no argument of network_curve: give levels"),
        ({"seed": 1}, InputTypeError, "seed: is no argument of network_curve: give run_seeds"),
        ({"resume": False}, InputTypeError, "resume: is no argument of network_curve"),
        ({"progress": 3}, InputTypeError, "progress: 3 cannot be called"),
        ({"on_run": 3}, InputTypeError, "on_run: 3 cannot be called"),
        ({"epoch": 3}, InputValueError, "settings: 'epoch' is not known .*did you mean 'epochs'"),
        ({"device": "gpu"}, InputValueError, "device: 'gpu' is no device"),
        ({"network": "mpl"}, InputValueError, "network: 'mpl' is not known"),
        ({"out": 3}, InputTypeError, "out: 3 is not the path of a folder"),
    ],
)
def test_arguments_out_of_range_are_named(digits, tmp_path, given, error, words):
    with pytest.raises(error, match=words):
        network_curve(digits, **{"levels": [0.2], "out": tmp_path / "q"} | given)
    assert not (tmp_path / "q").exists()


def test_labels_that_are_given_have_one_level(digits, tmp_path):
    record = noise.make(digits.y_train, "flip", 0.2, names=digits.names)
    with pytest.raises(
        InputValueError, match=r"noise: the flip noise of level 0\.2 has one level; give a kind"
    ):
        network_curve(digits, noise=record, out=tmp_path / "q")


# The command


def test_the_command(run, tmp_path, kept):
    curve, _ = kept
    code, out, err = run(*LINE.split(), "--out", "c")
    assert code == 0, err
    assert err.splitlines() == [f"wrote c/curve.{suffix}" for suffix in ("csv", "json", "png")]
    lines = out.splitlines()
    assert lines[0] == (
        "digits (1,297 training and 500 test examples, 10 classes), noise flip, mlp, cross-entropy, 2 seeds"
    )
    assert " ".join(lines[1].split()) == "level γ realised accuracy ± sd last K = 5 K = 11"
    for line, row in zip(lines[2:], curve.rows, strict=True):
        numbers = [
            *(row[key] for key in ("realised_rate", "accuracy", "sd", "accuracy_last")),
            *row["analytic"].values(),
        ]
        assert line.split() == [str(row["level"]), *(f"{number:.4f}" for number in numbers)]
    assert (tmp_path / "c" / "curve.png").read_bytes().startswith(PNG)
    with (tmp_path / "c" / "curve.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "level", "accuracy", "sd", "accuracy_last", "sd_last", "runs", "selected_fraction", "realised_rate",
        "analytic_5", "analytic_11",
    ]  # fmt: skip
    assert [float(row["accuracy"]) for row in rows] == [row["accuracy"] for row in curve.rows]
    there = json.loads((tmp_path / "c" / "curve.json").read_text())
    assert there["rows"] == curve.rows
    before = times_of(tmp_path / "c")
    code, out, _ = run(*LINE.split(), "--out", "c", "--json")
    assert code == 0
    assert json.loads(out) == there
    assert times_of(tmp_path / "c") == before
    code, out, err = run("fit-k", "c/curve.csv", "--K", "5,51,301")
    assert (code, err) == (0, "")
    assert f"\n    0.2    {curve.rows[0]['accuracy']:.4f}" in out
    for other, words in {
        "--epochs 2": "'c/level-0-seed-0' holds another run: its settings.epochs is 1, here it is 2",
        "--noise uniform": "'c/level-0.2-seed-0' holds another run: its noise.kind is \"flip\", here it is",
    }.items():
        code, out, err = run(*LINE.split(), *other.split(), "--out", "c")
        assert (code, out) == (2, "")
        assert f"'--out': {words}" in err


def test_one_seed_and_concentrated_noise(run, tmp_path):
    code, out, err = run(
        *LINE.replace("flip --levels 0.2,0.4 --seeds 0,1", "concentrated --levels 0,0.5 --seeds 7").split(),
        *("--out", "c"),
    )
    assert code == 0, err
    heading, columns, first, second = out.splitlines()
    assert heading.endswith("noise concentrated, mlp, cross-entropy, 1 seed")
    assert columns.split()[-1] == "1-γ"
    assert (first.split()[0], first.split()[3], first.split()[-1]) == ("0", "-", "1.0000")
    assert second.split()[-1] == "0.5000"
    with (tmp_path / "c" / "curve.csv").open() as file:
        assert [row["analytic_1-γ"] for row in csv.DictReader(file)] == ["1.0", "0.5"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "Missing option '--out'"),
        (
            "--out q --seeds a",
            "'--seeds': 'a' is not a list of whole numbers; write 1,11,51 or START:STOP:STEP",
        ),
        ("--out q --seeds 0,0", "'--seeds': [0, 0] names one twice; name each once"),
        ("--out q --seeds -1", "'--seeds': -1 is too small"),
        ("--out q --levels 0:2:1", "'--levels': 2.0 is outside [0, 1]"),
        ("--out q --levels a", "'--levels': 'a' is not START:STOP:STEP or a list"),
        ("--out q --K 0", "'--K': 0 is too small"),
        ("--out q --noise-file n.npz", "'--noise-file': n.npz has one level; give a kind, a map or a matrix"),
        ("--out q --noise n.npz", "'--noise': n.npz has one level; give a kind, a map or a matrix"),
        (
            "--out q --dataset full",
            "'--dataset': 'full' is a folder; train a network on its images (pynoise tr",
        ),
        ("--out q --network mnist-cnn --dataset rows.npz", "'--network': 'mnist-cnn' takes images"),
        ("--out q --device gpu", "'--device': 'gpu' is no device"),
        ("--out q --optimizer adm", "'--optimizer': 'adm' is not known (did you mean 'adam'?)"),
        ("--out file", "'--out': 'file' is not a folder; name another"),
        ("--out full", "'--out': 'full' holds other files; name a folder of its own"),
    ],
)
def test_bad_input(run, tmp_path, digits, given, message):
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    noise.make(digits.y_train, "flip", 0.2, names=digits.names).save(tmp_path / "n.npz")
    rows = np.eye(4)
    np.savez(tmp_path / "rows.npz", x_train=rows, y_train=[0, 1] * 2, x_test=rows, y_test=[0, 1] * 2)
    before = sorted(tmp_path.rglob("*"))
    code, out, err = run("network-curve", *given.split())
    assert message in err
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 5
    assert sorted(tmp_path.rglob("*")) == before


def test_ctrl_c_keeps_the_runs_that_are_done(run, tmp_path, kept):
    curve, _ = kept
    process = processes.start(tmp_path, *LINE.split(), "--out", "c")
    processes.wait_for((tmp_path / "c" / "level-0-seed-0" / "result.json").exists)
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 130
    assert (tmp_path / "err.txt").read_text().strip() == (
        "interrupted; c keeps the runs that are done; the same command goes on"
    )
    assert (tmp_path / "out.txt").read_text() == ""
    before = {name: run.result for name, run in runs_of(tmp_path / "c").items() if run.result}
    assert 1 <= len(before) < 5
    code, out, _ = run(*LINE.split(), "--out", "c", "--json")
    assert code == 0
    assert json.loads(out)["rows"] == curve.rows
    assert {name: run.result for name, run in runs_of(tmp_path / "c").items()}.items() >= before.items()
