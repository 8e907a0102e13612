"""ImageNet, Clothing1M and WebVision by name: what is found in their layouts, what is missing; training."""

import shutil

import by_noise_runs
import image_layouts
import numpy as np
import pytest
from image_layouts import CLOTHES, WNIDS
from PIL import Image

from pynoise import data, paper, training
from pynoise.errors import InputFileNotFoundError, InputValueError
from pynoise.training import Run


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def clothes(root):
    image_layouts.clothing1m(root)
    return root


def paths_of(files):
    return [files[i] for i in range(len(files))]


def test_imagenet(root):
    image_layouts.imagenet(root, train=2)
    shutil.copytree(root / "imagenet" / "val" / WNIDS[0], root / "imagenet" / "test")  # without classes
    found = data.load_images("imagenet", root)
    assert (found.name, found.names, found.recipe, found.held) == ("imagenet", tuple(WNIDS), "imagenet", 0)
    assert found.y_train.tolist() == [label for label in range(52) for _ in range(2)]
    assert found.train[3] == f"{root}/imagenet/train/{WNIDS[1]}/{WNIDS[1]}_1.JPEG"
    assert found.test[51] == f"{root}/imagenet/val/{WNIDS[51]}/{WNIDS[51]}_0.JPEG"
    assert found.y_test.tolist() == list(range(52))
    assert found.origin == {"name": "imagenet", "root": str(root)}


def test_clothing1m(clothes):
    found = data.load_images("clothing1m", clothes)
    assert (found.name, found.names, found.recipe) == ("clothing1m", tuple(CLOTHES), "clothing1m")
    assert found.y_train.tolist() == [1, 1, 2, *[0, 1, 2] * 3, 0, 1, 2, 0]  # in the order of the lists
    assert found.y_train.dtype == found.y_test.dtype == np.int32
    assert (found.held, len(found.train), found.ignored) == (4, 16, 0)
    assert found.train[1] == f"{clothes}/clothing1m/images/1/1,1.jpg"
    assert found.train[15] == f"{clothes}/clothing1m/images/1/21,3.jpg"
    assert found.y_test.tolist() == [0, 1, 2, 0, 1, 2]
    for files in (found.train, found.test):
        for path in paths_of(files):
            Image.open(path).close()
    clean = data.load_images("clothing1m-clean", clothes)
    assert (clean.name, clean.held, clean.y_train.tolist()) == (
        "clothing1m-clean",
        4,
        [0, 1, 2, 0, 1, 2, 0, 1, 2, 0],
    )
    assert clean.train[0] == f"{clothes}/clothing1m/images/0/12,0.jpg"
    assert clean.fingerprints()["test"] == found.fingerprints()["test"]
    assert clean.fingerprints()["train"] != found.fingerprints()["train"]


def test_webvision(root):
    image_layouts.webvision(root, google=2)
    found = data.load_images("webvision", root)
    assert (found.names, found.recipe, found.held) == (tuple(WNIDS), "webvision", 0)
    assert found.y_train.tolist() == [label for label in range(52) for _ in range(2)] + list(range(52))
    assert found.train[104] == f"{root}/webvision/flickr/q0000/flickr0-0.jpg"
    assert found.test[7] == f"{root}/webvision/val_images_256/val7-0.jpg"
    mini = data.load_images("mini-webvision", root)
    assert (mini.name, mini.names) == ("mini-webvision", tuple(WNIDS[:50]))
    assert mini.y_train.tolist() == [label for label in range(50) for _ in range(2)]
    assert mini.train[99] == f"{root}/webvision/google/q0049/google49-1.jpg"
    assert mini.y_test.tolist() == list(range(50))
    shutil.rmtree(root / "webvision" / "flickr")  # which it does not need
    assert data.load_images("mini-webvision", root).fingerprints() == mini.fingerprints()


