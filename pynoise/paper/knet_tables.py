"""Tables 2 to 5 of kNet (Mizrahi and Avidan, 2021): accuracy of networks, K-NN and kNet under label noise."""

from __future__ import annotations

from pynoise.paper.registry import Recipe

__all__ = ["RECIPES"]

RECIPES: tuple[Recipe, ...] = ()
