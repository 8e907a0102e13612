"""Lists of images, as data sets bring them: text files with a path a line, or a path and a label."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pynoise.errors import InputFileNotFoundError, InputValueError

__all__ = ["check_there", "read_labelled", "read_lines"]


def check_there(name: str, root: Path, folder: str, needed: Mapping[str, str]) -> None:
    """Check that files and folders are there, without a look into them.

    Parameters
    ----------
    name : str
        What the data set is called.
    root : Path
        The folder of all data sets.
    folder : str
        The data set's own within it.
    needed : mapping of str to str
        What it is to hold, folders with "/" at their end, and what each is.

    Raises
    ------
    InputFileNotFoundError
        If something is not; it says what, and where it is to lie.
    """
    own = root / folder
    missing = [
        f"{folder}/{path} ({words})"
        for path, words in needed.items()
        if not ((own / path).is_dir() if path.endswith("/") else (own / path).is_file())
    ]
    if missing:
        raise InputFileNotFoundError(
            "data_root",
            f"{str(root)!r} does not hold {name}: it lacks {'; '.join(missing)}. pynoise cannot download it; "
            f"where it lies in another folder, give the one that holds {folder!r} as root= (--data-root) or "
            "in the environment variable PYNOISE_DATA",
        )


def read_lines(file: Path) -> list[str]:
    """The lines of a text file, one or more; none is empty but those at its end."""
    try:
        lines = file.read_text("utf-8").rstrip().split("\n")
    except UnicodeDecodeError as error:
        raise _damaged(file, f"it is no text ({error.reason})") from None
    if not all(lines):
        raise _damaged(file, f"line {lines.index('') + 1} is empty")
    return lines


def read_labelled(file: Path, num_classes: int) -> tuple[list[str], NDArray[np.int32]]:
    """Paths and their labels, a line each: "google/q0001/a.jpg 0"."""
    paths, labels = [], []
    for number, line in enumerate(read_lines(file), 1):
        path, _, label = line.strip().rpartition(" ")
        if not path or not label.isdecimal() or int(label) >= num_classes:
            raise _damaged(
                file, f"line {number} is {line!r}, not a path and a label of 0 to {num_classes - 1}"
            )
        paths.append(path)
        labels.append(int(label))
    return paths, np.array(labels, np.int32)


def _damaged(file: Path, problem: str) -> InputValueError:
    return InputValueError("data_root", f"{str(file)!r} is damaged: {problem}; get it again")
