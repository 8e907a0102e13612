"""What a network's outputs are for each true class, beside what the noise makes one expect."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _provenance
from pynoise._probabilities import Probabilities, probabilities
from pynoise.analysis.profile import SoftmaxProfile
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise.classes import class_names, some_of
from pynoise.noise.record import NoisyLabels

__all__ = ["softmax_profile"]

# The central half of the examples, and their middle.
_QUANTILES = (0.25, 0.5, 0.75)


def softmax_profile(
    softmax: ArrayLike,
    labels: ArrayLike,
    *,
    names: Sequence[str] | None = None,
    noise: NoisyLabels | None = None,
    noisy_region: ArrayLike | None = None,
) -> SoftmaxProfile:
    """Find the distribution of every output over the examples of each true class.

    A network that was trained with noisy labels tends to give the distribution of the labels around an
    example (Drory et al., BMVC 2020, Section 3.1, Fig. 2 and 7-13): with noise that is spread at random, the
    row of T = (1-γ)I + γP of its class.

    Parameters
    ----------
    softmax : array_like of float, [M, L]
        Outputs of the network, probabilities. Rows sum to 1 within 1e-9 in float64, 1e-5 in float32 and 1e-2
        in float16; in the latter two they are divided by their sums.
    labels : array_like of int, [M]
        True classes, 0..L-1.
    names : sequence of str, optional
        Names of the classes; those of `noise`, or numbers, by default.
    noise : NoisyLabels, optional
        What the network was trained with: its matrices say what to expect.
    noisy_region : array_like of bool, [M], optional
        For concentrated noise, which examples lie in the noisy region of their class; `noise.regions.noisy`
        tells. Examples outside are then expected to show their own class, those inside their row of P.

    Returns
    -------
    SoftmaxProfile

    Raises
    ------
    InputValueError, InputTypeError
        If shapes do not fit, a row holds no probabilities, a label is out of its range, or the noise is of
        other classes or has no region.

    Examples
    --------
    >>> from pynoise.analysis import softmax_profile
    >>> profile = softmax_profile([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]], [0, 0, 1], names=["cat", "dog"])
    >>> [(row["class"], row["output"], round(row["median"], 3)) for row in profile.rows]
    [('cat', 'cat', 0.8), ('cat', 'dog', 0.2), ('dog', 'cat', 0.2), ('dog', 'dog', 0.8)]
    """
    outputs = probabilities("softmax", softmax)
    examples, classes = outputs.rows.shape
    right = _checks.labels("labels", labels, classes, f": softmax has {classes} columns")
    _checks.one_row_each("softmax", outputs.rows, len(right))
    known = _names(names, noise, classes)
    regions: dict[str, tuple[NDArray[np.bool_], NDArray[np.float64] | None]]
    if noisy_region is None:
        regions = {"all": (np.ones(examples, np.bool_), None if noise is None else noise.transition)}
    else:
        inside = _mask(noisy_region, examples, noise)
        expected = None if noise is None else np.eye(classes)
        regions = {"clean": (~inside, expected), "noisy": (inside, None if noise is None else noise.matrix)}
    meta: dict[str, Any] = {
        "examples": {region: int(mask.sum()) for region, (mask, _) in regions.items()},
        "classes": classes,
        "names": known,
        "noise": None if noise is None else _words(noise),
        "quantiles": _QUANTILES,
        "softmax": outputs.meta,
        "versions": _provenance.versions(),
    }
    rows = [
        {"region": region, **row}
        for region, (mask, expected) in regions.items()
        for row in _rows(outputs, right, mask, known, expected)
    ]
    return SoftmaxProfile(rows, meta)


def _rows(
    outputs: Probabilities,
    right: NDArray[np.int32],
    mask: NDArray[np.bool_],
    names: tuple[str, ...],
    expected: NDArray[np.float64] | None,
) -> Iterator[dict[str, Any]]:
    """The rows of one region, class by class; a class without examples has none."""
    for k, name in enumerate(names):
        own = np.flatnonzero(mask & (right == k))
        if not len(own):
            continue
        values = outputs.of(own)
        lower, median, upper = np.quantile(values, _QUANTILES, axis=0).tolist()
        mean = values.mean(axis=0).tolist()
        for j, output in enumerate(names):
            yield {
                "class": name,
                "output": output,
                "examples": len(own),
                "median": median[j],
                "lower": lower[j],
                "upper": upper[j],
                "mean": mean[j],
                "expected": None if expected is None else float(expected[k, j]),
                "is_true": j == k,
            }


def _names(names: Sequence[str] | None, noise: NoisyLabels | None, classes: int) -> tuple[str, ...]:
    """The names of the classes, which must be those of the noise unless either are bare numbers."""
    known, numbers = class_names(names, classes), tuple(map(str, range(classes)))
    if noise is None:
        return known or numbers
    if not isinstance(noise, NoisyLabels):
        raise InputTypeError("noise", f"is a {type(noise).__name__}; give NoisyLabels")
    if len(noise.matrix) != classes:
        raise InputValueError(
            "noise", f"{noise} is of {len(noise.matrix)} classes; softmax has {classes} columns"
        )
    if known and noise.names != known and numbers not in (noise.names, known):
        raise InputValueError(
            "noise", f"{noise} is of the classes {some_of(noise.names)}; names are {some_of(known)}"
        )
    return known or noise.names


def _mask(noisy_region: ArrayLike, examples: int, noise: NoisyLabels | None) -> NDArray[np.bool_]:
    """Which examples lie in the noisy region of their class."""
    inside = _checks.array("noisy_region", noisy_region)
    if inside.dtype != np.bool_:
        raise InputTypeError("noisy_region", f"has dtype {inside.dtype}; it is a mask, of bool")
    if inside.shape != (examples,):
        raise InputValueError("noisy_region", f"has shape {inside.shape} for {examples} rows of softmax")
    if noise is not None and noise.regions is None:
        raise InputValueError(
            "noisy_region", f"is of no use to {noise}, which has no region; leave one of them out"
        )
    return inside


def _words(noise: NoisyLabels) -> dict[str, Any]:
    """What a profile says of the noise."""
    parts = ("kind", "level", "seed", "selection", "selected_fraction", "realised_rate")
    return {name: getattr(noise, name) for name in parts}
