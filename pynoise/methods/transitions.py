"""Transition matrices for methods: read, estimated by anchor points, checked."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pynoise.errors import InputError
from pynoise.noise import EstimatedNoise, load_matrix
from pynoise.noise.estimated import ESTIMATE_SUFFIX
from pynoise.noise.matrices import MATRIX_SUFFIXES, checked_matrix

__all__ = ["SUFFIXES", "anchored", "load_transition", "smallest_singular_value"]

SUFFIXES = (*MATRIX_SUFFIXES, ESTIMATE_SUFFIX)


def load_transition(argument: str, path: str | Path) -> NDArray[np.float64]:
    """Read a matrix from .npy or .csv, or of what `pynoise.noise.EstimatedNoise.save` wrote.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputValueError
        If the file is none of these, or its matrix [L, L] is not row-stochastic.
    """
    try:
        if Path(path).suffix.lower() == ESTIMATE_SUFFIX:
            return EstimatedNoise.load(path).transition
        return checked_matrix(load_matrix(path))
    except InputError as error:
        name = "" if repr(str(path)) in error.problem else f"{str(path)!r} "
        raise type(error)(argument, f"{name}{error.problem}") from None


def anchored(softmax: Tensor, quantile: float) -> Tensor:
    """T_ij = p_j of the anchor of class i, from probabilities [n, L]; float64 [L, L] on the CPU.

    The anchor is the example at the `quantile` of p_i, counted from below: of ⌈quantile n⌉ examples it has
    the largest p_i; at 1 of all.

    Patrini, Rozza, Menon, Nock, Qu, "Making Deep Neural Networks Robust to Label Noise: A Loss Correction
    Approach", CVPR 2017, Eq. 12 and 13.
    """
    count = len(softmax)
    place = max(0, math.ceil(quantile * count - 1e-9) - 1)
    anchors = softmax.sort(dim=0, stable=True).indices[place]
    rows = softmax[anchors].double().cpu()
    return rows / rows.sum(dim=1, keepdim=True)


def smallest_singular_value(transition: Tensor) -> tuple[float, bool]:
    """The smallest singular value, and whether the matrix is invertible by float32's measure."""
    values = torch.linalg.svdvals(transition.double())
    least = float(values[-1])
    # The networks' probabilities are float32: what is lost in their rounding cannot be told from 0.
    return least, least > len(transition) * torch.finfo(torch.float32).eps * float(values[0])
