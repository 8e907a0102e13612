"""Tables I, IV and V of MixNN (Lu and He): accuracy, without parts of it, and how well it corrects labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pynoise.paper.by_noise import COLUMNS, TableByNoise
from pynoise.paper.mixnn_parts import Block, Trained, blocks_of, own_settings, trained_of
from pynoise.paper.mixnn_published import PublishedTable, mixnn_networks, mixnn_tables
from pynoise.paper.mixnn_rows import rows_of
from pynoise.paper.mixnn_words import notes
from pynoise.paper.parts import settings_of
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.runs import Made, counts_of, meta_of, train_all

__all__ = ["RECIPES", "MixNNTable"]


@dataclass(frozen=True)
class MixNNTable:
    """One of the tables.

    For each data set, method, noise and seed a network is trained, and kept in
    ``out/DATASET-NETWORK-NOISE-LEVEL-METHOD/seed-S``: by the same name in all tables.

    Attributes
    ----------
    published : PublishedTable
        What is printed.
    """

    published: PublishedTable

    @property
    def name(self) -> str:
        """Its name, "mixnn-table1" say."""
        return f"mixnn-table{self.published.number}"

    @property
    def title(self) -> str:
        """What it is of."""
        names = " and ".join(mixnn_networks())
        return f"MixNN, Table {self.published.roman}: {self.published.words}, {names}"

    def run(self, options: Options) -> TableByNoise:
        """Train what is not trained yet, and collect the numbers."""
        trained = trained_of(self.published, options)
        blocks = blocks_of(self.published, trained, options)
        made = iter(train_all([cell.part for block in blocks for cell in block.cells], options))
        found = [[next(made) for _ in block.cells] for block in blocks]
        rows = [
            row
            for block, runs in zip(blocks, found, strict=True)
            for row in rows_of(self.published, block, [[one.result for one in made] for made in runs])
        ]
        return TableByNoise(rows, COLUMNS, self._meta(trained, blocks, found, options))

    def _meta(
        self,
        trained: Sequence[Trained],
        blocks: Sequence[Block],
        found: Sequence[Sequence[Sequence[Made]]],
        options: Options,
    ) -> dict[str, Any]:
        words = [_words(block, runs) for block, runs in zip(blocks, found, strict=True)]
        said = notes(self.published, trained, blocks, found, options)
        return meta_of(self, said, words, [made for runs in found for made in runs], options) | {
            "scale": options.scale,
            "settings": settings_of(own_settings(), options),
            "methods": {one.line.name: {"method": one.method, "options": one.options} for one in trained},
        }


def _words(block: Block, runs: Sequence[Sequence[Made]]) -> dict[str, Any]:
    """What is said of a data set; its noises are in the rows."""
    words = {"dataset": block.dataset, "network": block.network, "problem": block.problem}
    counts = counts_of(runs[0]) if runs else {}
    return words | {key: counts[key] for key in counts if key.endswith("_examples")}


RECIPES: tuple[Recipe, ...] = tuple(MixNNTable(table) for table in mixnn_tables())
