"""Data without test examples: what asks for them says so."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pynoise.errors import InputValueError

__all__ = ["check_tested"]


class _Labelled(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def y_test(self) -> NDArray[np.int32]: ...


def check_tested(data: _Labelled, what: str) -> None:
    """Refuse data without test examples.

    Parameters
    ----------
    data : Dataset, ImageFolders or ImageSets
        The data.
    what : str
        What needs them: "an accuracy curve", say.

    Raises
    ------
    InputValueError
        If there are none.
    """
    if not len(data.y_test):
        raise InputValueError(
            "data",
            f"{data.name!r} has no test examples, and {what} needs some; give x_test and y_test too, or in a "
            "folder of images PATH/test",
        )
