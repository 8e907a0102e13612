"""All figures of Drory et al., in the paper's order."""

from __future__ import annotations

from pynoise.paper import drory_chi_square, drory_knn, drory_networks, drory_softmax, drory_tsne
from pynoise.paper.published import content_of
from pynoise.paper.registry import Recipe

__all__ = ["RECIPES"]

_MADE: dict[str, Recipe] = {
    recipe.name: recipe
    for module in (drory_tsne, drory_softmax, drory_knn, drory_networks, drory_chi_square)
    for recipe in module.RECIPES
}

RECIPES: tuple[Recipe, ...] = tuple(_MADE[figure["name"]] for figure in content_of("drory")["figures"])
