"""Tables 1, 4 and 5 of ODD (Song, Dauphin, Auli, Ma): accuracy under uniform and natural noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pynoise.paper import odd_words
from pynoise.paper.by_noise_parts import Block, Methods, Trained
from pynoise.paper.by_noise_published import tables_of
from pynoise.paper.by_noise_recipe import RecipeByNoise
from pynoise.paper.natural_published import natural_tables
from pynoise.paper.natural_recipe import NaturalRecipe
from pynoise.paper.published import content_of
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.runs import Made

__all__ = ["RECIPES", "ODDTable"]

# The slides have no α of mixup: that of its own paper for CIFAR, wherever it is mixed.
_ALPHA = 1.0

_TRAINED: Methods = {
    ("ERM", None): ("cross-entropy", {}),
    ("mixup", None): ("mixup", {"alpha": _ALPHA}),
    ("GCE", None): ("gce", {}),
    ("ODD", None): ("odd", {}),
    ("ODD + mixup", None): ("odd", {"mixup": _ALPHA}),
}


class ODDTable(RecipeByNoise):
    """The table."""

    method = "odd"
    trained = _TRAINED
    refused = ("mixup",)

    def own_settings(self) -> Mapping[str, Any]:
        """Ours, the same for all methods."""
        settings: dict[str, Any] = content_of("odd")["settings"]
        return settings

    def notes(
        self,
        trained: Sequence[Trained],
        blocks: Sequence[Block],
        found: Sequence[Sequence[Sequence[Made]]],
        settings: Mapping[str, Any],
        options: Options,
    ) -> list[str]:
        """As `pynoise.paper.odd_words` has them."""
        return odd_words.notes(trained, blocks, found, settings, options)


# The lines of Table 4 have no setting, those of Table 5 have.
_NATURAL: Methods = {
    ("ERM", None): ("cross-entropy", {}),
    ("ODD", None): ("odd", {}),
    ("ERM", "noisy"): ("cross-entropy", {}),
    ("GCE", "noisy"): ("gce", {}),
    ("Loss Correction", "noisy"): ("forward", {}),
    ("ODD", "noisy"): ("odd", {}),
    ("ERM", "clean"): ("cross-entropy", {}),
}

RECIPES: tuple[Recipe, ...] = (
    *(ODDTable(table) for table in tables_of("odd")),
    *(NaturalRecipe(table, "odd", _NATURAL) for table in natural_tables("odd")),
)
