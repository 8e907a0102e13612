"""Suspected labels in one's own data: the command `pynoise clean`, and the functions behind it."""

import csv
import json
import os
import re
import shutil
import signal
import tempfile
from pathlib import Path

import numpy as np
import processes
import pytest
from PIL import Image

from pynoise import data, networks, noise
from pynoise.data import Dataset, load_folder
from pynoise.errors import InputValueError, TrainingWarning
from pynoise.noise import Suspects, cleaned_labels, load_labels, save_cleaned, with_labels
from pynoise.training import Run, clean
from pynoise.training.cleaning import usual_network

SAME = {"threads": 1, "device": "cpu"}
CLEAN = "clean --data own.npz --epochs 8 --epoch 4 --threads 1"

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def wrong():
    """600 digits, of whose labels 50 are wrong; and which."""
    digits = data.load("digits")
    labels = noise.make(digits.y_train[:600], "symmetric", 1 / 12, seed=3, num_classes=10)
    own = Dataset(digits.x_train[:600], labels.noisy, digits.x_test[:30], digits.y_test[:30], name="own")
    return own, np.flatnonzero(labels.noisy != labels.clean), labels.clean


@pytest.fixture(scope="module")
def found(wrong):
    return clean(wrong[0], epochs=8, method_options={"epoch": 4}, **SAME)


@pytest.fixture
def at(run, wrong, tmp_path, monkeypatch):
    """As `run`, with the data in a file, and a folder of its own for what is temporary."""
    own, _, true = wrong
    np.savez("own.npz", x_train=own.x_train, y_train=own.y_train)
    (tmp_path / "labels.csv").write_text("index,label\n" + "".join(f"{i},{y}\n" for i, y in enumerate(true)))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return lambda line: run(*line.split())


def rows_of(path):
    with Path(path).open(newline="") as lines:
        return list(csv.DictReader(lines))


# The functions


def test_wrong_labels_are_found(wrong, found):
    own, places, true = wrong
    assert (found.index == np.arange(600)).all()
    assert (found.labels == own.y_train).all()
    assert found.clean is None
    assert found.meta["network"] == "mlp"
    suspected = np.flatnonzero(found.suspected)
    hit = np.isin(suspected, places)
    assert len(places) == 50
    assert hit.mean() > 0.85
    assert hit.sum() > 0.8 * 50
    relabelled = np.where(found.suspected, found.suggested, found.labels)
    assert (relabelled == true).mean() > 0.96


def test_it_is_a_run_that_may_be_kept(wrong, found, tmp_path):
    own = wrong[0]
    again = clean(own, "mlp", out=tmp_path / "r", epochs=8, method_options={"epoch": 4}, **SAME)
    run = Run.load(tmp_path / "r")
    assert (run.config["method"], run.result["validation_examples"]) == ("odd", 0)
    assert (again.losses == found.losses).all()
    assert (Suspects.load(run.path).suggested == found.suggested).all()
    kept = {"out": tmp_path / "r", "epochs": 8, "method_options": {"epoch": 4}}
    assert (clean(own, resume=True, **kept, **SAME).losses == found.losses).all()
    with pytest.raises(InputValueError, match="holds a run already"):
        clean(own, **kept, **SAME)


@pytest.mark.parametrize("end", ["well", "wrong"])
def test_a_run_that_is_not_kept_leaves_nothing(wrong, tmp_path, monkeypatch, end):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen = []

    def progress(*_):
        seen.append(list(tmp_path.rglob("config.json")))
        if end == "wrong":
            raise KeyboardInterrupt

    if end == "wrong":
        with pytest.raises(KeyboardInterrupt):
            clean(wrong[0], epochs=2, progress=progress, **SAME)
    else:
        clean(wrong[0], epochs=2, progress=progress, **SAME)
    assert len(seen[0]) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["validation", "validation_labels", "patience"])
def test_every_example_is_judged(wrong, name):
    with pytest.raises(InputValueError, match=f"^{name}: holds examples out, and all are to be judged"):
        clean(wrong[0], **{name: 0.1})


def test_other_arguments_are_refused_first(wrong, monkeypatch):
    with pytest.raises(InputValueError, match="settings: 'noise' is not known"):
        clean(wrong[0], noise="flip")
    with pytest.raises(InputValueError, match="network: 'mpl' is not known"):
        clean(wrong[0], "mpl")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(InputValueError, match="out: is missing; several processes need one folder"):
        clean(wrong[0])


