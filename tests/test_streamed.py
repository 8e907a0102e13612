"""Images that are read when they are needed: recipes, batches, workers, and files that are damaged."""

import copy
import errno
import multiprocessing
import os
import pickle
import random
import signal
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision import datasets
from torchvision.transforms import v2

from pynoise.data import ImageSets, load_folder
from pynoise.errors import InputTypeError, InputValueError
from pynoise.training import reading
from pynoise.training.source import Source
from pynoise.training.streamed import Streamed
from pynoise.training.transforms import MEAN, RECIPES, STD, recipe_named

pytestmark = pytest.mark.usefixtures("one_thread")

SIZES = ((40, 30), (30, 40), (33, 33), (12, 50), (50, 12))  # (width, height)


def picture(number, size):
    """Noise of one colour, smooth enough to be told apart after resizing."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize(size)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """Ten training images of uneven shapes, three to a batch of which one is left over; two to test."""
    root = tmp_path_factory.mktemp("folders")
    for number in range(12):
        part = "train" if number < 10 else "test"
        folder = root / part / "ab"[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        picture(number, SIZES[number % 5]).save(folder / f"{number}.{('png', 'jpg')[number % 2]}")
    return root


@pytest.fixture
def folders(kept):
    return load_folder(kept)


def read(source, order=None, batch_size=3, seed=None):
    """All that comes out, and the sizes of the batches."""
    order = torch.arange(len(source)) if order is None else torch.tensor(order)
    batches = list(source.batches(order, batch_size, seed))
    if not batches:
        return torch.empty(0), torch.empty(0), []
    index, inputs = (torch.cat(part) for part in zip(*batches, strict=True))
    return index, inputs, [len(part) for part, _ in batches]


def no_workers_left():
    deadline = time.monotonic() + 10
    while multiprocessing.active_children() and time.monotonic() < deadline:
        time.sleep(0.01)
    return not multiprocessing.active_children()


# Recipes


@pytest.mark.parametrize(("name", "side"), [("imagenet", 224), ("clothing1m", 224), ("webvision", 227)])
def test_a_recipe_gives_squares(folders, name, side):
    source: Source = Streamed(folders.train, name, device="cpu")
    assert source.input_shape == (3, side, side)
    assert len(source) == 10
    order = [7, 2, 4, 9]  # all shapes but one
    for seed in (None, 1):
        index, inputs, sizes = read(source, order, 3, seed)
        assert index.tolist() == order
        assert index.dtype == torch.int64
        assert inputs.dtype == torch.float32
        assert inputs.shape == (4, 3, side, side)
        assert sizes == [3, 1]


@pytest.mark.parametrize("name", RECIPES)
def test_evaluation_takes_the_middle(folders, name):
    recipe = recipe_named(name)
    _, inputs, _ = read(Streamed(folders.train, name, device="cpu"), [8])
    with Image.open(folders.train[8]) as image:
        width, height = image.size
        if name == "clothing1m":
            resized = image.convert("RGB").resize((256, 256), Image.Resampling.BILINEAR)
        else:  # the shorter side becomes 256
            scale = 256 / min(width, height)
            size = int(width * scale), int(height * scale)
            resized = image.convert("RGB").resize(size, Image.Resampling.BILINEAR)
    left, top = (round((side - recipe.crop) / 2) for side in resized.size)
    wanted = np.asarray(resized.crop((left, top, left + recipe.crop, top + recipe.crop))) / 255
    wanted = (wanted - MEAN) / STD
    np.testing.assert_allclose(inputs[0].permute(1, 2, 0), wanted, atol=1e-5)


def test_training_crops_and_mirrors(folders):
    # Of a ramp from left to right the crop and the side can be read off.
    ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (256, 1, 3))
    make = RECIPES["imagenet"].training()
    torch.manual_seed(0)
    drawn = [make(Image.fromarray(ramp))[0, 0] for _ in range(60)]
    mirrored = [bool(row[0] > row[-1]) for row in drawn]
    starts = {int(row.min()) for row in drawn}
    assert 15 < sum(mirrored) < 45
    assert min(starts) < 4
    assert 28 < max(starts) <= 32
    assert all(int(row.max()) - int(row.min()) == 223 for row in drawn)


def test_an_unknown_recipe(folders):
    with pytest.raises(
        InputValueError, match=r"recipe: 'imagnet' is not known \(did you mean 'imagenet'\?\)"
    ):
        Streamed(folders.train, "imagnet", device="cpu")


# Batches


def test_batches_are_those_of_the_order(folders):
    source = Streamed(folders.train, "imagenet", device="cpu")
    order = [3, 1, 1, 8, 0, 9, 3]
    index, inputs, sizes = read(source, order, 3)
    assert index.tolist() == order
    assert sizes == [3, 3, 1]
    assert torch.equal(inputs[1], inputs[2])
    assert not torch.equal(inputs[0], inputs[1])
    everything = read(source)[1]
    assert torch.equal(inputs, everything[index])
    assert read(source, [])[2] == []


@pytest.mark.parametrize("seed", [None, 7])
def test_workers_change_no_bit(folders, seed):
    order = [9, 0, 4, 2, 7, 1, 8]
    alone = read(Streamed(folders.train, "imagenet", device="cpu"), order, 3, seed)
    for workers in (1, 2, 5):
        index, inputs, sizes = read(
            Streamed(folders.train, "imagenet", device="cpu", workers=workers), order, 3, seed
        )
        assert torch.equal(index, alone[0])
        assert torch.equal(inputs, alone[1])
        assert sizes == [3, 3, 1]
    assert no_workers_left()


def test_augmentation_depends_on_seed_and_example_alone(folders):
    source = Streamed(folders.train, "imagenet", device="cpu")
    first = read(source, seed=1)[1]
    torch.manual_seed(5)
    backwards = read(source, list(range(9, -1, -1)), 4, 1)[1]
    assert torch.equal(first, backwards.flip(0))
    other = read(source, seed=2)[1]
    assert sum(torch.equal(a, b) for a, b in zip(first, other, strict=True)) <= 1
    plain = read(source)[1]
    assert torch.equal(plain, read(source)[1])
    assert not torch.equal(plain, first)


@pytest.mark.parametrize("workers", [0, 1])
def test_the_callers_generators_go_on(folders, workers):
    source = Streamed(folders.train, "imagenet", device="cpu", workers=workers)

    def draw():
        return torch.rand(3).tolist(), np.random.random(3).tolist(), random.random()  # noqa: NPY002

    def start():
        torch.manual_seed(1)
        np.random.seed(1)  # noqa: NPY002
        random.seed(1)

    start()
    wanted = draw()
    start()
    read(source, seed=3)
    assert draw() == wanted


def test_images_as_they_are(tmp_path):
    for number in range(4):
        for part in ("train", "test"):
            (tmp_path / part / "c").mkdir(parents=True, exist_ok=True)
            picture(number, (9, 7)).save(tmp_path / part / "c" / f"{number}.png")
    folders = load_folder(tmp_path)
    source = Streamed(folders.train, device="cpu")
    assert source.input_shape == (3, 7, 9)
    _, inputs, _ = read(source, seed=1)
    pixels = np.stack([np.asarray(picture(number, (9, 7))) for number in range(4)])
    np.testing.assert_allclose(inputs.permute(0, 2, 3, 1), (pixels / 255 - MEAN) / STD, atol=1e-5)
    assert inputs.is_contiguous(memory_format=torch.channels_last)
    picture(0, (7, 9)).save(folders.train[2])
    with pytest.raises(InputValueError) as caught:
        read(source)
    assert str(caught.value).startswith(
        f"data: '{folders.train[2]}' is uint8 [3, 9, 7], and the first is uint8 [3, 7, 9]; a recipe or"
    )


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "CMYK", "I;16"])
def test_every_image_becomes_rgb(tmp_path, mode):
    grey = picture(3, (48, 48)).convert("L")
    if mode == "I;16":
        image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    elif mode == "P":  # with a transparency that PIL warns of
        image = grey.convert("P")
        image.info["transparency"] = bytes(range(256))
    else:
        image = grey.convert(mode)
    for part in ("train", "test"):
        (tmp_path / part / "c").mkdir(parents=True)
        image.save(tmp_path / part / "c" / ("1.tif" if mode == "CMYK" else "1.png"))
    _, inputs, _ = read(Streamed(load_folder(tmp_path).train, device="cpu"))
    pixels = inputs[0].permute(1, 2, 0) * torch.tensor(STD) + torch.tensor(MEAN)
    np.testing.assert_allclose(pixels[..., 0], pixels[..., 2], atol=1e-5)
    wanted = np.asarray(grey.convert("1").convert("L") if mode == "1" else grey) / 255
    np.testing.assert_allclose(pixels[..., 1], wanted, atol=1e-5)


def test_arguments_out_of_range(folders):
    with pytest.raises(InputValueError, match="workers: -1 is too small"):
        Streamed(folders.train, "imagenet", device="cpu", workers=-1)
    with pytest.raises(InputTypeError, match="skip_corrupt: 'yes' is neither True nor False"):
        Streamed(folders.train, "imagenet", device="cpu", skip_corrupt="yes")
    with pytest.raises(InputTypeError, match="examples: set_iterator is no map-style data set"):
        Streamed(iter({1}), device="cpu")


# Workers


def test_workers_end_when_the_iterator_is_left(folders):
    source = Streamed(folders.train, "imagenet", device="cpu", workers=2)
    for _ in source.batches(torch.arange(10), 2, 1):
        assert len(multiprocessing.active_children()) == 2
        break
    assert no_workers_left()
    batches = source.batches(torch.arange(10), 2, 1)
    next(batches)
    batches.close()
    assert no_workers_left()
    batches = source.batches(torch.arange(10), 2, 1)
    next(batches)
    with pytest.raises(KeyboardInterrupt) as caught:
        batches.throw(KeyboardInterrupt)
    assert caught.traceback  # which holds on to what the frames hold
    assert no_workers_left()
    no_more_workers_than_batches = source.batches(torch.arange(2), 2, 1)
    next(no_more_workers_than_batches)
    assert len(multiprocessing.active_children()) == 1
    no_more_workers_than_batches.close()


class Slow:
    def __len__(self):
        return 1000

    def __getitem__(self, index):
        time.sleep(0.02)
        return torch.zeros(3, 2, 2), 0


def _go_through(told):
    os.setsid()  # a terminal interrupts the whole group
    try:
        for _ in Streamed(Slow(), device="cpu", workers=2).batches(torch.arange(1000), 10, 1):
            told.send([child.pid for child in multiprocessing.active_children()])
    except KeyboardInterrupt:
        told.send([child.pid for child in multiprocessing.active_children()])
        os._exit(130)  # as the command line does it: nobody tidies up after this


def test_ctrl_c_stops_the_workers():
    hears, tells = multiprocessing.Pipe()
    running = multiprocessing.get_context("fork").Process(target=_go_through, args=(tells,))
    running.start()
    workers = hears.recv()
    assert len(workers) == 2
    os.killpg(running.pid, signal.SIGINT)
    running.join(30)
    assert running.exitcode == 130
    while hears.poll():
        left = hears.recv()
    assert left == []
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
    running.close()
    hears.close()
    tells.close()


def test_what_workers_are_given_can_be_sent(folders):
    reader = Streamed(folders.train, "imagenet", device="cpu")._reader
    sent = pickle.loads(pickle.dumps(reader))  # noqa: S301 - our own
    with reading.undisturbed():
        assert torch.equal(sent.read(3, 1), reader.read(3, 1))


# Damaged files


@pytest.fixture
def spoilt(kept, tmp_path):
    """The folders with three files that cannot be read, and one that is gone."""
    for path in kept.rglob("*.*"):
        target = tmp_path / path.relative_to(kept)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    folders = load_folder(tmp_path)
    faults = {1: "is damaged", 2: "is damaged", 6: "is damaged: it is no image", 8: "is missing"}
    Path(folders.train[1]).write_bytes(b"")
    whole = Path(folders.train[6]).read_bytes()  # a JPEG
    Path(folders.train[6]).write_bytes(b"\x00" + whole[1:])
    png = Path(folders.train[2]).read_bytes()
    Path(folders.train[2]).write_bytes(png[: len(png) // 2])
    Path(folders.train[8]).unlink()
    return folders, {folders.train[row]: problem for row, problem in faults.items()}


@pytest.mark.parametrize("workers", [0, 2])
def test_a_damaged_file_is_an_error_that_names_it(spoilt, workers):
    folders, faults = spoilt
    source = Streamed(folders.train, "imagenet", device="cpu", workers=workers)
    for path, problem in faults.items():
        row = [folders.train[i] for i in range(10)].index(path)
        with pytest.raises(InputValueError) as caught:
            read(source, [0, 3, 4, 5, row, 7], 3)
        message = str(caught.value)
        assert message.startswith(f"data: {path!r} {problem}"), message
        assert message.endswith(
            "; mend it, remove it, or skip such files (skip_corrupt=True; on the command line --skip-corrupt)"
        )
        assert source.skipped == {}
        if workers:
            break  # one is enough to see that it comes through
    assert no_workers_left()


@pytest.mark.parametrize("workers", [0, 2])
def test_damaged_files_can_be_skipped(spoilt, workers):
    folders, faults = spoilt
    source = Streamed(folders.train, "imagenet", device="cpu", workers=workers, skip_corrupt=True)
    order = [8, 2, 1, 0, 3, 6, 4, 5]
    for seed in (None, 1):
        index, inputs, sizes = read(source, order, 3, seed)
        assert index.tolist() == [0, 3, 4, 5]  # a batch of none is left out
        assert sizes == [2, 2]
        assert len(inputs) == 4
    whole = Streamed(folders.train, "imagenet", device="cpu")
    assert torch.equal(read(whole, [0, 3, 4, 5], 3, 1)[1], inputs)
    assert list(source.skipped) == [folders.train[row] for row in (8, 2, 1, 6)]
    for path, problem in source.skipped.items():
        assert problem.startswith(faults[path])
    as_they_are = Streamed(load_folder(folders.root).train, device="cpu", skip_corrupt=True)
    assert as_they_are.input_shape[0] == 3


def test_truncated_jpegs_are_damaged(tmp_path):
    for part in ("train", "test"):
        (tmp_path / part / "c").mkdir(parents=True)
        picture(1, (200, 200)).save(tmp_path / part / "c" / "1.jpg")
    folders = load_folder(tmp_path)
    path = Path(folders.train[0])
    content = path.read_bytes()
    for left in (len(content) // 2, 100, 3):
        path.write_bytes(content[:left])
        with pytest.raises(InputValueError, match=r"1\.jpg' is damaged: .*skip_corrupt=True"):
            read(Streamed(folders.train, "imagenet", device="cpu"))
    with pytest.raises(InputValueError, match="data: has no example that can be read"):
        Streamed(folders.train, device="cpu", skip_corrupt=True)


def test_a_bomb_is_damaged_and_a_large_image_is_not(monkeypatch, tmp_path):
    for part in ("train", "test"):
        (tmp_path / part / "c").mkdir(parents=True)
        picture(1, (300, 300)).save(tmp_path / part / "c" / "1.png")
        picture(1, (500, 500)).save(tmp_path / part / "c" / "2.png")
    source = Streamed(load_folder(tmp_path).train, "imagenet", device="cpu")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 80_000)  # a warning above, an error above twice as many
    assert len(read(source, [0])[0]) == 1
    with pytest.raises(InputValueError, match=r"2\.png' is damaged: DecompressionBombError: Image size"):
        read(source, [1])


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(errno.EACCES, "Permission denied"), "cannot be read: Permission denied; mend it"),
        (IndexError("out of range"), "is damaged: IndexError: out of range; mend it"),
    ],
)
def test_what_else_can_befall_a_file(folders, monkeypatch, error, message):
    def fail(path):
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(InputValueError, match=message):
        read(Streamed(folders.train, "imagenet", device="cpu"))


@pytest.mark.parametrize("error", [OSError(errno.EMFILE, "Too many open files"), MemoryError()])
def test_the_machines_troubles_are_not_the_files(folders, monkeypatch, error):
    def fail(path):
        raise error

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(type(error)):
        read(Streamed(folders.train, "imagenet", device="cpu", skip_corrupt=True))


# Map-style data sets


class Items:
    """Images with labels, as torchvision's data sets give them."""

    def __init__(self, images, transform=None):
        self.images, self.transform = images, transform
        self.targets = [0] * len(images)

    def __len__(self):
        return len(self.images)

    def __getitem__(self, index):
        image = self.images[index]
        if isinstance(image, Exception):
            raise copy.copy(image)
        return (image if self.transform is None else self.transform(image)), self.targets[index]


