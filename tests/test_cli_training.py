"""The commands `pynoise train`, `extract`, `softmax` and `compare`."""

import csv
import json
import os
import pty
import random
import re
import select
import signal
import time

import numpy as np
import processes
import pytest
import torch
from PIL import Image

from pynoise import data, networks, noise, training
from pynoise.training import Run, Settings, checkpoint

PNG = b"\x89PNG\r\n\x1a\n"
# Bit for bit the same, which CUDA is not.
FLIP = "--noise flip --level 0.3 --threads 1 --device cpu"
TRAIN = f"train {FLIP} --epochs 2 --out r"
EPOCHS = 25  # enough that a run can be disturbed before it ends
LONG = f"train {FLIP} --epochs {EPOCHS} --out r"


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A folder with a finished run, one that is not, damaged ones, and what is none."""
    folder = tmp_path_factory.mktemp("stage")
    digits = data.load("digits")
    options = {"noise": "flip", "level": 0.3, "epochs": 2, "threads": 1, "device": "cpu"}
    training.train(digits, out=folder / "r", features=True, **options)

    class KilledError(Exception):
        pass

    def kill(row):
        raise KilledError

    with pytest.raises(KilledError):
        training.train(digits, out=folder / "unfinished", on_epoch=kill, **options)
    for name, file in {"broken": "selected.pt", "noiseless": "noise.npz"}.items():
        training.train(digits, out=folder / name, **options | {"epochs": 1})
        (folder / name / file).write_bytes(b"no such thing")
    other = networks.make("mlp", 3, (5,))
    training.train(digits, out=folder / "swapped", epochs=1)
    checkpoint.save(folder / "swapped" / "selected.pt", {"network": other.state_dict()})
    (folder / "full").mkdir()
    (folder / "full" / "thesis.tex").write_text("")
    (folder / "file").write_text("")
    rows = np.random.default_rng(0).normal(size=(40, 5))
    np.savez(
        folder / "rows.npz", x_train=rows, y_train=np.arange(40) % 4, x_test=rows, y_test=np.arange(40) % 4
    )
    noise.make(digits.y_train, "symmetric", 0.2, seed=5, names=digits.names).save(folder / "n.npz")
    noise.make(digits.y_train[::-1], "flip", 0.2, names=digits.names).save(folder / "other.npz")
    return folder


@pytest.fixture
def at(run, stage, monkeypatch):
    """As `run`, on the stage."""
    monkeypatch.chdir(stage)
    return lambda line: run(*line.split())


def without_times(row):
    return {key: row[key] for key in row if key not in ("seconds", "images_per_second")}


def same(first, second):
    """Whether two finished runs are the same but for their times."""
    one, other = Run.load(first), Run.load(second)
    assert [without_times(row) for row in one.metrics] == [without_times(row) for row in other.metrics]
    assert without_times(one.result) == without_times(other.result)
    assert (one.softmax == other.softmax).all()
    return True


# Training


def test_training_prints_its_epochs_and_what_came_of_them(run, tmp_path):
    code, out, err = run(*TRAIN.split())
    assert (code, err) == (0, "wrote r\n")
    lines = out.splitlines()
    assert lines[0] == "digits, mlp, cross-entropy, seed 0"
    assert re.split("  +", lines[1].strip()) == [
        "epoch", "lr", "loss", "train acc", "val acc", "test acc", "images/s", "seconds",
    ]  # fmt: skip
    kept = Run.load(tmp_path / "r")
    for line, row in zip(lines[2:4], kept.metrics, strict=True):
        shown = line.split()
        assert shown[:3] == [f"{row['epoch']}", f"{row['lr']:.3g}", f"{row['train_loss']:.4f}"]
        names = ("train_accuracy", "validation_accuracy", "test_accuracy")
        assert shown[3:6] == [f"{row[name]:.4f}" for name in names]
    result = kept.result
    assert lines[4] == "noise flip of level 0.3, 0.3007 of the labels wrong"
    assert lines[5] == f"test accuracy {result['test_accuracy_last']:.4f} after the last epoch"
    assert lines[6] == (
        f"test accuracy {result['test_accuracy_selected']:.4f} of epoch {result['selected_epoch']}, selected "
        "by 130 clean validation labels"
    )
    assert re.fullmatch(r"\d+\.\d s, [\d,]+ images/s on .+", lines[7])
    assert len(lines) == 8


def test_training_as_json(run, tmp_path):
    code, out, err = run("train", "--epochs", 1, "--validation", 0, "--out", "r", "--json")
    assert (code, err) == (0, "wrote r\n")
    assert json.loads(out) == json.loads((tmp_path / "r" / "result.json").read_text())
    _, out, _ = run("train", "--epochs", 1, "--out", "t")
    assert "of epoch 1, selected by 130 validation labels" in out  # those that the data have
    code, out, _ = run("train", "--epochs", 1, "--validation", 0, "--out", "s")
    assert out.splitlines()[2].split()[4] == "-"
    assert "selected" not in out
    assert "noise" not in out


def test_of_several_processes_one_speaks(run, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    for extra in ((), ("--json",)):
        assert run("train", "--epochs", 1, "--out", f"r{len(extra)}", *extra) == (0, "", "")


def test_options_reach_the_api(run, tmp_path):
    options = (
        "--epochs 3 --batch-size 64 --optimizer adam --lr 0.002 --lr-min 0.001 --momentum 0.5 "
        "--weight-decay 0.01 --schedule step --restart-every 4 --step-at 1,2 --step-factor 0.5 "
        "--augment crop --validation 0.2 --validation-labels noisy --patience 2 --precision bfloat16"
    )
    arguments = "--noise uniform --level 0.5 --seed 7 --threads 1 --device cpu --features --out r"
    code, _, _ = run("train", *options.split(), *arguments.split())
    assert code == 0
    made = Run.load(tmp_path / "r")
    want = Settings(
        3, 64, "adam", 0.002, 0.001, 0.5, 0.01, "step", 4, (1, 2), 0.5, "crop", 0.2, "noisy", 2, "bfloat16"
    )
    assert made.config["settings"] == want.to_dict()
    assert (made.config["noise"]["kind"], made.config["noise"]["level"]) == ("uniform", 0.5)
    assert made.config["seed"] == 7
    assert data.load(tmp_path / "r" / "features.npz").x_train.shape == (1297, 256)
    again = training.train(
        "digits", "mlp", out=tmp_path / "s", noise="uniform", level=0.5, seed=7, threads=1, device="cpu",
        epochs=3,
        batch_size=64, optimizer="adam", lr=0.002, lr_min=0.001, momentum=0.5, weight_decay=0.01,
        schedule="step", restart_every=4, step_at=[1, 2], step_factor=0.5, augment="crop", validation=0.2,
        validation_labels="noisy", patience=2, precision="bfloat16",
    )  # fmt: skip
    assert same(made.path, again.path)


@pytest.mark.parametrize(
    ("given", "kind", "level", "rate"),
    [
        ("--level 0.3", "flip", 0.3, 0.3007),
        ("--map 0:1 --level 1", "flip", 1, 0.0995),
        ("--noise-file n.npz", "symmetric", 0.2, 0.2005),
        ("--noise n.npz", "symmetric", 0.2, 0.2005),
        ("--noise concentrated --level 0.2", "concentrated", 0.2, 0.2),
    ],
)
def test_noise_is_named_in_several_ways(at, stage, tmp_path, given, kind, level, rate):
    code, out, err = at(f"train {given} --epochs 1 --out {tmp_path}/r")
    assert code == 0, err
    assert f"noise {kind} of level {level}, " in out
    made = Run.load(tmp_path / "r")
    assert made.result["noise"]["realised_rate"] == pytest.approx(rate, abs=0.01)
    if "n.npz" in given:
        assert (made.record.noisy == noise.NoisyLabels.load(stage / "n.npz").noisy).all()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train", "Missing option '--out'"),
        ("train --out q --noise flip", "'--level': is missing; noise 'flip' needs one within [0, 1]"),
        ("train --out q --map 1:2", "'--level': is missing; noise 'flip 1:2' needs one"),
        ("train --out q --level 1.5", "'--level': 1.5 is outside [0, 1]"),
        ("train --out q --level 0.1 --noise flp", "'--noise': 'flp' is not known (did you mean 'flip'?)"),
        ("train --out q --level 0.1 --noise uniform --map 1:2", "'--map': goes with noise 'flip', "),
        ("train --out q --noise-file n.npz --level 0.2", "'--level': n.npz has a level of its own; leave it"),
        ("train --out q --noise-file n.npz --noise flip", "'--noise-file': has noise of its own; leave"),
        ("train --out q --noise-file no.npz", "'--noise-file': there is no file 'no.npz'"),
        ("train --out q --noise-file other.npz", "'--noise-file': other.npz was made for other labels"),
        ("train --out q --noise other.npz", "'--noise': other.npz was made for other labels"),
        ("train --out q --network mpl", "'--network': 'mpl' is not known (did you mean 'mlp'?)"),
        (
            "train --out q --network mnist-cnn --dataset rows.npz",
            "'--network': 'mnist-cnn' takes images, and",
        ),
        ("train --out q --method crossentropy", "'--method': 'crossentropy' is not known (did you mean 'cro"),
        ("train --out q --optimizer adm", "'--optimizer': 'adm' is not known (did you mean 'adam'?)"),
        ("train --out q --epochs 0", "'--epochs': 0 is too small; give at least 1"),
        ("train --out q --epoch 3", "No such option '--epoch'"),
        ("train --out q --lr 0", "'--lr': 0.0 is not a finite number above 0"),
        ("train --out q --schedule step --step-at a", "'--step-at': 'a' is not a list of whole numbers"),
        (
            "train --out q --validation 0.0001",
            "'--validation': 0.0001 of 1297 examples is none; give a larger",
        ),
        ("train --out q --seed -1", "'--seed': -1 is too small"),
        ("train --out q --threads 0", "'--threads': 0 is too small"),
        ("train --out q --device gpu", "'--device': 'gpu' is no device; give 'auto', 'cpu' or 'cuda'"),
        ("train --out q --recipe imagenet", "'--recipe': 'imagenet' goes with images read from files; leave"),
        ("train --out q --workers 2", "'--workers': 2 goes with images read from files; leave it out"),
        ("train --out q --skip-corrupt", "'--skip-corrupt': goes with images read from files; leave it out"),
        ("train --out q --augment crop --dataset rows.npz", "'--augment': 'crop' is for images; give 'none'"),
        ("train --out q --dataset digit", "'--dataset': 'digit' is not known (did you mean 'digits'?)"),
        ("train --out q --dataset no/such", "'--dataset': there is no folder 'no/such'"),
        ("train --out q --dataset no.npz", "'--dataset': there is no file 'no.npz'"),
        ("train --out q --dataset full", "'--dataset': 'full' has no folders; it is to hold one for each"),
        ("train --out file", "'--out': 'file' is not a folder; name another"),
        ("train --out full", "'--out': 'full' holds other files; name a folder of its own"),
        ("train --out full --resume", "'--out': 'full' holds other files; name a folder of its own"),
        (
            "train --out r",
            "'--out': 'r' holds a run already; go on with it (resume=True; on the command line",
        ),
        ("train --out r --resume --epochs 2", "'--out': 'r' holds another run: its noise is {"),
        (
            f"train --out r --resume {FLIP}",
            "'--out': 'r' holds another run: its settings.epochs is 2, here it",
        ),
        ("extract r", "Missing option '--out'"),
        ("extract r --out q.csv", "'--out': 'q.csv' must end in one of .npz"),
        ("extract r --out no/q.npz", "'--out': 'no/q.npz': there is no folder"),
        ("extract no --out q.npz", "'RUN': 'no' is no folder of a run: it has no config.json"),
        ("extract full --out q.npz", "'RUN': 'full' is no folder of a run: it has no config.json"),
        ("extract broken --out q.npz", "'RUN': 'broken/selected.pt' will not do: "),
        ("extract swapped --out q.npz", "'RUN': 'swapped/selected.pt' holds other weights than this network"),
        (
            "extract r --out q.npz --checkpoint best",
            "'--checkpoint': 'best' is not known (did you mean 'last'",
        ),
        ("extract r --out q.npz --device gpu", "'--device': 'gpu' is no device"),
        ("extract r --out q.npz --dataset rows.npz", "'--dataset': rows is not what 'r' was trained on"),
        ("extract r --out q.npz --dataset full", "'--dataset': 'full' has no folders"),
        ("softmax full", "'RUN': 'full' is no folder of a run"),
        ("softmax unfinished", "'RUN': 'unfinished' has no softmax.npz: it is not finished"),
        ("softmax noiseless", "'RUN': 'noiseless/noise.npz' will not do: "),
        ("softmax r --out q.txt", "'--out': 'q.txt' must end in one of .csv, .json, .png, .svg, .pdf"),
        ("softmax r --classes cat --out q.csv", "'--classes': 'cat' is none of the classes 0, 1, 2"),
        (
            "softmax r --classes 3,11 --out q.csv",
            "'--classes': 11 is too large; give at most 9: there are 10",
        ),
        ("softmax r --classes 3,3 --out q.csv", "'--classes': name '3' twice"),
        (
            "softmax r --features r/features.npz",
            "'--features': are for concentrated noise, which this run has",
        ),
        ("softmax r --features no.npz", "'--features': there is no file 'no.npz'"),
        ("compare full", "'RUN': 'full' is no folder of a run"),
        ("compare broken", "'RUN': 'broken/selected.pt' will not do: "),
        ("compare noiseless", "'RUN': 'noiseless/noise.npz' will not do: "),
        ("compare r --K 0", "'--K': 0 is too small; give at least 1"),
        ("compare r --K 5,5", "'--K': 5 is given twice; name each K once"),
        (
            "compare r --K 1,a",
            "'--K': '1,a' is not a list of whole numbers; write 1,11,51 or START:STOP:STEP",
        ),
        ("compare r --K 5:10", "'--K': '5:10' is not a list of whole numbers"),
        ("compare r --K 10:5:1", "'--K': '10:5:1': START must not exceed STOP"),
        ("compare r --K 1168", "'--K': 1168 is too large; give at most 1167, as many as the network learnt"),
        ("compare r --K 5 --pairs q.csv", "'--pairs': 'q.csv' must end in one of .png, .svg, .pdf"),
        ("compare r --K 5 --out q.txt", "'--out': 'q.txt' must end in one of .csv, .json, .png, .svg, .pdf"),
    ],
)
def test_bad_input(at, stage, line, message):
    before = sorted(stage.rglob("*"))
    code, out, err = at(line)
    assert message in err
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert len(err.splitlines()) <= 5
    assert sorted(stage.rglob("*")) == before


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@pytest.mark.parametrize("line", ["train --out q", "extract r --out q.npz", "compare r --K 5"])
def test_a_device_that_is_not_there(at, stage, line):
    code, out, err = at(f"{line} --device cuda")
    assert (code, out) == (2, "")
    assert "'--device': 'cuda': PyTorch finds no CUDA here; give 'cpu' or 'auto'" in err


def test_a_loss_that_is_no_number(run, tmp_path):
    code, out, err = run("train", "--lr", "1e30", "--epochs", 2, "--out", "r")
    assert (code, out) == (1, "")
    assert err == (
        "Error: the loss is not a finite number at epoch 1, step 2 of 10; no epoch was finished, and a "
        "smaller learning rate (lr, now 1e+30) may do\n"
    )
    assert sorted(path.name for path in (tmp_path / "r").iterdir()) == ["config.json"]


def test_a_finished_run_is_shown_again(at):
    code, out, err = at(f"{TRAIN} --resume --features")
    assert (code, err) == (0, "wrote r\n")
    assert out.splitlines()[0].endswith("seed 0: it was finished already")
    assert out.splitlines()[1].startswith("noise flip of level 0.3")
    assert len(out.splitlines()) == 5


# What disturbs a training


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The run that is disturbed elsewhere."""
    path = tmp_path_factory.mktemp("whole") / "r"
    training.train("digits", out=path, noise="flip", level=0.3, threads=1, device="cpu", epochs=EPOCHS)
    return path


