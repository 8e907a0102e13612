"""Tiny copies of ImageNet, Clothing1M and WebVision, in their official layouts."""

import zlib

import numpy as np
from PIL import Image

# Of ImageNet and of WebVision: more than mini-WebVision takes.
WNIDS = [f"n{i:08}" for i in range(52)]
CLOTHES = ["T-Shirt", "Shirt", "Dress"]


def image(path, light, side=24):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(zlib.crc32(path.name.encode())).integers(0, 60, (side, side + 8, 3))
    Image.fromarray((pixels + light % 190).astype(np.uint8)).save(path)


def text(path, lines):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))


def imagenet(root, train=1, val=1):
    for label, name in enumerate(WNIDS):
        for part, count in {"train": train, "val": val}.items():
            for i in range(count):
                image(root / "imagenet" / part / name / f"{name}_{i}.JPEG", 3 * label)


def clothing1m(root, noisy=12, clean=6, val=4, test=6):
    """Labels are right but for the first noisy one."""
    own = root / "clothing1m"
    number = 0
    parts = {"noisy_train": noisy, "clean_train": clean, "clean_val": val, "clean_test": test}
    labels = {"noisy": [], "clean": []}
    for part, count in parts.items():
        paths = []
        for i in range(count):
            path = f"images/{i % 2}/{number},{i}.jpg"
            image(own / path, 90 * (i % 3))
            paths.append(path)
            wrong = part == "noisy_train" and i == 0
            labels[part.partition("_")[0]].append(f"{path} {1 if wrong else i % 3}")
            number += 1
        text(own / f"{part}_key_list.txt", paths)
    for kind, lines in labels.items():
        text(own / f"{kind}_label_kv.txt", reversed(lines))  # an order of their own
    text(own / "category_names_eng.txt", CLOTHES)


def webvision(root, classes=52, google=1, flickr=1, val=1):
    own = root / "webvision"
    for source, count in {"google": google, "flickr": flickr}.items():
        lines = []
        for label in range(classes):
            for i in range(count):
                path = f"{source}/q{label:04}/{source}{label}-{i}.jpg"
                image(own / path, 3 * label)
                lines.append(f"{path} {label}")
        text(own / "info" / f"train_filelist_{source}.txt", lines)
    lines = []
    for label in range(classes):
        for i in range(val):
            image(own / "val_images_256" / f"val{label}-{i}.jpg", 3 * label)
            lines.append(f"val{label}-{i}.jpg {label}")
    text(own / "info" / "val_filelist.txt", lines)
    text(own / "info" / "synsets.txt", [f"{name} a thing, another" for name in WNIDS[:classes]])
