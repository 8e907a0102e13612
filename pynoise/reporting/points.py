"""Series by noise and level: what is drawn, and what stands in the table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean, stdev

from pynoise.reporting.series import Series, series_of
from pynoise.reporting.trial import NO_NOISE, Trial

__all__ = ["Line", "Point", "in_order", "lines_of", "points_of"]


@dataclass(frozen=True)
class Point:
    """The trials of a series at one level of a noise, repetitions of each other.

    Attributes
    ----------
    series : Series
        What they are of.
    noise : str
        The kind of noise, and `level` its level γ, None where it has none.
    level : float or None
        γ.
    trials : list of Trial
        All of them, be they done or not.
    """

    series: Series
    noise: str
    level: float | None
    trials: list[Trial]

    @cached_property
    def done(self) -> list[Trial]:
        """The trials that came to an end; of those that are one experiment, seed included, the first."""
        found: dict[object, list[Trial]] = defaultdict(list)
        for one in self.trials:
            alike = found[one.name if one.seed is None else one.seed]
            if one.state == "done" and not any(_same_labels(one, other) for other in alike):
                alike.append(one)
        return [one for alike in found.values() for one in alike]

    @property
    def seeds(self) -> list[int]:
        """The seeds of those that are done."""
        return sorted({one.seed for one in self.done if one.seed is not None})

    def mean(self, name: str) -> float | None:
        """Mean of an attribute over the trials that are done, where it is known."""
        values = self._values(name)
        return fmean(values) if values else None

    def sd(self, name: str) -> float | None:
        """Its standard deviation (ddof 1); None for one value."""
        values = self._values(name)
        return stdev(values) if len(values) > 1 else None

    def _values(self, name: str) -> list[float]:
        return [value for one in self.done if (value := getattr(one, name)) is not None]


@dataclass(frozen=True)
class Line:
    """A series in the panel of one noise: points with a level and an accuracy, by level."""

    noise: str
    series: Series
    points: list[Point]


def points_of(trials: Sequence[Trial]) -> list[Point]:
    """Put the repetitions of each series, noise and level together, in order."""
    groups: dict[tuple[Series, str, float | None], list[Trial]] = defaultdict(list)
    for one, series in zip(trials, series_of(trials), strict=True):
        groups[series, one.noise, one.level].append(one)
    points = [Point(*key, members) for key, members in groups.items()]
    ranks = {series: i for i, series in enumerate(in_order(points))}

    def rank(point: Point) -> tuple[str, int, bool, float]:
        return point.noise, ranks[point.series], point.level is None, point.level or 0.0

    return sorted(points, key=rank)


def lines_of(points: Iterable[Point]) -> list[Line]:
    """The lines of a picture, noise after noise.

    What was trained without noise is level 0 of every noise that its series has.
    """
    groups: dict[tuple[str, Series], list[Point]] = defaultdict(list)
    for point in points:
        if point.level is not None and point.mean("accuracy") is not None:
            groups[point.noise, point.series].append(point)
    for series in [series for noise, series in groups if noise == NO_NOISE]:
        hosts = [key for key in groups if key[1] == series and key[0] != NO_NOISE]
        for key in hosts:
            if groups[key][0].level != 0:
                groups[key][:0] = groups[NO_NOISE, series]
        if hosts:
            del groups[NO_NOISE, series]
    return [Line(*key, own) for key, own in groups.items()]


def _same_labels(one: Trial, other: Trial) -> bool:
    """Whether nothing speaks against it that two trials of a seed had the same noisy labels."""
    return one.labels == other.labels or None in (one.labels, other.labels)


def in_order(points: Iterable[Point]) -> list[Series]:
    """Series as legends have them: by look, prediction before measurement."""
    found = dict.fromkeys(point.series for point in points)
    return sorted(found, key=lambda one: (one.look, one.kind != "predicted", one.method))
