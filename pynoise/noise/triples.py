"""Triples of labels, an example's and its two nearest neighbours', and the matrix that explains them best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_CYCLES", "Fit", "Triples", "fit"]

# A fit ends when a step of EM moves no probability by more than this: orders below what chance does to them.
_STILL = 1e-7
# Cycles of three steps each. Fits of real labels take some tens; where little holds T in place, hundreds.
MOST_CYCLES = 2_000
# Probabilities in one block of triples, 2 MiB of them: they are gone over several times.
_BLOCK = 2**18
# Where the search for T starts: every class keeps this share of its labels, and gives the rest to all.
_KEPT = 0.7


@dataclass(frozen=True)
class Triples:
    """How often three labels were seen together, whatever their order.

    Attributes
    ----------
    labels : ndarray of int32, [U, 3]
        The triples that were seen, each in ascending order.
    counts : ndarray of float64, [U]
        How often.
    """

    labels: NDArray[np.int32]
    counts: NDArray[np.float64]

    @classmethod
    def of(cls, labels: NDArray[np.int32], neighbours: NDArray[np.int32]) -> Triples:
        """Count those of labels [N] and the two neighbours [N, 2] of each."""
        seen = np.column_stack([labels, labels[neighbours]])
        seen.sort(axis=1)
        unique, counts = np.unique(seen, axis=0, return_counts=True)
        return cls(unique, counts.astype(np.float64))

    def marginal(self, classes: int) -> NDArray[np.float64]:
        """Share of each label, float64 [L]."""
        counts = np.bincount(self.labels.ravel(), np.repeat(self.counts, 3), classes)
        shares: NDArray[np.float64] = counts / counts.sum()
        return shares

    def entropy(self) -> float:
        """Entropy of the shares of the ordered triples, in nats.

        Orders of one triple are taken to be equally likely, as they are in the model.
        """
        first, middle, last = self.labels.T
        orders = np.where(first == last, 1, np.where((first == middle) | (middle == last), 3, 6))
        shares = self.counts / self.counts.sum()
        return -float((shares * np.log(shares / orders)).sum())


@dataclass(frozen=True)
class Fit:
    """The maximum of the likelihood, as far as it was reached.

    Attributes
    ----------
    transition : ndarray of float64, [L, L]
        T.
    prior : ndarray of float64, [L]
        Shares p of the clean classes.
    log_likelihood : ndarray of float64, [cycles]
        Mean over the triples at the start of each cycle, in nats; it never falls.
    converged : bool
        Whether the last steps changed nothing any more.
    """

    transition: NDArray[np.float64]
    prior: NDArray[np.float64]
    log_likelihood: NDArray[np.float64]
    converged: bool


def fit(triples: Triples, classes: int, progress: Callable[[int], object] | None = None) -> Fit:
    """Find T and p of the largest likelihood, where P(a, b, c) = Σ_k p_k T_ka T_kb T_kc.

    This is a latent class model with three views of one class, fitted by EM (Dempster, Laird and Rubin,
    1977), which SQUAREM (Varadhan and Roland, 2008) makes faster: two steps of EM tell where they lead to, a
    third starts there, unless that is no better. No product is one of BLAS, so threads change no bit.

    Parameters
    ----------
    triples : Triples
        Every label of 0..L-1 is seen.
    classes : int
        L.
    progress : callable, optional
        Called with the number of cycles done.

    Returns
    -------
    Fit
    """
    from scipy.optimize import linear_sum_assignment

    marginal = triples.marginal(classes)
    model = _Steps(triples, classes)
    # One column a class: the labels' probabilities, and below them the share of the class.
    here = np.vstack([_KEPT * np.eye(classes) + (1 - _KEPT) * marginal[:, None], marginal])
    history: list[float] = []
    converged = False
    while not converged and len(history) < MOST_CYCLES:
        once, likelihood = model.step(here)
        history.append(likelihood)
        twice, likelihood_once = model.step(once)
        far, likelihood_far = model.step(_extrapolated(here, once, twice))
        converged = bool(abs(once - here).max() <= _STILL and abs(twice - once).max() <= _STILL)
        here = far if likelihood_far >= likelihood_once else twice
        if progress is not None:
            progress(len(history))
    # The likelihood does not know the classes' names: each label gets the class that keeps it most, all told.
    _, order = linear_sum_assignment(here[:-1], maximize=True)
    named = here[:, order]
    return Fit(np.ascontiguousarray(named[:-1].T), named[-1].copy(), np.array(history), converged)


class _Steps:
    """EM over blocks of the triples."""

    def __init__(self, triples: Triples, classes: int) -> None:
        from scipy.sparse import csr_array

        self.total = triples.counts.sum()
        self.blocks: list[tuple[NDArray[np.int32], NDArray[np.float64], Any]] = []
        size = max(1, _BLOCK // classes)
        for start in range(0, len(triples.counts), size):
            labels = triples.labels[start : start + size]
            # Which labels stand in each triple, and how often: times the classes' shares it counts labels.
            places = (labels.ravel(), np.repeat(np.arange(len(labels)), 3))
            stands = csr_array((np.ones(labels.size), places), shape=(classes, len(labels)))
            self.blocks.append((labels, triples.counts[start : start + size], stands))

    def step(self, model: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
        """One step of EM: the model [L+1, L] that it leads to, and the likelihood of the one that it left."""
        kept, prior = model[:-1], model[-1]
        counts, shares = np.zeros_like(kept), np.zeros_like(prior)
        likelihood = 0.0
        for (first, middle, last), weights, stands in ((a.T, b, c) for a, b, c in self.blocks):
            joint = kept[first]
            joint *= kept[middle]
            joint *= kept[last]
            joint *= prior
            total = joint.sum(axis=1)
            likelihood += float((weights * np.log(total)).sum())
            joint *= (weights / total)[:, None]
            counts += stands @ joint
            shares += joint.sum(axis=0)
        # A class that has lost every triple keeps what it had.
        given = np.divide(counts, 3 * shares, out=kept.copy(), where=shares > 0)
        return _normalised(given, shares), likelihood / self.total


def _extrapolated(
    here: NDArray[np.float64], once: NDArray[np.float64], twice: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where two steps lead to, if each is the same multiple of the one before."""
    change, turn = once - here, twice - 2 * once + here
    bend = float(np.sqrt((turn**2).sum()))
    length = max(1.0, float(np.sqrt((change**2).sum())) / bend) if bend > 0 else 1.0
    far = here + 2 * length * change + length**2 * turn
    # Inside, and no nearer to the border than a tenth of what EM found: it can come back from there.
    far = np.maximum(far, twice / 10)
    return _normalised(far[:-1], far[-1])


def _normalised(columns: NDArray[np.float64], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.vstack([columns / columns.sum(axis=0), shares / shares.sum()])
