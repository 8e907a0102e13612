"""A trial that trains a network."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pynoise import seeds
from pynoise.curves.noise import noise_of
from pynoise.noise.matrices import PLACED_KINDS
from pynoise.sweep.noise_files import noise_argument
from pynoise.sweep.trial import Trial

if TYPE_CHECKING:
    from pynoise.noise import NoisyLabels
    from pynoise.sweep.shared import Workshop
    from pynoise.training import Run

__all__ = ["result_of", "train_trial"]

# What result.json has that the store keeps beside the results, or that the trial says.
_ELSEWHERE = ("versions", "hardware", "data", "network", "method", "seed", "skipped")


def train_trial(workshop: Workshop, task: Mapping[str, Any], trial: Trial) -> Run:
    """Train, or go on with a run that was stopped; a finished one is given back as it is."""
    from pynoise.training import train
    from pynoise.training.folder import OtherRunError

    settings = dict(trial.settings["train"])
    folder = workshop.folder / "runs" / trial.work
    again = partial(
        train,
        workshop.dataset(task),
        trial.network or "mlp",
        out=folder,
        noise=_noise(workshop, task, trial),
        method=trial.settings["method"],
        method_options=trial.settings["options"],
        seed=trial.seed or 0,
        device=workshop.device,
        threads=workshop.threads,
        recipe=settings.pop("recipe"),
        resume=True,
        **settings,
    )
    try:
        return again()
    except OtherRunError:
        # The name of the folder says what it is to hold: what differs is another version's.
        shutil.rmtree(folder)
        return again()


def result_of(run: Run) -> dict[str, Any]:
    """What came of a run, as the store has it."""
    assert run.result is not None  # noqa: S101 - tells the type checker
    found = {key: value for key, value in run.result.items() if key not in _ELSEWHERE}
    noise = found.pop("noise")
    found |= {key: noise[key] for key in ("selected_fraction", "realised_rate")}
    selected, last = found["test_accuracy_selected"], found["test_accuracy_last"]
    return found | {"accuracy": last if selected is None else selected, "run": run.path.name}


def _noise(workshop: Workshop, task: Mapping[str, Any], trial: Trial) -> NoisyLabels:
    """The noisy labels; those of `pynoise.training.train` with the same noise, level and seed."""
    from pynoise.training.labels import draw_labels

    dataset, seed = workshop.dataset(task), trial.seed or 0
    # At level 0 any noise is the same; there are labels all the same, since some methods want a record.
    name = "uniform" if trial.level == 0 else noise_argument(trial)
    chosen = noise_of(name, dataset, None, seed)
    if chosen.record is not None:
        return chosen.record
    features = None
    if task["clean"] is not None and chosen.kind in PLACED_KINDS:
        features = workshop.space(task).x_train
    draw = seeds.split(seed, "noise")
    assert trial.level is not None  # noqa: S101 - tells the type checker
    return draw_labels(chosen, trial.level, dataset, draw, workshop.threads, None, features)
