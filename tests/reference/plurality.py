"""Twins of the plurality solver: enumeration, and exact integer arithmetic."""

from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import product
from math import comb, factorial


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


def fifty_digits(weights: list[int], label: int, k: int, ties: str) -> Decimal:
    """Q for q = weights / sum(weights), for large K: Poisson terms in whole numbers of 10^-60.

    Polynomials are multiplied packed into one whole number each. Counts of the winner that add less than
    10^-30 are left out.
    """
    unit = 10**60
    with localcontext() as context:
        context.prec = 80
        terms = []
        for weight in weights:
            rate = Decimal(k * weight) / sum(weights)
            term, row = (-rate).exp(), []
            for t in range(k + 1):
                row.append(int(term * unit))
                term = term * rate / (t + 1)
            terms.append(row)
        at_k = (Decimal(k) ** k * (-Decimal(k)).exp() / Decimal(factorial(k))) * unit
        total = Decimal(0)
        for count in range(1, k + 1):
            own = terms[label][count]
            if own < 10**30:
                continue
            # By the number of labels level with the winner.
            ways = [[unit]]
            for j, row in enumerate(terms):
                if j == label:
                    continue
                most = count if ties == "first" and j > label else count - 1
                below = row[: most + 1]
                after = [_product(way, below, k - count, unit) for way in ways]
                if ties == "random":
                    tie = [0] * count + [row[count]]
                    level = [_product(way, tie, k - count, unit) for way in ways]
                    zero = [0]
                    after = [_sum(a, b) for a, b in zip([*after, zero], [zero, *level], strict=True)]
                    after = after[: k // count]
                ways = after
            for tied, way in enumerate(ways):
                if len(way) > k - count:
                    total += Decimal(own * way[k - count]) / unit / (tied + 1)
        return total / at_k


def _product(a: list[int], b: list[int], degree: int, unit: int) -> list[int]:
    size = (2 * unit.bit_length() + 2 * (len(a) + len(b)).bit_length()) // 8 + 1
    packed = [int.from_bytes(b"".join(x.to_bytes(size, "little") for x in row), "little") for row in (a, b)]
    length = len(a) + len(b) - 1
    data = (packed[0] * packed[1]).to_bytes(size * (length + 1), "little")
    kept = min(length, degree + 1)
    return [int.from_bytes(data[i * size : (i + 1) * size], "little") // unit for i in range(kept)]


def _sum(a: list[int], b: list[int]) -> list[int]:
    longest = max(len(a), len(b))
    return [x + y for x, y in zip(a + [0] * (longest - len(a)), b + [0] * (longest - len(b)), strict=True)]
