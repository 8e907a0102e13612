"""Clean label distributions that the caller brings instead of neighbours: softmax outputs, say."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise._arrays import load_array
from pynoise._probabilities import probabilities
from pynoise.data import Dataset
from pynoise.errors import InputValueError

__all__ = ["CleanLike", "Given", "clean_of"]

CleanLike = str | ArrayLike

_PREFIX = "softmax:"


@dataclass(frozen=True)
class Given:
    """Rows of probabilities [M, L] as they were given, and the words for where they come from."""

    rows: NDArray[np.floating]
    meta: dict[str, Any]


def clean_of(clean: CleanLike, dataset: Dataset, model: _checks.Model) -> Given:
    """Check the clean distribution of each test example, [M, L]."""
    if model == "fixed":
        raise InputValueError(
            "clean", "has no counts of neighbours, which the model 'fixed' needs; leave one of them out"
        )
    source = "array"
    if isinstance(clean, str | Path):
        source = str(clean)
        if not source.startswith(_PREFIX):
            raise InputValueError("clean", f"{source!r} is not softmax:FILE, with a .npy or .npz file")
        rows: ArrayLike = load_array("clean", source.removeprefix(_PREFIX), ("softmax",))
    else:
        rows = clean
    checked = probabilities("clean", rows, (len(dataset.y_test), dataset.num_classes))
    return Given(checked.rows, {"source": source} | checked.meta)
