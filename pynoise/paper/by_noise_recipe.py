"""A table of methods under several noises, made anew."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pynoise.paper.by_noise import COLUMNS, TableByNoise
from pynoise.paper.by_noise_parts import Block, Methods, Trained, blocks_of, trained_of
from pynoise.paper.by_noise_published import PublishedTable
from pynoise.paper.by_noise_rows import rows_of
from pynoise.paper.parts import refuse, settings_of
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, counts_of, meta_of, train_all

__all__ = ["RecipeByNoise"]


@dataclass(frozen=True)
class RecipeByNoise(ABC):
    """One of a paper's tables; which paper's, says what inherits this.

    For each data set, method, noise and seed a network is trained, and kept in
    ``out/DATASET-NETWORK-NOISE-LEVEL-METHOD/seed-S``: by the same name in all tables.

    Attributes
    ----------
    published : PublishedTable
        What is printed.
    method : str
        The paper's own method in `pynoise.methods`.
    trained : mapping
        Which lines are made anew, and how.
    refused : sequence of str
        Options of that method that are the table's.
    """

    published: PublishedTable
    method: ClassVar[str]
    trained: ClassVar[Methods]
    refused: ClassVar[Sequence[str]] = ()

    @property
    def name(self) -> str:
        """Its name, "mixnn-table1" say."""
        return self.published.recipe_name

    @property
    def title(self) -> str:
        """What it is of."""
        return f"{self.published.title}, {' and '.join(self.published.networks)}"

    def run(self, options: Options) -> TableByNoise:
        """Train what is not trained yet, and collect the numbers."""
        refuse(self.refused, options, "table")
        trained = trained_of(self.published.lines, self.trained, self.method, options)
        settings = settings_of(self.own_settings(), options)
        blocks = blocks_of(self.published, trained, settings, options)
        made = iter(train_all([cell.part for block in blocks for cell in block.cells], options))
        found = [[next(made) for _ in block.cells] for block in blocks]
        rows = [
            row
            for block, runs in zip(blocks, found, strict=True)
            for row in rows_of(self.published, block, [[one.result for one in made] for made in runs])
        ]
        words = [_words(block, runs) for block, runs in zip(blocks, found, strict=True)]
        said = self.notes(trained, blocks, found, settings, options)
        meta = meta_of(self, said, words, [made for runs in found for made in runs], options) | {
            "scale": options.scale,
            "settings": settings,
            "methods": {one.line.name: {"method": one.method, "options": one.options} for one in trained},
        }
        return TableByNoise(rows, COLUMNS, meta)

    @abstractmethod
    def own_settings(self) -> Mapping[str, Any]:
        """Settings of training where none are given."""

    @abstractmethod
    def notes(
        self,
        trained: Sequence[Trained],
        blocks: Sequence[Block],
        found: Sequence[Sequence[Sequence[Made]]],
        settings: Mapping[str, Any],
        options: Options,
    ) -> list[str]:
        """Sentences below the table; `found` has the runs of each block's cells."""


def _words(block: Block, runs: Sequence[Sequence[Made]]) -> dict[str, Any]:
    """What is said of a data set; its noises are in the rows."""
    words = {"dataset": block.dataset, "network": block.network, "problem": block.problem}
    counts = counts_of(runs[0]) if runs else {}
    return words | {key: counts[key] for key in counts if key.endswith("_examples")}