def test_many_suspects_are_no_finding(wrong):
    with pytest.warns(TrainingWarning) as caught:
        clean(wrong[0], epochs=2, lr=1e-6, method_options={"p": 0.01}, **SAME)
    assert any(
        re.match(r"\d+ of 600 labels are suspected, which tells more of the network", str(one.message))
        for one in caught
    )


@pytest.mark.parametrize(
    ("shape", "name"),
    [
        ((64,), "mlp"),
        ((1, 8, 8), "mlp"),
        ((3, 40, 15), "mlp"),
        ((1, 28, 28), "mnist-cnn"),
        ((3, 32, 32), "resnet20"),
        ((3, 64, 96), "resnet20"),
        ((3, 65, 65), "torchvision:resnet18"),
        ((3, 224, 224), "torchvision:resnet18"),
    ],
)
def test_the_usual_network_takes_such_inputs(shape, name):
    assert usual_network(shape) == name
    networks.make(name, 3, shape)


def test_suspects_are_left_out_or_relabelled(wrong, found, tmp_path):
    own = wrong[0]
    index, labels = cleaned_labels(found, own)
    assert (index == np.flatnonzero(~found.suspected)).all()
    assert (labels == own.y_train[index]).all()
    index, labels = cleaned_labels(found, own, relabel=True)
    assert (index == np.arange(600)).all()
    assert (labels == np.where(found.suspected, found.suggested, own.y_train)).all()
    save_cleaned(found, own, tmp_path / "clean.npz")
    kept = data.load(tmp_path / "clean.npz")
    assert (kept.x_train == own.x_train[~found.suspected]).all()
    assert (kept.x_test == own.x_test).all()
    assert kept.names == own.names
    save_cleaned(found, own, tmp_path / "clean.csv", relabel=True)
    assert (load_labels(tmp_path / "clean.csv") == labels).all()


def test_suspects_of_other_data_are_refused(wrong, found, tmp_path):
    own = wrong[0]
    others = [
        (Dataset(own.x_train, own.y_train[::-1]), "other labels"),
        (Dataset(own.x_train[:500], own.y_train[:500]), "500 training examples"),
        (Dataset(own.x_train, own.y_train, names=list("abcdefghij")), "classes of other names"),
    ]
    for other, problem in others:
        with pytest.raises(InputValueError, match=f"data: custom has {problem}"):
            save_cleaned(found, other, tmp_path / "clean.csv")
    assert not list(tmp_path.iterdir())


def test_labels_of_a_file_take_the_place_of_the_datas_own(pets):
    own = load_folder(pets)
    other = with_labels(own, np.array(["dog", "cat"] * 15))
    assert other.y_train.tolist() == [1, 0] * 15
    assert own.y_train.tolist() == [0] * 15 + [1] * 15
    assert with_labels(own, [1, 0] * 15).y_train.tolist() == [1, 0] * 15
    digits = with_labels(data.load("digits"), np.zeros(1297, int))
    assert (digits.y_train.max(), digits.origin) == (0, None)
    # Folders may be called by numbers: sorted they are 1, 10, 2.
    numbered = Dataset(np.zeros((3, 2)), [0, 1, 2], names=["1", "10", "2"])
    assert with_labels(numbered, [10, 2, 1]).y_train.tolist() == [1, 2, 0]
    assert with_labels(numbered, [0, 2, 1]).y_train.tolist() == [0, 2, 1]
    with pytest.raises(InputValueError, match="labels: 'cow' at position 1 is none of the classes cat, dog"):
        with_labels(own, ["dog", "cow"] * 15)
    with pytest.raises(InputValueError, match="labels: are 2, and 'pets' has 30 training examples"):
        with_labels(own, ["dog", "cat"])


# The command


