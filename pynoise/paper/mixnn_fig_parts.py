"""What MixNN's figures train: the paper's network on CIFAR-10, with MixNN at its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean, stdev
from typing import Any

from pynoise import noise
from pynoise.paper.mixnn_parts import own_settings
from pynoise.paper.mixnn_published import mixnn_networks
from pynoise.paper.parts import Part, network_for, refuse, settings_of, with_data
from pynoise.paper.registry import Options
from pynoise.paper.words import SETTINGS, share_words, values_words

__all__ = [
    "AGREEMENT",
    "AGREEMENT_NOTE",
    "DATASET",
    "Cell",
    "beside",
    "notes_of",
    "parts_of",
    "told",
    "training_notes",
]

DATASET = "cifar10"

# What Section IV-A has a number for, as we measure it.
AGREEMENT = "neighbours of the same true class"
AGREEMENT_NOTE = (
    "The paper does not define how it measures that representations of examples with a wrong label stay in "
    "their true class; beside its number stands the share of these examples' neighbours, by penultimate "
    "features after the warm-up, that are of the same true class."
)

_MAPPED = "semantic-asymmetric"


@dataclass(frozen=True)
class Cell:
    """One setting of a figure.

    Attributes
    ----------
    noise, level : str, float
        Of the noise.
    name : str
        What the method is called.
    options : mapping
        Those of MixNN that are the figure's.
    """

    noise: str
    level: float
    name: str = "MixNN"
    options: Mapping[str, Any] = field(default_factory=dict)


def parts_of(
    cells: Sequence[Cell],
    options: Options,
    *,
    refused: Sequence[str] = (),
    settings: Mapping[str, Any] | None = None,
) -> list[Part]:
    """What is trained for each cell; a data set without a map of what looks alike has no asymmetric noise.

    Parameters
    ----------
    cells : sequence of Cell
        One or more.
    options : Options
        What is asked for.
    refused : sequence of str
        Options of MixNN that are the figure's.
    settings : mapping, optional
        Settings of training that are the figure's, whatever is given.

    Raises
    ------
    InputValueError, InputTypeError
        As `with_data`, and for options of MixNN that are out of range, or not to be chosen.
    """
    from pynoise import methods

    refuse(refused, options, "figure")
    made = [methods.make("mixnn", {**options.method_options, **cell.options}) for cell in cells]
    dataset = options.dataset or DATASET
    network = network_for(dataset, mixnn_networks(), options, "figure")
    own = settings_of(own_settings(), options) | dict(settings or {})
    # The first noise stands for all of them: the data are loaded once.
    first = Part(dataset, network, "symmetric", cells[0].level, "mixnn", own, {}, options.scale)
    whole = with_data(first, options, max(one.options()["k"] for one in made))
    return [
        replace(
            whole,
            noise=cell.noise,
            level=cell.level,
            label_map=whole.dataset if cell.noise == _MAPPED else None,
            method_options=method.options(),
            variant=f"{cell.noise} {cell.level:.10g} {cell.name}",
        )
        for cell, method in zip(cells, made, strict=True)
        if cell.noise != _MAPPED or whole.dataset in noise.SEMANTIC_MAPS
    ]


def notes_of(part: Part) -> list[str]:
    """Notes that figures of MixNN have: how it was trained."""
    options = {name: value for name, value in part.method_options.items() if value is not None}
    return [
        f"MixNN: {values_words(options, list(options))}; where no warmup is given it has 10 epochs, or 30 "
        "for 100 classes and more.",
        *training_notes(part),
    ]


def training_notes(part: Part) -> list[str]:
    """Notes that every figure has: settings, and a share of the examples if one was taken."""
    shown = (*SETTINGS, "lr_min", "restart_every", "validation")
    return [f"Training: {values_words(part.settings, shown)}.", *share_words(part.scale)]


def told(values: Sequence[float | None]) -> str:
    """A mean over seeds, and the standard deviation; - where there is none."""
    known = [value for value in values if value is not None]
    if len(known) < len(values):
        return "-"
    spread = f" ± {stdev(known):.4f}" if len(known) > 1 else ""
    return f"{fmean(known):.4f}{spread}"


def beside(part: Part, published: float | str | None) -> float | str | None:
    """What is published, if it is of this data set and network."""
    same = (part.dataset, part.network) == (DATASET, mixnn_networks()[DATASET])
    return published if same else None
