"""How well each K fits measured accuracies, and the search for the K that fits best."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from pynoise.curves.predict import SOLVER_ERROR

__all__ = ["Profile", "ladder"]

# From one rung of the ladder to the next.
_RATIO = 1.5


def ladder(most: int) -> list[int]:
    """Candidates 1..most in geometric steps, an even and an odd K at each: they tie differently."""
    rungs, k = {most, max(1, most - 1)}, 1.0
    while k < most:
        rungs |= {int(k), int(k) + 1}
        k *= _RATIO
    return sorted(rungs)


class Profile:
    """Sums of squared differences between measured accuracies and the analytic curve, K by K.

    Attributes
    ----------
    analytic : dict of int to ndarray of float64, [n]
        The curve of each K tried, at the measured levels.
    """

    def __init__(
        self, accuracy: NDArray[np.float64], curve: Callable[[int], NDArray[np.float64]], confidence: float
    ) -> None:
        from scipy.stats import f  # half a second to import

        self._accuracy = accuracy
        self._curve = curve
        degrees = len(accuracy) - 1  # one parameter is fitted
        self._stretch = float(np.sqrt(1 + f.ppf(confidence, 1, degrees) / degrees))
        self.analytic: dict[int, NDArray[np.float64]] = {}

    def rss(self, k: int) -> float:
        """The sum for a K, computed when it is first asked for."""
        if k not in self.analytic:
            self.analytic[k] = self._curve(k)
        difference = self._accuracy - self.analytic[k]
        return float(difference @ difference)

    def rms(self, k: int) -> float:
        """The root of the mean square."""
        return float(np.sqrt(self.rss(k) / len(self._accuracy)))

    def tried(self, parity: int | None = None) -> list[int]:
        """The K tried so far, all or those that are odd (1) or even (0), in order."""
        return sorted(k for k in self.analytic if parity is None or k % 2 == parity)

    def best(self) -> int:
        """The K that fits best, the smallest of equal ones."""
        sums = {k: self.rms(k) for k in self.tried()}
        least = min(sums.values())
        return min(k for k, value in sums.items() if value <= least + SOLVER_ERROR)

    def interval(self) -> tuple[int, int]:
        """The smallest and the largest K tried that the data do not tell from the best."""
        near = self._near(self.tried())
        return near[0], near[-1]

    def _near(self, ks: list[int]) -> list[int]:
        limit = self.rms(self.best()) * self._stretch + SOLVER_ERROR
        return [k for k in ks if self.rms(k) <= limit]

    def valleys(self) -> list[tuple[int, int]]:
        """The ranges of K tried between which RSS has a minimum, among the odd K and among the even.

        Ties shift the fit of the odd against the even: each have valleys of their own.
        """
        ranges = []
        for parity in (0, 1):
            same = self.tried(parity)
            sums = [self.rms(k) for k in same]
            for i, value in enumerate(sums):
                falls = i == 0 or value < sums[i - 1] - SOLVER_ERROR  # of a plain, only the first
                rises = i == len(sums) - 1 or value <= sums[i + 1] + SOLVER_ERROR
                if falls and rises:
                    ranges.append((same[max(0, i - 1)], same[min(len(same) - 1, i + 1)]))
        return ranges

    def refine(self, valleys: list[tuple[int, int]]) -> Iterator[int]:
        """Try more K until the bottoms of these valleys are known to the unit; yields each K."""
        for low, high in valleys:
            while gaps := self._around_bottom(low, high):
                yield from self._halve(gaps)

    def refine_ends(self) -> Iterator[int]:
        """Try more K until the ends of the interval are known, to the unit among the best's parity."""
        while gaps := list(self._ends()):
            yield from self._halve(gaps)

    def _halve(self, gaps: list[tuple[int, int]]) -> Iterator[int]:
        for one, other in gaps:
            k = one + 2 * int((other - one) / 4)
            self.rss(k)
            yield k

    def _around_bottom(self, low: int, high: int) -> list[tuple[int, int]]:
        """Where K are left to try beside the best one of low, low + 2, …, high."""
        same = [k for k in self.tried(low % 2) if low <= k <= high]
        bottom = min(same, key=self.rms)
        i = same.index(bottom)
        return [(bottom, k) for k in same[max(0, i - 1) : i + 2] if abs(k - bottom) > 2]

    def _ends(self) -> Iterator[tuple[int, int]]:
        """The gaps in which the interval ends, among K of the best's parity."""
        same = self.tried(self.best() % 2)
        near = self._near(same)
        for inside, outside in (
            (near[0], same[: same.index(near[0])][-1:]),
            (near[-1], same[same.index(near[-1]) + 1 :][:1]),
        ):
            if outside and abs(outside[0] - inside) > 2:
                yield inside, outside[0]
