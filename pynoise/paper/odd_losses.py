"""The figure of losses of ODD (Song et al.): are those of uniform labels as the last layer says?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise.paper.figure import PaperFigure
from pynoise.paper.mixnn_fig_parts import told
from pynoise.paper.odd_words import removal_words
from pynoise.paper.parts import Part, network_for, settings_of, with_data, words_of
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.rows import aligned
from pynoise.paper.runs import Made, block_words, meta_of, train_all
from pynoise.paper.words import SETTINGS, share_words, values_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.plots.odd import Uniform

__all__ = ["RECIPES", "ODDLosses"]

_DATASET, _NETWORK = "cifar100", "resnet18"

_LEVELS = (0.2, 0.4)

# In the order of the lines of the table, with what they are called.
_GROUPS = {"modelled": "modelled", "uniform": "uniform labels", "others": "other labels"}

_QUANTILES = {"q10": 0.1, "q50": 0.5, "q90": 0.9}

_DISTANCES = {
    "ks_modelled": "of uniform labels to the modelled ones",
    "ks_others": "of uniform labels to other labels",
    "ks_levels": "of uniform labels to those at the other level",
}

_COLUMNS = (
    *("level", "seed", "epoch", "uniform", "others"),
    *(f"{group}_{name}" for group in _GROUPS for name in _QUANTILES),
    *_DISTANCES,
)

_NOTES = (
    "Uniform labels are those of all examples that the noise has selected: some have drawn their true class "
    "again. Other labels are the data's own.",
    "Losses are those that the examples were learnt by, as method odd takes them to tell suspects: the mean "
    "over the last passes before the removal, with augmentation where the data have one. Validation examples "
    "are not among them.",
    "Distances are those of Kolmogorov and Smirnov, the largest difference of two distribution functions: 0 "
    "where they are alike, 1 where nothing overlaps.",
    "The slides have the figure without numbers: nothing is published to compare these with. They claim that "
    "losses of uniform labels are very different from others, similar at both levels, and as modelled.",
    f"The slides name the data, CIFAR-100, the levels and lr = 0.1. They name no network but ResNets, and "
    f"nothing else of the training: {_NETWORK} and all other settings are ours.",
)


class ODDLosses:
    """Losses of uniform labels, of others, and those that the last layer's weights foretell.

    A ResNet-18 learns CIFAR-100 by ODD with uniform noise of level 0.2 and 0.4. The losses are those when
    examples are removed, which the options ``epoch`` and ``passes`` decide.

    A row of the result is a level and a seed: ``level``, ``seed``, the ``epoch`` after which it was, how many
    ``uniform`` and ``others`` there are; quantiles of 10, 50 and 90 % of the modelled losses
    (``modelled_q10`` …), of uniform labels (``uniform_q10`` …) and of others (``others_q10`` …), in nats; and
    the distances of uniform labels to the modelled losses (``ks_modelled``), to other labels (``ks_others``)
    and to uniform labels at the other level (``ks_levels``). What there are no losses for is None. The
    picture is of the first seed.
    """

    name = "odd-losses"
    title = "ODD, figure of losses: those of uniform labels, of others, and as they are modelled"

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and compare the losses."""
        parts = _parts(options)
        found = train_all(parts, options)
        losses = [[_losses(part, one) for one in made] for part, made in zip(parts, found, strict=True)]
        tables = [
            [
                _row(
                    part.level,
                    seed,
                    made[i],
                    own[i],
                    [other[i].uniform for other in losses if other is not own],
                )
                for i, seed in enumerate(options.seeds[: len(made)])  # none without data
            ]
            for part, made, own in zip(parts, found, losses, strict=True)
        ]
        blocks = [block_words(part, made) for part, made in zip(parts, found, strict=True)]
        first, results = parts[0], [one.result for made in found for one in made]
        odd = {name: value for name, value in first.method_options.items() if value is not None}
        notes = [
            *_NOTES,
            f"Training: {values_words(first.settings, (*SETTINGS, 'validation'))}.",
            f"ODD: {values_words(odd, list(odd))}.",
            *removal_words(first.dataset, results, first.settings["epochs"]),
            *share_words(first.scale),
        ]
        meta = meta_of(self, notes, blocks, found, options)
        drawn = [own[0] for own in losses if own]
        title = f"{first.dataset}, {first.network}: losses of uniform labels"
        picture = partial(_draw, drawn, title) if drawn else None
        rows = [row for table in tables for row in table]
        return PaperFigure(rows, _COLUMNS, meta, _lines(parts, tables), picture)


