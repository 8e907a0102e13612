"""The papers' figures and tables, made anew with the published numbers beside them."""

from __future__ import annotations

from pynoise.paper.registry import Options, Recipe, Result, recipes
from pynoise.paper.reproduce import reproduce

__all__ = ["RECIPES", "Options", "Recipe", "Result", "reproduce"]

# Names, and what each is.
RECIPES: tuple[tuple[str, str], ...] = tuple((recipe.name, recipe.title) for recipe in recipes().values())
