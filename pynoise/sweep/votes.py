"""Trials of a vote, many in one call: labels are drawn once for all K, cases found once for all levels."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from pynoise import _core, seeds
from pynoise.curves.examples import examples_of
from pynoise.curves.model import Setting
from pynoise.curves.noise import CurveNoise, noise_of
from pynoise.data import Dataset
from pynoise.noise.matrices import DRAWN_KINDS
from pynoise.sweep.noise_files import noise_argument
from pynoise.sweep.trial import Trial

__all__ = ["Votes"]

_Key = TypeVar("_Key")

# Labels drawn at a time: 64 MiB.
_LABELS = 1 << 24


@dataclass(frozen=True)
class Votes:
    """Votes among the neighbours of the examples of one data set.

    Attributes
    ----------
    dataset : Dataset
        The examples, where neighbours are looked for, and their clean labels.
    indices : ndarray of int32, [M, K]
        The neighbours.
    threads : int
        Of the kernels.
    """

    dataset: Dataset
    indices: NDArray[np.int32]
    threads: int

    def results(self, trials: Sequence[Trial]) -> list[dict[str, Any]]:
        """What came of each trial: ``accuracy``, ``selected_fraction`` and, where labels were drawn,
        ``realised_rate``.
        """
        found: dict[int, dict[str, Any]] = {}
        for numbers in _grouped(range(len(trials)), lambda i: _noise_key(trials[i])).values():
            first = trials[numbers[0]]
            chosen = noise_of(noise_argument(first), self.dataset, None, first.seed or 0)
            vote = self._measured if first.method == "knn" else self._predicted
            found |= vote(chosen, {i: trials[i] for i in numbers})
        return [found[i] for i in range(len(trials))]

    def _measured(self, chosen: CurveNoise, trials: Mapping[int, Trial]) -> dict[int, dict[str, Any]]:
        """The accuracy of the vote, on the labels that a network with the same seed learns from."""
        found: dict[int, dict[str, Any]] = {}
        drawer = None if chosen.record is not None else chosen.drawer(self.dataset, self.threads, None)
        for level, numbers in _grouped(trials, lambda i: trials[i].level).items():
            drawn = list(dict.fromkeys(trials[i].seed or 0 for i in numbers))
            ks = sorted({trials[i].k or 0 for i in numbers})
            step = max(1, _LABELS // len(self.dataset.y_train))
            for start in range(0, len(drawn), step):
                some = drawn[start : start + step]
                if drawer is None:
                    assert chosen.record is not None  # noqa: S101 - tells the type checker
                    noisy, masks = chosen.record.noisy[None], chosen.record.selected[None]
                else:
                    assert level is not None  # noqa: S101 - tells the type checker
                    noisy, masks = drawer.draw(level, [seeds.split(s, "noise") for s in some], self.threads)
                accuracies = self._accuracies(noisy, ks, trials[numbers[0]].settings["ties"])
                places = {seed: row for row, seed in enumerate(some)}
                for i in numbers:
                    row = places.get(trials[i].seed or 0)
                    if row is None:
                        continue
                    wrong = np.count_nonzero(noisy[row] != self.dataset.y_train)
                    found[i] = {
                        "accuracy": float(accuracies[row, ks.index(trials[i].k or 0)]),
                        "selected_fraction": np.count_nonzero(masks[row]) / len(masks[row]),
                        "realised_rate": wrong / len(noisy[row]),
                    }
        return found

    def _accuracies(self, noisy: NDArray[np.int32], ks: list[int], ties: Any) -> NDArray[np.float64]:
        data = self.dataset
        right = _core.count_correct(
            self.indices, noisy, data.y_test, ks, data.num_classes, ties, self.threads
        )
        return right / len(data.y_test)

    def _predicted(self, chosen: CurveNoise, trials: Mapping[int, Trial]) -> dict[int, dict[str, Any]]:
        """The accuracy that the vote is expected to have (Drory et al., Eq. 1-4)."""
        first = next(iter(trials.values()))
        rules = first.settings
        examples = examples_of(self.dataset, rules["model"], None, None)
        setting = Setting(examples, self.indices, chosen, rules["ties"], rules["model"], self.threads)
        ks = sorted({trial.k or 0 for trial in trials.values()})
        predictor = setting.predictor(ks)
        found: dict[int, dict[str, Any]] = {}
        for k, numbers in _grouped(trials, lambda i: trials[i].k or 0).items():
            levels = [_level(trials[i], chosen) for i in numbers]
            for i, level, one in zip(numbers, levels, predictor.curve(k, levels), strict=True):
                found[i] = {
                    "accuracy": one.accuracy,
                    "accuracy_se": one.se,
                    "exact_share": one.exact_share,
                    "selected_fraction": chosen.selected_fraction(level, len(self.dataset.y_train)),
                }
        return found


def _level(trial: Trial, chosen: CurveNoise) -> float:
    if trial.level is not None:
        return trial.level
    assert chosen.record is not None  # noqa: S101 - tells the type checker
    return chosen.record.level


def _noise_key(trial: Trial) -> tuple[Any, ...]:
    """What one set of labels, or of cases, serves; of a matrix that is drawn the seed is a part of it."""
    return trial.method, trial.noise, trial.settings.get("noise_sha256"), _matrix_seed(trial)


def _matrix_seed(trial: Trial) -> int | None:
    return trial.seed if trial.noise in DRAWN_KINDS else None


def _grouped(numbers: Iterable[int], key: Callable[[int], _Key]) -> dict[_Key, list[int]]:
    groups: dict[_Key, list[int]] = {}
    for number in numbers:
        groups.setdefault(key(number), []).append(number)
    return groups
