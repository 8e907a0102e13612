"""Folders of images and pairs of map-style data sets: what is found, what is refused. No pixel is read."""

import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from pynoise import data
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

FILES = (
    "train/dog/b.png",
    "train/dog/a.JPG",
    "train/cat/10.jpeg",
    "train/cat/9.jpeg",
    "train/cat/deep/er/1.webp",
    "train/cat/deep-1/2.tif",
    "train/ant/x.bmp",
    "test/dog/1.png",
    "test/ant/1.ppm",
    "test/ant/2.pgm",
)


def fill(root, files=FILES):
    for number, file in enumerate(files):
        path = root / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(number))
    return root


@pytest.fixture
def root(tmp_path):
    return fill(tmp_path / "pets")


def test_classes_are_sorted_and_images_are_in_order(root):
    found = data.load_folder(root)
    assert (found.name, found.root, found.names, found.num_classes) == (
        "pets",
        root,
        ("ant", "cat", "dog"),
        3,
    )
    assert [found.train[i] for i in range(len(found.train))] == [
        f"{root}/train/{file}"
        for file in (
            "ant/x.bmp",
            "cat/10.jpeg",
            "cat/9.jpeg",
            "cat/deep-1/2.tif",
            "cat/deep/er/1.webp",
            "dog/a.JPG",
            "dog/b.png",
        )
    ]
    assert found.y_train.tolist() == [0, 1, 1, 1, 1, 2, 2]
    assert list(found.test.paths) == ["test/ant/1.ppm", "test/ant/2.pgm", "test/dog/1.png"]
    assert found.y_test.tolist() == [0, 0, 2]  # no cat: as in training all the same
    assert found.y_train.dtype == found.y_test.dtype == np.int32
    assert found.ignored == 0
    assert repr(found) == f"ImageFolders(name='pets', names=('ant', 'cat', 'dog'), root={root!r}, ignored=0)"


def test_the_order_is_that_of_torchvision(root):
    datasets = pytest.importorskip("torchvision.datasets", reason="needs torchvision")
    found, theirs = data.load_folder(root), datasets.ImageFolder(root / "train")
    assert [str(path) for path in found.train] == [path for path, _ in theirs.samples]
    assert found.y_train.tolist() == theirs.targets
    assert list(found.names) == theirs.classes


def test_the_test_part_may_be_called_val(root):
    (root / "test").rename(root / "val")
    assert data.load_folder(root, name="mine").test[0] == f"{root}/val/ant/1.ppm"
    assert data.load_folder(root, name="mine").name == "mine"
    fill(root, ["test/dog/7.png"])
    assert list(data.load_folder(root).test.paths) == ["test/dog/7.png"]


def test_test_images_may_be_absent(root):
    before = data.load_folder(root)
    shutil.rmtree(root / "test")
    found = data.load_folder(root)
    assert (len(found.test), found.y_test.tolist(), found.y_test.dtype) == (0, [], np.int32)
    assert found.fingerprints()["train"] == before.fingerprints()["train"]
    assert found.fingerprints()["test"]["shape"] == [0]
    assert list(found.train.paths) == list(before.train.paths)


def test_classes_may_lie_in_the_folder_itself(root):
    before = data.load_folder(root)
    shutil.rmtree(root / "test")
    fill(root / "train", ["notes.txt", ".cache/1.jpg"])
    found = data.load_folder(root / "train")
    assert found.names == before.names
    assert found.y_train.tolist() == before.y_train.tolist()
    assert [found.train[i] for i in range(7)] == [before.train[i] for i in range(7)]
    assert found.train.paths[0] == "ant/x.bmp"
    assert (found.name, found.ignored, len(found.test)) == ("train", 1, 0)


def test_what_is_no_image_is_counted(root):
    before = data.load_folder(root)
    fill(root, ["train/list.txt", "train/cat/Thumbs.db", "train/cat/deep/._1.jpg", "test/.DS_Store"])
    fill(root, ["train/.cache/1.jpg", "test/dog/.old/1.png", "notes/x.jpg"])  # not looked at
    after = data.load_folder(root)
    assert after.ignored == 4
    assert after.fingerprints() == before.fingerprints()


def test_links_are_followed(root):
    shutil.move(root / "train" / "dog", root / "elsewhere")
    (root / "train" / "dog").symlink_to(root / "elsewhere")
    (root / "train" / "ant" / "lost.png").symlink_to(root / "nowhere.png")
    found = data.load_folder(root)
    assert found.y_train.tolist() == [0, 0, 1, 1, 1, 1, 2, 2]
    assert found.train[0].endswith("ant/lost.png")  # which is found missing when it is read


def test_fingerprints_tell_what_has_changed(root, tmp_path):
    first = data.load_folder(root)
    prints = first.fingerprints()
    assert prints["train"]["shape"] == [7]
    assert prints["test"]["shape"] == [3]
    assert len(prints["train"]["sha256"]) == len(prints["train"]["labels"]) == 64
    moved = shutil.copytree(root, tmp_path / "copy")
    (moved / "test").rename(moved / "val")
    assert data.load_folder(moved).fingerprints() == prints
    (root / "train/ant/x.bmp").write_bytes(b"another size")
    longer = data.load_folder(root).fingerprints()
    assert longer["train"]["sha256"] != prints["train"]["sha256"]
    assert longer["train"]["labels"] == prints["train"]["labels"]
    assert longer["test"] == prints["test"]
    (moved / "train" / "ant").rename(moved / "train" / "zebra")
    (moved / "val" / "ant").rename(moved / "val" / "zebra")
    assert data.load_folder(moved).fingerprints()["test"] != prints["test"]


