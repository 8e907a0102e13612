"""The curve itself: arguments, one search, two columns, a record of how it was made."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _provenance
from pynoise.curves.arguments import counts_of, dataset_of, levels_of
from pynoise.curves.clean import CleanLike
from pynoise.curves.examples import examples_of
from pynoise.curves.model import NODE_BUDGET, Setting
from pynoise.curves.noise import CurveNoise, NoiseLike, noise_of
from pynoise.curves.predict import Predicted, Predictor
from pynoise.curves.result import COLUMNS, AccuracyCurve
from pynoise.curves.run import Measured, Progress, Run, silent
from pynoise.data import Dataset
from pynoise.errors import InputValueError
from pynoise.knn import Neighbors
from pynoise.noise import LabelMap

__all__ = ["accuracy_curve"]

_MOST_REPEATS = 100_000
# A neighbourhood of more would take hours.
_MOST_NODES = 10_000


def accuracy_curve(
    data: str | Path | Dataset = "digits",
    k: int | Sequence[int] | NDArray[np.integer] = 51,
    noise: NoiseLike = "flip",
    levels: ArrayLike | None = None,
    *,
    label_map: LabelMap | str | None = None,
    repeats: int = 10,
    seed: int = 0,
    ties: str = "first",
    model: str = "iid",
    clean: CleanLike | None = None,
    neighbors: str | Path | Neighbors | None = None,
    queries: int | None = None,
    node_budget: int = NODE_BUDGET,
    measure: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> AccuracyCurve:
    """Predict and measure how K-NN accuracy falls with label noise.

    Predicted (model "iid"): Q averaged over the test examples, q = (1-γ)C + γ·C·P with C the label
    histogram of the K clean neighbours (Drory et al., BMVC 2020, Eq. 1-4). Measured: training labels with
    exactly ⌈γN⌉ examples selected for noise, drawn anew for each repeat, and a vote of the K nearest
    neighbours. One neighbour search serves every K, level and repeat; with `neighbors` many curves.

    Parameters
    ----------
    data : str, Path or Dataset
        A name that `pynoise.data.load` knows, a .npz file, or a data set.
    k : int or sequence of int
        Number of neighbours, 1..N and at most 10,000; none twice.
    noise : str, Path, array_like, mapping, NoisyLabels or EstimatedNoise
        A kind of `pynoise.noise.KINDS` but "human"; a label map ({0: 1, 1: 0}, "0:1,1:0", "all:0"); a
        corruption matrix [L, L] or the .npy or .csv file of one; noisy labels of this data's training set,
        or their .npz file: then the curve is the one point at their level, and `repeats` and `seed` are
        theirs (1, and the seed that they were drawn with); or noise as `pynoise.noise.estimate` found it, or
        its .npz file: level 1 is that noise, a lower level a share of the examples with it. "general" and
        "random-asymmetric" have one matrix for all levels and repeats, drawn by `seed`. "concentrated",
        "concentrated-exact" and "hubness" are made in the space of the examples themselves;
        "semantic-asymmetric" takes the map of this data set. What is concentrated has the analytic accuracy
        1-γ (Section 3.3); that of "hubness" takes the noise to be spread evenly.
    levels : array_like of float, optional
        Noise levels γ within [0, 1]; 0, 0.05, …, 1 by default, as far as "hubness" reaches; and 0, 1/10, 1/8,
        1/6, 1/5, 1/4, 1/3, 1/2 for "concentrated".
    label_map : mapping of int to int, or str, optional
        With a kind that maps labels ("flip", "semantic-asymmetric", "hubness" and what is concentrated): the
        counterpart of each label, as for `pynoise.noise.corruption_matrix`; the names of classes will do.
    repeats : int
        How many draws of the noise are measured at each level. Repeat r draws with the seed
        ``seeds.split(seed, "noise", r)`` at every level.
    seed : int
        0 ≤ seed < 2⁶⁴.
    ties : {"first", "strict", "random"}
        Who wins when labels share the first place, in both columns: "first" is the lowest label, as
        ``argmax`` has it; "strict" nobody (the paper); "random" each of t labels with probability 1/t,
        which the measured column counts as 1/t.
    model : {"iid", "fixed"}
        "iid", the paper's: the labels of the K neighbours are drawn independently from q. "fixed": their
        clean labels are what they are, and of the N training examples exactly ⌈γN⌉ are selected, so R of
        the K neighbours are, hypergeometric: what the measured curve is the mean of.
    clean : str or array_like of float, [M, L], optional
        The clean distribution of each test example instead of its neighbours' labels: probabilities, in
        the order of the test examples, or "softmax:FILE" with the .npy or .npz (array ``softmax``) file of
        them. Rows sum to 1 within 1e-9 and are used as they stand in float64; within 1e-5 in float32 and
        1e-2 in float16, each then divided by its sum (``meta["clean"]`` says so). Not with "fixed", which
        needs counts.
    neighbors : str, Path or Neighbors, optional
        Neighbours that were found before, by `pynoise.knn.neighbors` or in a file that `pynoise neighbors`
        wrote: no search is made. They must be those of this data's examples; K is at most theirs.
    queries : int, optional
        Take so many of the test examples, drawn without replacement with the seed
        ``seeds.split(seed, "queries")``; both columns are over these. `neighbors` have their own: all test
        examples, or those drawn when they were found. Rows of `clean` are always those of all.
    node_budget : int
        For "fixed" and a corruption matrix that is neither a label map nor uniform or symmetric, with more
        than 3 classes: the largest Π_k (c_k + 1), over the classes present among the K neighbours, that is
        computed exactly (time grows with its square). Beyond it 1,000 draws a test example are made, with
        the seed ``seeds.split(seed, "fixed", k)``.
    measure : bool
        False leaves out the measured columns.
    threads : int, optional
        Number of threads; one a core by default. Results have the same bits for any number.
    progress : callable, optional
        Called with (phase, done, total), phases "neighbours", "analytic" and "measured".

    Returns
    -------
    AccuracyCurve

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For an argument out of its range.
    """
    kind = _checks.model(model)
    seed = _checks.seed("seed", seed)
    examples = examples_of(dataset_of(data), kind, clean, neighbors, queries, seed)
    dataset = examples.dataset
    ks = counts_of("k", k, examples, kind, neighbours=measure or clean is None)
    chosen = noise_of(noise, dataset, label_map, seed)
    if kind == "fixed":
        chosen.check_fixed()
    if chosen.concentrated and clean is not None:
        raise InputValueError(
            "clean", f"is of no use to {chosen.name} noise, whose accuracy is 1-γ; leave it out"
        )
    record = chosen.record
    drawer = None
    if record is None and (measure or chosen.concentrated):
        drawer = chosen.drawer(dataset, threads, progress)
    gammas = levels_of(levels, chosen, drawer)
    if record is not None:
        repeats, seed = 1, record.seed
    repeats = _checks.whole("repeats", repeats, 1, _MOST_REPEATS)
    rule = _checks.ties(ties)
    pool = _checks.threads(threads)
    budget = _checks.whole("node_budget", node_budget, 1, _MOST_NODES)

    report = progress or silent
    started = time.perf_counter()
    indices = examples.neighbours(max(ks), measure=measure, threads=threads, progress=progress)
    searched = time.perf_counter()
    setting = Setting(examples, indices, chosen, rule, kind, pool, budget, seed)
    predictor = setting.predictor(ks)
    analytic = _analytic(predictor, ks, gammas, report)
    predicted = time.perf_counter()
    copies = None
    if measure and indices is not None:
        run = Run(dataset, indices, ks, gammas, rule, pool, report)
        if record is not None:
            copies = run.given(record)
        elif drawer is not None:
            copies = run.measured(drawer, repeats, seed)
    ended = time.perf_counter()

    meta = setting.meta() | {
        "k": ks,
        "node_budget": budget,
        "repeats": repeats if measure else 0,
        "seed": seed,
        "seconds": {
            "neighbours": searched - started,
            "analytic": predicted - searched,
            "measured": ended - predicted,
        },
        "versions": _provenance.versions(),
        "hardware": _provenance.hardware(pool),
    }
    return AccuracyCurve(_rows(dataset, chosen, ks, gammas, analytic, copies), meta, predictor)


def _analytic(
    predictor: Predictor, ks: list[int], levels: list[float], progress: Progress
) -> list[list[Predicted]]:
    """What the predictor says, for each K and level."""
    works = [predictor.work(k, len(levels)) for k in ks]
    result = []
    for i, k in enumerate(ks):
        before = sum(works[:i])

        def report(done: int, before: int = before) -> None:
            progress("analytic", before + done, sum(works))

        result.append(predictor.curve(k, levels, report))
    return result


def _rows(
    dataset: Dataset,
    noise: CurveNoise,
    ks: list[int],
    levels: list[float],
    analytic: list[list[Predicted]],
    measured: Measured | None,
) -> list[dict[str, Any]]:
    train, test = len(dataset.y_train), len(dataset.y_test)
    rows = []
    for i, k in enumerate(ks):
        for j, level in enumerate(levels):
            predicted = analytic[i][j]
            row: dict[str, Any] = dict.fromkeys(COLUMNS)
            row |= {"k": k, "level": level, "analytic": predicted.accuracy}
            row |= {"analytic_se": predicted.se, "exact_share": predicted.exact_share}
            row["selected_fraction"] = noise.selected_fraction(level, train)
            if measured is not None:
                correct = measured.correct[j, :, i]
                mean = float(correct.mean()) / test
                row |= {"measured": mean, "difference": mean - predicted.accuracy}
                row["measured_sd"] = float(correct.std(ddof=1)) / test if len(correct) > 1 else None
                row["selected_fraction"] = float(measured.selected[j].mean()) / train
                row["realised_rate"] = float(measured.wrong[j].mean()) / train
            rows.append(row)
    return rows