RECIPES: tuple[Recipe, ...] = (ODDLosses(),)


def _parts(options: Options) -> list[Part]:
    """What is trained at each level."""
    from pynoise import methods

    odd = methods.make("odd", options.method_options)
    dataset = options.dataset or _DATASET
    network = network_for(dataset, {_DATASET: _NETWORK}, options, "figure")
    settings = settings_of(odd.settings, options)
    # The data are loaded once for both levels.
    first = Part(dataset, network, "uniform", _LEVELS[0], "odd", settings, odd.options(), options.scale)
    whole = with_data(first, options)
    return [replace(whole, level=level, variant=f"uniform {level:.10g} losses") for level in _LEVELS]


def _losses(part: Part, made: Made) -> Uniform:
    from pynoise.plots.odd import Uniform
    from pynoise.training.picture import suspects_of

    found, record = suspects_of(made.run), made.run.record
    assert record is not None  # noqa: S101 - the noise is ours
    uniform = record.selected[found.index]
    title = f"uniform noise of level {part.level:.10g}"
    return Uniform(title, found.losses[uniform], found.losses[~uniform], found.modelled)


def _row(
    level: float, seed: int, made: Made, losses: Uniform, elsewhere: Sequence[NDArray[np.float32]]
) -> dict[str, Any]:
    """A level and a seed in numbers; `elsewhere` are the losses of uniform labels at the other level."""
    row = {
        "level": level,
        "seed": seed,
        "epoch": made.result["odd"]["epoch"],
        "uniform": len(losses.uniform),
        "others": len(losses.others),
    }
    for group in _GROUPS:
        values = getattr(losses, group)
        for name, share in _QUANTILES.items():
            row[f"{group}_{name}"] = float(np.quantile(values, share)) if len(values) else None
    compared = (losses.modelled, losses.others, *elsewhere)
    return row | {
        name: _distance(losses.uniform, values) for name, values in zip(_DISTANCES, compared, strict=True)
    }


def _distance(one: NDArray[np.float32], other: NDArray[np.float32]) -> float | None:
    """The largest difference of two distribution functions; None where there is nothing to compare."""
    from scipy.stats import ks_2samp  # half a second to import

    # Its p-values are not asked for, and the exact ones take long.
    return float(ks_2samp(one, other, method="asymp").statistic) if len(one) and len(other) else None


def _lines(parts: Sequence[Part], tables: Sequence[Sequence[dict[str, Any]]]) -> list[str]:
    """What a terminal shows: the numbers of each level, means over seeds."""
    lines: list[str] = []
    for part, rows in zip(parts, tables, strict=True):
        lines += ["", words_of(part)] if lines else [words_of(part)]
        if part.problem is not None:
            lines.append(part.problem)
        if not rows:
            continue
        grid = [["loss (nats)", *(f"{share:.0%}" for share in _QUANTILES.values())]]
        for group, words in _GROUPS.items():
            cells = [told([row[f"{group}_{name}"] for row in rows]) for name in _QUANTILES]
            grid.append([words, *cells])
        lines += aligned(grid)
        lines.append("Kolmogorov-Smirnov distance")
        lines += [f"{words}: {told([row[name] for row in rows])}" for name, words in _DISTANCES.items()]
    return lines


def _draw(losses: Sequence[Uniform], title: str) -> Figure:
    from pynoise import plots

    return plots.odd_losses(losses, title)