def test_where_it_lies_is_kept_whole(root, monkeypatch):
    monkeypatch.chdir(root.parent)
    found = data.load_folder("pets")
    assert found.train[0] == "pets/train/ant/x.bmp"
    assert found.origin == {"folder": str(root)}
    monkeypatch.chdir(root)
    assert data.load_folder(".").name == "pets"


def test_names_that_are_no_text(root):
    name = os.fsdecode(b"\xff.png")
    try:
        (root / "train" / "ant" / name).write_bytes(b"")
    except OSError:
        pytest.skip("this file system has no such names")
    found = data.load_folder(root)
    assert os.path.exists(found.train[1])  # noqa: PTH110
    assert found.train[1].endswith(name)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda root: shutil.rmtree(root), InputFileNotFoundError, "path: there is no folder '{root}'"),
        (
            lambda root: (root / "train").rename(root / "training"),
            InputFileNotFoundError,
            "path: '{root}' has no training part: '{root}/train' is to hold a folder of images for each "
            "class, and 'test' is taken for no class",
        ),
        (
            lambda root: ((root / "train").rename(root / "Train"), shutil.rmtree(root / "test")),
            InputFileNotFoundError,
            "path: '{root}' has no training part",
        ),
        (
            lambda root: (shutil.rmtree(root / "train"), shutil.rmtree(root / "test")),
            InputValueError,
            "path: '{root}' has no folders; it is to hold one for each class",
        ),
        (
            lambda root: (shutil.rmtree(root / "test"), fill(root, ["test/1.jpg"])),
            InputValueError,
            "path: '{root}/test' has no folders; it is to hold one for each class",
        ),
        (
            lambda root: (root / "train/ant/x.bmp").rename(root / "train/ant/x.gif"),
            InputValueError,
            "path: '{root}/train/ant' holds no image; put some there or take the folder out. Images end",
        ),
        (
            lambda root: (root / "test/ant").rename(root / "test/aunt"),
            InputValueError,
            "path: '{root}/test/aunt' is no class of the training part: '{root}/train' has no folder 'aunt'",
        ),
    ],
)
def test_folders_that_will_not_do(root, change, error, message):
    change(root)
    with pytest.raises(error) as caught:
        data.load_folder(root)
    assert str(caught.value).startswith(message.format(root=root))


def test_a_folder_that_may_not_be_read_is_the_systems_error(root, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("cat"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError, match="train/cat"):
        data.load_folder(root)


def test_arguments_of_other_types(root):
    with pytest.raises(InputTypeError, match="path: 3 is not the path of a folder"):
        data.load_folder(3)
    with pytest.raises(InputTypeError, match="name: 3 is not a string"):
        data.load_folder(root, name=3)


def test_no_torch_is_imported():
    code = "import sys; from pynoise.data import ImageSets; print({'torch', 'PIL'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


class Items:
    def __init__(self, **attributes):
        self.__dict__ |= attributes

    def __len__(self):
        return 3

    def __getitem__(self, index):
        raise AssertionError("no item is asked for")


def test_image_sets_have_the_labels_of_their_parts():
    train, test = (
        Items(targets=[0, 2, 1], classes=["a", ("b", "bee"), "c"]),
        Items(labels=np.array([1, 1, 0])),
    )
    made = data.ImageSets(train, test)
    assert made.train is train
    assert made.test is test
    assert made.names == ("a", "b, bee", "c")
    assert (made.name, made.num_classes, made.origin) == ("custom", 3, None)
    assert made.y_train.tolist() == [0, 2, 1]
    assert made.y_test.tolist() == [1, 1, 0]
    assert made.y_train.dtype == made.y_test.dtype == np.int32
    assert [part["shape"] for part in made.fingerprints().values()] == [[3], [3]]
    alone = data.ImageSets(train)
    assert (alone.names, alone.y_test.tolist()) == (made.names, [])
    assert [part["shape"] for part in alone.fingerprints().values()] == [[3], [0]]
    named = data.ImageSets(train, test, names=["x", "y", "z", "never"], name="mine")
    assert (named.names, named.name) == (("x", "y", "z", "never"), "mine")
    assert data.ImageSets(Items(targets=[0, 1, 1]), Items(targets=[0, 4, 0])).names == tuple("01234")


@pytest.mark.parametrize(
    ("train", "error", "message"),
    [
        (
            Items(),
            InputTypeError,
            "train: Items has neither targets nor labels; set its targets, integers 0..L-1",
        ),
        (Items(targets=None), InputTypeError, "train: Items has neither targets nor labels"),
        (Items(targets=[0, 1]), InputValueError, "train: its targets: 2 for 3 examples"),
        (Items(labels=[0.0, 1, 1]), InputTypeError, "train: its labels: has dtype float64"),
        (
            Items(targets=[0, 2, 1], classes=["a", "b"]),
            InputValueError,
            "train: its targets: 2 at position 1 is",
        ),
        (iter([]), InputTypeError, "train: list_iterator is no map-style data set"),
    ],
)
def test_image_sets_that_will_not_do(train, error, message):
    with pytest.raises(error) as caught:
        data.ImageSets(train, Items(targets=[0, 1, 1]))
    assert str(caught.value).startswith(message)
    with pytest.raises(InputTypeError, match="names: 3 at position 1 is not a string"):
        data.ImageSets(Items(targets=[0, 1, 1]), Items(targets=[0, 1, 1]), names=["a", 3])


def test_image_sets_of_torchvision(data_root):
    datasets = pytest.importorskip("torchvision.datasets", reason="needs torchvision")
    sets = data.ImageSets(datasets.MNIST(data_root, train=True), datasets.MNIST(data_root, train=False))
    ours = data.load("mnist", data_root)
    assert sets.names[0] == "0 - zero"
    np.testing.assert_array_equal(sets.y_train, ours.y_train)
    np.testing.assert_array_equal(sets.y_test, ours.y_test)
