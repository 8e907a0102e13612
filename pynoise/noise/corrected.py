"""Labels that a method has corrected: which examples it doubts, and what it takes them for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise.errors import InputValueError
from pynoise.noise.examples import ExampleRecord, columns_text, file_words, named
from pynoise.noise.record import counts_of

__all__ = ["FILE", "CorrectedLabels"]

# What the folder of a run has it in; the same as .csv.
FILE = "corrected.npz"


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class CorrectedLabels(ExampleRecord):
    """What a method makes of the labels of n training examples.

    Attributes
    ----------
    index : ndarray of int64, [n]
        Which training examples, counted from 0 in the data's order; ascending.
    labels : ndarray of int32, [n]
        The labels that are given.
    corrected : ndarray of int32, [n]
        The labels that the method takes for right: the largest of `targets`.
    clean_probability : ndarray of float64, [n]
        P(the given label is right), within [0, 1].
    losses : ndarray of float32, [n]
        Cross-entropy of the given labels, in nats, after the last epoch.
    targets : ndarray of float32, [n, L]
        Soft targets; rows sum to 1.
    pred_probs : ndarray of float32, [n, L]
        What the network says after the last epoch. It has learnt from these very examples: probabilities
        out of sample, which cleanlab would rather have, are less sure.
    warm_losses : ndarray of float32, [n]
        As `losses`, after the warm-up.
    names : tuple of str
        The names of the L classes.
    clean : ndarray of int32 [n], or None
        The true labels, where they are known.
    files : ndarray of str [n], or None
        Paths of the examples that are files, below the data's folder.
    meta : dict
        How they came about.
    """

    index: NDArray[np.int64] = field(repr=False)
    labels: NDArray[np.int32] = field(repr=False)
    corrected: NDArray[np.int32] = field(repr=False)
    clean_probability: NDArray[np.float64] = field(repr=False)
    losses: NDArray[np.float32] = field(repr=False)
    targets: NDArray[np.float32] = field(repr=False)
    pred_probs: NDArray[np.float32] = field(repr=False)
    warm_losses: NDArray[np.float32] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    clean: NDArray[np.int32] | None = field(default=None, repr=False)
    files: NDArray[np.str_] | None = field(default=None, repr=False)
    meta: dict[str, Any] = field(default_factory=dict)

    _argument, _record, _file = "corrected", "corrected labels", FILE
    _arrays = MappingProxyType(
        {
            "index": np.int64,
            "labels": np.int32,
            "corrected": np.int32,
            "clean_probability": np.float64,
            "losses": np.float32,
            "targets": np.float32,
            "pred_probs": np.float32,
            "warm_losses": np.float32,
        }
    )
    _labels = ("labels", "corrected", "clean")
    _wide = ("targets", "pred_probs")

    def __repr__(self) -> str:
        changed = int((self.corrected != self.labels).sum())
        doubted = int((self.clean_probability < 0.5).sum())
        return f"<{len(self):,} labels: {changed:,} corrected, {doubted:,} doubted>"

    @property
    def accuracy(self) -> float | None:
        """Share of the corrected labels that are right (Lu and He, Table V); None if nobody knows."""
        return None if self.clean is None else float((self.corrected == self.clean).mean())

    def confusion(self) -> NDArray[np.int64]:
        """Counts [L, L] of (true label, corrected label), Fig. 8 of Lu and He.

        Raises
        ------
        InputValueError
            If the true labels are not known.
        """
        if self.clean is None:
            raise InputValueError("corrected", "has no true labels to compare the corrected ones with")
        return counts_of(self.clean, self.corrected, len(self.names))

    def to_cleanlab(self) -> dict[str, NDArray[Any]]:
        """The columns of cleanlab's ``get_label_issues()``, and what its functions take.

        Returns
        -------
        dict
            ``labels`` int32 [n] and ``pred_probs`` float32 [n, L], for ``find_label_issues`` say; and by the
            names of the columns ``is_label_issue`` (bool [n]: the clean probability is below 1/2),
            ``label_quality`` (the clean probability), ``given_label`` and ``predicted_label`` (the corrected
            one), int32.
        """
        return {
            "labels": self.labels,
            "pred_probs": self.pred_probs,
            "is_label_issue": self.clean_probability < 0.5,
            "label_quality": self.clean_probability,
            "given_label": self.labels,
            "predicted_label": self.corrected,
        }

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return CSV, a row an example, labels by name; write it to `path` if one is given.

        Columns: index, file (where examples are files), given_label, corrected_label, clean_probability, loss
        and, where it is known, true_label.
        """
        from pynoise.curves.files import write_text

        columns: dict[str, Any] = {"index": self.index.tolist()}
        if self.files is not None:
            columns["file"] = file_words(self.files)
        columns |= {
            "given_label": named(self.labels, self.names),
            "corrected_label": named(self.corrected, self.names),
            "clean_probability": [f"{value:.6g}" for value in self.clean_probability],
            "loss": [f"{value:.6g}" for value in self.losses],
        }
        if self.clean is not None:
            columns["true_label"] = named(self.clean, self.names)
        return write_text(columns_text(columns), path, ".csv")
