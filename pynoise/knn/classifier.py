"""K nearest neighbours as a classifier of scikit-learn's kind."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from pynoise import _checks, _core
from pynoise._scikit import known, threads_of, training_data
from pynoise.errors import InputValueError
from pynoise.knn.nearest import ENGINES, search
from pynoise.knn.votes import label_histograms

__all__ = ["KNNClassifier"]

_TIES = ("first", "random")
_MODES = ("connectivity", "distance")


class KNNClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """Classify by the plurality of the K nearest neighbours.

    Each neighbour has one vote. scikit-learn's `KNeighborsClassifier` with uniform weights says the same,
    but for examples with neighbours at equal distances, which are in the order of their indices here.

    Parameters
    ----------
    n_neighbors : int
        K, at least 1 and at most the number N of training rows.
    metric : {"euclidean", "cosine"}
        The distance; "cosine" is 1 - cos.
    ties : {"first", "random"}
        Who wins a tie for the first place. "first": the class that is first in `classes_`, as ``argmax`` has
        it. "random": each of t classes with probability 1/t over `random_state`. There is no "strict", under
        which nobody wins: a classifier must name a class.
    engine : {"exact", "hnsw", "torch"}
        What finds the neighbours, as for `pynoise.knn.search`.
    n_jobs : int, optional
        Number of threads, at least 1; one a core by default and with -1, one less with -2, and so on. What
        the exact engine finds is the same for any number.
    random_state : int
        Seed of the ties "random", and of the engine "hnsw", 0 ≤ random_state < 2⁶⁴.

    Attributes
    ----------
    classes_ : ndarray, [L]
        The classes, sorted.
    n_features_in_ : int
        Columns of the training rows, d.
    feature_names_in_ : ndarray of str, [d]
        Their names, if the training rows had some.
    n_samples_fit_ : int
        Number of training rows, N.

    Notes
    -----
    `fit` searches nothing; every other method searches anew.

    With ties "random" a draw depends on `random_state` and the indices of the neighbours alone, and is the
    same on every machine: what else is predicted in the same call does not matter, and rows with the same
    neighbours are told the same.

    Examples
    --------
    >>> from pynoise.knn import KNNClassifier
    >>> model = KNNClassifier(n_neighbors=3).fit([[0.0], [1.0], [5.0], [6.0]], ["low", "low", "high", "high"])
    >>> model.predict([[0.5], [4.0]]).tolist()
    ['low', 'high']
    >>> model.predict_proba([[0.5]]).round(3).tolist()
    [[0.333, 0.667]]
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        *,
        metric: str = "euclidean",
        ties: str = "first",
        engine: str = "exact",
        n_jobs: int | None = None,
        random_state: int = 0,
    ) -> None:
        # As they are: scikit-learn copies and sets parameters by these names, and `fit` checks them.
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.ties = ties
        self.engine = engine
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike) -> Self:
        """Keep the training rows and their classes.

        Parameters
        ----------
        X : array_like, [N, d]
            Training rows, finite. uint8, float32 and float64 in C order are kept as they are, without a
            copy, memory-mapped ones too: do not change them later.
        y : array_like, [N]
            Their classes: integers, strings or booleans, at most 10,000 different ones.

        Returns
        -------
        KNNClassifier
            Itself.

        Raises
        ------
        InputValueError, InputTypeError
            For a parameter or a number of classes out of its range.
        ValueError, TypeError
            From scikit-learn, if `X` or `y` is not such data; sparse rows among it.
        """
        self._check_parameters()
        self._fit_X, self._y, self.classes_ = training_data(self, X, y)
        self.n_samples_fit_ = len(self._fit_X)
        return self

    def predict(self, X: ArrayLike | None) -> NDArray[Any]:
        """Predict the class of each row: the plurality of its neighbours.

        Parameters
        ----------
        X : array_like, [M, d], or None
            Rows, finite; None stands for the training rows, each without itself as a neighbour.

        Returns
        -------
        ndarray, [M]
            Classes, of the dtype of `classes_`.

        Raises
        ------
        InputValueError, InputTypeError, ValueError, TypeError
            As for `kneighbors`.
        """
        indices, votes = self._vote(X)
        winners = votes.argmax(axis=1)
        if self.ties == "random":
            self._draw(winners, indices, votes)
        classes: NDArray[Any] = self.classes_[winners]
        return classes

    def predict_proba(self, X: ArrayLike | None) -> NDArray[np.float64]:
        """Compute the share of the neighbours that each class has.

        Parameters
        ----------
        X : array_like, [M, d], or None
            Rows, finite; None stands for the training rows, each without itself as a neighbour.

        Returns
        -------
        ndarray of float64, [M, L]
            Votes divided by K, in the order of `classes_`; rows sum to 1.

        Raises
        ------
        InputValueError, InputTypeError, ValueError, TypeError
            As for `kneighbors`.
        """
        indices, votes = self._vote(X)
        shares: NDArray[np.float64] = votes / indices.shape[1]
        return shares

    def kneighbors(
        self, X: ArrayLike | None = None, n_neighbors: int | None = None, return_distance: bool = True
    ) -> tuple[NDArray[np.float32], NDArray[np.int32]] | NDArray[np.int32]:
        """Find the nearest training rows of each row.

        Parameters
        ----------
        X : array_like, [M, d], optional
            Rows, finite; by default the training rows, each without itself as a neighbour.
        n_neighbors : int, optional
            K, 1..N, or 1..N-1 without `X`; that of the classifier by default.
        return_distance : bool
            Whether to return the distances too.

        Returns
        -------
        distances : ndarray of float32, [M, K]
            Ascending in each row; only if `return_distance`.
        indices : ndarray of int32, [M, K]
            Training rows, nearest first, and those at equal distances in the order of their indices.

        Raises
        ------
        InputValueError, InputTypeError
            For a parameter out of its range, or if there are fewer than K training rows.
        ValueError, TypeError
            From scikit-learn, if `X` is not such data; sparse rows among it.
        """
        indices, distances = self._search(X, n_neighbors)
        return (distances, indices) if return_distance else indices

    def kneighbors_graph(
        self,
        X: ArrayLike | None = None,
        n_neighbors: int | None = None,
        mode: Literal["connectivity", "distance"] = "connectivity",
    ) -> csr_matrix:
        """Find the nearest training rows of each row, as a sparse matrix.

        With mode "distance" and without `X` it is what cleanlab's `Datalab` takes as ``knn_graph``.

        Parameters
        ----------
        X, n_neighbors
            As for `kneighbors`.
        mode : {"connectivity", "distance"}
            What the entries are: ones, or distances.

        Returns
        -------
        csr_matrix, [M, N]
            K stored entries a row, nearest first; a distance of 0 is stored too. float64 ones or float32
            distances.

        Raises
        ------
        InputValueError, InputTypeError, ValueError, TypeError
            As for `kneighbors`, or if `mode` is not known.
        """
        known("mode", mode, _MODES)
        indices, distances = self._search(X, n_neighbors)
        values = distances.ravel() if mode == "distance" else np.ones(indices.size)
        starts = np.arange(0, indices.size + 1, indices.shape[1])
        return csr_matrix((values, indices.ravel(), starts), shape=(len(indices), self.n_samples_fit_))

    def _check_parameters(self) -> None:
        """Check what may have been set at any time since the last check."""
        _checks.whole("n_neighbors", self.n_neighbors, 1)
        _checks.metric(self.metric)
        if isinstance(self.ties, str) and self.ties == "strict":
            raise InputValueError(
                "ties",
                "'strict' has no winner of a tie, and a classifier must name one; give 'first' or 'random'",
            )
        known("ties", self.ties, _TIES)
        known("engine", self.engine, ENGINES)
        threads_of(self.n_jobs)
        _checks.seed("random_state", self.random_state)

    def _search(
        self, X: ArrayLike | None, n_neighbors: int | None = None
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        check_is_fitted(self)
        self._check_parameters()
        itself = X is None
        rows = self._fit_X if itself else validate_data(self, X, reset=False, dtype="numeric")
        k = _checks.whole(
            "n_neighbors",
            self.n_neighbors if n_neighbors is None else n_neighbors,
            1,
            self.n_samples_fit_ - itself,
            f", the number of {'other ' if itself else ''}training rows",
        )
        found: tuple[NDArray[np.int32], NDArray[np.float32]] = search(
            self._fit_X,
            _checks.features("X", rows),
            k,
            metric=self.metric,
            exclude_self=itself,
            engine=self.engine,
            threads=threads_of(self.n_jobs),
            seed=self.random_state,
        )
        return found

    def _vote(self, X: ArrayLike | None) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Neighbours [M, K], and how many of them belong to each class [M, L]."""
        indices, _ = self._search(X)
        return indices, label_histograms(indices, self._y, [indices.shape[1]], len(self.classes_))[0]

    def _draw(self, winners: NDArray[np.intp], indices: NDArray[np.int32], votes: NDArray[np.int32]) -> None:
        """Replace the winners of ties by drawn ones."""
        most = votes == votes.max(axis=1, keepdims=True)
        for row in np.flatnonzero(most.sum(axis=1) > 1):
            tied = np.flatnonzero(most[row])
            neighbors = blake2b(indices[row].astype("<i4").tobytes(), digest_size=8)
            number = _core.random_integer(self.random_state, "ties", int.from_bytes(neighbors.digest()))
            winners[row] = tied[number % len(tied)]
