"""Pictures of suspects, and what `pynoise show` says of a run that has them."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pynoise import data, plots, training
from pynoise.data import Dataset, ImageSets
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise import Suspects
from pynoise.training import Run

PNG = b"\x89PNG\r\n\x1a\n"
ODD = {
    "method": "odd",
    "method_options": {"epoch": 2},
    "noise": "uniform",
    "level": 0.4,
    "epochs": 4,
    "threads": 1,
    "device": "cpu",
}

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def stage(tmp_path_factory, digits, one_thread):
    """Runs of odd with noise and with the data's labels, one that was killed, and one of cross-entropy."""
    folder = tmp_path_factory.mktemp("stage")

    class KilledError(Exception):
        pass

    def kill(row):
        if row["epoch"] == 3:
            raise KilledError

    training.train(digits, out=folder / "odd", **ODD)
    own = ODD | {"noise": None, "level": None, "validation": 0}
    training.train(digits, out=folder / "own", **own)
    plain = {"epochs": 1, "threads": 1, "device": "cpu"}
    training.train(digits, out=folder / "plain", **plain)
    with pytest.raises(KilledError):
        training.train(digits, out=folder / "killed", on_epoch=kill, **ODD)
    return folder


@pytest.fixture
def at(run, stage, monkeypatch):
    monkeypatch.chdir(stage)
    return lambda line: run(*line.split())


def made(losses, *, threshold=2.0, classes=3, known=True, modelled=(0.5, 1.5, 2.0, 2.5, 4.0), files=None):
    """A record of losses: labels go round, and every third is wrong where they are known."""
    count = len(losses)
    labels = np.arange(count) % classes
    clean = np.where(np.arange(count) % 3 == 2, (labels + 1) % classes, labels)
    return Suspects(
        np.arange(count),
        labels.astype(np.int32),
        ((labels + 1) % classes).astype(np.int32),
        np.array(losses, np.float32),
        np.array(modelled, np.float32),
        threshold,
        tuple(f"class {label}" for label in range(classes)),
        clean.astype(np.int32) if known else None,
        files,
    )


def dataset_of(found, x):
    labels = found.labels if found.clean is None else found.clean
    return Dataset(x, labels, x, labels, found.names, "made")


def texts_of(figure):
    return [text.get_text() for text in figure.texts]


def tiles_of(figure):
    """What stands below each image, line by line."""
    return [text.split("\n") for text in texts_of(figure)[1:]]


# Losses


def test_the_densities_of_losses(stage):
    found = Suspects.load(stage / "odd")
    (axes,) = found.plot().axes
    parts = {part.get_label(): part for part in axes.patches}
    assert list(parts) == ["right labels", "wrong labels", "random labels, modelled"]
    right, wrong, modelled = (part.get_data() for part in parts.values())
    edges = right.edges
    own = found.losses[found.labels != found.clean]
    assert wrong.values == pytest.approx(np.histogram(own, edges)[0] / len(found) / np.diff(edges))
    assert ((right.values + wrong.values) * np.diff(edges)).sum() == pytest.approx(1)
    assert (modelled.values * np.diff(edges)).sum() == pytest.approx(1)
    counts = np.histogram(found.modelled, edges)[0]
    assert modelled.values == pytest.approx(counts / len(found.modelled) / np.diff(edges))
    (line,) = axes.get_lines()
    assert line.get_xdata() == [found.threshold, found.threshold]
    words = f"threshold {found.threshold:.4g}, {found.suspected.mean():.1%} above"
    assert line.get_label() == words
    assert axes.get_title() == f"{found.suspected.sum()} of {len(found):,} labels suspected"
    # Without colour: filled, hatched, a line, a dashed line.
    looks = [(part.get_fill(), part.get_hatch()) for part in parts.values()]
    assert looks == [(True, None), (True, "/////"), (False, None)]
    assert line.get_linestyle() == "--"


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize(
    "losses",
    [
        [0.7] * 30,
        [0.0] * 30,
        [0.5],
        [0.1, 0.1, 5.0],
        [9.0] * 30,
        [*np.linspace(0, 4, 300), 1e6, 1e30],
    ],
)
def test_losses_of_all_kinds(losses, known):
    found = made(losses, known=known, classes=2)
    figure = plots.suspects_losses(found)
    if known:
        assert plots.render(figure, ".png").startswith(PNG)
    (axes,) = figure.axes
    low, high = axes.get_xlim()
    assert low <= found.threshold < high
    names = [part.get_label() for part in axes.patches]
    assert ("all labels" in names) == (not known)
    heights = [part.get_data().values for part in axes.patches]
    bottom, top = axes.get_ylim()
    assert all(part.max() > bottom for part in heights if part.any())
    assert all(part.max() < top for part in heights)


