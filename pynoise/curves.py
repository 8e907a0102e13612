"""Accuracy of K-NN against noise level: predicted without training, and measured."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _core, _provenance, knn, seeds
from pynoise import noise as noise_package
from pynoise._files import check_output, write_whole
from pynoise.data import Dataset, load
from pynoise.errors import InputTypeError, InputValueError, unknown_name
from pynoise.noise.labels import check_level

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["COLUMNS", "OUTPUT_SUFFIXES", "AccuracyCurve", "accuracy_curve"]

COLUMNS = (
    "k",
    "level",
    "analytic",
    "measured",
    "measured_sd",
    "difference",
    "selected_fraction",
    "realised_rate",
)
PICTURE_SUFFIXES = (".png", ".svg")
OUTPUT_SUFFIXES = (".csv", ".json", *PICTURE_SUFFIXES)

Progress = Callable[[str, int, int], object]
NoiseLike = str | Path | ArrayLike | noise_package.LabelMap | noise_package.NoisyLabels


@dataclass(frozen=True)
class AccuracyCurve:
    """Predicted and measured accuracy, one row a K and noise level.

    Attributes
    ----------
    rows : list of dict
        Sorted by K as given, then by level as given. Keys: ``k``; ``level``, the noise level γ;
        ``analytic``, the predicted accuracy; ``measured``, the mean over the repeats;
        ``measured_sd``, their standard deviation (ddof 1); ``difference``, measured - analytic;
        ``selected_fraction``, ⌈γN⌉/N; ``realised_rate``, the mean share of wrong training labels. What
        was not measured is None, the standard deviation of a single repeat too.
    meta : dict
        What the curve is of, how it was made, versions, hardware, and seconds by phase.
    """

    rows: list[dict[str, Any]]
    meta: dict[str, Any] = field(repr=False)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV, empty where not measured; write them to `path` if one is given."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(self.rows)
        return _write(text.getvalue(), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "rows": […]}`` as JSON; write it to `path` if one is given."""
        text = json.dumps({"meta": self.meta, "rows": self.rows}, indent=1, allow_nan=False) + "\n"
        return _write(text, path, ".json")

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the curves as in Fig. 3 of the paper: lines predicted, points measured.

        Parameters
        ----------
        path : str or Path, optional
            A .png or .svg file to write.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from pynoise import plots  # matplotlib takes a second to import

        figure = plots.accuracy_curve(self)
        if path is not None:
            file = check_output("path", path, PICTURE_SUFFIXES)
            write_whole(file, plots.render(figure, file.suffix.lower()))
        return figure

    def save(self, path: str | Path) -> None:
        """Write the curve to a .csv, .json, .png or .svg file: the suffix decides."""
        file = check_output("path", path, OUTPUT_SUFFIXES)
        suffix = file.suffix.lower()
        {".csv": self.to_csv, ".json": self.to_json}.get(suffix, self.plot)(file)


def _write(text: str, path: str | Path | None, suffix: str) -> str:
    if path is not None:
        write_whole(check_output("path", path, (suffix,)), text.encode())
    return text


