"""The compiled kernels. Arrays are in C order; `threads` 0 means one a core.

Callers pass what `pynoise._checks` has checked; a wrong value raises `pynoise.errors.InputValueError`
all the same. While a kernel runs it calls `progress` with the units of work done so far.
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "MOST_FIXED_VOTES",
    "MOST_VOTES",
    "__version__",
    "count_correct",
    "fixed_accuracy",
    "fixed_sample",
    "kmeans",
    "label_histograms",
    "plurality_accuracy",
    "random_integer",
    "random_uniform",
    "relabel",
    "search",
    "select",
    "settle",
    "toss",
]

_Progress: TypeAlias = Callable[[int], object] | None
_Metric: TypeAlias = Literal["euclidean", "cosine"]
_Mapped: TypeAlias = tuple[str, int] | None
_Method: TypeAlias = Literal["auto", "dp", "contour"]
_Ties: TypeAlias = Literal["strict", "first", "random"]

__version__: str
MOST_VOTES: int  # the largest K of the plurality solver
MOST_FIXED_VOTES: int  # and of its model of fixed neighbourhoods

def kmeans(
    x: NDArray[Any],
    n_clusters: int,
    n_init: int,
    max_iter: int,
    tol: float,
    seed: int,
    init: NDArray[np.float64] | None,
    file: _Mapped,
    threads: int,
    progress: _Progress = None,
) -> tuple[NDArray[np.float64], NDArray[np.int32], float, int]:
    """Cluster the rows of `x` [N, d], float32, float64 or uint8 in any layout, mapped from `file`.

    `init` [n_clusters, d] has the centres to start from, once. Returns centres, of numbers that float32 holds
    unless `x` is float64, labels [N], inertia and the iterations of the best start; n_init·max_iter units of
    work.
    """

def search(
    train: NDArray[Any],
    query: NDArray[Any],
    k: int,
    metric: _Metric,
    exclude_self: bool,
    block: int | None,
    files: tuple[_Mapped, _Mapped],
    threads: int,
    progress: _Progress = None,
) -> tuple[NDArray[np.int32], NDArray[np.float32], tuple[int, int, int]]:
    """Find the `k` nearest rows of `train` [N, d] to each row of `query` [M, d].

    Both float32, float64 or uint8, in any layout. `files` are those that they are memory-mapped from, and the
    bytes needed there. Returns indices and distances [M, k]; the coordinates in the first bound, and how many
    pairs that let through, and how many were settled. N·M units of work.
    """

def settle(
    train: NDArray[Any],
    query: NDArray[Any],
    candidates: NDArray[np.int32],
    k: int,
    metric: _Metric,
    exclude_self: bool,
    threads: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Find the same among `candidates` [M, C], rows of `train` or -1, none twice."""

def label_histograms(
    indices: NDArray[np.int32],
    labels: NDArray[np.int32],
    ks: Sequence[int],
    num_classes: int,
    threads: int,
) -> NDArray[np.int32]:
    """Count `labels` [N] among the first k of each row of `indices` [M, K]: [len(ks), M, L]."""

def count_correct(
    indices: NDArray[np.int32],
    labels: NDArray[np.int32],
    truth: NDArray[np.int32],
    ks: Sequence[int],
    num_classes: int,
    ties: _Ties,
    threads: int,
) -> NDArray[np.float64]:
    """Count the queries that the vote labels rightly, for copies of the labels [B, N]: [B, len(ks)].

    With ties "random" a t-way tie counts 1/t.
    """

def plurality_accuracy(
    q: NDArray[np.float64],
    label: NDArray[np.int32],
    ks: Sequence[int],
    ties: _Ties,
    method: _Method,
    threads: int,
    progress: _Progress = None,
) -> NDArray[np.float64]:
    """Probability that each `label` wins the vote of k labels drawn from its row of `q` [M, L].

    `label` [M·A] has A labels for each row, row after row. Returns [len(ks), M·A], and takes as many units
    of work.
    """

def fixed_accuracy(
    counts: NDArray[np.int32],
    label: NDArray[np.int32],
    k: int,
    noise: NDArray[np.int32] | NDArray[np.float64] | None,
    ties: _Ties,
    node_budget: int,
    threads: int,
    progress: _Progress = None,
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Probability that each `label` wins when R = 0..k of its neighbours are selected for noise.

    `counts` [M, L] are the clean labels of the neighbours. `noise` is the label that each class turns into,
    int32 [L]; or shares float64 [L] by which any label is drawn; or a corruption matrix [L, L]; or None: any
    other label. Returns [M, k + 1], and which cases are within the budget (the others' rows are 0); M units
    of work.
    """

def fixed_sample(
    counts: NDArray[np.int32],
    label: NDArray[np.int32],
    weights: NDArray[np.int64],
    k: int,
    matrix: NDArray[np.float64],
    ties: _Ties,
    draws: int,
    seed: int,
    threads: int,
    progress: _Progress = None,
) -> NDArray[np.float64]:
    """The same by drawing, summed over the cases with `weights`: [draws, k + 1]; a unit of work a draw."""

def select(
    groups: NDArray[np.int32],
    counts: Sequence[Sequence[int]],
    seeds: Sequence[int],
    weights: NDArray[np.float64] | None,
    threads: int,
) -> NDArray[np.bool_]:
    """Select so many examples of each group for each seed: masks [B, N] for `counts` [B, G].

    `groups` [N] are 0..G, or -1 for an example that is never selected. `weights` [N] say how likely each is
    against the others of its group.
    """

def toss(
    groups: NDArray[np.int32], levels: Sequence[float], seeds: Sequence[int], threads: int
) -> NDArray[np.bool_]:
    """Select each example of a group, not -1, with the probability ``levels[b]``: masks [B, N]."""

def relabel(
    labels: NDArray[np.int32],
    matrix: NDArray[np.float64],
    selected: NDArray[np.bool_],
    seeds: Sequence[int],
    threads: int,
) -> NDArray[np.int32]:
    """Draw new labels [B, N] for the `selected` [B, N] of `labels` [N], from rows of `matrix` [L, L]."""

def random_integer(seed: int, name: str, index: int) -> int:
    """Draw the `index`-th 64-bit integer of the stream `name`."""

def random_uniform(seed: int, name: str, count: int) -> NDArray[np.float64]:
    """Draw the first `count` numbers in [0, 1) of the stream `name`."""
