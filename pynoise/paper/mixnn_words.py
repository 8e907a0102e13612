"""What is said of MixNN's tables: how they were made anew, and where that is not as in the paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pynoise import noise
from pynoise.noise.maps import map_words
from pynoise.paper.by_noise_parts import Block, Trained
from pynoise.paper.by_noise_published import PublishedTable
from pynoise.paper.mixnn_parts import own_settings
from pynoise.paper.parts import settings_of
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made
from pynoise.paper.words import SETTINGS, opening_words, share_words, values_words

__all__ = ["notes"]

_SETTINGS = (*SETTINGS, "lr_min", "restart_every", "validation")

_WHAT = {
    "test_accuracy_last": "Test accuracies after the last epoch, in percent",
    "correction_accuracy": "Correction accuracies, the share of the training examples whose label, corrected "
    "until after the last epoch, is the true one, in percent",
}

_NOISE = (
    "The level of a noise is the share of all training examples that is selected; “wrong labels” is the "
    "share of the labels that are wrong for it. Symmetric: a selected label becomes any other. Asymmetric, "
    "by its full name semantic-asymmetric: it becomes what the map below says of its class, and stays what "
    "it is if the map does not name that; of each class that it names, about the level's share is wrong."
)

# Maps that have shorter words than what each class becomes.
_MAPS = {
    "cifar10": "truck to automobile, bird to airplane, deer to horse, cat and dog to each other",
    "cifar100": "the next class within the superclass, the first after the last",
}


def notes(
    table: PublishedTable,
    trained: Sequence[Trained],
    blocks: Sequence[Block],
    found: Sequence[Sequence[Sequence[Made]]],
    settings: Mapping[str, Any],
    options: Options,
) -> list[str]:
    """Sentences below the table; `found` has the runs of each block's cells."""
    full, *others = (one for one in trained if one.method == "mixnn")
    said = [
        opening_words(_WHAT[table.result], f"for {table.network_words}", options.seeds),
        _NOISE,
        *(_map_words(block) for block in blocks if block.cells),
        _training(blocks, settings, options),
    ]
    if any(one.method == "cross-entropy" for one in trained):
        said.append("CE, cross-entropy, is trained by the same settings as MixNN.")
    said.append(f"MixNN: {_options(full.options)}.")
    said += [f"{one.line.variant}, the paper's {one.line.words!r}: {_changes(one, full)}." for one in others]
    said += [_warmup(block, runs) for block, runs in zip(blocks, found, strict=True) if runs]
    for line in table.lines:
        known = [block.dataset for block in blocks if block.dataset in line.notes]
        said += [f"{line.method} on {name} {line.notes[name]}, says the paper." for name in known]
    return said + share_words(options.scale)


def _map_words(block: Block) -> str:
    name = block.dataset
    if name not in noise.SEMANTIC_MAPS:
        return f"{name} has no map of what looks alike: asymmetric noise is left out."
    return f"Map of {name}: {_MAPS.get(name) or map_words(noise.semantic_map(name))}."


def _training(blocks: Sequence[Block], settings: Mapping[str, Any], options: Options) -> str:
    papers = settings_of(own_settings(), replace(options, settings={}))
    networks = " and ".join(dict.fromkeys(block.network for block in blocks))
    other = [name for name in _SETTINGS if settings[name] != papers[name]]
    said = f"Training of {networks}: {values_words(settings, _SETTINGS)}"
    return f"{said}; in the paper {values_words(papers, other)}." if other else f"{said}, as in the paper."


def _options(options: dict[str, Any]) -> str:
    """All options of MixNN but those that `_warmup` tells of, and one that is of no use."""
    apart = ("warmup", "correction_start", *(["concentration"] if options["weights"] != "random" else []))
    return values_words(options, [name for name in options if name not in apart])


def _changes(one: Trained, full: Trained) -> str:
    names = [name for name, value in one.options.items() if value != full.options[name]]
    if one.options["weights"] == "random":
        names.append("concentration")
    return values_words(one.options, names)


def _warmup(block: Block, runs: Sequence[Sequence[Made]]) -> str:
    """Which epochs are which for MixNN on a data set."""
    part, result = next(
        (cell.part, made[0].result)
        for cell, made in zip(block.cells, runs, strict=True)
        if cell.part.method == "mixnn"
    )
    last, warm = part.settings["epochs"], result["mixnn"]["warmup"]
    start = part.method_options["correction_start"]
    said = f"MixNN on {block.dataset}: {warm} epochs of warm-up"
    if warm >= last:
        return f"{said}, and epoch {last} is the last: nothing is mixed, and no label is corrected."
    if start is None:
        return f"{said}; no label is corrected."
    first = warm + start
    if first > last:
        return f"{said}; no label is corrected, which would begin with epoch {first}, after the last."
    return f"{said}; labels are corrected from epoch {first} of {last} on."
