"""The noisy labels of a run: made for it, or brought."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import noise as noise_package
from pynoise import seeds
from pynoise._progress import Counted
from pynoise.curves.noise import CurveNoise, NoiseLike, noise_of
from pynoise.data import Dataset
from pynoise.errors import InputValueError
from pynoise.noise import LabelMap, NoisyLabels

__all__ = ["draw_labels", "noisy_labels"]


def noisy_labels(
    noise: NoiseLike | None,
    level: float | None,
    data: Any,
    label_map: LabelMap | str | None,
    seed: int,
    threads: int | None = None,
    progress: Counted | None = None,
) -> NoisyLabels | None:
    """The noisy labels of a data set's training examples; None for its own labels.

    Parameters
    ----------
    noise : str, Path, matrix, label map, NoisyLabels or EstimatedNoise, optional
        As `pynoise.accuracy_curve` takes it; None stands for "flip" if a level is given, for none if not.
    level : float, optional
        γ, needed unless the labels are given.
    data : Dataset or ImageFolders
        Whose labels they are.
    label_map : mapping or str, optional
        With "flip" and other kinds that map labels.
    seed : int
        The run's seed; that of the draw is ``seeds.split(seed, "noise")``.
    threads, progress
        As for `pynoise.noise.make`.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If an argument will not do, or labels were made for other data.
    """
    if noise is None and level is None and label_map is None:
        return None
    if isinstance(noise, str | Path) and str(noise).lower().endswith(".npz"):
        noise = noise_package.load(noise)
    if isinstance(noise, np.ndarray) and noise.ndim == 1:
        raise InputValueError(
            "noise",
            "is one row, of labels perhaps; make a record: pynoise.noise.make(clean, 'human', noisy=labels)",
        )
    if isinstance(noise, NoisyLabels):
        if level is not None:
            raise InputValueError("level", f"{noise} has a level of its own; leave it out")
        noise.check(data if isinstance(data, Dataset) else data.y_train)
        return noise
    chosen = noise_of("flip" if noise is None else noise, data, label_map, seed)
    if level is None:
        raise InputValueError("level", f"is missing; noise {chosen.name!r} needs one within [0, 1]")
    return draw_labels(chosen, level, data, seeds.split(seed, "noise"), threads, progress)


def draw_labels(
    chosen: CurveNoise,
    level: float,
    data: Any,
    seed: int,
    threads: int | None,
    progress: Counted | None,
    features: NDArray[Any] | None = None,
) -> NoisyLabels:
    """Draw noisy labels of one level; a matrix that is drawn is the one of `chosen`, whatever the seed.

    `features` say where examples lie, for the kinds that depend on it: the data's own rows by default.
    """
    kind = chosen.kind
    options: dict[str, Any] = {"threads": threads, "progress": progress}
    if chosen.drawn or kind == "matrix":
        kind, options["matrix"] = "matrix", chosen.matrix
    elif chosen.label_map is not None:
        options["label_map"] = chosen.label_map
    if chosen.concentrated or kind == "hubness":
        if features is None and not isinstance(data, Dataset):
            raise InputValueError(
                "noise", f"{kind!r} depends on where examples lie; make it from features, and give its file"
            )
        options["features"] = data.x_train if features is None else features
    return noise_package.make(data.y_train, kind, level, seed=seed, names=data.names, **options)