def test_losses_without_weights():
    """The modelled ones are all alike, and so is their quantile."""
    alike = float(np.float32(np.log(10)))
    axes = plots.suspects_losses(made([0.0] * 9, modelled=[alike] * 9, threshold=alike)).axes[0]
    assert axes.get_xlim()[1] > alike


def test_few_losses_far_off_are_counted_only():
    axes = plots.suspects_losses(made([*np.linspace(0, 4, 300), 50.0, 60.0])).axes[0]
    assert axes.get_xlim()[1] < 10
    assert axes.get_title().endswith("\n2 of the losses, up to 60, lie to the right of this")
    axes = plots.suspects_losses(made(np.linspace(0, 60, 300))).axes[0]
    assert axes.get_xlim()[1] == 60
    assert "right" not in axes.get_title()


# The contact sheet


def test_the_sheet_of_the_digits(stage, digits):
    found = Suspects.load(stage / "odd")
    figure = found.sheet(digits)
    suspects = int(found.suspected.sum())
    assert texts_of(figure)[0] == f"the highest losses, 40 of {suspects} suspected labels"
    order = np.argsort(-found.losses, kind="stable")[:40]
    names = digits.names
    wanted = []
    for place in order:
        given = found.labels[place]
        others = {"suggested": found.suggested[place], "true": found.clean[place]}
        words = [f"loss {found.losses[place]:.4g}", f"given: {names[given]}"]
        words += [f"{key}: {'as given' if one == given else names[one]}" for key, one in others.items()]
        wanted.append([*words, f"index {found.index[place]}"])
    assert tiles_of(figure) == wanted
    assert len(figure.axes) == 40
    largest = digits.x_train[found.index[order]].max()
    for axes, place in zip(figure.axes, order, strict=True):
        (image,) = axes.get_images()
        pixels = digits.x_train[found.index[place]] * 255.0 / largest
        np.testing.assert_array_equal(image.get_array(), pixels.round())


def test_as_many_as_there_are():
    found = made([1.0, 3.0, 2.0, 5.0])  # 2.0 is not above the threshold
    figure = found.sheet(dataset_of(found, np.zeros((4, 5, 6))))
    assert texts_of(figure)[0] == "2 suspected labels, by falling loss"
    assert [tile[0] for tile in tiles_of(figure)] == ["loss 5", "loss 3"]
    one = found.sheet(dataset_of(found, np.zeros((4, 5, 6))), count=1)
    assert texts_of(one)[0] == "the highest losses, 1 of 2 suspected labels"
    assert len(one.axes) == 1


def test_labels_that_nobody_knows_are_not_shown():
    found = made([1.0, 3.0, 2.0, 5.0], known=False)
    figure = found.sheet(dataset_of(found, np.zeros((4, 5, 6))))
    assert tiles_of(figure)[0] == ["loss 5", "given: class 0", "suggested: class 1", "index 3"]


@pytest.mark.parametrize("shape", [(6, 5), (6, 5, 1), (6, 5, 3), (6, 5, 4), (700, 900, 3)])
@pytest.mark.parametrize("kind", [np.uint8, np.float32, np.float64, np.int16])
def test_images_of_all_kinds(shape, kind):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (4, *shape)).astype(kind)
    if kind == np.float64:
        x = x / 255 - 0.5  # black is the least
    x[3].flat[:2] = x.min(), x.max()
    found = made([1.0, 3.0, 2.0, 5.0])
    figure = found.sheet(dataset_of(found, x))
    first = figure.axes[0].get_images()[0].get_array()
    assert (first.min(), first.max()) == (0 if kind == np.float64 else pytest.approx(x[[1, 3]].min()), 255)
    assert max(first.shape[:2]) <= 320
    assert first.shape[2:] == (shape[2:] if shape[2:] != (1,) else ())
    assert first.dtype == np.uint8


