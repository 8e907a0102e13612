"""Figure 9 of MixNN (Lu and He): how cross-entropy, SCE and MixNN place examples, by t-SNE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pynoise.paper.figure import PaperFigure
from pynoise.paper.long import Entry, text_lines
from pynoise.paper.mixnn_fig_parts import Cell, notes_of, parts_of
from pynoise.paper.parts import Part
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, block_words, examples_of, meta_of, outputs_of, train_all
from pynoise.paper.spaces import NEAR, chosen_examples, places_of, unmixed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MixNNSpaces"]

_LEVELS = (0.2, 0.4, 0.6, 0.8)

# The methods of `pynoise.methods`, by the names of the paper.
_METHODS = {"CE": "cross-entropy", "SCE": "sce", "MixNN": "mixnn"}

_COLUMNS = ("method", "level", "seed", "example", "true", "given", "x", "y")

_NOTES = (
    "t-SNE of the penultimate features of training examples, without augmentation, after the last epoch. The "
    "paper does not say of which examples: it speaks of mislabelled ones, which are in training.",
    f"Unmixed is the share, of the {NEAR} nearest examples in a picture, that have the same true class.",
    "All methods are trained by the same settings. What is published is a picture without numbers.",
)


class MixNNSpaces:
    """Training examples by penultimate features of networks that CE, SCE and MixNN have trained.

    ResNet-34 on CIFAR-10 with symmetric noise of level 0.2, 0.4, 0.6 and 0.8: 12 trainings a seed. At most
    2,000 examples are shown, drawn by the seed.

    A row of the result is an example with a method, a level and a seed: ``method``, ``level``, ``seed``;
    ``example``, its number among the training examples that were taken; ``true`` and ``given``, its class and
    its label; and its place, ``x`` and ``y``. The picture is of the first seed.
    """

    name = "mixnn-fig9"
    title = "MixNN, Figure 9: t-SNE of features learnt by CE, SCE and MixNN, symmetric noise"

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and place the examples."""
        parts = _parts(options)
        found = train_all(list(parts.values()), options)
        rows: list[dict[str, Any]] = []
        entries: list[Entry] = []
        done, total = 0, sum(map(len, found))
        for (name, part), made in zip(parts.items(), found, strict=True):
            tables = []
            for one, seed in zip(made, options.seeds, strict=False):  # none without data
                options.progress("t-SNE", done, total, part.variant)
                tables.append(_rows(name[0], part, one, seed, options))
                done += 1
            rows += [row for table in tables for row in table]
            entries += _entries(name[0], part, made, tables) if made else []
        options.progress("t-SNE", total, total, "")
        blocks = [
            {"method": name} | block_words(part, made)
            for ((name, _), part), made in zip(parts.items(), found, strict=True)
        ]
        part = list(parts.values())[-1]
        meta = meta_of(self, [*_NOTES, *notes_of(part)], blocks, found, options)
        lines = text_lines([next(iter(parts.values()))], ("method", "level", "measure"), entries)
        picture = partial(_draw, part, found[0][0], rows, options.seeds[0]) if rows else None
        return PaperFigure(rows, _COLUMNS, meta, lines, picture)


def _parts(options: Options) -> dict[tuple[str, float], Part]:
    """What is trained, by method and level."""
    from pynoise import methods

    mixnn = parts_of([Cell("symmetric", level) for level in _LEVELS], options)
    parts = {}
    for name, method in _METHODS.items():
        for part in mixnn:
            own = part.method_options if method == "mixnn" else methods.make(method).options()
            variant = f"symmetric {part.level:.10g} {name}"
            parts[name, part.level] = replace(part, method=method, method_options=own, variant=variant)
    return parts


def _rows(method: str, part: Part, made: Made, seed: int, options: Options) -> list[dict[str, Any]]:
    """Place some of the examples that a run has learnt from."""
    dataset, record = made.draw(), made.run.record
    assert record is not None  # noqa: S101 - the noise is ours
    rows, _ = made.run.rows
    chosen = rows[chosen_examples(len(rows), seed)]
    features, _ = outputs_of(made, examples_of(dataset, "train", chosen), options)
    places = places_of(features, seed, options.threads)
    head = {"method": method, "level": part.level, "seed": seed}
    return [
        head
        | {"example": int(example), "true": int(record.clean[example]), "given": int(record.noisy[example])}
        | {"x": float(x), "y": float(y)}
        for example, (x, y) in zip(chosen, places, strict=True)
    ]


def _entries(
    method: str, part: Part, found: Sequence[Made], tables: Sequence[list[dict[str, Any]]]
) -> list[Entry]:
    """What the terminal says of a method and a level."""
    every, wrong = [], []
    for rows in tables:
        true, given = (np.array([row[key] for row in rows], np.int32) for key in ("true", "given"))
        shares = unmixed(np.array([[row["x"], row["y"]] for row in rows]), true)
        every.append(float(shares.mean()))
        wrong.append(float(shares[true != given].mean()) if (true != given).any() else None)
    measures: dict[str, list[float | None]] = {
        "test accuracy": [one.result["test_accuracy_last"] for one in found],
        "unmixed": [*every],
        "unmixed, wrong labels": wrong,
    }
    level = f"{part.level:.10g}"
    return [Entry.of_values([method, level, words], values, part) for words, values in measures.items()]


def _draw(part: Part, made: Made, rows: Sequence[dict[str, Any]], seed: int) -> Figure:
    from pynoise import plots
    from pynoise.plots.spaces import Space

    spaces, labels = [], []
    for level in _LEVELS:
        line = []
        for method in _METHODS:
            wanted = (method, level, seed)
            own = [row for row in rows if (row["method"], row["level"], row["seed"]) == wanted]
            places = np.array([[row["x"], row["y"]] for row in own])
            line.append(Space(f"{method}, level {level:.10g}", places))
        spaces.append(line)
        labels.append(np.array([row["true"] for row in own], np.int32))
    title = f"{part.dataset}, {part.network}: training examples, symmetric noise"
    return plots.spaces_grid(spaces, labels, made.draw().names, title)
