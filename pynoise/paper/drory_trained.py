"""What the figures of Drory et al. train: a network for each noise, and clean ones where noise needs them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pynoise import noise, seeds
from pynoise._arrays import load_array
from pynoise._progress import wordless
from pynoise.curves.noise import noise_of
from pynoise.data import Dataset, ImageFolders
from pynoise.errors import InputValueError
from pynoise.noise import NoisyLabels
from pynoise.paper.drory_panels import CLEAN, CONCENTRATED, Panel, own_settings
from pynoise.paper.folder import run_folder
from pynoise.paper.parts import Part, settings_of, with_data
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, train_all

if TYPE_CHECKING:
    from pynoise.training import Run

__all__ = ["MATRIX_SEED", "Trainings", "features_of", "labelled", "trained_for"]

# What draws the matrix of general noise, one for all runs; the paper shows its own as a picture alone.
MATRIX_SEED = 0


class Trainings:
    """The runs of a figure, each once however many panels show it.

    Their names do not depend on the figure: runs that are copied from the folder of another are not trained
    again.

    Parameters
    ----------
    options : Options
        What is asked for.
    k : int
        How many neighbours the figure asks for.
    """

    def __init__(self, options: Options, k: int = 0) -> None:
        from pynoise import methods

        methods.make("cross-entropy", options.method_options)  # it has no options, and says so
        self._options, self._k = options, k
        self._wholes: dict[tuple[str, str], Part] = {}
        self._parts: dict[tuple[str, str, str], Part] = {}
        self._made: dict[tuple[str, str, str], list[Made]] = {}

    def add(self, panel: Panel) -> Part:
        """Plan what a panel takes; gives the part of its last level."""
        for level in panel.levels:
            part = self._part(panel, level)
            if part.record is not None or panel.space is not None:
                self._keep(self._clean(panel.dataset, _space(panel)))
            self._keep(part)
        return part

    def train(self) -> None:
        """Train what is planned and not trained yet."""
        found = train_all(list(self._parts.values()), self._options)
        self._made = dict(zip(self._parts, found, strict=True))

    @property
    def found(self) -> list[list[Made]]:
        """All runs, by what was trained."""
        return list(self._made.values())

    def made(self, panel: Panel, level: float) -> list[Made]:
        """The runs of a panel at a level, one a seed; none without data."""
        assert panel.network is not None  # noqa: S101 - what is trained has a network
        return self._of(panel.dataset, panel.network, _variant(panel, level))

    def space(self, panel: Panel) -> list[Made]:
        """The runs of the clean network whose features a panel is about, one a seed."""
        return self._of(panel.dataset, _space(panel), CLEAN)

    def _of(self, dataset: str, network: str, variant: str) -> list[Made]:
        return self._made[_key(replace(self._whole(dataset, network), variant=variant))]

    def _keep(self, part: Part) -> None:
        self._parts.setdefault(_key(part), part)

    def _whole(self, dataset: str, network: str) -> Part:
        """A data set for a network, loaded once."""
        if (dataset, network) not in self._wholes:
            settings = settings_of(own_settings(dataset), self._options)
            part = Part(dataset, network, "uniform", 0.0, "cross-entropy", settings, {}, self._options.scale)
            self._wholes[dataset, network] = with_data(part, self._options, self._k)
        return self._wholes[dataset, network]

    def _clean(self, dataset: str, network: str) -> Part:
        # Noise of level 0, which is none: what is said of noise is said of it too.
        return replace(self._whole(dataset, network), variant=CLEAN)

    def _part(self, panel: Panel, level: float) -> Part:
        assert panel.network is not None  # noqa: S101 - what is trained has a network
        clean = self._clean(panel.dataset, panel.network)
        if level == 0:
            return clean
        part = replace(clean, noise=panel.noise, level=level, variant=_variant(panel, level))
        if part.draw is None:
            return part
        if panel.noise == "general":
            classes = part.draw(self._options.seeds[0]).num_classes
            if classes < 3:
                problem = f"general noise makes two other labels of one, and there are {classes} classes"
                return replace(part, draw=None, problem=problem)
            return replace(part, noise=noise.corruption_matrix("general", classes, seed=MATRIX_SEED))
        if panel.noise == CONCENTRATED:
            _check_classes(part, self._options)
            return replace(part, record=_in_space(part, _space(panel), self._options))
        return part


def trained_for(panels: Sequence[Panel], options: Options) -> tuple[Trainings, list[Part]]:
    """The runs of panels, and the part of each."""
    trained = Trainings(options)
    parts = [trained.add(panel) for panel in panels]
    trained.train()
    return trained, parts


def features_of(made: Made, options: Options) -> Path:
    """The file of a run's penultimate features."""
    return _features(made.run, made.draw(), options)


def labelled(dataset: Dataset | ImageFolders) -> Dataset:
    """The data as curves take them, of which images in files have the labels alone."""
    if isinstance(dataset, Dataset):
        return dataset
    train, test = (np.zeros((len(labels), 1), np.float32) for labels in (dataset.y_train, dataset.y_test))
    return Dataset(train, dataset.y_train, test, dataset.y_test, dataset.names, dataset.name)


def _features(run: Run, dataset: Dataset | ImageFolders, options: Options) -> Path:
    from pynoise.training.extracted import kept_features

    return kept_features(
        run,
        dataset,
        device=options.device,
        threads=options.threads,
        workers=options.workers,
        progress=wordless(options.progress),
    )


def _variant(panel: Panel, level: float) -> str:
    return f"{panel.noise} {level:.10g}" if level > 0 else CLEAN


def _space(panel: Panel) -> str:
    network = panel.space or panel.network
    assert network is not None  # noqa: S101 - what is trained has a network
    return network


def _key(part: Part) -> tuple[str, str, str]:
    return part.dataset, part.network, part.variant


def _check_classes(part: Part, options: Options) -> None:
    """Refuse classes that are smaller than the number of their clusters."""
    assert part.draw is not None  # noqa: S101 - there are data
    clusters = round(1 / part.level)
    least = min(np.unique(part.draw(seed).y_train, return_counts=True)[1].min() for seed in options.seeds)
    if least < clusters:
        raise InputValueError(
            "scale",
            f"{part.scale:.10g} of {part.dataset} has a class of {least} examples, and concentrated noise "
            f"divides each into {clusters} clusters; give a larger share",
        )


def _in_space(part: Part, space: str, options: Options) -> Callable[[int], NoisyLabels]:
    """Concentrated noise in the features of the clean network of the same seed, drawn by the run's seed."""

    def record(seed: int) -> NoisyLabels:
        from pynoise.training import Run
        from pynoise.training.labels import draw_labels

        assert part.draw is not None  # noqa: S101 - there are data
        dataset, report = part.draw(seed), wordless(options.progress)
        clean = Run.load(run_folder(options.out, part.dataset, space, seed, CLEAN))
        x = load_array("out", _features(clean, dataset, options), ("x_train",))
        drawn = seeds.split(seed, "noise")
        chosen = noise_of(CONCENTRATED, labelled(dataset))
        return draw_labels(chosen, part.level, dataset, drawn, options.threads, report, x)

    return record
