"""Figure 6 of MixNN (Lu and He): transition matrices of its two noises."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise import noise
from pynoise.errors import InputValueError
from pynoise.paper.figure import PaperFigure
from pynoise.paper.registry import Options
from pynoise.paper.rows import aligned
from pynoise.paper.runs import meta_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MixNNMatrices"]

_CLASSES, _LEVEL = 5, 0.4

# What each noise is called in the paper, and its kind here.
_NOISES = {"symmetric": "symmetric", "asymmetric": "flip"}

_COLUMNS = ("noise", "kind", "level", "true", "given", "probability")

_NOTES = (
    "T = (1 - γ) I + γ P, the probability of a given label for each true class.",
    "Symmetric: a label becomes any other. Asymmetric: it becomes one other; which, the paper's text does "
    "not say of this figure. Ours is the next class, the first after the last, as within the superclasses of "
    "CIFAR-100, which have five classes.",
)


class MixNNMatrices:
    """The transition matrices of symmetric and asymmetric noise of level 0.4 on 5 classes.

    Nothing is trained. A row of the result is an entry: ``noise``, in the paper's words, its ``kind`` here
    and ``level``; the ``true`` class, the ``given`` label, and their ``probability``.
    """

    name = "mixnn-fig6"
    title = "MixNN, Figure 6: transition matrices of symmetric and asymmetric noise, 5 classes, level 0.4"

    def run(self, options: Options) -> PaperFigure:
        """Compute the matrices."""
        _refuse(options)
        matrices = {
            words: (1 - _LEVEL) * np.eye(_CLASSES) + _LEVEL * noise.corruption_matrix(kind, _CLASSES)
            for words, kind in _NOISES.items()
        }
        rows = [
            {"noise": words, "kind": _NOISES[words], "level": _LEVEL, "true": i, "given": j}
            | {"probability": float(value)}
            for words, matrix in matrices.items()
            for (i, j), value in np.ndenumerate(matrix)
        ]
        blocks: list[dict[str, Any]] = [
            {"noise": words, "classes": _CLASSES, "level": _LEVEL, "problem": None} for words in matrices
        ]
        meta = meta_of(self, _NOTES, blocks, [], options)
        return PaperFigure(rows, _COLUMNS, meta, _lines(matrices), partial(_draw, matrices))


def _refuse(options: Options) -> None:
    """Refuse what a figure without training has no use for."""
    given = {
        "dataset": options.dataset,
        "network": options.network,
        "scale": None if options.scale == 1 else options.scale,
        "method_options": options.method_options or None,
    }
    for name, value in {**given, **options.settings}.items():
        if value is not None:
            raise InputValueError(name, "is of no use to a figure for which nothing is trained; leave it out")


def _lines(matrices: Mapping[str, NDArray[np.float64]]) -> list[str]:
    """What a terminal shows: the matrices, a line a true class."""
    lines: list[str] = []
    for words, matrix in matrices.items():
        body = [[f"{i}", *(f"{share:.2f}" for share in row)] for i, row in enumerate(matrix)]
        lines += [*([""] if lines else []), *aligned([[words, *map(str, range(_CLASSES))], *body])]
    return lines


def _draw(matrices: Mapping[str, NDArray[np.float64]]) -> Figure:
    from pynoise import plots

    return plots.matrices(matrices, f"Transition matrices of {_CLASSES} classes, level {_LEVEL:.10g}")
