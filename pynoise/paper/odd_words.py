"""What is said of ODD's table: how it was made anew, and what the slides leave open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pynoise.paper.by_noise_parts import Block, Trained
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made
from pynoise.paper.words import SETTINGS, opening_words, share_words, values_words

__all__ = ["notes", "removal_words"]

_NOISE = (
    "The level of the noise, uniform, is the share of all training examples that is selected. A selected "
    "label becomes any, the true one included: of 20 % that are selected 18 % are wrong with 10 classes, "
    "19.8 % with 100. The slides head these columns “% mislabeled”. “wrong labels” is the share of the "
    "labels that are wrong."
)

_STARS = "* behind the name of a method: trained with 1000 clean labels besides, say the slides."


def notes(
    trained: Sequence[Trained],
    blocks: Sequence[Block],
    found: Sequence[Sequence[Sequence[Made]]],
    settings: Mapping[str, Any],
    options: Options,
) -> list[str]:
    """Sentences below the table; `found` has the runs of each block's cells."""
    networks = " and ".join(dict.fromkeys(block.network for block in blocks))
    return [
        opening_words(
            "Test accuracies after the last epoch, in percent",
            "which is validation accuracy; of which network, after which epoch and over how many runs, the "
            "slides do not say",
            options.seeds,
        ),
        _NOISE,
        _STARS,
        f"Training of {networks}, the same for all methods: "
        f"{values_words(settings, (*SETTINGS, 'validation'))}. The slides speak of ResNets and a rate of "
        "0.1, and say no more of it.",
        "ERM is cross-entropy.",
        *(f"{one.line.name}: {_options(one)}." for one in trained if one.options),
        *_removals(blocks, found),
        *share_words(options.scale),
    ]


def _options(one: Trained) -> str:
    return values_words(one.options, [name for name, value in one.options.items() if value is not None])


def removal_words(dataset: str, results: Sequence[Mapping[str, Any]], epochs: int) -> list[str]:
    """After which epoch ODD left examples out, by ``result.json`` of its runs; some may have ended before."""
    told = [result["odd"] for result in results if "odd" in result]
    if not told:
        return []
    return [
        f"ODD on {dataset}: after epoch {told[0]['epoch']} of {epochs} examples are left out whose loss is "
        f"above the {told[0]['p']:.4g}-quantile of the modelled ones."
    ]


def _removals(blocks: Sequence[Block], found: Sequence[Sequence[Sequence[Made]]]) -> Iterator[str]:
    for block, runs in zip(blocks, found, strict=True):
        if runs:
            results = [one.result for made in runs for one in made]
            yield from removal_words(block.dataset, results, block.cells[0].part.settings["epochs"])