def epochs_of(folder):
    return len(Run.load(folder / "r").metrics) if (folder / "r" / "config.json").exists() else 0


def test_ctrl_c_keeps_the_epochs_that_are_done(run, tmp_path, whole):
    process = processes.start(tmp_path, *LONG.split())
    processes.wait_for(lambda: epochs_of(tmp_path) >= 2)
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 130
    err = (tmp_path / "err.txt").read_text()
    assert err.strip() == "interrupted; r keeps the epochs that are done, and --resume goes on"
    done = epochs_of(tmp_path)
    assert 2 <= done < EPOCHS
    assert len((tmp_path / "out.txt").read_text().splitlines()) in (2 + done, 1 + done)
    code, out, _ = run(*LONG.split(), "--resume")
    assert code == 0
    # Stopped behind its checkpoint, an epoch is done and has no row yet.
    assert out.splitlines()[2].split()[0] in (str(done + 1), str(done + 2))
    assert same(tmp_path / "r", whole)


def test_a_run_that_goes_on_elsewhere_is_left_alone(run, tmp_path):
    process = processes.start(tmp_path, *LONG.split())
    processes.wait_for(lambda: epochs_of(tmp_path) >= 1)
    os.kill(process.pid, signal.SIGSTOP)
    code, out, err = run(*LONG.split(), "--resume")
    process.kill()
    process.join(60)
    assert (code, out) == (2, "")
    assert "'--out': 'r': another process is training there" in err


