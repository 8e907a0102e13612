"""What ODD leaves behind: losses, suspects, and what the trained network takes them for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from pynoise.data.image_files import ImageFiles
from pynoise.noise.suspects import Suspects

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["suspects_of"]


def suspects_of(
    training: Training, folder: Path, rows: Tensor, losses: Tensor, modelled: Tensor, threshold: float
) -> Suspects:
    """Collect it, of the examples that could be read, in the data's order.

    Parameters
    ----------
    training : Training
        All of whose epochs are done.
    folder : Path
        The run's, whose config.json names the classes.
    rows : Tensor of int64 on the CPU, [n]
        The examples that were learnt from before the removal.
    losses : Tensor of float32, [N]
        Of all training examples; NaN where there is none.
    modelled : Tensor of float32, [S]
        Losses of random labels.
    threshold : float
        A quantile of them.
    """
    from pynoise.training import Run

    rows = rows.sort().values
    found = training.evaluate(rows)
    own = rows.to(training.device)
    kept = found.seen & losses[own].isfinite()
    index, own = rows[kept.cpu()].numpy(), own[kept]

    def plain(values: Tensor, dtype: type[np.generic]) -> Any:
        return values.cpu().numpy().astype(dtype)

    record = training.record
    files = getattr(training.train, "examples", None)
    config = Run.load(folder).config
    return Suspects(
        index=index,
        labels=plain(training.targets[own], np.int32),
        suggested=plain(found.logits[kept].argmax(dim=1), np.int32),
        losses=plain(losses[own], np.float32),
        modelled=plain(modelled, np.float32),
        threshold=threshold,
        names=tuple(config["data"]["names"]),
        clean=None if record is None else record.clean[index],
        files=files.paths[index] if isinstance(files, ImageFiles) else None,
        meta={"method": "odd", "data": config["data"]["name"], "noise": config["noise"]},
    )
