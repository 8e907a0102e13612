"""The test examples that a curve is over, and their neighbours: searched, kept in a file, or not needed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _core, knn
from pynoise.curves.clean import CleanLike, Given, clean_of
from pynoise.curves.run import Progress
from pynoise.data import Dataset
from pynoise.data.subset import draw_queries, with_queries
from pynoise.data.tested import check_tested
from pynoise.errors import InputValueError

__all__ = ["Examples", "examples_of"]


@dataclass(frozen=True)
class Examples:
    """Test examples, all or some of a data set's, and what is known of their neighbourhoods.

    Attributes
    ----------
    dataset : Dataset
        Its test set has these examples and no others.
    given : Given or None
        Their clean distributions, where the caller brought them.
    kept : Neighbors or None
        Their neighbours, where the caller brought them.
    queries : dict or None
        Where they are some of a larger test set: ``count``, ``of`` how many, and the ``seed`` of the draw.
    """

    dataset: Dataset
    given: Given | None
    kept: knn.Neighbors | None
    queries: dict[str, int] | None

    @property
    def pure(self) -> bool:
        """Whether every neighbour is of its example's own class, as is known of ideal data."""
        return self.dataset.name == "ideal" and self.kept is None  # what is kept may have another metric

    def most(self, model: _checks.Model, *, neighbours: bool) -> tuple[int, str]:
        """The largest K that data, model and solver allow, and what limits it, as an error has it.

        Without `neighbours` to find it is the solver's.
        """
        if not neighbours:
            return _core.MOST_VOTES, ""
        if self.kept is not None:
            most, limit = self.kept.k, f", as many as {self.kept} keeps"
        elif self.pure:
            most = int(np.bincount(self.dataset.y_train).min())
            limit = ", the training examples a class of 'ideal'"
        else:
            most, limit = len(self.dataset.x_train), ", the number of training examples"
        if model == "fixed" and most > _core.MOST_FIXED_VOTES:
            return _core.MOST_FIXED_VOTES, " with the model 'fixed'"
        return (most, limit) if most <= _core.MOST_VOTES else (_core.MOST_VOTES, "")

    def neighbours(
        self, k: int, *, measure: bool, threads: int | None, progress: Progress | None
    ) -> NDArray[np.int32] | None:
        """K neighbours or more, [M, K], where they are needed.

        They are not for distributions that are given, nor where they are known to be pure; unless accuracy
        is measured.
        """
        if not measure and (self.given is not None or self.pure):
            return None
        if self.kept is not None:
            return self.kept.indices
        data = self.dataset
        found: NDArray[np.int32]
        found, _ = knn.search(data.x_train, data.x_test, k, threads=threads, progress=progress)
        return found

    def meta(self, indices: NDArray[np.int32] | None) -> dict[str, Any]:
        """What a result says of them; `indices` are the neighbours, where they were needed."""
        data, kept = self.dataset, self.kept
        neighbours = {
            "source": "search" if kept is None else kept.path or "given",
            "metric": "euclidean" if kept is None else kept.metric,
            "engine": "exact" if kept is None else kept.engine,
        }
        return {
            "data": data.name,
            "train_examples": len(data.y_train),
            "test_examples": len(data.y_test),
            "queries": self.queries,
            "classes": data.num_classes,
            "neighbours": None if indices is None else neighbours,
            "clean": "neighbours" if self.given is None else self.given.meta,
        }


def examples_of(
    dataset: Dataset,
    model: _checks.Model,
    clean: CleanLike | None,
    neighbors: str | Path | knn.Neighbors | None,
    queries: int | None = None,
    seed: int = 0,
) -> Examples:
    """Check what the caller brought, and take the part of it that belongs to the queries."""
    check_tested(dataset, "an accuracy curve")
    given = None if clean is None else clean_of(clean, dataset, model)
    kept = None
    if neighbors is not None:
        kept = knn.Neighbors.given(neighbors, "test")
        kept.check(dataset)
    if kept is None:
        chosen = None if queries is None else draw_queries(dataset, queries, seed)
    elif queries is not None:
        raise InputValueError(
            "queries", "does not go with neighbors, which name their own; leave one of the two out"
        )
    else:
        chosen, seed = kept.queries, kept.seed
    if chosen is None:
        return Examples(dataset, given, kept, None)
    meta = {"count": len(chosen), "of": len(dataset.x_test), "seed": seed}
    if given is not None:
        given = replace(given, rows=given.rows[chosen])
    return Examples(with_queries(dataset, chosen), given, kept, meta)