@pytest.mark.parametrize(
    ("name", "lacks"),
    [
        ("imagenet", ["imagenet/train/", "imagenet/val/"]),
        (
            "clothing1m",
            [
                "clothing1m/images/ (a folder, whose images the lists name: images/0/…)",
                "clothing1m/noisy_train_key_list.txt (a path a line)",
                "clothing1m/clean_val_key_list.txt",
                "clothing1m/clean_test_key_list.txt",
                "clothing1m/noisy_label_kv.txt (a path and a label a line)",
                "clothing1m/clean_label_kv.txt",
                "clothing1m/category_names_eng.txt",
            ],
        ),
        ("clothing1m-clean", ["clothing1m/clean_train_key_list.txt", "clothing1m/clean_label_kv.txt"]),
        (
            "webvision",
            [
                "webvision/google/ (a folder of images: google/q0001/…)",
                "webvision/flickr/",
                "webvision/val_images_256/",
                "webvision/info/train_filelist_google.txt (a path and a label a line)",
                "webvision/info/train_filelist_flickr.txt",
                "webvision/info/val_filelist.txt",
                "webvision/info/synsets.txt",
            ],
        ),
        ("mini-webvision", ["webvision/google/", "webvision/info/train_filelist_google.txt"]),
    ],
)
def test_what_is_missing_is_named(root, monkeypatch, name, lacks):
    monkeypatch.setenv("PYNOISE_DATA", str(root))
    with pytest.raises(InputFileNotFoundError) as caught:
        data.load_images(name)
    problem = caught.value.problem
    assert problem.startswith(f"{str(root)!r} does not hold {name}: it lacks ")
    assert all(one in problem for one in lacks)
    assert ("flickr" in problem) == (name == "webvision")
    assert problem.endswith("as root= (--data-root) or in the environment variable PYNOISE_DATA")


def test_one_file_that_is_missing(clothes):
    (clothes / "clothing1m" / "clean_val_key_list.txt").unlink()
    with pytest.raises(
        InputFileNotFoundError, match=r"lacks clothing1m/clean_val_key_list.txt \(a path a line\)\. "
    ):
        data.load_images("clothing1m", clothes)


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("noisy_label_kv.txt", b"images/0.jpg 3\n", "line 1 is 'images/0.jpg 3', not a path and a label"),
        ("noisy_label_kv.txt", b"images/0/0,0.jpg\n", "line 1 is 'images/0/0,0.jpg', not a path and"),
        ("noisy_label_kv.txt", b"", "line 1 is empty"),
        ("noisy_train_key_list.txt", b"images/0/0,0.jpg\n\nimages/0/2,2.jpg\n", "line 2 is empty"),
        ("noisy_train_key_list.txt", b"images/9/9.jpg\n", "names 'images/9/9.jpg', which has no label"),
        ("category_names_eng.txt", b"\xff\xfe", "it is no text"),
    ],
)  # fmt: skip
def test_lists_that_will_not_do(clothes, file, content, problem):
    (clothes / "clothing1m" / file).write_bytes(content)
    with pytest.raises(InputValueError) as caught:
        data.load_images("clothing1m", clothes)
    assert caught.value.argument == "data_root"
    assert file in caught.value.problem
    assert problem in caught.value.problem


def test_imagenet_with_an_empty_class(root):
    image_layouts.imagenet(root)
    (root / "imagenet" / "val" / "n99").mkdir()
    with pytest.raises(InputValueError, match=r"data_root: '.*n99' holds no image"):
        data.load_images("imagenet", root)


def test_names(root, monkeypatch):
    with pytest.raises(InputValueError, match=r"'clothing' is not known .*'clothing1m'"):
        data.load_images("clothing", root)
    with pytest.raises(
        InputValueError, match="'clothing1m' is read from files; train a network on its images"
    ):
        data.load("clothing1m")
    # A folder of that name does not hide the data set.
    monkeypatch.delenv("PYNOISE_DATA", raising=False)
    monkeypatch.chdir(root.parent)
    (root.parent / "imagenet").mkdir()
    with pytest.raises(InputFileNotFoundError, match="'data' does not hold imagenet"):
        training.train("imagenet", out="r")


