"""What the outputs of a trained network say, beside its noise and beside its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, knn
from pynoise._progress import Counted
from pynoise.analysis import Comparison, SoftmaxProfile, compare_to_knn, softmax_profile
from pynoise.data import Dataset
from pynoise.data.tested import check_tested
from pynoise.errors import InputValueError
from pynoise.noise.regions import Regions
from pynoise.training.extracted import extract
from pynoise.training.inputs import Data
from pynoise.training.saved import Run

__all__ = ["KS", "compare", "profile"]

# K "between 10 and 300" (Drory et al., Appendix B); the step is ours.
KS = tuple(range(10, 301, 10))


def profile(
    run: str | Path | Run,
    data: Data | None = None,
    *,
    features: ArrayLike | None = None,
    data_root: str | Path | None = None,
) -> SoftmaxProfile:
    """Profile the softmax of a run's test examples by true class, beside what its noise makes one expect.

    Parameters
    ----------
    run : str, Path or Run
        The run, or its folder.
    data : Dataset, ImageFolders or ImageSets, optional
        The data that it was trained on, where they have no name to load them by.
    features : array_like, [M, ...], optional
        For concentrated noise that was made from features: those of the test examples, from the same
        network. By default the rows of the data.
    data_root : str or Path, optional
        As `root` of `pynoise.data.load`.

    Returns
    -------
    SoftmaxProfile
        See `pynoise.analysis.softmax_profile`; of concentrated noise with the clean and the noisy region of
        each class apart.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If there is no such run, it is not finished, its data have no test examples, or the features do not
        fit.
    """
    found = run if isinstance(run, Run) else Run.load(run)
    known = found.data(data, root=data_root)
    check_tested(known, "a profile of softmax")
    record, softmax = found.record, found.softmax
    seen, region = _seen(found, softmax), None
    if record is not None and record.regions is not None:
        x = _space(record.regions, features, known)
        region = record.regions.noisy(x[seen], known.y_test[seen])
    elif features is not None:
        raise InputValueError(
            "features", "are for concentrated noise, which this run has not; leave them out"
        )
    return softmax_profile(
        softmax[seen], known.y_test[seen], names=known.names, noise=record, noisy_region=region
    )


def compare(
    run: str | Path | Run,
    data: Data | None = None,
    ks: Sequence[int] | NDArray[np.integer] | None = None,
    *,
    device: str = "auto",
    threads: int | None = None,
    workers: int = 0,
    data_root: str | Path | None = None,
    progress: Counted | None = None,
) -> Comparison:
    """Compare a run's softmax with the labels of each test example's neighbours (Drory et al., Appendix B).

    Neighbours are the nearest, by Euclidean distance of penultimate features, of the training examples that
    the network began to learn from; their labels are those that it was given, noise included.

    Parameters
    ----------
    run, data, data_root
        As for `profile`.
    ks : sequence of int, optional
        The K; 10, 20, …, 300 by default, as far as there are training examples.
    device, threads, workers
        As for `pynoise.training.train`.
    progress : callable, optional
        Called with (phase, done, total).

    Returns
    -------
    Comparison
        See `pynoise.analysis.compare_to_knn`.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If there is no such run, its data have no test examples, or a K is larger than the number of its
        training examples.
    """
    found = run if isinstance(run, Run) else Run.load(run)
    rows, _ = found.rows
    sizes = _sizes(ks, len(rows))
    known = found.data(data, root=data_root)
    check_tested(known, "a comparison with neighbours")
    parts = extract(found, known, device=device, threads=threads, workers=workers, progress=progress)
    seen = _seen(found, parts.softmax)
    rows = rows[_seen(found, parts.softmax_train)[rows]]
    sizes = _sizes(ks, len(rows))  # some may have been skipped
    record = found.record
    labels = known.y_train if record is None else record.noisy
    nearest, _ = knn.search(
        parts.x_train[rows], parts.x_test[seen], max(sizes), threads=threads, progress=progress
    )
    histograms = knn.label_histograms(nearest, labels[rows], sizes, known.num_classes)
    return compare_to_knn(parts.softmax[seen], histograms, sizes, known.y_test[seen], names=known.names)


def _sizes(ks: Sequence[int] | NDArray[np.integer] | None, examples: int) -> list[int]:
    """The K, of which none is larger than the number of examples that the network learnt from."""
    if ks is None:
        return [k for k in KS if k <= examples] or [examples]
    return _checks.counts("ks", ks, examples, ", as many as the network learnt from")[0]


def _seen(run: Run, softmax: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which examples there is an output of: all, unless damaged images were skipped."""
    if not run.config["skip_corrupt"]:
        return np.ones(len(softmax), np.bool_)
    seen: NDArray[np.bool_] = ~np.isnan(softmax[:, 0])
    return seen


def _space(regions: Regions, features: ArrayLike | None, data: Data) -> NDArray[Any]:
    """The test examples in the space that the regions lie in: the features given, or the data's own rows."""
    if features is not None:
        return _checks.one_row_each("features", _checks.rows("features", features), len(data.y_test))
    width = regions.centers.shape[2]
    if not isinstance(data, Dataset) or data.x_test[0].size != width:
        raise InputValueError(
            "features",
            f"are needed: the noise lies in a space of {width} dimensions, where the rows of {data.name} do "
            "not; give the test examples' features, from the network whose features it was made from",
        )
    return data.x_test