def test_image_folders_of_torchvision_give_the_same(folders):
    theirs = ImageSets(
        datasets.ImageFolder(folders.root / "train"), datasets.ImageFolder(folders.root / "test")
    )
    assert theirs.names == folders.names
    assert theirs.y_train.tolist() == folders.y_train.tolist()
    for seed in (None, 4):
        ours = read(Streamed(folders.train, "webvision", device="cpu"), [3, 8], 2, seed)
        same = read(Streamed(theirs.train, "webvision", device="cpu"), [3, 8], 2, seed)
        assert torch.equal(ours[1], same[1])


def test_floats_are_taken_as_they_are():
    images = [torch.full((2, 4, 5), float(number), dtype=torch.float64) for number in range(5)]
    source = Streamed(Items(images), device="cpu")
    assert source.input_shape == (2, 4, 5)
    _, inputs, _ = read(source, [4, 0, 2], 2)
    assert inputs.dtype == torch.float32
    assert inputs[:, 1, 3, 4].tolist() == [4.0, 0.0, 2.0]
    rows = Streamed(Items([torch.arange(6.0)] * 2), device="cpu")
    assert rows.input_shape == (6,)
    assert read(rows)[1].tolist() == [[0, 1, 2, 3, 4, 5]] * 2


def test_bytes_are_turned_to_rgb_and_normalised():
    pixels = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)
    same = [pixels, torch.from_numpy(pixels).permute(2, 0, 1), Image.fromarray(pixels)]
    _, inputs, _ = read(Streamed(Items(same), device="cpu"))
    assert torch.equal(inputs[0], inputs[1])
    assert torch.equal(inputs[0], inputs[2])
    np.testing.assert_allclose(inputs[0].permute(1, 2, 0), (pixels / 255 - MEAN) / STD, atol=1e-5)
    grey = pixels[:, :, 0]
    same = [grey, grey[:, :, None], torch.from_numpy(grey.copy()), torch.from_numpy(grey.copy())[None]]
    _, inputs, _ = read(Streamed(Items(same), device="cpu"))
    assert all(torch.equal(one, inputs[0]) for one in inputs)
    assert inputs.shape == (4, 3, 6, 5)


