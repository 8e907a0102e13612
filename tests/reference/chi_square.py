"""Twin of the comparison of outputs with neighbours: plain loops over fractions."""

from fractions import Fraction


def distance(p, h):
    """½ Σ (p - h)²/(p + h), with 0/0 = 0."""
    total = Fraction(0)
    for a, b in zip(p, h, strict=True):
        if a + b > 0:
            total += (a - b) ** 2 / (a + b)
    return total / 2


def compare(rows, histograms, ks):
    """For each example the distances at all K, and its preferred K."""
    found = []
    for i, row in enumerate(rows):
        p = [Fraction(value) for value in row]
        distances = [
            distance(p, [Fraction(int(count), k) for count in histograms[place][i]])
            for place, k in enumerate(ks)
        ]
        found.append((distances, min(zip(distances, ks, strict=True))[1]))
    return found
