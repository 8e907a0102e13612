"""Tables I, IV and V of MixNN (Lu and He): accuracy, without parts of it, and how well it corrects labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pynoise.paper import mixnn_words
from pynoise.paper.by_noise_parts import Block, Trained
from pynoise.paper.by_noise_recipe import RecipeByNoise
from pynoise.paper.mixnn_parts import TRAINED, own_settings
from pynoise.paper.mixnn_published import mixnn_tables
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.runs import Made

__all__ = ["RECIPES", "MixNNTable"]


class MixNNTable(RecipeByNoise):
    """One of the tables."""

    method = "mixnn"
    trained = TRAINED

    def own_settings(self) -> Mapping[str, Any]:
        """The paper's."""
        return own_settings()

    def notes(
        self,
        trained: Sequence[Trained],
        blocks: Sequence[Block],
        found: Sequence[Sequence[Sequence[Made]]],
        settings: Mapping[str, Any],
        options: Options,
    ) -> list[str]:
        """As `pynoise.paper.mixnn_words` has them."""
        return mixnn_words.notes(self.published, trained, blocks, found, settings, options)


RECIPES: tuple[Recipe, ...] = tuple(MixNNTable(table) for table in mixnn_tables())