def _jitter(image):
    """Draw with every generator that a transform might draw with."""
    return torch.tensor([torch.rand(1).item(), np.random.random(), random.random()])  # noqa: NPY002


def test_a_data_sets_own_transform_is_drawn_by_seed_and_example():
    items = Items([Image.new("RGB", (4, 4))] * 6, _jitter)
    alone = Streamed(items, device="cpu")
    first = read(alone, seed=1)[1]
    assert len(first.unique()) == 18
    order = [5, 2, 0, 1, 4, 3]
    assert torch.equal(read(Streamed(items, device="cpu", workers=2), order, 4, 1)[1], first[order])
    assert not torch.equal(read(alone, seed=2)[1], first)
    assert torch.equal(read(alone)[1], read(alone)[1])  # in evaluation, too


def test_transforms_of_torchvision():
    transform = v2.Compose([v2.RandomCrop(4), v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])
    source = Streamed(Items([picture(i, (9, 9)) for i in range(3)], transform), device="cpu")
    assert source.input_shape == (3, 4, 4)
    assert type(read(source)[1]) is torch.Tensor
    assert torch.equal(read(source, seed=3)[1], read(source, seed=3)[1])


@pytest.mark.parametrize(
    ("image", "recipe", "message"),
    [
        ("text", None, "is a str; give images of PIL, uint8"),
        (np.zeros((3, 4, 4)), None, "is a ndarray of float64; give images"),
        (torch.zeros(3, 4, 4, dtype=torch.int64), None, r"is a Tensor of torch\.int64; give images"),
        (torch.zeros(3, 4), None, r"has shape \[3, 4\]; give \[C, H, W\]"),
        (torch.zeros(3, 4, 4), "imagenet", "is a tensor of floats, and a recipe takes images"),
        (np.zeros((3, 4, 4, 3), np.uint8), None, r"is uint8 of shape \(3, 4, 4, 3\)"),
        (np.zeros((3, 4, 2), np.uint8), None, ".*; images have 1, 3 or 4 channels"),
        (np.zeros((0, 4, 3), np.uint8), None, ".*; images have 1, 3 or 4 channels"),
    ],
)
def test_items_that_are_no_images(image, recipe, message):
    with pytest.raises(InputValueError, match=f"data: example 0 of the data set {message}"):
        read(Streamed(Items([image]), recipe, device="cpu"))


