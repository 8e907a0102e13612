"""Noise as other packages have it: cleanlab's matrices, torchvision's data sets."""

from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise.matrices import checked_matrix
from pynoise.noise.record import NoisyLabels

__all__ = ["NoisyDataset", "from_cleanlab", "to_cleanlab"]

_Example = TypeVar("_Example", covariant=True)


def to_cleanlab(transition: ArrayLike) -> NDArray[np.float64]:
    """Turn a transition matrix into cleanlab's ``noise_matrix``, which is column-stochastic.

    Parameters
    ----------
    transition : array_like of float, [L, L]
        T[k, j] = P(noisy j | clean k): rows sum to 1.

    Returns
    -------
    ndarray of float64, [L, L]
        [j, k] = P(noisy j | clean k): columns sum to 1.

    Raises
    ------
    InputValueError, InputTypeError
        If it is not row-stochastic.
    """
    return np.ascontiguousarray(checked_matrix(transition).T)


def from_cleanlab(noise_matrix: ArrayLike) -> NDArray[np.float64]:
    """Turn cleanlab's ``noise_matrix`` into a transition matrix, or a corruption matrix at level 1.

    Parameters
    ----------
    noise_matrix : array_like of float, [L, L]
        [j, k] = P(noisy j | clean k): columns sum to 1.

    Returns
    -------
    ndarray of float64, [L, L]
        T[k, j] = P(noisy j | clean k): rows sum to 1.

    Raises
    ------
    InputValueError, InputTypeError
        If it is not column-stochastic: cleanlab's ``inverse_noise_matrix``, for one, is not this.
    """
    matrix = _checks.floats("noise_matrix", noise_matrix)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or not matrix.size:
        raise InputValueError("noise_matrix", f"has shape {matrix.shape}; it must be square, [L, L]")
    bad = np.argwhere(~np.isfinite(matrix) | (matrix < 0))
    if len(bad):
        j, k = bad[0]
        raise InputValueError("noise_matrix", f"entry [{j}, {k}] is {matrix[j, k]}; give probabilities")
    try:
        return checked_matrix(np.ascontiguousarray(matrix.T))
    except InputValueError as error:
        problem = error.problem.replace("row", "column")
        raise InputValueError("noise_matrix", f"{problem} (it is column-stochastic)") from None


class _Examples(Protocol[_Example]):
    """What a map-style data set of torchvision is: (image, label) by number."""

    def __getitem__(self, index: int, /) -> tuple[_Example, Any]: ...

    def __len__(self) -> int: ...


class NoisyDataset(Generic[_Example]):
    """A data set of torchvision's kind with noisy labels in the place of its own.

    Parameters
    ----------
    dataset : torch.utils.data.Dataset
        Any map-style data set of (image, label) whose labels stand in its ``targets`` or ``labels``.
    record : NoisyLabels
        Its noisy labels; made for the labels that it has.

    Attributes
    ----------
    dataset, record
        As given.
    targets : list of int
        The noisy labels.

    Raises
    ------
    InputTypeError, InputValueError
        If it has no labels to compare, or they are not the clean labels of the record.

    Examples
    --------
    >>> from pynoise import noise
    >>> class Three:
    ...     targets = [0, 1, 1]
    ...     def __getitem__(self, index):
    ...         return f"image {index}", self.targets[index]
    ...     def __len__(self):
    ...         return 3
    >>> record = noise.make(Three.targets, "flip", 1.0)
    >>> noise.NoisyDataset(Three(), record)[0]
    ('image 0', 1)
    """

    def __init__(self, dataset: _Examples[_Example], record: NoisyLabels) -> None:
        own = next((getattr(dataset, name) for name in ("targets", "labels") if hasattr(dataset, name)), None)
        if own is None:
            raise InputTypeError(
                "dataset",
                f"{type(dataset).__name__} has neither targets nor labels to compare with the record's",
            )
        record.check(np.asarray(own))
        self.dataset = dataset
        self.record = record
        self.targets: list[int] = record.noisy.tolist()

    def __getitem__(self, index: int) -> tuple[_Example, Any]:
        """The example as the data set gives it, with its noisy label, through its ``target_transform``."""
        label = self.targets[index]
        transform = getattr(self.dataset, "target_transform", None)
        return self.dataset[index][0], label if transform is None else transform(label)

    def __len__(self) -> int:
        return len(self.targets)

    def __getattr__(self, name: str) -> Any:
        """What the data set has else: its classes, its transform."""
        if name == "dataset":  # a copy that is not made yet
            raise AttributeError(name)
        return getattr(self.dataset, name)
