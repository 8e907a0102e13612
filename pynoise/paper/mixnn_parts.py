"""What MixNN's tables train: cross-entropy, MixNN, and MixNN without parts of it."""

from __future__ import annotations

from typing import Any

from pynoise.paper.by_noise_parts import Methods

__all__ = ["TRAINED", "own_settings"]

TRAINED: Methods = {
    ("CE", None): ("cross-entropy", {}),
    ("MixNN", None): ("mixnn", {}),
    ("MixNN", "full"): ("mixnn", {}),
    ("MixNN", "AVG"): ("mixnn", {"weights": "average"}),
    ("MixNN", "RDM"): ("mixnn", {"weights": "random"}),
    ("MixNN", "no label correction"): ("mixnn", {"correction_start": None}),
    ("MixNN", "random partners"): ("mixnn", {"neighbors": "random"}),
}


def own_settings() -> dict[str, Any]:
    """The paper's settings of training; it has no validation examples, and takes the last epoch."""
    from pynoise.methods.mixnn import MixNN

    return {**MixNN.settings, "validation": 0.0}
