"""What is said of kNet's tables: how they were made anew, and what the paper leaves open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pynoise import noise
from pynoise.noise.maps import map_words
from pynoise.paper.published import Published
from pynoise.paper.words import SETTINGS, share_words, spread_words, values_words

__all__ = ["notes"]

_NOISE = {
    "uniform": "become any label, the true one included",
    "random-asymmetric": "become one of two other labels of their class, with probabilities 2/3 and 1/3 (the "
    "paper: 66.6 % and 33.3 %); each seed draws these labels anew",
    "semantic-asymmetric": "become what looks alike, where the map names their class; others keep their "
    "label. The paper does not say whether its level is of all examples or of these classes alone, nor the "
    "whole map",
}


def notes(
    table: Published,
    made: Mapping[str, Mapping[str, Any]],
    seeds: Sequence[int],
    scale: float,
    settings: dict[str, Any],
    method: dict[str, Any],
) -> list[str]:
    """Sentences below the table; `made` has a result of each data set that it was made anew for."""
    found = [
        f"Test accuracies in percent; {spread_words(seeds)}beside them what is published. Networks that are "
        "marked as published stand as they are printed.",
        "K-NN and kNet take the penultimate features of the examples that the network learnt from; a fixed "
        "kNet is one network a k.",
        f"Noise {table.noise}: {table.level:.10g} of all training examples are selected, and "
        f"{_NOISE[table.noise]}.",
        f"Training, of which the paper says nothing: {_training(settings)}.",
        "kNet, of whose training it says no more: "
        + ", ".join(f"{name} {value}" for name, value in method.items() if value is not None)
        + ".",
    ]
    if table.noise == "semantic-asymmetric":
        found += [f"Map of {name}: {map_words(noise.semantic_map(name))}." for name in made]
    for name, result in made.items():
        hidden, features = (result["knet"][key] for key in ("hidden", "features"))
        if hidden != features // 16:
            found.append(
                f"kNet has {hidden} hidden units for the {features} features of {result['network']} on "
                f"{name}; the paper's Table 1 has {features // 16}."
            )
    return found + share_words(scale)


def _training(settings: dict[str, Any]) -> str:
    words = values_words(settings, SETTINGS)
    if not settings["validation"]:
        return f"{words}; the weights of the last epoch"
    return (
        f"{words}; the weights of the epoch that is best on {settings['validation']:.10g} of the training "
        f"examples, held out with {settings['validation_labels']} labels"
    )
