"""Twins of the model of fixed neighbourhoods: enumeration in exact fractions."""

from collections.abc import Sequence
from fractions import Fraction
from math import comb

from reference.plurality import share


def enumerated(
    counts: Sequence[int], label: int, matrix: Sequence[Sequence[Fraction]], ties: str
) -> list[Fraction]:
    """g_R, R = 0..K: every subset of the neighbours, and every label that each of them may get."""
    neighbors = [k for k, count in enumerate(counts) for _ in range(count)]
    sums = [Fraction(0)] * (len(neighbors) + 1)
    votes = [0] * len(counts)

    def go(place: int, selected: int, weight: Fraction) -> None:
        if place == len(neighbors):
            sums[selected] += weight * share(votes, label, ties)
            return
        clean = neighbors[place]
        votes[clean] += 1
        go(place + 1, selected, weight)
        votes[clean] -= 1
        for j, p in enumerate(matrix[clean]):
            if p:
                votes[j] += 1
                go(place + 1, selected + 1, weight * p)
                votes[j] -= 1

    go(0, 0, Fraction(1))
    return [total / comb(len(neighbors), r) for r, total in enumerate(sums)]


def hypergeometric(k: int, selected: int, total: int) -> list[Fraction]:
    """P(R of K neighbours are selected), from its definition."""
    ways = comb(total, k)
    return [Fraction(comb(selected, r) * comb(total - selected, k - r), ways) for r in range(k + 1)]


def three_labels(counts: Sequence[int], label: int, ties: str) -> list[Fraction]:
    """g_R under symmetric noise on three labels, in whole numbers: neighbour by neighbour."""
    ways = {(0, 0, 0, 0): 1}
    for clean, count in enumerate(counts):
        for _ in range(count):
            after: dict[tuple[int, int, int, int], int] = {}
            for (*votes, selected), number in ways.items():
                for j in range(3):
                    new = [*votes, selected + (j != clean)]
                    new[j] += 1
                    # A neighbour that keeps its label may do so in two halves.
                    key = (new[0], new[1], new[2], new[3])
                    after[key] = after.get(key, 0) + number * (2 if j == clean else 1)
            ways = after
    k = sum(counts)
    sums = [Fraction(0)] * (k + 1)
    for (*votes, selected), number in ways.items():
        # 2 for each that kept its label, 2 for each that had two others to go to: 2^K in all.
        sums[selected] += Fraction(number, 2**k) * share(votes, label, ties)
    return [total / comb(k, r) for r, total in enumerate(sums)]
