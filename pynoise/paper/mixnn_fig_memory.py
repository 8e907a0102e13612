"""Figure 2 of MixNN (Lu and He): how cross-entropy learns noisy labels by heart."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from pynoise.paper.figure import PaperFigure
from pynoise.paper.long import text_lines
from pynoise.paper.mixnn_fig_epochs import KEYS, NOTE, at_moments, by_epoch
from pynoise.paper.mixnn_fig_parts import Cell, parts_of, training_notes
from pynoise.paper.mixnn_parts import own_settings
from pynoise.paper.parts import Part, settings_of, words_of
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, block_words, meta_of, train_all

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MixNNMemory"]

_LEVEL = 0.6

_COLUMNS = ("seed", "epoch", *KEYS)

_NOTES = (
    NOTE,
    "Cross-entropy is MixNN's warm-up, which takes all epochs: its loss, and what MixNN measures.",
    "What is published is a picture without numbers. For how many epochs it was trained the paper does not "
    "say: ours are those of its tables.",
)


class MixNNMemory:
    """How cross-entropy learns CIFAR-10 with symmetric noise of level 0.6.

    Of a ResNet-34. A row of the result is an epoch with a seed: ``seed``, ``epoch``, ``test_accuracy``;
    ``given_fit`` and ``true_fit``, shares of the training examples that the network knows by given and by
    true label; and the gradient coefficients of right labels, ``gradient_clean``, and of wrong ones,
    ``gradient_wrong``. The picture is of the first seed.
    """

    name = "mixnn-fig2"
    title = "MixNN, Figure 2: accuracy and gradients by epoch of cross-entropy, symmetric noise of level 0.6"

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and collect what was measured."""
        from pynoise import methods

        epochs = settings_of(own_settings(), options)["epochs"]
        own = {"warmup": epochs, "correction_start": None, "k": 0}
        cell = Cell("symmetric", _LEVEL, "cross-entropy", own)
        parts = parts_of([cell], options, refused=tuple(methods.make("mixnn").options()))
        with warnings.catch_warnings():
            # That is what the figure shows.
            warnings.filterwarnings("ignore", "nothing is mixed")
            found = train_all(parts, options)
        (part,), (made,) = parts, found
        blocks = [block_words(part, made)]
        meta = meta_of(self, [*_NOTES, *training_notes(part)], blocks, found, options)
        picture = partial(_draw, part, made[0]) if made else None
        rows = by_epoch(made, options.seeds)
        return PaperFigure(rows, _COLUMNS, meta, _lines(part, made), picture)


def _lines(part: Part, found: Sequence[Made]) -> list[str]:
    """What a terminal shows: the first epoch, that with the best accuracy, and the last."""
    if not found:
        return text_lines([part], (), ())
    metrics = [made.run.metrics for made in found]
    sums = [sum(row["test_accuracy"] or 0.0 for row in rows) for rows in zip(*metrics, strict=True)]
    moments = {1: "the first", sums.index(max(sums)) + 1: "best in test", len(sums): "the last"}
    return text_lines([part], ("epoch", "measure"), at_moments([], part, found, moments, {}))


def _draw(part: Part, made: Made) -> Figure:
    from pynoise import plots
    from pynoise.training.picture import course_of

    return plots.mixnn_course(course_of(made.run), [], f"Cross-entropy, {words_of(part)}")
