"""Finding wrong labels in data of whose noise nothing is known."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pynoise._progress import Progress
from pynoise.errors import InputValueError, TrainingWarning
from pynoise.noise.suspects import Suspects
from pynoise.training.distributed import processes
from pynoise.training.inputs import Reading, data_of, shape_of
from pynoise.training.run import train
from pynoise.training.settings import Settings

__all__ = ["HELD", "clean", "usual_network"]

# Settings that hold examples out, which would not be judged then.
HELD = ("validation", "validation_labels", "patience")

# Networks by the shorter side of the images that they are for; the last for whatever is larger.
_BY_SIDE = {15: "mlp", 31: "mnist-cnn", 64: "resnet20"}
_LARGE = "torchvision:resnet18"


def clean(
    data: Any,
    network: str | None = None,
    *,
    out: str | Path | None = None,
    method_options: Mapping[str, Any] | None = None,
    seed: int = 0,
    device: str = "auto",
    threads: int | None = None,
    data_root: str | Path | None = None,
    recipe: str | None = None,
    workers: int = 0,
    skip_corrupt: bool = False,
    resume: bool = False,
    progress: Progress | None = None,
    **settings: Any,
) -> Suspects:
    """Find the training examples whose label is suspected to be wrong, by ODD (Song, Dauphin, Auli, Ma).

    A network is trained on the labels as they are. While its rate is high it learns what labels have in
    common, and examples whose loss is still that of a label drawn at random are suspects. Every example is
    judged: none is held out.

    Parameters
    ----------
    data : str, Path, Dataset, ImageFolders, ImageSets or tuple
        As for `pynoise.training.train`; test examples may be absent.
    network : str, optional
        One of `pynoise.networks`. By default it follows from the shape of the examples, see `usual_network`.
    out : str or Path, optional
        A folder for the run, which `pynoise.training.Run` reads. By default it is removed in the end.
    method_options : mapping, optional
        Options of the method "odd": p, epoch … docs/methods.md has them.
    seed, device, threads, data_root, recipe, workers, skip_corrupt, resume, progress
        As for `pynoise.training.train`.
    **settings
        Those of `pynoise.training.Settings` that hold nothing out: epochs, lr, augment …

    Returns
    -------
    Suspects
        Of all training examples that could be read.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError, TrainingError, OSError
        As `pynoise.training.train`.

    Examples
    --------
    >>> import numpy as np
    >>> from pynoise.data import Dataset, load
    >>> from pynoise.training import clean
    >>> digits = load("digits")
    >>> wrong = digits.y_train.copy()
    >>> wrong[:50] = (wrong[:50] + 1) % 10
    >>> found = clean(Dataset(digits.x_train, wrong), threads=1)
    >>> bool(np.isin(found.index[found.ranking[:20]], np.arange(50)).all())
    True
    """
    for name in HELD:
        if name in settings:
            raise InputValueError(name, "holds examples out, and all are to be judged; leave it out")
    Settings.of(settings)
    dataset = data_of(data, data_root)
    if network is None:
        network = usual_network(shape_of(dataset, Reading.of(dataset, recipe, workers, skip_corrupt)))
    with _folder(out) as folder:
        run = train(
            dataset,
            network,
            out=folder,
            method="odd",
            method_options=method_options,
            seed=seed,
            device=device,
            threads=threads,
            recipe=recipe,
            workers=workers,
            skip_corrupt=skip_corrupt,
            resume=resume,
            progress=progress,
            validation=0,
            **settings,
        )
        found = Suspects.load(run.path)
    found.meta["network"] = network
    suspects = int(found.suspected.sum())
    if suspects > len(found) / 2:
        warnings.warn(
            f"{suspects:,} of {len(found):,} labels are suspected, which tells more of the network than of "
            "them: it had learnt too little when they were judged; a later epoch or a larger p may do",
            TrainingWarning,
            stacklevel=2,
        )
    return found


def usual_network(shape: Sequence[int]) -> str:
    """The network that `clean` takes for inputs of a shape, (C, H, W) or (d,).

    "mlp" for rows and for images whose shorter side is below 16 pixels, "mnist-cnn" below 32, "resnet20" up
    to 64, "torchvision:resnet18" beyond. The choice is ours.
    """
    if len(shape) == 1:
        return "mlp"
    return next((name for side, name in _BY_SIDE.items() if min(shape[1:]) <= side), _LARGE)


@contextmanager
def _folder(out: str | Path | None) -> Iterator[str | Path]:
    """The folder of the run: that which is given, or one that is removed in any case."""
    if out is not None:
        yield out
        return
    if processes() > 1:
        raise InputValueError("out", "is missing; several processes need one folder, which they all know")
    with tempfile.TemporaryDirectory(prefix="pynoise-") as made:
        yield Path(made) / "run"
