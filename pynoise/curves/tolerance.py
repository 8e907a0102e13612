"""The noise level that an accuracy stands."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from pynoise.curves.predict import SOLVER_ERROR, Predictor

__all__ = ["tolerated_level"]

# The steps of the grid on which a crossing is looked for: 0, 0.05, …, 1.
_STEPS = 20
# A level is found this well: less than one training example of a million.
_LEVEL_ERROR = 1e-6


def tolerated_level(
    predictor: Predictor, k: int, accuracy: float, known: Mapping[float, float]
) -> float | None:
    """Find the level at which the analytic accuracy first falls below `accuracy`.

    None if it is below from the start, and 1.0 if it never falls below. `known` has accuracies at levels
    where they need not be computed anew.
    """
    target = accuracy - SOLVER_ERROR  # 1 - 1e-16 is an accuracy of 1
    grid = sorted({i / _STEPS for i in range(_STEPS + 1)} | set(known))
    missing = [level for level in grid if level not in known]
    computed = predictor.curve(k, missing) if missing else []
    values = {**known, **dict(zip(missing, (one.accuracy for one in computed), strict=True))}
    if values[0.0] < target:
        return None
    bracket = next(((a, b) for a, b in pairwise(grid) if values[b] < target), None)
    if bracket is None:
        return 1.0
    from scipy.optimize import brentq  # a fifth of a second to import

    def excess(level: float) -> float:
        value = values[level] if level in values else predictor.curve(k, [level])[0].accuracy
        return value - target

    # Keeps the crossing bracketed, so steps in the curve (a training example more) do not harm.
    return float(brentq(excess, *bracket, xtol=_LEVEL_ERROR))