def test_the_command_writes_what_is_asked_for(at, wrong, found, tmp_path):
    code, out, err = at(
        f"{CLEAN} --out s.csv --out s.npz --out s.png --sheet sheet.png --cleaned clean.npz --keep r"
    )
    names = ("s.csv", "s.npz", "s.png", "sheet.png", "clean.npz", "r")
    assert (code, err.splitlines()) == (0, [f"wrote {name}" for name in names])
    lines = out.splitlines()
    assert re.fullmatch(r"own \(600 training examples, 10 classes\), mlp, \d+\.\d s", lines[0])
    count = int(found.suspected.sum())
    assert lines[1] == f"{count} labels suspected, {count / 600:.1%}: the loss is above {found.threshold:.4f}"
    assert f"{'given':>14}  {'suggested':>14}  suspects" in lines
    rows = rows_of("s.csv")
    assert (tmp_path / "s.csv").read_text() == found.to_csv()
    assert [*rows[0]] == ["index", "given_label", "suggested_label", "loss", "threshold"]
    losses = [float(row["loss"]) for row in rows]
    assert losses == sorted(losses, reverse=True)
    assert (Suspects.load("s.npz").losses == found.losses).all()
    for picture in ("s.png", "sheet.png"):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
    assert len(data.load("clean.npz").y_train) == 600 - count
    # The run is kept: other files take no training.
    before = (tmp_path / "r" / "result.json").stat().st_mtime_ns
    code, out, _ = at(f"{CLEAN} --out t.csv --keep r --json")
    assert (code, (tmp_path / "r" / "result.json").stat().st_mtime_ns) == (0, before)
    assert (tmp_path / "t.csv").read_bytes() == (tmp_path / "s.csv").read_bytes()
    told = json.loads(out)
    assert (told["suspects"], told["examples"], told["unread"], told["network"]) == (count, 600, 0, "mlp")
    assert sum(pair["suspects"] for pair in told["pairs"]) == count
    assert not list((tmp_path / "tmp").glob("pynoise-*"))
    # What is left is data for the next command.
    assert at("train --dataset clean.npz --epochs 1 --threads 1 --out next")[0] == 0


def test_a_file_of_labels_and_one_in_its_place(at, wrong, tmp_path):
    true = wrong[2]
    np.savez("own.npz", x_train=wrong[0].x_train, y_train=np.arange(600) % 10)  # of no use
    wrong_file = "index,label\n" + "".join(f"{i},{y}\n" for i, y in enumerate(wrong[0].y_train))
    (tmp_path / "labels.csv").write_text(wrong_file)
    code, _, err = at(f"{CLEAN} --labels labels.csv --out s.csv --cleaned new.csv --relabel")
    assert (code, err) == (0, "wrote s.csv\nwrote new.csv\n")
    given, new = load_labels("labels.csv"), load_labels("new.csv")
    changed = {int(row["index"]) for row in rows_of("s.csv") if row["given_label"] != row["suggested_label"]}
    assert set(np.flatnonzero(given != new)) == changed
    assert (new == true).mean() > 0.96 > (given == true).mean()


def test_p_and_epoch_and_set_reach_the_method(at, found, tmp_path):
    line = "clean --data own.npz --threads 1 --out s.csv --keep r --epochs 8 --p 0.3 --epoch 3 --set passes=2"
    assert at(f"{line} --batch-size 64 --lr 0.05 --seed 5 --device cpu --network mnist-cnn")[0] == 0
    config = Run.load("r").config
    assert [config["method_options"][name] for name in ("p", "epoch", "passes")] == [0.3, 3, 2]
    settings = config["settings"]
    assert [settings[name] for name in ("epochs", "batch_size", "lr", "validation")] == [8, 64, 0.05, 0.0]
    assert (config["seed"], config["network"], config["noise"]) == (5, "mnist-cnn", None)


@pytest.fixture
def photos(tmp_path):
    """Dark cats and light dogs in folders without parts; two dogs among the cats, and a damaged file."""
    rng = np.random.default_rng(0)
    for i in range(80):
        light = i % 2
        folder = tmp_path / "photos" / ("dog" if light and i not in (7, 31) else "cat")
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 100, (18, 18, 3)) + 140 * light
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i:02}.png")
    (tmp_path / "photos" / "dog" / "09.png").write_bytes(b"no image")
    return tmp_path / "photos"