def accuracy_curve(
    data: str | Dataset = "digits",
    k: int | Sequence[int] = 51,
    noise: NoiseLike = "flip",
    levels: ArrayLike | None = None,
    *,
    repeats: int = 10,
    seed: int = 0,
    ties: str = "first",
    measure: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> AccuracyCurve:
    """Predict and measure how K-NN accuracy falls with label noise.

    Predicted: Q averaged over the test examples, q = (1-γ)C + γ·C·P with C the label histogram of the K
    clean neighbours (Drory et al., BMVC 2020, Eq. 1-4). Measured: training labels with exactly ⌈γN⌉
    examples selected for noise, drawn anew for each repeat, and a vote of the K nearest neighbours. One
    neighbour search serves every K, level and repeat.

    Parameters
    ----------
    data : str or Dataset
        A name that `pynoise.data.load` knows, or a data set.
    k : int or sequence of int
        Number of neighbours, 1..N.
    noise : str, Path, array_like, mapping or NoisyLabels
        A kind ("uniform", "symmetric", "flip"), a label map ({0: 1, 1: 0}, "0:1,1:0", "all:0"), a
        corruption matrix [L, L] or the .npy or .csv file of one, or noisy labels of this data's training
        set: then the curve is the one point at their level.
    levels : array_like of float, optional
        Noise levels γ within [0, 1]; 0, 0.05, …, 1 by default.
    repeats : int
        How many draws of the noise are measured at each level. Repeat r draws with the seed
        ``seeds.split(seed, "noise", r)`` at every level.
    seed : int
        0 ≤ seed < 2⁶⁴.
    ties : {"first", "strict"}
        Who wins when labels share the first place, in both columns: "first" is the lowest label, as
        ``argmax`` has it; "strict" nobody (the paper).
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
    dataset = _dataset(data)
    ks, _ = _checks.counts("k", k, len(dataset.x_train), ", the number of training examples")
    if dataset.name == "ideal" and max(ks) > np.bincount(dataset.y_train).min():
        raise InputValueError(
            "k", f"{max(ks)} is more than the examples a class of 'ideal'; make it with a larger per_class"
        )
    name, p, record = _noise(noise, dataset)
    gammas = _levels(levels, record)
    if record is not None:
        repeats, seed = 1, record.seed
    repeats = _checks.whole("repeats", repeats, 1)
    seed = _checks.seed("seed", seed)
    rule = _checks.ties(ties)
    _checks.threads(threads)

    started = time.perf_counter()
    indices, _ = knn.search(dataset.x_train, dataset.x_test, max(ks), threads=threads, progress=progress)
    searched = time.perf_counter()
    run = _Run(dataset, indices, ks, gammas, p, rule, _checks.threads(threads), progress or _silent)
    analytic = run.analytic()
    predicted = time.perf_counter()
    copies = None
    if measure:
        copies = run.given(record) if record is not None else run.measured(repeats, seed)
    ended = time.perf_counter()

    meta = {
        "data": dataset.name,
        "train_examples": len(dataset.y_train),
        "test_examples": len(dataset.y_test),
        "classes": dataset.num_classes,
        "noise": name,
        "matrix": p.tolist() if dataset.num_classes <= 100 else None,
        "model": "iid",
        "ties": rule,
        "k": ks,
        "repeats": repeats if measure else 0,
        "seed": seed,
        "seconds": {
            "neighbours": searched - started,
            "analytic": predicted - searched,
            "measured": ended - predicted,
        },
        "versions": _provenance.versions(),
        "hardware": _provenance.hardware(threads),
    }
    return AccuracyCurve(_rows(run, analytic, copies), meta)


def _silent(phase: str, done: int, total: int) -> None:
    """Report nothing."""


def _dataset(data: str | Dataset) -> Dataset:
    if isinstance(data, Dataset):
        return data
    if isinstance(data, str):
        return load(data)
    raise InputTypeError("data", f"is a {type(data).__name__}; give a name or a pynoise.data.Dataset")


def _noise(
    noise: NoiseLike, dataset: Dataset
) -> tuple[str, NDArray[np.float64], noise_package.NoisyLabels | None]:
    """What `noise` means: its name, its corruption matrix, and the labels where they are given."""
    classes = dataset.num_classes
    if isinstance(noise, noise_package.NoisyLabels):
        if not np.array_equal(noise.clean, dataset.y_train):
            raise InputValueError("noise", "the clean labels of these NoisyLabels are not the data's")
        if len(noise.matrix) != classes:
            raise InputValueError(
                "noise", f"was made for {len(noise.matrix)} classes; the data have {classes} (num_classes)"
            )
        return noise.kind, noise.matrix, noise
    if isinstance(noise, Path) or (isinstance(noise, str) and noise.endswith((".npy", ".csv"))):
        matrix = noise_package.load_matrix(noise)
        try:
            return str(noise), noise_package.corruption_matrix("matrix", classes, matrix=matrix), None
        except InputValueError as error:
            raise InputValueError("matrix", f"{str(noise)!r}: {error.problem}") from None
    if isinstance(noise, Mapping) or (isinstance(noise, str) and ":" in noise):
        p = noise_package.corruption_matrix("flip", classes, label_map=noise)
        text = noise if isinstance(noise, str) else ",".join(f"{a}:{b}" for a, b in noise.items())
        return f"flip {text}", p, None
    if isinstance(noise, str):
        if noise == "matrix":
            raise InputValueError("noise", "'matrix' needs one: give the array, or its .npy or .csv file")
        if noise not in noise_package.KINDS:
            known = [kind for kind in noise_package.KINDS if kind != "matrix"]
            raise unknown_name("noise", noise, [*known, "FILE.npy", "FILE.csv"])
        return noise, noise_package.corruption_matrix(noise, classes), None
    return "matrix", noise_package.corruption_matrix("matrix", classes, matrix=noise), None


def _levels(levels: ArrayLike | None, record: noise_package.NoisyLabels | None) -> list[float]:
    if record is not None:
        if levels is not None:
            raise InputValueError("levels", "NoisyLabels have their own level; leave levels out")
        return [record.level]
    if levels is None:
        return [i / 20 for i in range(21)]
    try:
        values = np.atleast_1d(np.asarray(levels, dtype=np.float64))
    except (TypeError, ValueError):
        raise InputTypeError("levels", f"{levels!r} is not a sequence of numbers within [0, 1]") from None
    if values.ndim != 1 or values.size == 0:
        raise InputValueError("levels", "give a sequence of at least one number within [0, 1]")
    return [check_level("levels", value) for value in values.tolist()]


@dataclass(frozen=True)
class _Measured:
    """Counts at each level and repeat: whole numbers, so that equal repeats have a deviation of 0."""

    correct: NDArray[np.int64]  # test examples labelled rightly, [levels, repeats, ks]
    wrong: NDArray[np.int64]  # training labels that the noise changed, [levels, repeats]


@dataclass(frozen=True)
class _Run:
    """One curve in the making: neighbours are known, labels come and go."""

    dataset: Dataset
    indices: NDArray[np.int32]
    ks: list[int]
    levels: list[float]
    matrix: NDArray[np.float64]
    ties: _checks.Ties
    threads: int
    progress: Progress

    def analytic(self) -> NDArray[np.float64]:
        """Mean Q of Eq. 1, [ks, levels]."""
        data = self.dataset
        histograms = knn.label_histograms(self.indices, data.y_train, self.ks, data.num_classes)
        # Equal pairs of a histogram and a label have the same Q: each is computed once.
        cases = [
            np.unique(np.column_stack([counts, data.y_test]), axis=0, return_counts=True)
            for counts in histograms
        ]
        total = sum(len(rows) for rows, _ in cases) * len(self.levels)
        done = 0

        def report(rows: int) -> None:
            self.progress("analytic", done + rows, total)

        result = np.empty((len(self.ks), len(self.levels)))
        for i, (k, (rows, weights)) in enumerate(zip(self.ks, cases, strict=True)):
            clean = rows[:, :-1] / k
            corrupted = clean @ self.matrix
            right = np.ascontiguousarray(rows[:, -1])
            for j, level in enumerate(self.levels):
                q = (1 - level) * clean + level * corrupted  # Eq. 3
                correct = _core.plurality_accuracy(q, right, k, self.ties, self.threads, report)
                result[i, j] = correct @ weights / len(data.y_test)
                done += len(rows)
        return result

    def measured(self, repeats: int, seed: int) -> _Measured:
        """Accuracy on labels drawn anew for each level and repeat."""
        clean = self.dataset.y_train
        repeat_seeds = [seeds.split(seed, "noise", r) for r in range(repeats)]
        # Copies of the labels are made in batches of at most 64 MiB or so.
        batch = max(1, (1 << 24) // len(clean))
        correct = np.empty((len(self.levels), repeats, len(self.ks)), np.int64)
        wrong = np.empty((len(self.levels), repeats), np.int64)
        for j, level in enumerate(self.levels):
            count = noise_package.selected_count(level, len(clean))
            for first in range(0, repeats, batch):
                self.progress("measured", j * repeats + first, wrong.size)
                part = slice(first, first + batch)
                drawn = repeat_seeds[part]
                noisy, _ = _core.corrupt(clean, self.matrix, [count] * len(drawn), drawn, self.threads)
                correct[j, part] = self._vote(noisy)
                wrong[j, part] = np.count_nonzero(noisy != clean, axis=1)
        self.progress("measured", wrong.size, wrong.size)
        return _Measured(correct, wrong)

    def given(self, record: noise_package.NoisyLabels) -> _Measured:
        """Accuracy on labels that the caller brought."""
        wrong = np.count_nonzero(record.noisy != record.clean)
        return _Measured(self._vote(record.noisy[None])[None], np.array([[wrong]]))

    def _vote(self, noisy: NDArray[np.int32]) -> NDArray[np.int64]:
        """How many test examples the vote gets right, [copies, ks]."""
        data = self.dataset
        return _core.count_correct(
            self.indices, noisy, data.y_test, self.ks, data.num_classes, self.ties, self.threads
        )


def _rows(run: _Run, analytic: NDArray[np.float64], measured: _Measured | None) -> list[dict[str, Any]]:
    train, test = len(run.dataset.y_train), len(run.dataset.y_test)
    rows = []
    for i, k in enumerate(run.ks):
        for j, level in enumerate(run.levels):
            predicted = float(analytic[i, j])
            row: dict[str, Any] = dict.fromkeys(COLUMNS)
            row |= {"k": k, "level": level, "analytic": predicted}
            row["selected_fraction"] = noise_package.selected_count(level, train) / train
            if measured is not None:
                correct = measured.correct[j, :, i]
                mean = float(correct.mean()) / test
                row |= {"measured": mean, "difference": mean - predicted}
                row["measured_sd"] = float(correct.std(ddof=1)) / test if len(correct) > 1 else None
                row["realised_rate"] = float(measured.wrong[j].mean()) / train
            rows.append(row)
    return rows
