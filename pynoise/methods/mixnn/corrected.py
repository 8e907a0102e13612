"""What MixNN leaves behind: labels corrected, and how far the given ones are believed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from torch import Tensor

from pynoise.data.image_files import ImageFiles
from pynoise.methods.mixnn.view import View
from pynoise.noise import CorrectedLabels

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["corrected_labels"]


def corrected_labels(
    training: Training, folder: Path, view: View, targets: Tensor, truth: Tensor | None, warm_losses: Tensor
) -> CorrectedLabels:
    """Collect it: of the n examples that are learnt from, in the data's order.

    Parameters
    ----------
    training : Training
        Whose rows they are.
    folder : Path
        The run's, whose config.json names the classes.
    view : View
        What was seen last.
    targets : Tensor of float32, [n, L]
        Soft targets.
    truth : Tensor of int64 [N], or None
        The true labels.
    warm_losses : Tensor of float32, [n]
        Losses after the warm-up.
    """
    from pynoise.training import Run

    order = training.rows.argsort()
    index = training.rows[order].numpy()

    def ordered(values: Tensor) -> Any:
        return values.cpu()[order].numpy()

    rows = training.rows.to(training.device)
    own = ordered(targets)
    files = getattr(training.train, "examples", None)
    config = Run.load(folder).config
    return CorrectedLabels(
        index=index,
        labels=ordered(training.targets[rows]).astype(np.int32),
        corrected=own.argmax(axis=1).astype(np.int32),
        clean_probability=ordered(view.clean[rows].double().exp()),
        losses=ordered(view.losses),
        targets=own,
        pred_probs=ordered(view.probabilities),
        warm_losses=ordered(warm_losses),
        names=tuple(config["data"]["names"]),
        clean=None if truth is None else ordered(truth[rows]).astype(np.int32),
        files=files.paths[index] if isinstance(files, ImageFiles) else None,
        meta={"method": "mixnn", "data": config["data"]["name"], "noise": config["noise"]},
    )