def test_a_folder_of_photos(at, photos, tmp_path):
    line = (
        "clean --data photos --network mlp --lr 0.02 --batch-size 16 --epochs 8 --epoch 4 --p 0.5 --threads 1"
    )
    code, _, err = at(f"{line} --out s.csv")
    assert code == 2
    assert "photos/dog/09.png' is damaged" in err
    code, out, err = at(
        f"{line} --out s.csv --sheet sheet.png --cleaned clean.csv --skip-corrupt --network mlp"
    )
    assert (code, err) == (0, "wrote s.csv\nwrote sheet.png\nwrote clean.csv\n")
    assert out.splitlines()[1] == "1 example could not be read, and is not judged"
    rows = rows_of("s.csv")
    assert {row["file"] for row in rows[:2]} == {"cat/07.png", "cat/31.png"}
    kept = rows_of("clean.csv")
    assert len(kept) == 80 - len(rows)
    assert kept[0] == {"index": "0", "file": "cat/00.png", "label": "cat"}
    assert "dog/09.png" in {row["file"] for row in kept}


def test_the_network_follows_from_the_files(photos, monkeypatch):
    class AskedError(Exception):
        pass

    def train(data, network, **_):
        raise AskedError(network)

    monkeypatch.setattr("pynoise.training.cleaning.train", train)
    for given, network in (({}, "mnist-cnn"), ({"recipe": "imagenet"}, "torchvision:resnet18")):
        with pytest.raises(AskedError, match=network):
            clean(photos, **given)
    with pytest.raises(AskedError, match="resnet20"):
        clean(Dataset(np.zeros((4, 32, 32, 3), np.uint8), [0, 1, 0, 1]))


def test_a_clean_data_set_has_no_sheet(at, tmp_path):
    x = np.repeat(np.eye(2)[:, :, None], 2, axis=2).repeat(40, axis=0)
    np.savez("own.npz", x_train=x, y_train=np.arange(80) // 40)
    code, out, err = at(f"{CLEAN} --out s.csv --sheet sheet.png --cleaned c.csv")
    assert (code, err) == (
        0,
        "wrote s.csv\nwrote c.csv\nno label is suspected: sheet.png is not written\n",
    )
    assert out.splitlines()[1].startswith("no label is suspected: no loss is above ")
    assert rows_of("s.csv") == []
    assert len(rows_of("c.csv")) == 80


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("clean --out s.csv", "Missing option '--data'"),
        ("clean --data own.npz", "Missing option '--out'"),
        ("clean --data none.npz --out s.csv", "'--data': there is no file 'none.npz'"),
        ("clean --data no/such --out s.csv", "'--data': there is no folder 'no/such'"),
        (
            "clean --data own.npz --out s.txt",
            "'--out': 's.txt' must end in one of .csv, .npz, .png, .svg, .pdf",
        ),
        ("clean --data own.npz --out own.npz", "'--out': 'own.npz' is read, too"),
        ("clean --data own.npz --out no/s.csv", "'--out': 'no/s.csv': there is no folder"),
        ("clean --data own.npz --out s.csv --cleaned own.npz", "'--cleaned': 'own.npz' is read, too"),
        ("clean --data own.npz --out s.csv --cleaned ./s.csv", "'--cleaned': './s.csv' is named twice"),
        (
            "clean --data own.npz --out s.csv --sheet s.csv",
            "'--sheet': 's.csv' must end in one of .png, .svg, .pdf",
        ),
        ("clean --data own.npz --out s.csv --relabel", "'--relabel': goes with --cleaned"),
        (
            "clean --data own.npz --labels labels.csv --out s.csv --cleaned labels.csv",
            "'--cleaned': 'labels.csv' is read, too",
        ),
        ("clean --data own.npz --out s.csv --labels labels.csv:x", "has no column 'x'"),
        ("clean --data own.npz --out s.csv --p 2", "'--p, --epoch, --set': p: 2 is not within (0, 1)"),
        ("clean --data own.npz --out s.csv --p 0.1 --set p=0.2", "'--p, --epoch, --set': p is given twice"),
        ("clean --data own.npz --out s.csv --set q=2", "'--p, --epoch, --set': 'q' is not known"),
        ("clean --data own.npz --out s.csv --epochs 4 --epoch 4", "epoch: 4 is not before the last of 4"),
        ("clean --data own.npz --out s.csv --epochs 0", "'--epochs': 0 is too small"),
        ("clean --data own.npz --out s.csv --network mpl", "'--network': 'mpl' is not known"),
        ("clean --data own.npz --out s.csv --validation 0.1", "No such option '--validation'"),
        ("clean --data own.npz --out s.csv --recipe imagenet", "'--recipe': 'imagenet' goes with images"),
        ("clean --data own.npz --out s.csv --classes 3", "'--classes': goes with --data ideal"),
        ("clean --data own.npz --out s.csv --keep .", "'--keep': '.' holds other files"),
        ("clean --data rows.npz --out s.csv --sheet s.png", "'--sheet': shows images, (H, W)"),
        ("clean --data pairs.npz --out s.csv --sheet s.png", "'pairs' has examples of shape (6, 6, 2)"),
        ("clean --data photos --out s.csv --cleaned c.npz", "'--cleaned': 'c.npz' would hold arrays, and"),
    ],
)
def test_bad_input(at, photos, tmp_path, line, message):
    np.savez("rows.npz", x_train=np.eye(4), y_train=np.arange(4))
    np.savez("pairs.npz", x_train=np.zeros((4, 6, 6, 2)), y_train=np.arange(4))
    before = {path.name for path in tmp_path.iterdir()}
    code, out, err = at(line)
    assert (code, out) == (2, "")
    assert message in err
    assert {path.name for path in tmp_path.iterdir()} == before
    assert not list((tmp_path / "tmp").glob("pynoise-*"))


