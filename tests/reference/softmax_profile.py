"""Twin of the profiles of outputs: sorted lists and fractions."""

from fractions import Fraction


def quantile(values, share):
    """Linear between the two order statistics around (n - 1) · share."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * Fraction(share)
    below = place.numerator // place.denominator
    if below == place:
        return ordered[below]
    return ordered[below] + (place - below) * (ordered[below + 1] - ordered[below])


def profile(rows, labels, classes):
    """{(class, output): (median, lower, upper, mean)}, exactly."""
    found = {}
    for k in range(classes):
        own = [row for row, label in zip(rows, labels, strict=True) if label == k]
        for j in range(classes) if own else ():
            values = [Fraction(row[j]) for row in own]
            found[k, j] = (
                quantile(values, Fraction(1, 2)),
                quantile(values, Fraction(1, 4)),
                quantile(values, Fraction(3, 4)),
                sum(values) / len(values),
            )
    return found
