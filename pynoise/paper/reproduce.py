"""Making a figure or table anew: what is asked for, checked; the recipe; the files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pynoise import _checks
from pynoise._progress import Progress, silent
from pynoise.errors import InputTypeError, InputValueError
from pynoise.paper.folder import folder_of
from pynoise.paper.registry import Options, Result, recipe_of

__all__ = ["reproduce"]


def reproduce(
    name: str,
    out: str | Path,
    *,
    seeds: Sequence[int] = (0,),
    scale: float = 1.0,
    dataset: str | None = None,
    network: str | None = None,
    data_root: str | Path | None = None,
    download: bool = False,
    device: str = "auto",
    threads: int | None = None,
    workers: int = 0,
    progress: Progress | None = None,
    method_options: Mapping[str, Any] | None = None,
    **settings: Any,
) -> Result:
    """Make a figure or table of a paper anew, and set the published numbers beside what comes out.

    Parameters
    ----------
    name : str
        One of `pynoise.paper.RECIPES`: "knet-table2", say.
    out : str or Path
        The folder of the runs and of what is made of them: new, empty, or with runs of the same recipe. Runs
        that are finished are not trained again, and one that was killed goes on.
    seeds : sequence of int
        A repetition each: noise, first weights and all else that is drawn.
    scale : float
        The share of the training examples that is taken, within (0, 1], drawn by the seed; all test examples
        are.
    dataset, network : str, optional
        One of the paper's, for what it alone shows of it, or any other, for which nothing is published; the
        data may also be a folder of images.
    data_root : str or Path, optional
        As `root` of `pynoise.data.load`.
    download : bool
        Whether to download data that are missing; without it what needs them is left out, and said so.
    device : str
        "auto" (CUDA where there is one), "cpu", "cuda" or "cuda:1".
    threads : int, optional
        Of torch on the CPU, and of Rust; one a core by default.
    workers : int
        Processes that read images in files ahead.
    progress : callable, optional
        Called with (phase, done, total, words).
    method_options : dict, optional
        Of the recipe's method, by name, instead of the recipe's: hidden, say, for kNet.
    **settings
        Of training, instead of the recipe's: epochs, batch_size, lr …; see `pynoise.training.Settings`.

    Returns
    -------
    Result
        The figure or table; `out` holds its files.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError, TrainingError, OSError
        For an argument out of its range, or of no use to the recipe, and as `pynoise.training.train`.
    """
    recipe = recipe_of(name)
    _checks.callback("progress", progress)
    _checks.threads(threads)
    if not isinstance(method_options, Mapping | None):
        raise InputTypeError("method_options", f"{method_options!r} is no dict of options by name")
    for argument, value in {"dataset": dataset, "network": network}.items():
        if value is not None and not isinstance(value, str):
            raise InputTypeError(argument, f"{value!r} is no name; give a string")
    options = Options(
        folder_of(out, recipe.name),
        tuple(_checks.seeds("seeds", seeds)),
        _share(scale),
        dataset,
        network,
        data_root,
        _checks.flag("download", download),
        device,
        threads,
        _checks.whole("workers", workers, 0),
        progress or silent,
        settings,
        {} if method_options is None else method_options,
    )
    result = recipe.run(options)
    options.out.mkdir(parents=True, exist_ok=True)
    for file in result.files:
        result.save(options.out / file)
    return result


def _share(scale: Any) -> float:
    if isinstance(scale, bool) or not isinstance(scale, int | float | np.integer | np.floating):
        raise InputTypeError("scale", f"{scale!r} is not a number")
    if not 0 < scale <= 1:  # a NaN is not
        raise InputValueError("scale", f"{scale!r} is outside (0, 1]; 0.1 takes a tenth")
    return float(scale)
