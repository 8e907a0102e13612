"""The plurality solver: how probable it is that the right label, or any label, wins the vote."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core
from pynoise.errors import InputValueError, unknown_name

__all__ = ["expected_confusion", "plurality_accuracy", "plurality_distribution"]

Method = Literal["auto", "dp", "contour"]

_METHODS: tuple[Method, ...] = ("auto", "dp", "contour")


def plurality_accuracy(
    q: ArrayLike,
    label: ArrayLike,
    k: int | Sequence[int] | NDArray[np.integer],
    *,
    ties: str = "strict",
    method: Method = "auto",
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Compute the probability that the plurality of K noisy labels is the right one.

    K labels are drawn independently from q; n_j of them are label j. The right label i wins if n_i is
    larger than every other count (Drory et al., BMVC 2020, Theorem 1, Eq. 2 and 4).

    Parameters
    ----------
    q : array_like of float, [M, L]
        Distribution of the observed labels around each test example (Eq. 3). Entries are finite and not
        negative, and each row sums to 1 within 1e-8 (divide a float32 softmax by its sums); Q is Eq. 4
        for q as it stands, which is not normalised.
    label : array_like of int, [M]
        The right label of each row, 0..L-1.
    k : int or sequence of int
        Number of neighbours, 1..10,000.
    ties : {"strict", "first", "random"}
        "strict": a tie for the first place is an error (the paper). "first": the lowest label wins, as
        ``argmax`` has it, so labels after the right one may equal it. "random": each label of a t-way tie
        wins with probability 1/t.
    method : {"auto", "dp", "contour"}
        "dp" is the bounded sum of Eq. 4 by dynamic programming (bounds of Eq. 10-13), O(L·K³) a row.
        "contour" finds the same sum as one Taylor coefficient, by quadrature on a circle, O(L·K^1.5) a row
        at most. "auto" takes the faster.
    threads : int, optional
        Number of threads; one a core by default. The result has the same bits for any number.

    Returns
    -------
    ndarray of float64, [M] or [len(k), M]
        Probabilities within [0, 1]; one row for each K if `k` is a sequence. The absolute error is
        below 1e-12 (docs/solver.md says against what).

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range; names the first bad row of `q`.

    Examples
    --------
    >>> from pynoise import plurality_accuracy
    >>> round(float(plurality_accuracy([[0.6, 0.4]], [0], 3)[0]), 3)
    0.648
    """
    rows = _rows(q)
    right = _right(label, rows)
    ks, single = _checks.counts("k", k)
    rule, way, count = _checks.ties(ties), _method(method), _checks.threads(threads)
    result = _core.plurality_accuracy(rows, right, ks, rule, way, count)
    return result[0] if single else result


def plurality_distribution(
    q: ArrayLike,
    k: int,
    *,
    ties: str = "random",
    method: Method = "auto",
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Compute the probability that each label is the plurality of K noisy labels.

    `expected_confusion` averages it over the test examples of each class.

    Parameters
    ----------
    q, method, threads
        As for `plurality_accuracy`.
    k : int
        Number of neighbours, 1..10,000.
    ties : {"random", "first", "strict"}
        As for `plurality_accuracy`. With "random" and "first" each row sums to 1; with "strict" it misses
        the probability of a tie.

    Returns
    -------
    ndarray of float64, [M, L]
        Probabilities within [0, 1].

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range; names the first bad row of `q`.

    Examples
    --------
    >>> from pynoise import plurality_distribution
    >>> plurality_distribution([[0.5, 0.25, 0.25]], 2).round(3).tolist()
    [[0.5, 0.25, 0.25]]
    """
    rows = _rows(q)
    votes = _checks.whole("k", k, 1, _core.MOST_VOTES)
    rule, way, count = _checks.ties(ties), _method(method), _checks.threads(threads)
    every = np.tile(np.arange(rows.shape[1], dtype=np.int32), len(rows))
    return _core.plurality_accuracy(rows, every, [votes], rule, way, count).reshape(rows.shape)


def expected_confusion(
    q: ArrayLike,
    label: ArrayLike,
    k: int,
    *,
    ties: str = "random",
    method: Method = "auto",
    threads: int | None = None,
) -> NDArray[np.float64]:
    """Compute the expected confusion matrix of a vote of K noisy labels.

    Parameters
    ----------
    q, label, method, threads
        As for `plurality_accuracy`.
    k : int
        Number of neighbours, 1..10,000.
    ties : {"random", "first", "strict"}
        As for `plurality_distribution`.

    Returns
    -------
    ndarray of float64, [L, L]
        Entry [y, j]: the mean, over the examples with the right label y, of the probability that the vote
        says j; rows sum to 1 with ties "random" and "first". A row of 0 where no example has that label.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range; names the first bad row of `q`.

    Examples
    --------
    >>> from pynoise import expected_confusion
    >>> expected_confusion([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]], [0, 0, 1], 1).round(3).tolist()
    [[0.7, 0.3], [0.1, 0.9]]
    """
    rows = _rows(q)
    right = _right(label, rows)
    votes = plurality_distribution(rows, k, ties=ties, method=method, threads=threads)
    sums = np.zeros((rows.shape[1], rows.shape[1]))
    np.add.at(sums, right, votes)
    examples = np.bincount(right, minlength=len(sums))
    return sums / np.maximum(examples, 1)[:, np.newaxis]


def _rows(q: ArrayLike) -> NDArray[np.float64]:
    rows = _checks.floats("q", q)
    if rows.ndim != 2 or rows.size == 0:
        raise InputValueError("q", f"has shape {rows.shape}; give rows of probabilities, [M, L]")
    return rows


def _right(label: ArrayLike, rows: NDArray[np.float64]) -> NDArray[np.int32]:
    right = _checks.labels("label", label, rows.shape[1])
    if len(right) != len(rows):
        raise InputValueError("label", f"has {len(right)} labels for {len(rows)} rows of q")
    return right


def _method(method: Method) -> Method:
    if not isinstance(method, str) or method not in _METHODS:
        raise unknown_name("method", method, _METHODS)
    return method
