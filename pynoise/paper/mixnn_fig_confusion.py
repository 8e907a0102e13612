"""Figure 8 of MixNN (Lu and He): corrected labels against true ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from pynoise.noise import CorrectedLabels
from pynoise.paper.figure import PaperFigure
from pynoise.paper.mixnn_fig_parts import Cell, notes_of, parts_of, told
from pynoise.paper.parts import Part, words_of
from pynoise.paper.registry import Options
from pynoise.paper.rows import aligned
from pynoise.paper.runs import Made, block_words, meta_of, train_all

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MixNNConfusion"]

_CELLS = (Cell("symmetric", 0.4), Cell("symmetric", 0.8), Cell("semantic-asymmetric", 0.4))

_COLUMNS = ("noise", "level", "seed", "true", "corrected", "count", "share")

_NOTES = (
    "A corrected label is the largest part of an example's soft target after the last epoch; shares are of "
    "the examples of a true class.",
    "Semantic-asymmetric noise selects 40 % of all examples, and those whose class the map does not name "
    "keep their labels; a data set without such a map goes without this noise.",
    "What is published is a picture without numbers; Table V of the paper has the shares of right labels.",
)


class MixNNConfusion:
    """What MixNN corrects the labels of CIFAR-10 to, class by class.

    Of a ResNet-34 with symmetric noise of level 0.4 and 0.8 and semantic-asymmetric noise of level 0.4.

    A row of the result is a pair of classes with a noise and a seed: ``noise``, ``level``, ``seed``; the
    names of the ``true`` and of the ``corrected`` label, how many examples have them (``count``), and which
    ``share`` of those of the true class they are. The picture is of the first seed.
    """

    name = "mixnn-fig8"
    title = "MixNN, Figure 8: confusion matrices of corrected labels"

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and count the labels."""
        parts = parts_of(_CELLS, options)
        found = train_all(parts, options)
        rows = [
            {"noise": part.noise, "level": part.level, "seed": seed} | row
            for part, made in zip(parts, found, strict=True)
            for seed, one in zip(options.seeds, made, strict=False)  # none without data
            for row in _rows(_corrected(one))
        ]
        blocks = [block_words(part, made) for part, made in zip(parts, found, strict=True)]
        notes = [*_NOTES, *notes_of(parts[0])]
        if found[0] and found[0][0].result["given_accuracy"] == found[0][0].result["correction_accuracy"]:
            notes.append(
                "No label was corrected, these are the given ones: docs/mixnn.md says when correction starts."
            )
        meta = meta_of(self, notes, blocks, found, options)
        picture = partial(_draw, parts, [made[0] for made in found]) if found[0] else None
        return PaperFigure(rows, _COLUMNS, meta, _lines(parts, found), picture)


def _corrected(made: Made) -> CorrectedLabels:
    from pynoise.training.picture import corrected_of

    return corrected_of(made.run)


def _rows(found: CorrectedLabels) -> list[dict[str, Any]]:
    """All pairs of classes."""
    counts = found.confusion()
    return [
        {
            "true": true,
            "corrected": corrected,
            "count": int(counts[i, j]),
            "share": float(counts[i, j] / counts[i].sum()) if counts[i].any() else None,
        }
        for i, true in enumerate(found.names)
        for j, corrected in enumerate(found.names)
    ]


def _lines(parts: Sequence[Part], found: Sequence[Sequence[Made]]) -> list[str]:
    """What a terminal shows: how many labels are right before and after, means over the seeds."""
    if parts[0].problem is not None:
        return [words_of(parts[0]), parts[0].problem]
    grid = [["", "given labels right", "corrected labels right", "AUC"]]
    for part, made in zip(parts, found, strict=True):
        keys = ("given_accuracy", "correction_accuracy", "clean_auc")
        grid.append([words_of(part), *(told([one.result[key] for one in made]) for key in keys)])
    return aligned(grid)


def _draw(parts: Sequence[Part], found: Sequence[Made]) -> Figure:
    from pynoise import plots
    from pynoise.plots.mixnn import Confusion

    labels = [_corrected(made) for made in found]
    shown = [
        Confusion(f"{part.noise}, level {part.level:.10g}: {one.accuracy:.4f} right", one.confusion())
        for part, one in zip(parts, labels, strict=True)
    ]
    title = f"{parts[0].dataset}, {parts[0].network}: labels corrected by MixNN"
    return plots.mixnn_confusions(shown, labels[0].names, title)