@pytest.mark.parametrize("scale", [1, 0.5])
def test_recipes_take_names_and_folders(clothes, pets, tmp_path, monkeypatch, scale):
    runs = by_noise_runs.install(monkeypatch, lambda *_: {"test_accuracy_last": 0.5})
    given = {"scale": scale, "epochs": 40, "data_root": clothes, "workers": 2}
    paper.reproduce("odd-table1", tmp_path / "t", dataset="clothing1m", network="resnet20", **given)
    whole, shown = data.load_images("clothing1m", clothes), runs.calls[0]["data"]
    call = runs.calls[0]
    assert (call["recipe"], call["workers"], call["augment"]) == ("clothing1m", 2, "auto")
    # A share of what is learnt, and all of the validation set.
    assert (len(shown.y_train), shown.held) == (16 if scale == 1 else 10, 4)
    assert paths_of(shown.train)[-4:] == paths_of(whole.train)[-4:]
    assert shown.y_train[-4:].tolist() == whole.y_train[-4:].tolist()
    rows = [paths_of(whole.train).index(path) for path in paths_of(shown.train)]
    assert shown.y_train.tolist() == whole.y_train[rows].tolist()
    assert (shown.fingerprints() == whole.fingerprints()) == (scale == 1)
    assert (shown.origin is None) == (scale < 1)
    runs.calls.clear()
    paper.reproduce("odd-table1", tmp_path / "u", dataset=str(pets), network="mlp", **given)
    assert runs.calls[0]["data"].name.startswith("pets")
    assert len(runs.calls[0]["data"].train) == 30 * scale
    assert (runs.calls[0]["recipe"], runs.calls[0]["augment"]) == (None, "auto")  # as they are
    with pytest.raises(InputValueError, match="augment: 'crop' is for arrays; images from files have that"):
        paper.reproduce("odd-table1", tmp_path / "v", dataset=str(pets), network="mlp", augment="crop")
    given["scale"] = 0.1
    with pytest.raises(InputValueError, match=r"scale: 0\.1 of clothing1m leaves 1 examples to learn from"):
        paper.reproduce("mixnn-table1", tmp_path / "w", dataset="clothing1m", network="resnet20", **given)


def test_training_by_name(run, clothes, one_thread):
    line = "train --dataset clothing1m --network torchvision:shufflenet_v2_x0_5 --epochs 1 --batch-size 4"
    line += " --device cpu --threads 1"
    code, out, err = run(*line.split(), "--data-root", clothes, "--out", "r")
    assert code == 0, err
    assert out.startswith("clothing1m, torchvision:shufflenet_v2_x0_5, cross-entropy, seed 0\n")
    kept = Run.load("r")
    assert kept.config["recipe"] == "clothing1m"
    assert kept.config["input_shape"] == [3, 224, 224]
    assert kept.config["data"]["origin"] == {"name": "clothing1m", "root": str(clothes)}
    # The data's own validation set, whatever the share.
    rows, held = kept.rows
    assert (rows.tolist(), held.tolist()) == (list(range(12)), [12, 13, 14, 15])
    assert [kept.result[f"{part}_examples"] for part in ("train", "validation", "test")] == [12, 4, 6]
    assert kept.result["noise"] is None
    assert kept.result["selected_epoch"] is not None
    # It is found again where it lay, and where it lies now.
    assert kept.data().fingerprints() == data.load_images("clothing1m", clothes).fingerprints()
    clothes.rename(clothes.parent / "moved")
    features = training.extract("r", data_root=clothes.parent / "moved", device="cpu", threads=1)
    assert len(features.y_train) == 16
    code, _, err = run(*line.split(), "--data-root", clothes, "--out", "s")
    assert code == 2
    assert f"'--data-root': '{clothes}' does not hold clothing1m: it lacks clothing1m/images/" in err


def test_without_validation_nothing_is_selected_and_nothing_more_is_learnt(clothes, tmp_path, one_thread):
    given = {"epochs": 1, "validation": 0, "device": "cpu", "threads": 1, "data_root": clothes}
    kept = training.train("clothing1m", "torchvision:shufflenet_v2_x0_5", out=tmp_path / "r", **given)
    assert (kept.result["train_examples"], kept.result["selected_epoch"]) == (12, None)
    assert [part.tolist() for part in kept.rows] == [list(range(12)), []]
