"""Figure 4 of MixNN (Lu and He): losses after ten epochs of cross-entropy, and the mixture fitted to them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise.paper.figure import PaperFigure
from pynoise.paper.long import Entry, text_lines
from pynoise.paper.mixnn_fig_parts import (
    AGREEMENT,
    AGREEMENT_NOTE,
    DATASET,
    Cell,
    beside,
    notes_of,
    parts_of,
)
from pynoise.paper.parts import Part
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, block_words, meta_of, train_all

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.plots.mixnn import Losses

__all__ = ["MixNNLosses"]

_LEVELS = (0.4, 0.8)

_EPOCHS = 10

# As published, Section IV-A: of the mislabelled examples, those whose "representations still congregate in
# their true class", by level.
_PUBLISHED = {0.4: 0.8896}

_COLUMNS = (
    *("noise", "level", "seed", "from", "to", "right", "wrong", "right_density", "wrong_density"),
    *("lower_component", "upper_component"),
)

_NOTES = (
    "Losses are those of the given labels, of all training examples as they are, in evaluation mode; the "
    "paper normalises them, we do not. Densities of right and wrong labels add up to that of all.",
    "The AUC is the area under the ROC curve of the clean probabilities against right labels.",
    AGREEMENT_NOTE,
)


class MixNNLosses:
    """Losses of right and of wrong labels, and two Gaussians fitted to all of them.

    A ResNet-34 learns CIFAR-10 by cross-entropy for 10 epochs, which is MixNN's warm-up, with symmetric noise
    of level 0.4 and 0.8. Another length is the option ``warmup`` of MixNN or, without that, the setting
    ``epochs``; what else MixNN can be set to acts later, but for ``k`` and ``neighbors``, by which neighbours
    are found.

    A row of the result is a bin of a histogram: ``noise``, ``level`` and ``seed``; its borders ``from`` and
    ``to``, in nats; how many losses of ``right`` and of ``wrong`` labels are in it, and their densities; and
    those of the components in its middle (None where the losses are all alike). The picture is of the first
    seed.
    """

    name = "mixnn-fig4"
    title = "MixNN, Figure 4: losses of right and wrong labels, and the mixture fitted to them"

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and fit the mixtures."""
        epochs = options.method_options.get("warmup")
        if epochs is None:
            epochs = options.settings.get("epochs", _EPOCHS)
        own = {"warmup": epochs, "correction_start": None}
        cells = [Cell("symmetric", level, "losses", own) for level in _LEVELS]
        parts = parts_of(cells, options, settings={"epochs": epochs})
        with warnings.catch_warnings():
            # That nothing is mixed is what the figure shows.
            warnings.filterwarnings("ignore", "nothing is mixed")
            found = train_all(parts, options)
        rows: list[dict[str, Any]] = []
        shown: list[dict[str, Any]] = []
        drawn: list[Losses] = []
        for part, made in zip(parts, found, strict=True):
            for seed, one in zip(options.seeds, made, strict=False):  # none without data
                losses = _losses(part, one)
                head = {"noise": part.noise, "level": part.level, "seed": seed}
                rows += [head | row for row in _bins(losses)]
                shown.append(head | _shown(losses, one))
                if seed == options.seeds[0]:
                    drawn.append(losses)
        blocks = [block_words(part, made) for part, made in zip(parts, found, strict=True)]
        meta = meta_of(self, [*_NOTES, *notes_of(parts[0])], blocks, found, options)
        printed = {f"{DATASET}, symmetric {level:.10g}": value for level, value in _PUBLISHED.items()}
        meta |= {"shown": shown, "published": {"neighbor_agreement_wrong": printed}}
        title = f"{parts[0].dataset}, {parts[0].network}: losses after {epochs} epochs of cross-entropy"
        picture = partial(_draw, drawn, title) if drawn else None
        return PaperFigure(rows, _COLUMNS, meta, _lines(parts, shown), picture)


def _losses(part: Part, made: Made) -> Losses:
    from pynoise.training.picture import corrected_of, losses_of

    found = corrected_of(made.run)
    return losses_of(f"{part.noise} noise of level {part.level:.10g}", found, found.warm_losses)


def _bins(losses: Losses) -> list[dict[str, Any]]:
    """What the histogram has, bin by bin."""
    from pynoise.plots.losses import edges_of

    edges = edges_of(losses.values)
    unit = len(losses.values) * (edges[1] - edges[0])
    right, wrong = (np.histogram(values, edges)[0] for values in _groups(losses))
    middle = (edges[1:] + edges[:-1]) / 2
    curves = None if losses.mixture is None else losses.mixture.densities(middle)
    return [
        {
            "from": float(edges[i]),
            "to": float(edges[i + 1]),
            "right": int(right[i]),
            "wrong": int(wrong[i]),
            "right_density": float(right[i] / unit),
            "wrong_density": float(wrong[i] / unit),
            "lower_component": None if curves is None else float(curves[0, i]),
            "upper_component": None if curves is None else float(curves[1, i]),
        }
        for i in range(len(middle))
    ]


def _groups(losses: Losses) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Losses of right and of wrong labels."""
    assert losses.wrong is not None  # noqa: S101 - the noise is ours
    values = losses.values.astype(np.float64)
    return values[~losses.wrong], values[losses.wrong]


def _shown(losses: Losses, made: Made) -> dict[str, Any]:
    """The groups and the components in numbers: share, mean and deviation of each."""
    words: dict[str, Any] = {
        name: {
            "weight": len(values) / len(losses.values),
            "mean": float(values.mean()) if len(values) else None,
            "deviation": float(values.std()) if len(values) else None,
        }
        for name, values in zip(("right", "wrong"), _groups(losses), strict=True)
    }
    for i, name in enumerate(("lower", "upper")):
        fitted = losses.mixture
        words[name] = (
            None
            if fitted is None
            else {"weight": fitted.weights[i], "mean": fitted.means[i], "deviation": fitted.deviations[i]}
        )
    return words | {
        "clean_auc": made.result["clean_auc"],
        "neighbor_agreement_wrong": made.result["mixnn"]["neighbor_agreement_wrong"],
    }


_NAMES = {
    "right": "right labels",
    "lower": "lower component",
    "wrong": "wrong labels",
    "upper": "upper component",
}
_NUMBERS = {"weight": "share", "mean": "mean loss (nats)", "deviation": "deviation of losses"}


def _lines(parts: Sequence[Part], shown: Sequence[dict[str, Any]]) -> list[str]:
    """What a terminal shows: the numbers of each level."""
    entries = []
    for part in parts:
        own = [one for one in shown if one["level"] == part.level]
        if not own:
            continue
        noise = f"{part.noise} {part.level:.10g}"
        for key, name in _NAMES.items():
            for number, words in _NUMBERS.items():
                values = [None if one[key] is None else one[key][number] for one in own]
                entries.append(Entry.of_values([noise, name, words], values, part))
        agreement = [one["neighbor_agreement_wrong"] for one in own]
        published = beside(part, _PUBLISHED.get(part.level))
        entries += [
            Entry.of_values([noise, "clean probabilities", "AUC"], [one["clean_auc"] for one in own], part),
            Entry.of_values([noise, "wrong labels", AGREEMENT], agreement, part, published),
        ]
    return text_lines(parts, ("noise", "of", "measure"), entries)


def _draw(losses: Sequence[Losses], title: str) -> Figure:
    from pynoise import plots

    return plots.mixnn_losses(losses, title)
