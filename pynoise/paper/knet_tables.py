"""Tables 2 to 5 of kNet (Mizrahi and Avidan, 2021): accuracy of networks, K-NN and kNet under label noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pynoise.paper.by_k import COLUMNS, TableByK
from pynoise.paper.knet_parts import image_part
from pynoise.paper.knet_rows import rows_of
from pynoise.paper.knet_words import notes
from pynoise.paper.parts import Part, asked, settings_of
from pynoise.paper.published import Block, Published, knet_settings, knet_tables
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.runs import Made, counts_of, meta_of, train_all

__all__ = ["RECIPES", "KNetTable"]


@dataclass(frozen=True)
class KNetTable:
    """One of the tables.

    For each data set and seed a network is trained, then kNet, and a fixed kNet for each k; they are kept in
    ``out/DATASET-NETWORK/seed-S``.

    Attributes
    ----------
    published : Published
        What is printed.
    """

    published: Published

    @property
    def name(self) -> str:
        """Its name, "knet-table2" say."""
        return f"knet-table{self.published.number}"

    @property
    def title(self) -> str:
        """What it is of."""
        table = self.published
        names = " and ".join(block.dataset for block in table.blocks)
        return f"kNet, Table {table.number}: {table.noise} noise of level {table.level:.10g}, {names}"

    def run(self, options: Options) -> TableByK:
        """Train what is not trained yet, and collect the accuracies."""
        blocks = self._blocks(options)
        found = train_all([part for _, part in blocks], options)
        rows = [
            row
            for (block, part), made in zip(blocks, found, strict=True)
            for row in rows_of(block, part, [one.result for one in made])
        ]
        return TableByK(rows, COLUMNS, self._meta(blocks, found, options))

    def _blocks(self, options: Options) -> list[tuple[Block, Part]]:
        """What is printed of the data sets that are asked for, and what is trained."""
        table = self.published
        printed = {block.dataset: block for block in table.blocks}
        blocks = []
        for name, network in asked({name: block.own for name, block in printed.items()}, options, "table"):
            block = printed.get(name, Block(name, table.blocks[0].ks, ()))
            given = (name, network, table.noise, table.level, block.ks, options)
            blocks.append((block, image_part(*given, of="table", fixed=True)))
        return blocks

    def _meta(
        self, blocks: Sequence[tuple[Block, Part]], found: Sequence[Sequence[Made]], options: Options
    ) -> dict[str, Any]:
        table, settings = self.published, settings_of(knet_settings(), options)
        method = {
            name: value
            for name, value in blocks[0][1].method_options.items()
            if name not in ("ks", "fixed")  # a block has its own k
        }
        words, firsts = [], {}
        for (block, part), made in zip(blocks, found, strict=True):
            own = {"dataset": part.dataset, "network": part.network, "k": list(block.ks)}
            words.append(own | {"problem": part.problem} | counts_of(made))
            if made:
                firsts[part.dataset] = made[0].result
        said = notes(table, firsts, options.seeds, options.scale, settings, method)
        return meta_of(self, said, words, found, options) | {
            "noise": table.noise,
            "level": table.level,
            "scale": options.scale,
            "settings": settings,
            "method_options": method,
        }


RECIPES: tuple[Recipe, ...] = tuple(KNetTable(table) for table in knet_tables())
