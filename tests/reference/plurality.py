"""Twins of the plurality solver: enumeration, and exact integer arithmetic."""

from fractions import Fraction
from itertools import product
from math import comb


def wins(counts: list[int], label: int, ties: str) -> bool:
    """The tie rules, word for word."""
    if ties == "first":  # argmax
        return max(counts) > 0 and counts.index(max(counts)) == label
    return all(counts[label] > count for j, count in enumerate(counts) if j != label)


def enumerated(weights: list[int], label: int, k: int, ties: str) -> Fraction:
    """Q for q = weights / sum(weights): every string of K labels (Eq. 2)."""
    total = 0
    for string in product(range(len(weights)), repeat=k):
        if wins([string.count(j) for j in range(len(weights))], label, ties):
            probability = 1
            for j in string:
                probability *= weights[j]
            total += probability
    return Fraction(total, sum(weights) ** k)


def exact(weights: list[int], label: int, k: int, ties: str) -> Fraction:
    """Q for q = weights / sum(weights) in whole numbers: Eq. 7, label by label, for each winner's count."""
    total = 0
    for count in range(1, k + 1):
        # ways[r]: weight of the strings so far that leave r places
        ways = {k - count: comb(k, count) * weights[label] ** count}
        for j, weight in enumerate(weights):
            if j == label:
                continue
            most = count if ties == "first" and j > label else count - 1
            left: dict[int, int] = {}
            for places, so_far in ways.items():
                power = 1
                for n in range(min(most, places) + 1):
                    left[places - n] = left.get(places - n, 0) + so_far * comb(places, n) * power
                    power *= weight
            ways = left
        total += ways.get(0, 0)
    return Fraction(total, sum(weights) ** k)


def flip_closed_form(level: Fraction, k: int) -> Fraction:
    """Eq. 16: perfectly learnable data under flip noise, ties strict."""
    return sum(
        (comb(k, n) * (1 - level) ** n * level ** (k - n) for n in range((k + 2) // 2, k + 1)), Fraction(0)
    )
