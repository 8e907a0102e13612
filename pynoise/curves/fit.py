"""Which K is a network's: the analytic curve nearest to measured accuracies."""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _provenance
from pynoise.curves.arguments import counts_of, dataset_of
from pynoise.curves.clean import CleanLike
from pynoise.curves.examples import examples_of
from pynoise.curves.kfit import KFit, family
from pynoise.curves.measured import points
from pynoise.curves.model import Setting
from pynoise.curves.noise import NoiseLike, noise_of
from pynoise.curves.profile import Profile, ladder
from pynoise.curves.run import Progress, silent
from pynoise.data import Dataset
from pynoise.errors import InputValueError
from pynoise.knn import Neighbors
from pynoise.noise import LabelMap

__all__ = ["fit_k"]

# The paper's networks were like 10 to 300 neighbours; beyond a thousand the curves hardly differ.
_MOST = 1001
_CONFIDENCE = 0.95


def fit_k(
    levels: ArrayLike,
    accuracy: ArrayLike,
    data: str | Path | Dataset = "digits",
    noise: NoiseLike = "flip",
    *,
    label_map: LabelMap | str | None = None,
    ks: Sequence[int] | NDArray[np.integer] | None = None,
    ties: str = "first",
    model: str = "iid",
    clean: CleanLike | None = None,
    neighbors: str | Path | Neighbors | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> KFit:
    """Find the K whose analytic curve is nearest to the measured accuracies of any classifier.

    Least squares: the K that makes RSS(K) = Σ (accuracy - analytic(K, level))² smallest, the smallest K of
    equal ones. One neighbour search serves all K.

    Parameters
    ----------
    levels, accuracy : array_like of float, [n]
        Noise levels γ that the classifier was trained at, and its accuracies, within [0, 1]; n ≥ 2. A level
        may stand several times, once a measurement.
    data : str, Path or Dataset
        The data that the classifier was trained and tested on, or features of them, as for
        `accuracy_curve`.
    noise : str, Path, array_like, mapping, NoisyLabels or EstimatedNoise
        The noise that it was trained with, as for `accuracy_curve`; of noisy labels the matrix counts.
    label_map : mapping of int to int, or str, optional
        As for `accuracy_curve`.
    ks : int or sequence of int, optional
        The candidates. By default they are found: a ladder of geometric steps over 1..1001 (400 with
        "fixed"), or as many as there are training examples; then ever more K in each of its valleys, until
        their bottoms are known to the unit; then as many at the ends of the interval. That finds the best
        K of all unless RSS falls and rises again between two rungs.
    ties : {"first", "strict", "random"}
        As for `accuracy_curve`.
    model : {"iid", "fixed"}
        As for `accuracy_curve`.
    clean : str or array_like of float, [M, L], optional
        As for `accuracy_curve`: the softmax of a network that was trained without noise, say.
    neighbors : str, Path or Neighbors, optional
        As for `accuracy_curve`; if only some test examples have them, the curves are over these. The ladder
        ends at their K.
    threads : int, optional
        Number of threads; one a core by default. Results have the same bits for any number.
    progress : callable, optional
        Called with (phase, done, total), phases "neighbours", "candidates" and "refined".

    Returns
    -------
    KFit

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For an argument out of its range.

    Examples
    --------
    >>> import pynoise
    >>> fit = pynoise.fit_k([0.0, 0.2, 0.4], [1.0, 0.896, 0.648], "ideal", "flip")
    >>> fit.k
    3
    """
    gammas, measured = points(levels, accuracy)
    kind = _checks.model(model)
    examples = examples_of(dataset_of(data), kind, clean, neighbors)
    neighbours = clean is None
    most = min(_MOST, examples.most(kind, neighbours=neighbours)[0])
    candidates = ladder(most)
    if ks is not None:
        candidates = sorted(counts_of("ks", ks, examples, kind, neighbours=neighbours))
    chosen = noise_of(noise, examples.dataset, label_map)
    if chosen.drawn:
        raise InputValueError(
            "noise",
            f"{chosen.name!r} is drawn by a seed; give the matrix that the classifier was trained with",
        )
    if chosen.concentrated:
        raise InputValueError(
            "noise", f"{chosen.name!r} is expected to leave 1-γ whatever K: there is none to fit"
        )
    rule = _checks.ties(ties)
    pool = _checks.threads(threads)

    report = progress or silent
    started = time.perf_counter()
    indices = examples.neighbours(max(candidates), measure=False, threads=threads, progress=progress)
    searched = time.perf_counter()
    distinct, places = np.unique(gammas, return_inverse=True)

    setting = Setting(examples, indices, chosen, rule, kind, pool)

    def curve(k: int) -> NDArray[np.float64]:
        predicted = setting.predictor([k]).curve(k, distinct.tolist())
        return np.array([one.accuracy for one in predicted])[places]

    profile = Profile(measured, curve, _CONFIDENCE)
    for i, k in enumerate(candidates):
        report("candidates", sum(candidates[:i]), sum(candidates))  # time grows with K
        profile.rss(k)
    report("candidates", sum(candidates), sum(candidates))
    if ks is None:
        valleys = profile.valleys()
        # Two gaps for each valley, and two for the ends, are halved.
        total = 2 * most.bit_length() * (len(valleys) + 1)
        for step, _ in enumerate(chain(profile.refine(valleys), profile.refine_ends())):
            report("refined", step, total)
        report("refined", total, total)
    ended = time.perf_counter()

    best, tried, interval = profile.best(), profile.tried(), profile.interval()
    meta = setting.meta() | {
        "confidence": _CONFIDENCE,
        "candidates": "found" if ks is None else "given",
        "seconds": {"neighbours": searched - started, "fit": ended - searched},
        "versions": _provenance.versions(),
        "hardware": _provenance.hardware(pool),
    }
    rows = [
        {"level": level, "accuracy": value, "analytic": predicted, "residual": value - predicted}
        for level, value, predicted in zip(
            gammas.tolist(), measured.tolist(), profile.analytic[best].tolist(), strict=True
        )
    ]
    return KFit(
        best,
        interval,
        interval[0] == candidates[0] or interval[1] == candidates[-1],
        profile.rms(best),
        tried,
        [profile.rss(k) for k in tried],
        rows,
        meta,
        setting.predictor(family(best, interval, tried)),
    )