def test_a_class_whose_name_is_no_text(run, tmp_path):
    rng = np.random.default_rng(0)
    for name in (b"caf\xe9", b"tea"):
        folder = tmp_path / os.fsdecode(b"odd\xff") / os.fsdecode(name)
        folder.mkdir(parents=True)
        for i in range(8):
            Image.fromarray(rng.integers(0, 255, (8, 8), dtype=np.uint8)).save(folder / f"{i}.png")
    line = "--out s.csv --out s.png --sheet t.png --cleaned c.csv --relabel --p 0.9 --epochs 3 --threads 1"
    code, _, err = run("clean", "--data", os.fsdecode(b"odd\xff"), *line.split(), "--network", "mlp")
    assert code == 0, err
    assert {row["label"] for row in rows_of("c.csv")} == {"caf\\udce9", "tea"}


LONG = "clean --data own.npz --epochs 2000 --epoch 1999 --schedule constant --threads 1 --out s.csv"


@pytest.mark.parametrize("keep", ["", " --keep r"])
def test_ctrl_c(at, tmp_path, keep):
    process = processes.start(tmp_path, *f"{LONG}{keep}".split(), TMPDIR=str(tmp_path / "tmp"))
    folder = tmp_path / ("r" if keep else "tmp")
    processes.wait_for(lambda: list(folder.rglob("metrics.csv")))
    os.kill(process.pid, signal.SIGINT)
    process.join(60)
    assert process.exitcode == 130
    kept = "; r keeps the epochs that are done, and the same command goes on" if keep else ""
    assert (tmp_path / "err.txt").read_text().strip() == f"interrupted{kept}"
    assert not list((tmp_path / "tmp").glob("pynoise-*"))
    assert not (tmp_path / "s.csv").exists()


def test_a_full_disk(at, tmp_path):
    process = processes.start(tmp_path, *f"{CLEAN} --out s.csv".split(), stdout="/dev/full", TMPDIR="tmp")
    process.join(60)
    assert process.exitcode == 1
    assert (tmp_path / "err.txt").read_text() == "Error: No space left on device\n"
    assert rows_of("s.csv")  # which was written before
    assert not list((tmp_path / "tmp").glob("pynoise-*"))
    shutil.rmtree(tmp_path / "tmp")
    (tmp_path / "tmp").mkdir()
    process = processes.start(tmp_path, *f"{CLEAN} --out s.csv".split(), room=20_000, TMPDIR="tmp")
    process.join(60)
    assert process.exitcode == 1
    assert re.fullmatch(r"Error: .*last\.pt: File too large\n", (tmp_path / "err.txt").read_text())
    assert not list((tmp_path / "tmp").glob("pynoise-*"))


def test_of_several_processes_one_speaks(at, monkeypatch):
    monkeypatch.setenv("RANK", "1")
    assert at(f"{CLEAN} --out s.csv --keep r") == (0, "", "")
    assert not Path("s.csv").exists()
