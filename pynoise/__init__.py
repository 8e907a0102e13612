"""pynoise, a laboratory for label noise.

Predict how K-nearest-neighbour accuracy falls with label noise, measure it, and compare:

>>> import pynoise
>>> curve = pynoise.accuracy_curve("digits", k=11, noise="flip", levels=[0.0, 0.4], repeats=5)
>>> [row["level"] for row in curve.rows]
[0.0, 0.4]

Modules and names load when they are first used, so that ``import pynoise`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pynoise import analysis, data, errors, knn, methods, networks, noise, paper, seeds, sweep, training
    from pynoise._core import __version__
    from pynoise.clustering import KMeansResult, kmeans
    from pynoise.curves import AccuracyCurve, KFit, NetworkCurve, accuracy_curve, fit_k, network_curve
    from pynoise.plurality import expected_confusion, plurality_accuracy, plurality_distribution
    from pynoise.reporting import report

__all__ = [
    "AccuracyCurve",
    "KFit",
    "KMeansResult",
    "NetworkCurve",
    "__version__",
    "accuracy_curve",
    "analysis",
    "data",
    "errors",
    "expected_confusion",
    "fit_k",
    "kmeans",
    "knn",
    "methods",
    "network_curve",
    "networks",
    "noise",
    "paper",
    "plurality_accuracy",
    "plurality_distribution",
    "report",
    "seeds",
    "sweep",
    "training",
]

_HOME = {
    "AccuracyCurve": "pynoise.curves",
    "KFit": "pynoise.curves",
    "KMeansResult": "pynoise.clustering",
    "NetworkCurve": "pynoise.curves",
    "__version__": "pynoise._core",
    "accuracy_curve": "pynoise.curves",
    "fit_k": "pynoise.curves",
    "network_curve": "pynoise.curves",
    "kmeans": "pynoise.clustering",
    "expected_confusion": "pynoise.plurality",
    "plurality_accuracy": "pynoise.plurality",
    "plurality_distribution": "pynoise.plurality",
    "report": "pynoise.reporting",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'pynoise' has no attribute {name!r}")
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    return import_module(f"pynoise.{name}")


def __dir__() -> list[str]:
    return sorted(__all__)
