"""Twins of the plurality solver: enumeration, and exact integer arithmetic."""

from fractions import Fraction
from itertools import product
from math import comb


def share(counts: list[int], label: int, ties: str) -> Fraction:
    """What the label gets of a vote: the tie rules, word for word."""
    best = max(counts)
    if counts[label] < best:
        return Fraction(0)
    if ties == "random":
        return Fraction(1, counts.count(best))
    if ties == "first":  # argmax
        return Fraction(counts.index(best) == label)
    return Fraction(counts.count(best) == 1)


def enumerated(weights: list[int], label: int, k: int, ties: str) -> Fraction:
    """Q for q = weights / sum(weights): every string of K labels (Eq. 2)."""
    total = Fraction(0)
    for string in product(range(len(weights)), repeat=k):
        probability = 1
        for j in string:
            probability *= weights[j]
        total += probability * share([string.count(j) for j in range(len(weights))], label, ties)
    return total / sum(weights) ** k


def exact(weights: list[int], label: int, k: int, ties: str) -> Fraction:
    """Q for q = weights / sum(weights) in whole numbers: Eq. 7, label by label, for each winner's count."""
    total = Fraction(0)
    for count in range(1, k + 1):
        # ways[r, t]: weight of the strings so far that leave r places and have t labels level with the winner
        ways = {(k - count, 0): comb(k, count) * weights[label] ** count}
        for j, weight in enumerate(weights):
            if j == label:
                continue
            most = count if ties == "random" or (ties == "first" and j > label) else count - 1
            left: dict[tuple[int, int], int] = {}
            for (places, tied), so_far in ways.items():
                power = 1
                for n in range(min(most, places) + 1):
                    key = (places - n, tied + (ties == "random" and n == count))
                    left[key] = left.get(key, 0) + so_far * comb(places, n) * power
                    power *= weight
            ways = left
        total += sum(Fraction(way, tied + 1) for (places, tied), way in ways.items() if places == 0)
    return total / sum(weights) ** k


def flip_closed_form(level: Fraction, k: int) -> Fraction:
    """Eq. 16: perfectly learnable data under flip noise, ties strict."""
    return sum(
        (comb(k, n) * (1 - level) ** n * level ** (k - n) for n in range((k + 2) // 2, k + 1)), Fraction(0)
    )