def test_the_sheet_of_a_folder(pets):
    folders = data.load_folder(pets)
    found = replace(
        made(np.linspace(1, 4, 30), classes=2, known=False, files=folders.train.paths),
        labels=folders.y_train,
        names=folders.names,
    )
    Path(folders.train[29]).unlink()
    Path(folders.train[28]).write_bytes(b"no image")
    before = torch.get_rng_state()
    figure = found.sheet(folders, pets / "sheet.png")
    assert torch.equal(before, torch.get_rng_state())
    assert (pets / "sheet.png").read_bytes().startswith(PNG)
    assert [tile[-1] for tile in tiles_of(figure)][:3] == [f"train/dog/{i}.png" for i in (14, 13, 12)]
    missing, damaged, dog = figure.axes[:3]
    assert [text.get_text() for text in missing.texts] == ["is missing"]
    assert "is damaged" in damaged.texts[0].get_text()
    (image,) = dog.get_images()
    with Image.open(folders.train[27]) as pixels:
        largest = max(np.asarray(axes.get_images()[0].get_array()).max() for axes in figure.axes[2:])
        assert largest == 255
        difference = np.corrcoef(np.asarray(pixels).ravel(), image.get_array().ravel())[0, 1]
        assert difference > 0.999


def test_the_sheet_of_a_data_set_of_torchvisions_kind():
    class Pairs:
        def __init__(self, labels, shape):
            self.targets, self.shape = labels.tolist(), shape

        def __getitem__(self, index):
            return torch.full(self.shape, float(index)), self.targets[index]

        def __len__(self):
            return len(self.targets)

    found = made([1.0, 3.0, 2.0, 5.0])
    both = Pairs(found.clean, (3, 6, 5)), Pairs(found.clean, (3, 6, 5))
    figure = found.sheet(ImageSets(*both, names=found.names))
    images = [axes.get_images()[0].get_array() for axes in figure.axes]
    assert [(image.shape, image.max()) for image in images] == [((6, 5, 3), 255), ((6, 5, 3), 85)]
    rows = ImageSets(Pairs(found.clean, (7,)), Pairs(found.clean, (7,)), names=found.names)
    with pytest.raises(InputValueError, match=r"^data: example 3 .* has shape \(7,\), which is no image"):
        found.sheet(rows)


def test_long_names_and_paths_are_cut(pets):
    files = np.array([f"train/class/{'x' * 40}{i}.png" for i in range(4)])
    found = made([1.0, 3.0, 2.0, 5.0])
    found = replace(found, names=("$" + "a" * 50, "b", "c"), files=files)
    images = [np.zeros((3, 3), np.uint8)]
    figure = plots.suspects_sheet(found, np.array([3]), images)
    words = tiles_of(figure)[0]
    assert words[1] == "given: $" + "a" * 16 + "…"
    assert words[-1].endswith("x3.png")
    assert words[-1].startswith("…")
    assert max(map(len, words)) < 32
    assert plots.render(figure, ".svg").startswith(b"<?xml")


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"count": 0}, InputValueError, "count: 0 is too small; give at least 1"),
        ({"count": 401}, InputValueError, "count: 401 is too large; give at most 400"),
        ({"count": 2.5}, InputTypeError, "count: 2.5 is not a whole number"),
        ({"data": "digits"}, InputTypeError, "data: is a str; give the pynoise.data.Dataset, ImageFolders"),
        ({"x": np.zeros((4, 9))}, InputValueError, r"data: has examples of shape \(9,\), which is no image"),
        ({"x": np.zeros((4, 9, 9, 2))}, InputValueError, r"data: has examples of shape \(9, 9, 2\), which"),
        ({"x": np.zeros((3, 5, 5))}, InputValueError, "data: made has 3 training examples, and .* more than"),
        ({"names": ("a", "b", "c")}, InputValueError, "data: made has classes of other names than"),
        ({"labels": [0, 0, 0, 0]}, InputValueError, "data: made has other labels than the suspects' exam"),
        ({"files": np.array(list("abcd"))}, InputValueError, "data: made has other files than the suspects'"),
        ({"threshold": 9.0}, InputValueError, r"suspects: has none to show: .* the threshold, 9\.0000"),
        ({"path": "x.jpg"}, InputValueError, "path: 'x.jpg' must end in one of .png, .svg, .pdf"),
    ],
)
def test_what_is_refused(change, error, message):
    fields = {key: change[key] for key in ("files", "threshold") if key in change}
    found = replace(made([1.0, 3.0, 2.0, 5.0]), **fields)
    x = change.get("x", np.zeros((4, 5, 5)))
    labels = np.array(change.get("labels", found.clean))[: len(x)]
    names = change.get("names", found.names)
    given = change.get("data", Dataset(x, labels, x, labels, names, "made"))
    with pytest.raises(error, match=f"^{message}"):
        found.sheet(given, change.get("path"), count=change.get("count", 40))


