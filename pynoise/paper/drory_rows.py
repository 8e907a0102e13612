"""Rows of Drory et al.'s figures: what all have, what is published beside them, how a terminal shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pynoise.paper.drory_panels import CLEAN, CONCENTRATED, Panel, own_settings, titled
from pynoise.paper.long import Entry, long_lines
from pynoise.paper.parts import Part, settings_of
from pynoise.paper.published import content_of
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, block_words
from pynoise.paper.words import SETTINGS, share_words, values_words

__all__ = ["COMPARED", "block_of", "claimed", "compared", "head_of", "lines_of", "notes_of"]

# The last columns of every figure.
COMPARED = ("published", "approximate", "ours", "sd", "difference", "seeds", "scale", "source")

_NOISE = {
    "uniform": "uniform: a selected label becomes any label, the true one included",
    "flip": "flip: it becomes the next class's; the paper does not say which counterpart a class has",
    "general": "general: it becomes one of two other classes' by a matrix that is drawn once, by seed 0; the "
    "paper shows its own as a picture",
    CONCENTRATED: "concentrated: the class is divided by k-means into 1/level clusters, and all labels of "
    "one become one other class's; clusters lie in the penultimate features of the network of the same "
    "seed that has learnt the clean labels. The paper does not say which cluster and which class: see "
    "docs/noise.md",
}


def claimed(claim: str | None, panel: Panel, level: float = 0.0, classes: int = 1) -> dict[str, Any]:
    """What the paper says in numbers: ``published`` and ``approximate``, both None where it says nothing.

    Parameters
    ----------
    claim : str or None
        A key of the claims of drory.toml.
    panel : Panel
        Nothing is published of other data or networks than the paper's.
    level, classes : float, int
        What a formula takes.
    """
    if claim is None or not panel.own:
        return {"published": None, "approximate": None}
    said = content_of("drory")["claims"][claim]
    # What the paper gives as a formula of the level γ and the number of classes L.
    formulas = {
        "softmax-uniform-other": level / classes,
        "softmax-uniform-peak": 1 - level + level / classes,
        "softmax-flip-alternative": level,
        "accuracy-expected": 1 - level,
    }
    value = formulas[claim] if claim in formulas else said["value"]
    return {"published": value, "approximate": said["approximate"]}


def compared(
    published: Mapping[str, Any], ours: float | None, sd: float | None, part: Part, seeds: int
) -> dict[str, Any]:
    """The last columns of a row: a number of ours (None where there is none) beside the published one."""
    printed = published["published"]
    return {
        **published,
        "ours": ours,
        "sd": sd,
        "difference": None if printed is None or ours is None else ours - printed,
        "seeds": seeds,
        "scale": part.scale,
        "source": "ours",
    }


def head_of(panel: Panel, part: Part, level: float | None, what: str) -> dict[str, Any]:
    """The first columns of a row: what is measured, and of what."""
    return {
        "panel": panel.letter,
        "what": what,
        "dataset": part.dataset,
        "network": panel.network or "pixels",
        "noise": panel.noise,
        "level": level,
    }


def block_of(panel: Panel, part: Part, made: Sequence[Made]) -> dict[str, Any]:
    """What the ``meta`` of a figure says of a panel, and of the runs of its last level."""
    words = {"panel": panel.letter} | block_words(part, made)
    matrix = None if isinstance(words["noise"], str) else words["noise"]
    own = {"network": panel.network, "noise": panel.noise, "matrix": matrix, "levels": list(panel.levels)}
    return words | own | {"space": panel.space, "region": panel.region}


def notes_of(panels: Sequence[Panel], options: Options) -> list[str]:
    """Notes that every figure has: its noise, how it was trained, and whether on all examples."""
    kinds = dict.fromkeys(panel.noise for panel in panels if panel.noise != CLEAN)
    said = [f"Noise {_NOISE[kind]}." for kind in kinds]
    trained: dict[str, list[str]] = {}
    for panel in panels:
        if panel.network is not None:
            names = dict.fromkeys([panel.network, *([] if panel.space is None else [panel.space])])
            trained.setdefault(panel.dataset, []).extend(names)
    for dataset, networks in trained.items():
        settings = settings_of(own_settings(dataset), options)
        epoch = (
            "the epoch that is best on the examples held out" if settings["validation"] else "the last epoch"
        )
        said.append(
            f"Training of {', '.join(dict.fromkeys(networks))} on {dataset}: "
            f"{values_words(settings, (*SETTINGS, 'validation', 'validation_labels'))}; accuracies and "
            f"outputs are those of {epoch}."
        )
    return [*said, *share_words(options.scale)]


def lines_of(rows: Sequence[Mapping[str, Any]], panels: Sequence[tuple[Panel, Part]]) -> list[str]:
    """What a terminal shows: what is missing of panels without data, and a line a row."""
    lines = [f"{titled(panel)}: {part.problem}" for panel, part in panels if part.problem is not None]
    if not rows:
        return lines
    several = any(row["panel"] for row in rows)
    heads = (*(["panel"] if several else []), "data set", "network", "noise", "measure")
    entries = []
    for row in rows:
        what = [row["panel"]] if several else []
        what += [row["dataset"], row["network"], _noise_words(row), row["what"]]
        # Words, so that what is approximate says so.
        published = f"~{row['published']:.4f}" if row["approximate"] else row["published"]
        entries.append(Entry.of_row(what, {**row, "published": published}))
    return [*lines, *([""] if lines else []), *long_lines(heads, entries)]


def _noise_words(row: Mapping[str, Any]) -> str:
    plain = row["level"] is None or row["noise"] == CLEAN
    return str(row["noise"]) if plain else f"{row['noise']} {row['level']:.5g}"
