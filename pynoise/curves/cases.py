"""The distinct cases among the test examples: what is equal is computed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks
from pynoise.noise.structure import Structure

__all__ = ["Cases", "distinct"]


@dataclass(frozen=True)
class Cases:
    """Pairs of a clean neighbourhood and a right label, and how many test examples have each.

    Attributes
    ----------
    clean : ndarray, [n, L]
        Label counts of the K clean neighbours (int32), or probabilities (floats).
    right : ndarray of int32, [n]
        The right label.
    weights : ndarray of int64, [n]
        Numbers of test examples.
    """

    clean: NDArray[np.int32] | NDArray[np.floating]
    right: NDArray[np.int32]
    weights: NDArray[np.int64]


def distinct(
    counts: NDArray[np.int32],
    right: NDArray[np.int32],
    weights: NDArray[np.int64],
    structure: Structure,
    ties: _checks.Ties,
) -> Cases:
    """Gather equal cases, and those that the noise and the tie rule make equal.

    Noise that treats all classes alike (uniform, symmetric) allows any renaming of the wrong labels; so
    does any noise for a neighbourhood that is all of the right class, if its row of P is another's up to
    renaming (Appendix D, Eq. 14). With ties "first" a renaming must not move a label past the right one.
    """
    counts, right = counts.copy(), right.copy()
    if structure.invariant():
        _sort_others(counts, right, ties)
    elif ties != "first":
        _merge_pure(counts, right, structure)
    rows, places = np.unique(np.column_stack([counts, right]), axis=0, return_inverse=True)
    sums = np.bincount(places.reshape(-1), weights).astype(np.int64)
    return Cases(np.ascontiguousarray(rows[:, :-1]), np.ascontiguousarray(rows[:, -1]), sums)


def _sort_others(counts: NDArray[np.int32], right: NDArray[np.int32], ties: _checks.Ties) -> None:
    for label in np.unique(right):
        rows = np.flatnonzero(right == label)
        some = counts[rows]
        if ties == "first":
            some[:, :label] = -np.sort(-some[:, :label], axis=1)
            some[:, label + 1 :] = -np.sort(-some[:, label + 1 :], axis=1)
        else:
            own = some[:, label].copy()
            some[:, 1:] = -np.sort(-np.delete(some, label, axis=1), axis=1)
            some[:, 0] = own
        counts[rows] = some
    if ties != "first":
        right[:] = 0


def _merge_pure(counts: NDArray[np.int32], right: NDArray[np.int32], structure: Structure) -> None:
    votes = counts[np.arange(len(counts)), right]
    pure = np.flatnonzero(votes == counts.sum(axis=1))
    if not len(pure):
        return
    labels = np.unique(right[pure])
    rows = structure.corrupt(np.eye(counts.shape[1])[labels])
    own = rows[np.arange(len(labels)), labels].copy()
    rows[np.arange(len(labels)), labels] = -1  # first in order, so that it may be left out
    shapes = np.column_stack([own, np.sort(rows, axis=1)])
    _, first, places = np.unique(shapes, axis=0, return_index=True, return_inverse=True)
    stand_in = labels[first[places.reshape(-1)]]
    chosen = stand_in[np.searchsorted(labels, right[pure])]
    counts[pure] = 0
    counts[pure, chosen] = votes[pure]
    right[pure] = chosen
