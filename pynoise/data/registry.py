"""The data sets by name."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from pynoise.data import cifar, idx, npz, svhn
from pynoise.data.builtin import digits, ideal
from pynoise.data.dataset import Dataset
from pynoise.data.images import IMAGES, root_of
from pynoise.data.layout import Layout
from pynoise.errors import InputTypeError, InputValueError, unknown_name

_ON_DISK = {
    "mnist": Layout(
        torchvision="MNIST",
        files=tuple(f"MNIST/raw/{file}" for file in idx.FILES),
        read=partial(idx.read, idx.MNIST_NAMES),
        gzipped=True,
    ),
    "fashion-mnist": Layout(
        torchvision="FashionMNIST",
        files=tuple(f"FashionMNIST/raw/{file}" for file in idx.FILES),
        read=partial(idx.read, idx.FASHION_NAMES),
        gzipped=True,
    ),
    "cifar10": Layout(torchvision="CIFAR10", files=cifar.FILES_10, read=cifar.read_10),
    "cifar100": Layout(torchvision="CIFAR100", files=cifar.FILES_100, read=cifar.read_100),
    "svhn": Layout(
        torchvision="SVHN",
        files=svhn.FILES,
        read=svhn.read,
        calls=({"split": "train"}, {"split": "test"}),
    ),
}
_KNOWN = ("digits", "ideal", *_ON_DISK, "FILE.npz", f"for networks {', '.join(IMAGES)}, or a folder")


def is_folder(data: str | os.PathLike[str]) -> bool:
    """Whether that names a folder of images, not a data set: known names win."""
    return os.fspath(data) not in ("digits", "ideal", *_ON_DISK, *IMAGES) and Path(data).is_dir()


def dataset_of(data: str | os.PathLike[str] | Dataset) -> Dataset:
    """The data set itself, loaded if it is only named.

    Raises
    ------
    InputTypeError
        If it is neither a name nor a data set; and what `load` raises.
    """
    if isinstance(data, str | os.PathLike):
        return load(data)
    if not isinstance(data, Dataset):
        raise InputTypeError("data", f"is a {type(data).__name__}; give a name or a pynoise.data.Dataset")
    return data


def load(
    name: str | os.PathLike[str],
    root: str | os.PathLike[str] | None = None,
    *,
    download: bool = False,
    num_classes: int = 10,
) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    name : str or path
        One of

        - "digits": the 1,797 digits of 8 by 8 pixels that come with scikit-learn. The first 1,297 are
          the training set, the last 500 the test set. The order goes by writer, as far as can be seen,
          so the test digits are mostly in other hands than the training digits.
        - "ideal": balanced data that can be learnt perfectly; see `ideal`.
        - "mnist", "fashion-mnist", "cifar10", "cifar100" (fine labels), "svhn": read from `root`, in
          torchvision's layout and without torch.
        - the path of a file FILE.npz with the arrays x_train [N, ...], y_train [N] and, if you like,
          x_test [M, ...], y_test [M], names (L strings); see `Dataset`. Its name is FILE.
    root : str or path, optional
        The folder of the data sets that are read from disk, as torchvision's `root`: MNIST lies in
        root/MNIST/raw. Defaults to the environment variable PYNOISE_DATA, or else to "data".
    download : bool
        Whether to download files that are missing from `root`; takes torchvision, which comes with
        the extra `pynoise-lab[train]`.
    num_classes : int
        The number of classes of "ideal".

    Returns
    -------
    Dataset
        Images are uint8: [N, 8, 8] of 0..16 for the digits, [N, 28, 28] for MNIST and Fashion-MNIST,
        [N, 32, 32, 3] for the others.

    Raises
    ------
    InputValueError
        An unknown name, a file that is damaged or lacks an array, or a download without torchvision.
    InputFileNotFoundError
        A file that is not there.
    OSError
        A download that failed.

    Examples
    --------
    >>> from pynoise.data import load
    >>> load("digits").x_train.shape
    (1297, 8, 8)
    """
    if not isinstance(name, str | os.PathLike):
        raise InputTypeError("data", f"{name!r} is not the name of a data set; known: {', '.join(_KNOWN)}")
    text = os.fspath(name)
    origin: dict[str, str | int] = {"name": text}
    if text == "digits":
        dataset = digits()
    elif text == "ideal":
        dataset = ideal(num_classes)
        origin["num_classes"] = num_classes
    elif text in _ON_DISK:
        folder = root_of(root)
        dataset = _ON_DISK[text].load(text, folder, download)
        origin["root"] = str(folder.resolve())
    elif text.endswith(".npz"):
        dataset = npz.read(Path(text))
        origin["name"] = str(Path(text).resolve())
    elif text in IMAGES or is_folder(text):
        kind = "read from files" if text in IMAGES else "a folder"
        raise InputValueError(
            "data",
            f"{text!r} is {kind}; train a network on its images (pynoise train) and give its features, "
            "which pynoise extract writes",
        )
    else:
        raise unknown_name("data", text, _KNOWN)
    object.__setattr__(dataset, "origin", origin)  # not made anew: what was checked need not be read again
    return dataset
