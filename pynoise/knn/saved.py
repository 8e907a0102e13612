"""Neighbours that are kept: a search once, curves many times."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks
from pynoise._files import check_output
from pynoise._fingerprint import Fingerprint
from pynoise._npz import read_record, write_record
from pynoise.data import Dataset
from pynoise.errors import InputTypeError, InputValueError, unknown_name
from pynoise.knn.nearest import SearchStatistics

__all__ = ["NEIGHBORS_SUFFIX", "PARTS", "Neighbors"]

NEIGHBORS_SUFFIX = ".npz"
# Whose neighbours they are: the parts of a data set.
PARTS = ("test", "train")

_RECORD, _FORMAT = "neighbours", 1
_KEYS = ("indices", "distances")
_PLAIN = ("metric", "engine", "of", "seed", "data", "seconds", "versions")
_WANTED = "wanted is a file that `pynoise neighbors` or Neighbors.save wrote"


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class Neighbors:
    """The nearest training examples of the examples of a data set, and how they were found.

    `pynoise.knn.neighbors` makes one.

    Attributes
    ----------
    indices : ndarray of int32, [M, K]
        Rows of the training set, nearest first.
    distances : ndarray of float32, [M, K]
        Their distances.
    metric, engine : str
        As `search` takes them.
    of : {"test", "train"}
        Whose neighbours they are. A training example is no neighbour of its own.
    queries : ndarray of int64 [M], or None
        Which test examples have the M rows, in order; None for all of them, and for the training set.
    seed : int
        What `queries` were drawn with, and an engine that draws.
    train, query : Fingerprint
        Of the training examples, and of the M examples.
    data : str
        What the data set is called.
    statistics : SearchStatistics
        What the search did.
    seconds : float
        What it took.
    versions : dict of str to str
        What found them.
    path : str or None
        The file that they were loaded from.
    """

    indices: NDArray[np.int32] = field(repr=False)
    distances: NDArray[np.float32] = field(repr=False)
    metric: str
    engine: str
    of: str
    queries: NDArray[np.int64] | None = field(repr=False)
    seed: int
    train: Fingerprint = field(repr=False)
    query: Fingerprint = field(repr=False)
    data: str
    statistics: SearchStatistics = field(repr=False)
    seconds: float = field(repr=False)
    versions: dict[str, str] = field(repr=False)
    path: str | None = None

    def __post_init__(self) -> None:
        if self.of not in PARTS:
            raise unknown_name("of", self.of, PARTS)
        indices = _array("indices", self.indices, np.int32, 2)
        distances = _array("distances", self.distances, np.float32, 2)
        if indices.shape != distances.shape:
            raise InputValueError("distances", f"has shape {distances.shape}; indices have {indices.shape}")
        if len(indices) != self.query.shape[0]:
            raise InputValueError("indices", f"has {len(indices)} rows for {self.query.shape[0]} examples")
        if indices.min() < 0 or indices.max() >= self.train.shape[0]:
            raise InputValueError("indices", f"is not within the {self.train.shape[0]} training examples")
        checked = {"indices": indices, "distances": distances}
        if self.queries is not None:
            queries = checked["queries"] = _array("queries", self.queries, np.int64, 1)
            if len(queries) != len(indices):
                raise InputValueError("queries", f"has {len(queries)} numbers for {len(indices)} rows")
            if queries[0] < 0 or (np.diff(queries) <= 0).any():
                raise InputValueError("queries", "is not in order, or names an example twice")
        for key, value in checked.items():
            object.__setattr__(self, key, value)

    @property
    def k(self) -> int:
        """The number of neighbours, K."""
        return int(self.indices.shape[1])

    @property
    def exclude_self(self) -> bool:
        """Whether an example was left out of its own neighbours: those of the training set are."""
        return self.of == "train"

    def __str__(self) -> str:
        return "the record given" if self.path is None else repr(self.path)

    def check(self, dataset: Dataset) -> None:
        """Refuse another data set than the one that was searched.

        What counts are dtypes, shapes and values of the examples; labels and names do not.

        Raises
        ------
        InputValueError
            If the training examples, or those whose neighbours these are, differ.
        """
        self._compare("training examples", self.train, dataset.x_train, dataset.name)
        if self.of == "train":
            return
        rows = dataset.x_test
        if self.queries is not None:
            if self.queries[-1] >= len(rows):
                raise self._other(f"has test example {self.queries[-1]}", f"{dataset.name!r} has {len(rows)}")
            rows = rows[self.queries]
        self._compare("test examples", self.query, rows, dataset.name)

    def _compare(self, what: str, mine: Fingerprint, rows: NDArray[Any], name: str) -> None:
        theirs = Fingerprint.of(rows)
        if mine != theirs:
            difference = "have other values" if str(mine) == str(theirs) else f"are {theirs}"
            raise self._other(f"is of the {what} {mine}", f"those of {name!r} {difference}")

    def _other(self, mine: str, theirs: str) -> InputValueError:
        return InputValueError(
            "neighbors",
            f"{self} {mine} of {self.data!r}; {theirs}; give the data that were searched, or search these",
        )

    def save(self, path: str | Path) -> None:
        """Write a .npz file, whole or not at all.

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If it is no place for a .npz file.
        OSError
            If the system refuses.
        """
        file = check_output("path", path, (NEIGHBORS_SUFFIX,))
        meta = {name: getattr(self, name) for name in _PLAIN}
        meta |= {name: asdict(getattr(self, name)) for name in ("train", "query", "statistics")}
        arrays: dict[str, NDArray[Any]] = {"indices": self.indices, "distances": self.distances}
        if self.queries is not None:
            arrays["queries"] = self.queries
        write_record(file, _RECORD, _FORMAT, meta, arrays)

    @classmethod
    def load(cls, path: str | Path) -> Neighbors:
        """Read what `save` wrote; nothing is unpickled.

        Raises
        ------
        InputFileNotFoundError
            If there is no such file.
        InputValueError
            If the file is damaged, or not of this kind.
        """

        def make(arrays: dict[str, Any], meta: dict[str, Any]) -> Neighbors:
            parts: dict[str, Any] = {"queries": None} | arrays
            parts |= {name: meta[name] for name in _PLAIN}
            parts |= {name: Fingerprint.from_dict(meta[name]) for name in ("train", "query")}
            known = [one.name for one in fields(SearchStatistics)]
            statistics = SearchStatistics(**{name: meta["statistics"].get(name) for name in known})
            return cls(**parts, statistics=statistics, path=str(path))

        return read_record(
            "neighbors", path, _RECORD, _FORMAT, make, keys=_KEYS, optional=("queries",), wanted=_WANTED
        )

    @classmethod
    def given(cls, neighbors: str | Path | Neighbors, of: str) -> Neighbors:
        """Take neighbours that a caller brings, or their file: those of the part `of` of a data set.

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If they are none, or those of the other part.
        """
        found = cls.load(neighbors) if isinstance(neighbors, str | Path) else neighbors
        if not isinstance(found, cls):
            raise InputTypeError(
                "neighbors", f"is a {type(found).__name__}; give a file or pynoise.knn.Neighbors"
            )
        if found.of != of:
            words = {"test": "the test examples", "train": "the training examples"}
            raise InputValueError(
                "neighbors", f"{found} has those of {words[found.of]}; find those of {words[of]} (of={of!r})"
            )
        return found


def _array(argument: str, value: Any, dtype: type[np.generic], axes: int) -> NDArray[Any]:
    """Check an array that is as `search` gives it, and not empty."""
    values = _checks.array(argument, value)
    if values.dtype != dtype or values.ndim != axes or values.size == 0:
        wanted = f"{np.dtype(dtype).name} with {axes} axes, not empty"
        raise InputValueError(argument, f"is {values.dtype} of shape {values.shape}; wanted is {wanted}")
    return _checks.plain(values, dtype)
