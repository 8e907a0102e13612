"""What is said of every paper's tables: how networks were trained, seeds, a share of the examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["SETTINGS", "share_words", "spread_words", "training_words"]

# Which of the settings are worth a word, and what they are called.
SETTINGS = ("epochs", "batch_size", "optimizer", "lr", "momentum", "weight_decay", "schedule", "augment")


def training_words(settings: dict[str, Any], names: Sequence[str] = SETTINGS) -> str:
    """The settings of these names, and which epoch counts where the selected one does."""
    words = ", ".join(f"{name} {settings[name]}" for name in names)
    if not settings["validation"]:
        return f"{words}; the weights of the last epoch"
    return (
        f"{words}; the weights of the epoch that is best on {settings['validation']:.10g} of the training "
        f"examples, held out with {settings['validation_labels']} labels"
    )


def spread_words(seeds: Sequence[int]) -> str:
    """What stands behind a number; nothing for one seed."""
    return f"± is the standard deviation over {len(seeds)} seeds; " if len(seeds) > 1 else ""


def share_words(scale: float) -> list[str]:
    """That a share was taken, if one was."""
    return [f"{scale:.10g} of the training examples were taken."] if scale < 1 else []