def test_killed_runs_go_on_to_the_same_end(run, tmp_path, whole):
    moments = random.Random(3)
    codes = []
    for after in (0, 2, 3):
        wanted = epochs_of(tmp_path) + after
        process = processes.start(tmp_path, *LONG.split(), "--resume")
        processes.wait_for(lambda: epochs_of(tmp_path) >= wanted or not process.is_alive())  # noqa: B023
        time.sleep(moments.uniform(0, 0.2))
        process.kill()
        process.join(60)
        codes.append(process.exitcode)
    assert -signal.SIGKILL in codes
    code, _, err = run(*LONG.split(), "--resume")
    assert (code, err) == (0, "wrote r\n")
    assert same(tmp_path / "r", whole)


@pytest.mark.parametrize(
    ("room", "file"),
    [(8_000, "noise.npz"), (500_000, "last.pt"), (1_000_000, "features.npz")],
)
def test_a_full_disk_loses_nothing(run, stage, tmp_path, room, file):
    process = processes.start(tmp_path, *TRAIN.split(), "--features", room=room)
    process.join(60)
    assert process.exitcode == 1
    assert (tmp_path / "err.txt").read_text() == f"Error: r/{file}: File too large\n"
    assert not list((tmp_path / "r").glob(".*"))
    code, _, _ = run(*TRAIN.split(), "--features", "--resume")
    assert code == 0
    assert same(tmp_path / "r", stage / "r")
    with np.load(tmp_path / "r" / "features.npz") as mine, np.load(stage / "r" / "features.npz") as other:
        assert all((mine[name] == other[name]).all() for name in other.files)


