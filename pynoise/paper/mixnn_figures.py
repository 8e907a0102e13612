"""Figures 4, 7 and 8 of MixNN (Lu and He)."""

from __future__ import annotations

from pynoise.paper.mixnn_fig_confusion import MixNNConfusion
from pynoise.paper.mixnn_fig_course import MixNNCourse
from pynoise.paper.mixnn_fig_losses import MixNNLosses
from pynoise.paper.registry import Recipe

__all__ = ["RECIPES"]

RECIPES: tuple[Recipe, ...] = (MixNNLosses(), MixNNCourse(), MixNNConfusion())
