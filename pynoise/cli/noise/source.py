"""Where labels come from on the command line: a data set, or a file of labels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import click
from numpy.typing import NDArray

from pynoise.cli import options

if TYPE_CHECKING:
    from pynoise.data import Dataset

__all__ = ["Labels", "features_option", "labels_of", "load_features"]

_TEXT = (".csv", ".txt", ".npy")

# Of several arrays in a file these are taken unasked.
_USUAL = ("features", "x_train", "train")

features_option = click.option(
    "--features",
    metavar="FILE",
    help="Where examples lie, a row a training example: FILE.npy, or an array of FILE.npz, FILE.npz:NAME.  "
    "[the data set's own rows]",
)


@dataclass(frozen=True)
class Labels:
    """Labels, and what is known beside them.

    Attributes
    ----------
    values : ndarray of int or str, [N]
        The labels.
    names : tuple of str or None
        The classes, where they are known.
    data : Dataset or None
        The data set that has them.
    """

    values: NDArray[Any]
    names: tuple[str, ...] | None
    data: Dataset | None

    def features(self, path: str | None) -> NDArray[Any] | None:
        """The rows of a file, or else the data set's own."""
        if path is not None:
            return load_features(path)
        return None if self.data is None else self.data.x_train


def labels_of(source: options.Data) -> Labels:
    """The labels of a data set, or of a file."""
    if _is_label_file(source.dataset):
        from pynoise.noise import load_labels

        return Labels(load_labels(source.dataset), None, None)
    data = source.load()
    return Labels(data.y_train, data.names, data)


def _is_label_file(name: str) -> bool:
    head, _, _ = name.rpartition(":")
    if Path(head).suffix.lower() in (*_TEXT, ".npz") or Path(name).suffix.lower() in _TEXT:
        return True
    if Path(name).suffix.lower() != ".npz" or not Path(name).is_file():
        return False
    try:
        with ZipFile(name) as archive:
            return "x_train.npy" not in archive.namelist()
    except (BadZipFile, OSError):
        return False


def load_features(path: str) -> NDArray[Any]:
    """Rows of numbers from a file."""
    from pynoise._arrays import load_array

    return load_array("features", path, _USUAL)