def test_a_reader_that_leaves_is_no_error_message(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    process = processes.start(tmp_path, *LONG.split(), stdout="pipe")
    with (tmp_path / "pipe").open() as reader:
        assert reader.readline() == "digits, mlp, cross-entropy, seed 0\n"
    process.join(60)
    assert process.exitcode == 1
    assert (tmp_path / "err.txt").read_text() == ""
    assert 0 < epochs_of(tmp_path) < EPOCHS


def on_terminal(folder, *arguments, stdout=None, **environment):
    """What a command shows on a terminal."""
    leader, follower = pty.openpty()
    name = os.ttyname(follower)
    process = processes.start(
        folder, *arguments, stdout=stdout or name, stderr=name, COLUMNS="120", TERM="xterm", **environment
    )
    shown = b""
    while process.is_alive() or select.select([leader], [], [], 0)[0]:
        if select.select([leader], [], [], 0.05)[0]:
            shown += os.read(leader, 65536)
    os.close(leader)
    os.close(follower)
    process.join(60)
    assert process.exitcode == 0
    return shown.decode()


def test_a_terminal_shows_progress_and_files_get_none(tmp_path):
    shown = on_terminal(tmp_path, *TRAIN.split(), "--json", stdout="out.txt", NO_COLOR="")
    assert json.loads((tmp_path / "out.txt").read_text())["epochs"] == 2
    assert "training" in shown
    assert re.search(r"epoch 2/2, loss \d\.\d{4}, [\d,]+ images/s", shown)
    assert "\x1b[35m" in shown
    assert shown.endswith("wrote r\r\n")
    both = on_terminal(tmp_path, *TRAIN.replace(" r", " s").split(), NO_COLOR="1")
    assert not re.search(r"\x1b\[[0-9;]*m", both)
    # Rows stand above the bars, in lines of their own.
    for row in ("digits, mlp, cross-entropy, seed 0", r"epoch +lr +loss [^\r]*", "    1  +0.1 [^\r]*"):
        assert re.search(rf"(\x1b\[2K|\r\n){row}\r\n", both), row


# Folders of images


@pytest.fixture
def pets(tmp_path):
    """Images of two classes, one light and one dark."""
    rng = np.random.default_rng(0)
    for part, count in {"train": 12, "test": 4}.items():
        for light, name in enumerate(("cat", "dog")):
            folder = tmp_path / "pets" / part / name
            folder.mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(0, 100, (6, 6, 3)) + 120 * light
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
    return tmp_path / "pets"


PETS = "train --dataset pets --batch-size 8 --epochs 3 --lr 0.01 --level 0.2 --out r"


def test_a_folder_of_images(run, tmp_path, pets):
    code, out, err = run(*PETS.split())
    assert (code, err) == (0, "wrote r\n")
    assert out.startswith("pets, mlp, cross-entropy, seed 0\n")
    result = json.loads((tmp_path / "r" / "result.json").read_text())
    assert (result["train_examples"], result["test_examples"], result["skipped"]) == (22, 8, {})
    assert run("extract", "r", "--out", "f.npz")[0] == 0
    found = data.load(tmp_path / "f.npz")
    assert (found.x_train.shape, found.names) == ((24, 256), ("cat", "dog"))
    assert run("softmax", "r")[1].startswith("pets, mlp, noise flip of level 0.2\n\n8 test examples\n")
    # K as far as there are examples to learn from
    _, out, _ = run("compare", "r")
    assert [line.split()[0] for line in out.splitlines()[1:4]] == ["K", "10", "20"]


def test_damaged_images(run, tmp_path, pets):
    spoilt = {"train/cat/3.png": b"no image", "test/dog/1.png": b""}
    for name, content in spoilt.items():
        (pets / name).write_bytes(content)
    code, out, err = run(*PETS.split())
    assert (code, out) == (2, "")
    assert "'--dataset': 'pets/t" in err
    assert any(f"'pets/{name}' is damaged" in err for name in spoilt)
    assert "--skip-corrupt" in err
    code, out, err = run(*PETS.replace("--out r", "--out s --skip-corrupt --json").split())
    assert (code, err) == (0, "wrote s\n")
    skipped = json.loads(out)["skipped"]
    assert sorted(skipped) == sorted(str(pets.relative_to(tmp_path) / name) for name in spoilt)
    code, out, _ = run("softmax", "s")
    assert code == 0
    assert "\n7 test examples\n" in out
    code, out, _ = run("compare", "s", "--K", "3,5")
    assert code == 0
    assert out.startswith("pets, mlp: 7 test examples\n")


# Trained networks


def test_extract(at, stage, tmp_path):
    for checkpoint_name in ("selected", "last"):
        code, out, err = at(f"extract r --checkpoint {checkpoint_name} --out {tmp_path}/f.npz")
        assert (code, err) == (0, f"wrote {tmp_path}/f.npz\n")
        found = training.extract(stage / "r", checkpoint=checkpoint_name)
        accuracy = (found.softmax.argmax(axis=1) == found.y_test).mean()
        assert out == (
            "digits, mlp: 256 features of 1,297 training and 500 test examples, test accuracy "
            f"{accuracy:.4f}\n"
        )
        with np.load(tmp_path / "f.npz", allow_pickle=False) as file:
            assert sorted(file.files) == sorted(
                ["names", "softmax", "softmax_train", "x_test", "x_train", "y_test", "y_train"]
            )
            assert (file["x_train"] == found.x_train).all()
            assert (file["softmax_train"] == found.softmax_train).all()


def test_extract_goes_with_other_commands(at, tmp_path):
    features = f"{tmp_path}/f.npz"
    assert at(f"extract r --out {features}")[0] == 0
    code, out, _ = at(
        f"curve --dataset {features} --K 5 --levels 0,0.2 --clean softmax:{features} --no-measure"
    )
    assert code == 0
    assert "clean f.npz" in out or "clean softmax" in out or features in out
    code, _, err = at(f"noise make {features} --noise flip --level 0.2 --out {tmp_path}/n.npz")
    assert (code, err) == (0, f"wrote {tmp_path}/n.npz\n")
    assert (
        at(f"train --dataset {features} --noise-file {tmp_path}/n.npz --epochs 1 --out {tmp_path}/q")[0] == 0
    )


def test_softmax(at, stage, tmp_path):
    want = training.profile(stage / "r")
    code, out, err = at("softmax r")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[:3] == ["digits, mlp, noise flip of level 0.3", "", "500 test examples"]
    assert len(lines) == 4 + 3 * 10
    own = next(row for row in want.rows if row["class"] == "0" and row["is_true"])
    numbers = [f"{own[key]:.4f}" for key in ("median", "lower", "upper", "mean", "expected")]
    assert lines[4].split() == ["0", "0", *numbers]
    assert numbers[-1] == "0.7000"
    code, out, err = at("softmax r --json")
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(want.to_json())
    files = [f"{tmp_path}/s.{suffix}" for suffix in ("png", "csv", "json")]
    code, out, err = at(f"softmax r --classes 3,5 {' '.join(f'--out {file}' for file in files)}")
    assert err.splitlines() == [f"wrote {file}" for file in files]
    assert {line.split()[0] for line in out.splitlines()[4:]} == {"3", "5"}
    assert (tmp_path / "s.png").read_bytes().startswith(PNG)
    with (tmp_path / "s.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 100
    assert list(rows[0]) == list(want.rows[0])
    assert json.loads((tmp_path / "s.json").read_text())["rows"] == json.loads(want.to_json())["rows"]


def test_softmax_of_concentrated_noise(at, stage, tmp_path):
    features = stage / "r" / "features.npz"
    assert at(f"noise make {features} --noise concentrated --level 0.2 --out {tmp_path}/heaps.npz")[0] == 0
    assert at(f"train --noise-file {tmp_path}/heaps.npz --epochs 1 --out {tmp_path}/heaps")[0] == 0
    code, out, err = at(f"softmax {tmp_path}/heaps")
    assert (code, out) == (2, "")
    assert (
        "'--features': are needed: the noise lies in a space of 256 dimensions, where the rows of di" in err
    )
    code, out, err = at(f"softmax {tmp_path}/heaps --features {features}:x_train")
    assert "'--features': has 1297 rows for 500 labels" in err
    for given in (features, f"{features}:x_test"):
        code, out, err = at(f"softmax {tmp_path}/heaps --features {given} --json")
        assert (code, err) == (0, "")
        want = training.profile(tmp_path / "heaps", features=data.load(features).x_test)
        assert json.loads(out) == json.loads(want.to_json())
    _, out, _ = at(f"softmax {tmp_path}/heaps --features {features} --classes 4")
    counts = want.meta["examples"]
    assert f"\n{counts['clean']} test examples in the clean region\n" in out
    assert f"\n{counts['noisy']} test examples in the noisy region\n" in out
    # From the data's own rows nothing need be given.
    assert at(f"train --noise concentrated --level 0.2 --epochs 1 --out {tmp_path}/own")[0] == 0
    code, out, _ = at(f"softmax {tmp_path}/own")
    assert code == 0
    assert "in the noisy region" in out


def test_classes_by_name(run, tmp_path, pets):
    run(*PETS.split())
    for classes, shown in {"dog": ["dog"], "1,cat": ["dog", "cat"], "0": ["cat"]}.items():
        code, out, _ = run("softmax", "r", "--classes", classes)
        assert code == 0
        assert list(dict.fromkeys(line.split()[0] for line in out.splitlines()[4:])) == shown
    code, _, err = run("softmax", "r", "--classes", "bird")
    assert code == 2
    assert "'--classes': 'bird' is none of the classes cat, dog" in err


def test_compare(at, stage, tmp_path):
    want = training.compare(stage / "r", ks=[5, 10, 15])
    for given in ("5,10,15", "5:15:5"):
        code, out, err = at(f"compare r --K {given} --json")
        assert (code, err) == (0, "")
        assert json.loads(out) == json.loads(want.to_json())
    files = [f"{tmp_path}/c.{suffix}" for suffix in ("png", "csv", "json")]
    given = " ".join(f"--out {file}" for file in files)
    code, out, err = at(f"compare r --K 5:15:5 {given} --pairs {tmp_path}/pairs.png")
    assert code == 0
    assert err.splitlines() == [f"wrote {file}" for file in [*files, f"{tmp_path}/pairs.png"]]
    lines = out.splitlines()
    assert lines[0] == "digits, mlp: 500 test examples"
    for line, row in zip(lines[2:5], want.rows, strict=True):
        assert line.split() == [
            str(row["k"]),
            str(row["preferred"]),
            *(f"{row[key]:.4f}" for key in ("share", "median_distance", "mean_distance")),
        ]
    assert lines[5] == f"median chi-square distance at the preferred K  {want.median_distance:.6f}"
    assert (tmp_path / "c.png").read_bytes().startswith(PNG)
    assert (tmp_path / "pairs.png").read_bytes().startswith(PNG)
    with (tmp_path / "c.csv").open() as file:
        assert [row["k"] for row in csv.DictReader(file)] == ["5", "10", "15"]
    assert at("compare unfinished --K 5")[0] == 0
