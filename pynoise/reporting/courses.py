"""Training curves: what was measured epoch by epoch, means over repetitions."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from pynoise.reporting.points import Point
from pynoise.reporting.trial import Metrics, Source

__all__ = ["MEASURES", "MOST_COURSES", "Course", "courses_of"]

# Columns of metrics.csv that are shown, and what they are called.
MEASURES = {
    "test_accuracy": "test accuracy",
    "validation_accuracy": "validation accuracy",
    "train_accuracy": "training accuracy, labels as given",
    "test_loss": "test loss",
    "validation_loss": "validation loss",
    "train_loss": "training loss",
}

# Courses in a page: each has an epoch's numbers of all repetitions to read, and several lists to carry.
MOST_COURSES = 200


@dataclass(frozen=True)
class Course:
    """The training of a point, epoch by epoch.

    Attributes
    ----------
    point : Point
        Whose training.
    runs : int
        How many runs have metrics.
    means : dict of str to list
        By the names of `MEASURES`, a mean an epoch from the first on; None where nothing was measured.
    """

    point: Point
    runs: int
    means: dict[str, list[float | None]]


def courses_of(points: Iterable[Point], sources: Sequence[Source]) -> tuple[list[Course], int]:
    """The first courses that there are, and how many points of networks were left out."""
    # With a K it is what was made of a network.
    trained = [point for point in points if point.series.kind == "trained" and point.series.k is None]
    shown = trained[:MOST_COURSES]
    wanted = {id(one) for point in shown for one in point.trials if one.state != "queued"}
    metrics: dict[int, Metrics] = {}
    for source in sources:
        own = [one for one in source.trials if id(one) in wanted]
        found = source.metrics([one.name for one in own]) if own else []
        metrics |= {id(one): rows for one, rows in zip(own, found, strict=True) if rows}
    courses = []
    for point in shown:
        runs = [metrics[id(one)] for one in point.trials if id(one) in metrics]
        if runs:
            courses.append(Course(point, len(runs), _means(runs)))
    return courses, len(trained) - len(shown)


def _means(runs: Sequence[Metrics]) -> dict[str, list[float | None]]:
    found: dict[str, list[float | None]] = {}
    for name in MEASURES:
        epochs = [
            [value for run in runs if i < len(run) and (value := _finite(run[i], name)) is not None]
            for i in range(max(map(len, runs)))
        ]
        if any(epochs):
            found[name] = [fmean(values) if values else None for values in epochs]
    return found


def _finite(row: Mapping[str, Any], name: str) -> float | None:
    value = row.get(name)
    return value if isinstance(value, int | float) and math.isfinite(value) else None
