"""Unknown noise: its transition matrix from features and noisy labels alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _provenance
from pynoise._fingerprint import Fingerprint
from pynoise.errors import InputError, InputTypeError, InputValueError
from pynoise.knn import Neighbors, search
from pynoise.knn.nearest import Progress
from pynoise.noise.estimated import EstimatedNoise
from pynoise.noise.triples import MOST_CYCLES, Triples, fit

__all__ = ["MOST_ESTIMATED_CLASSES", "estimate"]

# T has a million entries then, and each needs examples to be told from 0.
MOST_ESTIMATED_CLASSES = 1_000


def estimate(
    features: ArrayLike,
    labels: ArrayLike,
    *,
    num_classes: int | None = None,
    neighbors: Neighbors | str | Path | None = None,
    metric: str = "euclidean",
    engine: str = "exact",
    names: Sequence[str] | None = None,
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> EstimatedNoise:
    """Find the transition matrix and the rate of unknown label noise.

    Assumed is that an example and its two nearest neighbours have the same clean class k, that each has a
    label drawn by itself from row k of T, and that no wrong label is more frequent than the right one:
    T_kk > T_kj. Then the three labels are (a, b, c) with probability Σ_k p_k T_ka T_kb T_kc, and what is
    returned are the T and p of the largest likelihood. Where neighbours are of another class, that counts
    as noise: the features decide how good an estimate is.

    Parameters
    ----------
    features : array_like, [N, ...]
        What neighbours are found by, as `pynoise.knn.search` takes it; N ≥ 3.
    labels : array_like of int, [N]
        Noisy labels, 0..L-1. Each of the L classes is seen.
    num_classes : int, optional
        L, 2..1,000; one more than the largest label by default.
    neighbors : Neighbors, str or Path, optional
        Two neighbours or more of each example, found by ``pynoise.knn.neighbors(..., of="train")`` in these
        features, or their file. `metric`, `engine` and `seed` are then those that they were found with.
    metric : {"euclidean", "cosine"}
        As for `pynoise.knn.search`.
    engine : {"exact", "torch", "hnsw"}
        As for `pynoise.knn.search`.
    names : sequence of str, optional
        Names of the L classes; "0".."L-1" by default.
    seed : int
        0 ≤ seed < 2⁶⁴, of an engine that draws; nothing else does.
    threads : int, optional
        Number of threads of the search; one a core by default. No bit of the result depends on it.
    progress : callable, optional
        Called with (phase, done, total), phase "neighbours" and then "transition".

    Returns
    -------
    EstimatedNoise
        T, p, the noise rate, and how well they fit.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For an argument out of its range, features that are not finite (names the first row), labels of
        another number than the features, a class that no label names, or neighbours of other features.

    Notes
    -----
    The estimate from the consensus of two neighbours is that of Zhu, Song and Liu, "Clusterability as an
    Alternative to Anchor Points When Learning with Noisy Labels" (ICML 2021), who fit the shares of single
    labels, pairs and triples by least squares. The shares of the triples hold those of pairs and labels, so
    their likelihood is all that is needed; it has no random start and no rate of learning. Triples share
    examples but are counted as if they did not; with more examples the estimate still nears T.

    Examples
    --------
    >>> import pynoise
    >>> digits = pynoise.data.load("digits")
    >>> noisy = pynoise.noise.make(digits.y_train, "flip", 0.3).noisy
    >>> found = pynoise.noise.estimate(digits.x_train, noisy)
    >>> bool(abs(found.noise_rate - 0.3) < 0.02)
    True
    """
    started = time.perf_counter()
    rows = _checks.rows("features", features)
    given = _labels(labels, num_classes, len(rows))
    classes = int(given.max()) + 1
    called = _names(names, classes)
    checked_seed = _checks.seed("seed", seed)
    _checks.callback("progress", progress)
    print_of_rows = Fingerprint.of(rows)
    if neighbors is None:
        try:
            indices, distances = search(
                *(rows, rows, 2),
                metric=metric,
                exclude_self=True,
                engine=engine,
                threads=threads,
                seed=checked_seed,
                progress=progress,
            )
        except InputError as error:
            # The search knows the features by other names.
            argument = "features" if error.argument in ("train", "query") else error.argument
            raise type(error)(argument, error.problem) from None
    else:
        found = _kept(neighbors, print_of_rows)
        indices, distances = found.indices, found.distances
        metric, engine, checked_seed = found.metric, found.engine, found.seed
    first, second = given[indices[:, 0]], given[indices[:, 1]]
    triples = Triples.of(given, indices[:, :2])
    fitted = fit(
        triples,
        classes,
        None if progress is None else lambda done: progress("transition", done, MOST_CYCLES),
    )
    if progress is not None:
        progress("transition", MOST_CYCLES, MOST_CYCLES)
    return EstimatedNoise(
        transition=fitted.transition,
        prior=fitted.prior,
        names=called,
        examples=len(rows),
        metric=metric,
        engine=engine,
        seed=checked_seed,
        features=print_of_rows,
        labels=Fingerprint.of(given),
        agreement=(_share(given == first), _share(given == second), _share(first == second)),
        duplicates=_share(distances[:, 0] == 0),
        # Rounding may take it below what is possible.
        divergence=max(0.0, -triples.entropy() - float(fitted.log_likelihood[-1])),
        cycles=len(fitted.log_likelihood),
        converged=fitted.converged,
        seconds=time.perf_counter() - started,
        versions=_provenance.versions(),
    )


def _labels(labels: ArrayLike, num_classes: int | None, examples: int) -> NDArray[np.int32]:
    """Check that there is a label for each example, and one of each class."""
    if num_classes is None:
        limit, most = ", as many classes as can be estimated", MOST_ESTIMATED_CLASSES
    else:
        limit, most = "", _checks.whole("num_classes", num_classes, 2, MOST_ESTIMATED_CLASSES)
    given = _checks.labels("labels", labels, most, limit)
    if len(given) != examples:
        raise InputValueError("labels", f"has {len(given)} labels for {examples} rows of features")
    if examples < 3:
        raise InputValueError("features", f"has {examples} rows; give at least 3, two of them neighbours")
    seen = np.bincount(given, minlength=2 if num_classes is None else most) > 0
    if np.count_nonzero(seen) == 1:
        raise InputValueError("labels", f"are all {given[0]}; give labels of at least two classes")
    if not seen.all():
        never = int(np.flatnonzero(~seen)[0])
        raise InputValueError(
            "labels",
            f"never name class {never} of {len(seen)}, so nothing is known of it; leave it out and number "
            "the others 0..L-1",
        )
    return given


def _share(which: NDArray[np.bool_]) -> float:
    return float(which.mean())


def _names(names: Any, classes: int) -> tuple[str, ...]:
    if names is None:
        return tuple(map(str, range(classes)))
    sequence = isinstance(names, Sequence) and not isinstance(names, str)
    if not sequence or not all(isinstance(name, str) for name in names):
        raise InputTypeError("names", f"{names!r} is not a sequence of names")
    if len(names) != classes:
        raise InputValueError("names", f"has {len(names)} names for {classes} classes")
    return tuple(names)


def _kept(neighbors: Any, features: Fingerprint) -> Neighbors:
    """Check neighbours that were found before: those of the features, each without itself."""
    found = Neighbors.given(neighbors, "train")
    if found.k < 2:
        raise InputValueError("neighbors", f"{found} has one neighbour of each example; find two")
    if found.train != features:
        difference = "have other values" if str(found.train) == str(features) else f"are {features}"
        raise InputValueError(
            "neighbors",
            f"{found} is of the examples {found.train} of {found.data!r}; the features {difference}; give "
            "the features that were searched, or search these",
        )
    return found
