"""A table of methods that learn labels as people gave them, made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pynoise.paper.by_noise_parts import Methods, Trained, trained_of
from pynoise.paper.natural import COLUMNS, TableOfNatural
from pynoise.paper.natural_published import NaturalTable
from pynoise.paper.natural_rows import own_rows, published_rows
from pynoise.paper.parts import Part, asked, settings_of, with_data
from pynoise.paper.registry import Options
from pynoise.paper.runs import counts_of, meta_of, train_all
from pynoise.paper.words import SETTINGS, opening_words, share_words, values_words

__all__ = ["NaturalRecipe"]


@dataclass(frozen=True)
class NaturalRecipe:
    """One of a paper's tables.

    For each data set, method and seed a network is trained on the labels as they are, and kept in
    ``out/DATASET-NETWORK-METHOD/seed-S``.

    Attributes
    ----------
    published : NaturalTable
        What is printed.
    method : str
        The paper's own method in `pynoise.methods`.
    trained : mapping
        Which lines are made anew, and how.
    """

    published: NaturalTable
    method: str
    trained: Methods

    @property
    def name(self) -> str:
        """Its name, "mixnn-table2" say."""
        return self.published.recipe_name

    @property
    def title(self) -> str:
        """What it is of."""
        return self.published.title

    def run(self, options: Options) -> TableOfNatural:
        """Train what is not trained yet, and collect the accuracies."""
        table = self.published
        options = replace(options, method_options={**table.options, **options.method_options})
        settings = settings_of(table.settings, options)
        blocks = [self._block(*one, settings, options) for one in asked(table.networks, options, "table")]
        cells = [cell for block in blocks for cell in block.cells]
        failed: dict[int, str] = {}
        found = train_all([part for _, part in cells], options, failed)
        rows: list[dict[str, Any]] = []
        problems: dict[str, None] = {}
        words = []
        made = iter(found)
        for block in blocks:
            runs = [next(made) for _ in block.cells]
            for (one, part), own in zip(block.cells, runs, strict=True):
                if not own:  # it failed
                    continue
                more, problem = own_rows(table, block.name, one.line, part, own, options)
                rows += more
                problems |= {} if problem is None else {problem: None}
            same = table.networks.get(block.name) == block.whole.network
            anew = [one.line for (one, _), own in zip(block.cells, runs, strict=True) if same and own]
            for line in table.lines_of(block.name) if block.name in table.networks else ():
                rows += [] if line in anew else published_rows(table, line, block.name)
            head = {"dataset": block.whole.dataset, "network": block.whole.network}
            words.append(head | {"problem": block.whole.problem} | counts_of(next(filter(None, runs), [])))
        trained = {one.line.name: one for block in blocks for one in block.trained}
        notes = self._notes(trained, blocks, settings, options)
        notes += [f"Not tested on ImageNet: {problem}." for problem in problems]
        notes += [f"Not made anew: {problem}." for problem in failed.values()]
        meta = meta_of(self, notes, words, found, options) | {
            "scale": options.scale,
            "settings": settings,
            "methods": {
                name: {"method": one.method, "options": one.options} for name, one in trained.items()
            },
        }
        return TableOfNatural(rows, COLUMNS, meta)

    def _block(self, name: str, network: str, settings: dict[str, Any], options: Options) -> _Block:
        table = self.published
        trained = trained_of(table.lines_of(name), self.trained, self.method, options)
        k = max(one.options.get("k", 0) for one in trained)
        first = Part(name, network, None, 0.0, trained[0].method, settings, {}, options.scale)
        whole = with_data(replace(first, recipe=table.recipe), options, k)
        parts = [
            replace(whole, method=one.method, method_options=one.options, variant=one.line.name)
            for one in trained
        ]
        cells = [] if whole.problem is not None else list(zip(trained, parts, strict=True))
        return _Block(name, whole, trained, cells)

    def _notes(
        self,
        trained: dict[str, Trained],
        blocks: Sequence[_Block],
        settings: dict[str, Any],
        options: Options,
    ) -> list[str]:
        """Sentences below the table."""
        table = self.published
        epoch = "after the last epoch"
        if settings["validation"]:
            epoch = "of the epoch that is best on the validation examples"
        printed = "" if table.network_words is None else f" for {table.network_words}"
        networks = " and ".join(dict.fromkeys(block.whole.network for block in blocks))
        shown = (*SETTINGS, "lr_min", "restart_every", "validation")
        return [
            opening_words(f"Test accuracies {epoch}, in percent", f"as printed{printed}", options.seeds),
            "Labels are learnt as people gave them: how many are wrong, nobody knows.",
            *table.notes,
            f"Training of {networks}: {values_words(settings, shown)}.",
            *(f"{name}: {_options(one)}." for name, one in trained.items() if _options(one)),
            *share_words(options.scale),
        ]


@dataclass(frozen=True)
class _Block:
    """A data set: as it was asked for, with its data or why there are none, and what is trained on it."""

    name: str
    whole: Part
    trained: list[Trained]
    cells: list[tuple[Trained, Part]]


def _options(one: Trained) -> str:
    return values_words(one.options, [name for name, value in one.options.items() if value is not None])
