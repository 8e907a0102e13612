"""The neighbours within a data set, to be kept."""

from __future__ import annotations

import time
from pathlib import Path

from pynoise import _checks, _provenance
from pynoise._fingerprint import Fingerprint
from pynoise.data import Dataset
from pynoise.data.registry import dataset_of
from pynoise.data.subset import draw_queries, with_queries
from pynoise.data.tested import check_tested
from pynoise.errors import InputValueError, unknown_name
from pynoise.knn.nearest import Progress, search
from pynoise.knn.saved import PARTS, Neighbors

__all__ = ["neighbors"]


def neighbors(
    data: str | Path | Dataset,
    k: int,
    *,
    metric: str = "euclidean",
    engine: str = "exact",
    queries: int | None = None,
    of: str = "test",
    seed: int = 0,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Neighbors:
    """Find the K nearest training examples of each test example, or of each training example.

    Parameters
    ----------
    data : str, Path or Dataset
        A name that `pynoise.data.load` knows, a .npz file, or a data set.
    k : int
        Number of neighbours, 1..N; of training examples 1..N-1.
    metric, engine : str
        As for `search`.
    queries : int, optional
        So many test examples, drawn without replacement with the seed ``seeds.split(seed, "queries")`` and
        kept in order. All of them by default.
    of : {"test", "train"}
        Whose neighbours. A training example is no neighbour of its own; one equal to it is.
    seed : int
        0 ≤ seed < 2⁶⁴, for `queries` and for an engine that draws.
    threads : int, optional
        Number of threads; one a core by default.
    progress : callable, optional
        Called with (phase, done, total), phase "neighbours".

    Returns
    -------
    Neighbors
        They can be saved, and given to `pynoise.accuracy_curve` and `pynoise.fit_k`.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For an argument out of its range; for data without the examples whose neighbours are wanted.

    Examples
    --------
    >>> from pynoise import knn
    >>> found = knn.neighbors("digits", 5, queries=100)
    >>> found.indices.shape, found.queries.shape
    ((100, 5), (100,))
    """
    if not isinstance(of, str) or of not in PARTS:
        raise unknown_name("of", of, PARTS)
    itself = of == "train"
    if itself and queries is not None:
        raise InputValueError("queries", "are test examples; leave them out with the neighbours of 'train'")
    dataset = dataset_of(data)
    if not itself:
        check_tested(dataset, "a search for the neighbours of test examples")
    limit = ", the other training examples" if itself else ", the number of training examples"
    count = _checks.whole("k", k, 1, len(dataset.x_train) - itself, limit)
    checked_seed = _checks.seed("seed", seed)
    drawn = None
    if queries is not None:
        drawn = draw_queries(dataset, queries, checked_seed)
        dataset = with_queries(dataset, drawn)
    started = time.perf_counter()
    indices, distances, statistics = search(
        dataset.x_train,
        dataset.x_train if itself else dataset.x_test,
        count,
        metric=metric,
        exclude_self=itself,
        engine=engine,
        threads=threads,
        seed=checked_seed,
        progress=progress,
        return_statistics=True,
    )
    seconds = time.perf_counter() - started
    train = Fingerprint.of(dataset.x_train)
    return Neighbors(
        indices,
        distances,
        metric,
        engine,
        of,
        drawn,
        checked_seed,
        train,
        train if itself else Fingerprint.of(dataset.x_test),
        dataset.name,
        statistics,
        seconds,
        _provenance.versions(),
    )
