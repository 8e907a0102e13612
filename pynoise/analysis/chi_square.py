"""How near a network's outputs are to the labels of an example's neighbours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _provenance
from pynoise._probabilities import probabilities
from pynoise.analysis.comparison import Comparison
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise.classes import class_names

__all__ = ["PUBLISHED_MEDIAN", "chi_square", "compare_to_knn"]

# Median distance at the preferred K of CIFAR-10's test examples, K within 10..300 (Drory et al., Appendix B).
PUBLISHED_MEDIAN = 0.143123

# Distances that differ by less are equal: sums of a thousand terms are rounded by less than this.
_EQUAL = 1e-12

# Numbers worked on in one go: some blocks of them stay in a core's cache.
_BLOCK = 2**16


def compare_to_knn(
    softmax: ArrayLike,
    histograms: ArrayLike,
    ks: int | Sequence[int] | NDArray[np.integer],
    labels: ArrayLike,
    *,
    names: Sequence[str] | None = None,
) -> Comparison:
    """Compare each row of outputs with the labels of the example's K nearest neighbours, for several K.

    The chi-square distance of outputs p and shares of labels h is ½ Σ_j (p_j - h_j)²/(p_j + h_j), with 0/0 =
    0: within [0, 1], 0 where they are equal and 1 where they have no label in common. Each example prefers
    the K of its lowest distance (Drory et al., BMVC 2020, Appendix B, which gives no formula).

    Parameters
    ----------
    softmax : array_like of float, [M, L]
        Outputs of the network, as for `softmax_profile`.
    histograms : array_like of int, [len(ks), M, L]
        How often each label stands among the K nearest neighbours, as `pynoise.knn.label_histograms` counts.
    ks : int or sequence of int
        The K, none twice.
    labels : array_like of int, [M]
        True classes, 0..L-1.
    names : sequence of str, optional
        Names of the classes; numbers by default.

    Returns
    -------
    Comparison

    Raises
    ------
    InputValueError, InputTypeError
        If shapes do not fit, a row holds no probabilities, a histogram not K neighbours, or a label is out
        of its range.

    Examples
    --------
    >>> from pynoise.analysis import compare_to_knn
    >>> compared = compare_to_knn([[0.75, 0.25]], [[[2, 0]], [[3, 1]]], [2, 4], [0])
    >>> compared.preferred.tolist(), compared.distances.tolist()
    ([4], [0.0])
    """
    outputs = probabilities("softmax", softmax)
    examples, classes = outputs.rows.shape
    right = _checks.labels("labels", labels, classes, f": softmax has {classes} columns")
    _checks.one_row_each("softmax", outputs.rows, len(right))
    sizes, _ = _checks.counts("ks", ks)
    counts = _histograms(histograms, sizes, outputs.rows.shape)
    known = class_names(names, classes) or tuple(map(str, range(classes)))

    every = np.empty((len(sizes), examples))
    for part in _blocks(examples, classes):
        p = outputs.of(part)
        for distance, count, k in zip(every, counts, sizes, strict=True):
            distance[part] = chi_square(p, count[part] / k)
    ascending = np.argsort(sizes)
    near = every[ascending] <= every.min(axis=0) + _EQUAL
    best = ascending[near.argmax(axis=0)]
    preferred = np.array(sizes)[best]
    distances = every[best, np.arange(examples)]

    times = np.bincount(best, minlength=len(sizes)).tolist()
    medians, means = np.median(every, axis=1).tolist(), every.mean(axis=1).tolist()
    rows = [
        {
            "k": k,
            "preferred": times[i],
            "share": times[i] / examples,
            "median_distance": medians[i],
            "mean_distance": means[i],
        }
        for i, k in enumerate(sizes)
    ]
    meta: dict[str, Any] = {
        "examples": examples,
        "classes": classes,
        "names": known,
        "distance": "chi-square: sum of (p - h)^2 / (p + h), halved",
        "published": {
            "median": PUBLISHED_MEDIAN,
            "of": "CIFAR-10, K within 10..300; Drory et al., BMVC 2020, Appendix B",
            "formula": "not stated",
        },
        "softmax": outputs.meta,
        "versions": _provenance.versions(),
    }
    votes = np.take_along_axis(counts, best[None, :, None], axis=0)[0]
    return Comparison(rows, meta, distances, preferred, right, outputs, votes)


def chi_square(p: NDArray[np.float64], h: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chi-square distances between rows of probabilities [n, L], [n], within [0, 1]."""
    difference, total = p - h, p + h
    ratio = np.divide(difference, total, out=np.zeros_like(total), where=total > 0)
    distances: NDArray[np.float64] = 0.5 * (difference * ratio).sum(axis=1)  # no square, which could vanish
    return np.minimum(distances, 1.0)


def _blocks(examples: int, classes: int) -> Iterator[slice]:
    step = max(1, _BLOCK // classes)
    for start in range(0, examples, step):
        yield slice(start, start + step)


def _histograms(value: ArrayLike, ks: list[int], shape: tuple[int, ...]) -> NDArray[np.integer[Any]]:
    """Check counts of labels, [len(ks), M, L], that sum to K."""
    counts = _checks.array("histograms", value)
    if counts.dtype.kind not in "iu":
        raise InputTypeError("histograms", f"has dtype {counts.dtype}; give counts, which are integers")
    if counts.shape != (len(ks), *shape):
        raise InputValueError(
            "histograms",
            f"has shape {counts.shape}; give counts for each K and row of softmax, {(len(ks), *shape)}",
        )
    sums = counts.sum(axis=2, dtype=np.int64)
    wrong = np.argwhere((sums != np.array(ks)[:, None]) | (counts.min(axis=2) < 0))
    if len(wrong):
        i, row = wrong[0]
        raise InputValueError(
            "histograms",
            f"row {row} for K = {ks[i]} sums to {sums[i, row]}, with {counts[i, row].min()} as the least; "
            "give how often each label stands among the K neighbours",
        )
    return counts
