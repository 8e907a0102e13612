"""Figures 2 to 4 of kNet (Mizrahi and Avidan, 2021)."""

from __future__ import annotations

from pynoise.paper.knet_agreement import KNetAgreement
from pynoise.paper.knet_spaces import KNetSpaces
from pynoise.paper.knet_toy import KNetToy
from pynoise.paper.registry import Recipe

__all__ = ["RECIPES"]

RECIPES: tuple[Recipe, ...] = (KNetToy(), KNetAgreement(), KNetSpaces())
