"""Tables I to V of MixNN (Lu and He): accuracy, without parts of it, and how well it corrects labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pynoise.paper import mixnn_words
from pynoise.paper.by_noise_parts import Block, Methods, Trained
from pynoise.paper.by_noise_recipe import RecipeByNoise
from pynoise.paper.mixnn_parts import TRAINED, own_settings
from pynoise.paper.mixnn_published import mixnn_tables
from pynoise.paper.natural_published import natural_tables
from pynoise.paper.natural_recipe import NaturalRecipe
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


def _natural(forget_rate: float) -> Methods:
    """How lines are made anew where nobody knows which labels are wrong, but by a guess how many."""
    return {
        ("CE", None): ("cross-entropy", {}),
        ("F-correction", None): ("forward", {}),
        ("GCE", None): ("gce", {}),
        ("Co-teaching", None): ("co-teaching", {"forget_rate": forget_rate}),
        ("SCE", None): ("sce", {}),
        ("ODD", None): ("odd", {}),
        ("MixNN", None): ("mixnn", {}),
    }


# Wrong labels as the paper has them: 61.54 % of Clothing1M's are right, 20 % of WebVision's wrong.
_RATES = {2: 0.3846, 3: 0.2}

_TABLES: tuple[Recipe, ...] = (
    *(MixNNTable(table) for table in mixnn_tables()),
    *(NaturalRecipe(table, "mixnn", _natural(_RATES[table.number])) for table in natural_tables("mixnn")),
)

RECIPES = tuple(sorted(_TABLES, key=lambda recipe: recipe.name))
