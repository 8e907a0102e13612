"""Figures 2, 4 and 6 to 9 of MixNN (Lu and He)."""

from __future__ import annotations

from pynoise.paper.mixnn_fig_confusion import MixNNConfusion
from pynoise.paper.mixnn_fig_course import MixNNCourse
from pynoise.paper.mixnn_fig_losses import MixNNLosses
from pynoise.paper.mixnn_fig_matrices import MixNNMatrices
from pynoise.paper.mixnn_fig_memory import MixNNMemory
from pynoise.paper.mixnn_fig_spaces import MixNNSpaces
from pynoise.paper.registry import Recipe

__all__ = ["RECIPES"]

RECIPES: tuple[Recipe, ...] = (
    MixNNMemory(),
    MixNNLosses(),
    MixNNMatrices(),
    MixNNCourse(),
    MixNNConfusion(),
    MixNNSpaces(),
)