# The command


def test_what_came_of_odd(at, stage):
    code, out, err = at("show odd")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    found, result = Suspects.load(stage / "odd"), Run.load(stage / "odd").result
    removed, wrong = found.suspected, found.labels != found.clean
    assert lines[lines.index(next(line for line in lines if "suspected and" in line)) :][:4] == [
        f"{removed.sum():,} labels suspected and their examples left out after epoch 2: their loss was above "
        f"{found.threshold:.4f}; suspects.csv has all",
        f"{wrong[removed].mean():.4f} of the suspected labels are wrong",
        f"{removed[wrong].mean():.4f} of the wrong labels are suspected",
        "that is of 1,167 of 1,297 training examples; the others were held out, and --validation 0 keeps all",
    ]
    assert result["train_examples"] == 1167 - removed.sum()


def test_labels_that_nobody_knows_better(at, stage):
    code, out, _ = at("show own")
    assert code == 0
    assert re.search(r"^\d+ labels suspected and their examples left out after epoch 2", out, re.M)
    assert "wrong" not in out
    assert "held out" not in out


def test_the_picture_of_odd(at, stage):
    titles = [axes.get_title() for axes in Run.load(stage / "odd").plot().axes]
    found = Suspects.load(stage / "odd")
    assert titles == ["accuracy", f"{found.suspected.sum()} of 1,167 labels suspected"]
    assert [axes.get_title() for axes in Run.load(stage / "killed").plot().axes] == ["accuracy"]


def test_the_sheet_on_the_command_line(at, stage):
    code, out, err = at("show odd --out odd.png --sheet sheet.svg --json")
    assert (code, err) == (0, "wrote odd.png\nwrote sheet.svg\n")
    assert json.loads(out) == Run.load(stage / "odd").result
    assert b"<svg" in (stage / "sheet.svg").read_bytes()
    assert at("show odd --sheet sheet.png --dataset digits")[0] == 0
    assert (stage / "sheet.png").read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "show plain --sheet x.png",
            "'RUN': 'plain' has no suspects.npz, which the method odd writes once a",
        ),
        (
            "show killed --sheet x.png",
            "'RUN': 'killed' has no suspects.npz, which the method odd writes once",
        ),
        ("show odd --sheet x.csv", "'--sheet': 'x.csv' must end in one of .png, .svg, .pdf"),
        ("show odd --sheet no/x.png", "'--sheet': 'no/x.png': there is no folder"),
        ("show odd --dataset digits", "'--dataset': goes with --sheet, which shows the data"),
        ("show odd --data-root .", "'--data-root': goes with --sheet, which shows the data"),
        ("show odd --sheet x.png --dataset nothing", "'--dataset': 'nothing' is not known; known are"),
        ("show odd --sheet x.png --dataset ideal", "'--dataset': ideal is not what 'odd' was trained on"),
    ],
)
def test_mistakes_on_the_command_line(at, stage, line, message):
    code, out, err = at(line)
    assert message in err
    assert (code, out) == (2, "")
    assert not (stage / "x.png").exists()


def test_a_run_without_suspects(at, stage, tmp_path):
    """None above the threshold is said, and nothing drawn; a damaged file is named."""
    found = Suspects.load(stage / "odd")
    folder = tmp_path / "none"
    folder.mkdir()
    for file in (stage / "odd").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    replace(found, threshold=99.0).save(folder / "suspects.npz")
    code, _, err = at(f"show {folder} --sheet {tmp_path / 'x.png'}")
    assert code == 2
    assert "'RUN': has none to show: no loss is above the threshold, 99.0000" in err
    (folder / "suspects.npz").write_bytes(b"no such thing")
    with pytest.raises(InputValueError, match=r"run: .*suspects\.npz"):
        Run.load(folder).plot()
