"""Training examples whose label is suspected to be wrong, since their loss is high."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise.noise.examples import ExampleRecord, columns_text, file_words, named

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["FILE", "Suspects"]

# What the folder of a run has it in; the suspects as .csv.
FILE = "suspects.npz"


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class Suspects(ExampleRecord):
    """The losses of n training examples, and which of them are too high for a label that is right.

    Attributes
    ----------
    index : ndarray of int64, [n]
        Which training examples, counted from 0 in the data's order; ascending.
    labels : ndarray of int32, [n]
        The labels that are given.
    suggested : ndarray of int32, [n]
        What the network takes them for, after training on the others; it may be the label that is given.
    losses : ndarray of float32, [n]
        Cross-entropy of the given labels, in nats, when the suspects were told from the others.
    modelled : ndarray of float32, [S]
        Draws of the loss that a label drawn at random would have had then, ascending.
    threshold : float
        Above this loss an example is a suspect: a quantile of `modelled`.
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
    suggested: NDArray[np.int32] = field(repr=False)
    losses: NDArray[np.float32] = field(repr=False)
    modelled: NDArray[np.float32] = field(repr=False)
    threshold: float
    names: tuple[str, ...] = field(repr=False)
    clean: NDArray[np.int32] | None = field(default=None, repr=False)
    files: NDArray[np.str_] | None = field(default=None, repr=False)
    meta: dict[str, Any] = field(default_factory=dict)

    _argument = _record = "suspects"
    _file = FILE
    _arrays = MappingProxyType(
        {
            "index": np.int64,
            "labels": np.int32,
            "suggested": np.int32,
            "losses": np.float32,
            "modelled": np.float32,
        }
    )
    _labels = ("labels", "suggested", "clean")
    _free = ("modelled",)
    _numbers = ("threshold",)

    def __repr__(self) -> str:
        count = int(self.suspected.sum())
        return f"<{count:,} of {len(self):,} labels suspected: loss above {self.threshold:.4f}>"

    @property
    def suspected(self) -> NDArray[np.bool_]:
        """Which of the examples are suspects, [n]."""
        return self.losses > self.threshold

    @property
    def ranking(self) -> NDArray[np.int64]:
        """Places 0..n-1 of all examples, by falling loss; of equal losses the lower place first."""
        return np.argsort(-self.losses, kind="stable").astype(np.int64)

    @property
    def precision(self) -> float | None:
        """Share of the suspects whose label is wrong; None if there are none, or nobody knows."""
        if self.clean is None or not self.suspected.any():
            return None
        return float((self.labels != self.clean)[self.suspected].mean())

    @property
    def recall(self) -> float | None:
        """Share of the wrong labels that are suspected; None if there are none, or nobody knows."""
        if self.clean is None or not (self.labels != self.clean).any():
            return None
        return float(self.suspected[self.labels != self.clean].mean())

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return CSV of the suspects, the highest loss first, labels by name; write it if `path` is given.

        Columns: index, file (where examples are files), given_label, suggested_label, loss, threshold and,
        where it is known, true_label.
        """
        from pynoise.curves.files import write_text

        order = self.ranking[: int(self.suspected.sum())]
        columns: dict[str, Any] = {"index": self.index[order].tolist()}
        if self.files is not None:
            columns["file"] = file_words(self.files[order])
        columns |= {
            "given_label": named(self.labels[order], self.names),
            "suggested_label": named(self.suggested[order], self.names),
            "loss": [f"{value:.6g}" for value in self.losses[order]],
            "threshold": [f"{self.threshold:.6g}"] * len(order),
        }
        if self.clean is not None:
            columns["true_label"] = named(self.clean[order], self.names)
        return write_text(columns_text(columns), path, ".csv")

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the losses with the modelled ones over them, right and wrong labels apart where known.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.

        Returns
        -------
        matplotlib.figure.Figure
        """
        from pynoise import plots  # matplotlib takes a second to import

        return plots.write_figure(plots.suspects_losses(self), path)

    def sheet(self, data: Any, path: str | Path | None = None, *, count: int = 40) -> Figure:
        """Draw a contact sheet of the suspects with the highest losses: images, and what their labels are.

        Below each stand its loss, the label that is given, the suggested one, the true one where it is known,
        and its index or file.

        Parameters
        ----------
        data : Dataset, ImageFolders or ImageSets
            The data that the run was trained on. Arrays of images are [N, H, W] or [N, H, W, C]. 0 is black,
            or the least number if that is below 0, and the largest number is white, of all that are shown.
            The place of an image that cannot be read any more says why.
        path : str or Path, optional
            A .png, .svg or .pdf file to write.
        count : int
            How many at most, 1 to 400.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputValueError, InputTypeError
            If there are no suspects, the data are others or no images, or an argument is out of its range.
        """
        from pynoise.noise.sheet import sheet  # matplotlib takes a second to import

        return sheet(self, data, path, count)

    def _check(self) -> None:
        if not (np.isfinite(self.threshold) and np.isfinite(self.losses).all() and self.modelled.size):
            raise ValueError("losses or their threshold are not finite, or none are modelled")
