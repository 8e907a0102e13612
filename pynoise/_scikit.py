"""What our estimators of scikit-learn's kind share."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from pynoise import _checks
from pynoise.errors import InputValueError, unknown_name

__all__ = ["known", "plain", "threads_of", "training_data"]


def training_data(
    estimator: BaseEstimator, X: ArrayLike, y: ArrayLike
) -> tuple[NDArray[Any], NDArray[np.int32], NDArray[Any]]:
    """Check training rows [N, d] and their classes [N], and note their columns in the estimator.

    Returns
    -------
    rows : ndarray of uint8, float32 or float64, [N, d]
    labels : ndarray of int32, [N]
        Each row's class, as its place in `classes`.
    classes : ndarray, [L]
        Sorted.

    Raises
    ------
    InputValueError, ValueError, TypeError
        If they are not such data, or the classes too many; the latter two from scikit-learn.
    """
    rows, given = validate_data(estimator, X, y, dtype="numeric")
    check_classification_targets(given)
    classes, labels = np.unique(given, return_inverse=True)
    if len(classes) > _checks.MOST_CLASSES:
        raise InputValueError("y", f"has {len(classes)} classes; give at most {_checks.MOST_CLASSES}")
    return _checks.features("X", rows), labels.astype(np.int32), classes


def known(argument: str, value: Any, names: Iterable[str]) -> None:
    """Check that a value is one of the names."""
    if not isinstance(value, str) or value not in names:
        raise unknown_name(argument, value, names)


def plain(value: Any) -> Any:
    """A parameter as JSON has it: numpy's numbers, which a search over parameters sets, as Python's."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def threads_of(n_jobs: Any) -> int | None:
    """Threads as the rest of pynoise counts them, None for one a core, of scikit-learn's number of jobs."""
    jobs = -1 if n_jobs is None else _checks.whole("n_jobs", n_jobs, -1024, 1024)
    if jobs == 0:
        raise InputValueError("n_jobs", "0 threads do nothing; give at least 1, or -1 for one a core")
    if jobs == -1:
        return None
    return jobs if jobs > 0 else max(1, (os.cpu_count() or 1) + 1 + jobs)