def test_items_that_are_no_pairs():
    with pytest.raises(InputValueError, match=r"example 0 .* is a Image, not a pair \(image, label\)"):
        Streamed([Image.new("RGB", (4, 4))], device="cpu")


def test_items_that_cannot_be_read():
    images = [OSError("image file is truncated"), torch.zeros(3, 2, 2), SyntaxError("broken PNG file")]
    with pytest.raises(
        InputValueError, match="example 0 of the data set cannot be read: OSError: image file is"
    ):
        Streamed(Items(images), device="cpu")
    source = Streamed(Items(images), device="cpu", skip_corrupt=True)
    assert read(source)[0].tolist() == [1]
    assert source.skipped == {
        "example 0 of the data set": "cannot be read: OSError: image file is truncated",
        "example 2 of the data set": "cannot be read: SyntaxError: broken PNG file",
    }
    with pytest.raises(ZeroDivisionError):  # a transform's mistake is no damage
        Streamed(Items([ZeroDivisionError()]), device="cpu", skip_corrupt=True)


def test_other_warnings_are_shown():
    def warn(image):
        warnings.warn("of the transform", UserWarning, stacklevel=1)
        return torch.zeros(1, 2, 2)

    with pytest.warns(UserWarning, match="of the transform"):
        Streamed(Items([0], warn), device="cpu")
