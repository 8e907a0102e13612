"""K nearest neighbours, their votes, and a classifier made of both."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pynoise.knn.nearest import SearchStatistics, search
from pynoise.knn.of_dataset import neighbors
from pynoise.knn.saved import Neighbors
from pynoise.knn.votes import label_histograms, vote_accuracy

if TYPE_CHECKING:
    from pynoise.knn.classifier import KNNClassifier

__all__ = [
    "KNNClassifier",
    "Neighbors",
    "SearchStatistics",
    "label_histograms",
    "neighbors",
    "search",
    "vote_accuracy",
]

# scikit-learn takes a second to load.
_LATER = {"KNNClassifier": "pynoise.knn.classifier"}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)
