"""From a grid to its trials: data sets loaded, every name checked, what has no part left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pynoise._words import writable
from pynoise.curves.noise import CurveNoise, noise_of
from pynoise.data import Dataset, ImageFolders
from pynoise.data.named import load_named
from pynoise.data.tested import check_tested
from pynoise.errors import InputError, InputTypeError, InputValueError
from pynoise.noise.matrices import PLACED_KINDS
from pynoise.sweep.grid import Grid
from pynoise.sweep.noise_files import file_settings
from pynoise.sweep.trial import VOTES, Trial, digest_of

if TYPE_CHECKING:
    from pynoise.training.contenders import Contender

__all__ = ["Expanded", "data_digest", "expand"]


@dataclass(frozen=True)
class Expanded:
    """The trials of a grid, in its order, each once; and how to load their data, by digest."""

    trials: list[Trial]
    origins: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class _Noise:
    """A noise of the grid, for one data set."""

    name: str
    chosen: CurveNoise
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def placed(self) -> bool:
        """Whether it depends on where examples lie."""
        return self.chosen.kind in PLACED_KINDS and self.chosen.record is None


@dataclass(frozen=True)
class _Method:
    """A method that trains, with all of its options and settings."""

    label: str
    settings: dict[str, Any]


def data_digest(data: Dataset | ImageFolders) -> str:
    """What the examples, labels and names of classes of a data set are known by."""
    return digest_of({"parts": data.fingerprints(), "names": list(data.names)})


def expand(grid: Grid, *, data_root: str | Path | None = None, download: bool = False) -> Expanded:
    """Load the data of a grid, and list its trials.

    What has no part in a trial is left out of it: the network of a vote among the examples as they are, the
    K of a network, the seed of a prediction for noise whose matrix is not drawn, the space of a network whose
    noise does not depend on it. Trials that are the same then are one.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For the argument "grid", naming file, line and key: data that are not there, names that are not known,
        values that do not fit the data.
    """
    if not isinstance(data_root, str | Path | None):
        raise InputTypeError("data_root", f"{data_root!r} is not the path of a folder")
    found: dict[str, Trial] = {}
    origins: dict[str, dict[str, Any]] = {}
    votes = [name for name in grid.method if name in VOTES]
    trained = [name for name in grid.method if name not in VOTES]
    methods = _methods(grid, trained)
    clean = _methods(grid, ["cross-entropy"])[0].settings if "features" in grid.space else {}
    for name in grid.dataset:
        dataset = grid.checking("grid", "dataset", _load, name, data_root, download)
        digest = data_digest(dataset)
        origins[digest] = dict(dataset.origin or {})
        noises = [
            grid.checking("grid", "noise", _noise, noise, dataset, grid.seed[0]) for noise in grid.noise
        ]
        _check_fit(grid, dataset, votes, trained, noises)
        for trial in _trials(grid, writable(dataset.name), digest, votes, methods, noises, clean):
            found.setdefault(trial.key, trial)
    return Expanded(list(found.values()), origins)


def _trials(
    grid: Grid,
    name: str,
    digest: str,
    votes: list[str],
    methods: list[_Method],
    noises: list[_Noise],
    clean: dict[str, Any],
) -> Iterator[Trial]:
    for method, noise in product(votes, noises):
        for space, network in _spaces(grid):
            settings = dict(grid.knn) | noise.settings
            if method == "knn":
                del settings["model"]
            if space == "features":
                settings["clean"] = clean
            drawn = noise.chosen.drawn or (method == "knn" and noise.chosen.record is None)
            levels = grid.level if noise.chosen.record is None else (None,)
            seeds = grid.seed if drawn else (None,)
            for level, seed, k in product(levels, seeds, grid.K):
                yield Trial(name, digest, method, network, space, noise.name, level, seed, k, settings)
    for one, noise, net in product(methods, noises, grid.network):
        spaces: tuple[str | None, ...] = tuple(grid.space) if noise.placed else (None,)
        levels = grid.level if noise.chosen.record is None else (None,)
        for where, level, seed in product(spaces, levels, grid.seed):
            settings = one.settings | noise.settings
            if where == "features":
                settings["clean"] = clean
            yield Trial(name, digest, one.label, net, where, noise.name, level, seed, None, settings)


def _spaces(grid: Grid) -> list[tuple[str, str | None]]:
    """Where neighbours are looked for, and the network that has a part in it."""
    return [
        (space, network)
        for space in grid.space
        for network in (grid.network if space == "features" else (None,))
    ]


def _load(name: str, root: str | Path | None, download: bool) -> Dataset | ImageFolders:
    dataset = load_named(name, root, download=download)
    check_tested(dataset, "a sweep")
    if dataset.num_classes < 2:
        raise InputValueError("dataset", f"{dataset.name} has one class, in which no label can be wrong")
    return dataset


def _noise(name: str, dataset: Any, seed: int) -> _Noise:
    settings = file_settings(name)
    chosen = noise_of(settings.get("noise_path", name), dataset, None, seed)
    if not settings and ":" in name:  # a label map: one name for all ways to write it
        name = ",".join(sorted(part.strip() for part in name.split(",")))
    return _Noise(name, chosen, settings)


def _methods(grid: Grid, names: list[str]) -> list[_Method]:
    """Methods that train, with all options and settings; torch is imported only where there are any."""
    if not names:
        return []
    from pynoise import methods
    from pynoise.training import RECIPES, Settings

    given = dict(grid.train)
    recipe = given.pop("recipe", None)
    if recipe is not None and (not isinstance(recipe, str) or recipe not in RECIPES):
        problem = f"{recipe!r} is not known; known are {', '.join(RECIPES)}"
        grid.blame("train", "recipe", InputValueError("recipe", problem))
    found = []
    for one in grid.checking("grid", "method", _contenders, names):
        usual = methods.make(one.name, one.given).settings
        try:
            settings = Settings.of(given, usual)
        except (ValueError, TypeError) as error:
            key = getattr(error, "argument", "")
            unknown = next((name for name in given if key == "settings" and repr(name) in str(error)), key)
            grid.blame("train", unknown, error)  # type: ignore[arg-type]  # InputError alone is raised there
        words = {"train": settings.to_dict() | {"recipe": recipe}}
        found.append(_Method(one.label, words | {"method": one.name, "options": one.options}))
    return found


def _contenders(names: list[str]) -> list[Contender]:
    from pynoise.training.contenders import contenders_of

    try:
        return contenders_of(names)
    except InputError as error:
        raise type(error)(
            "method", error.problem.replace("known are ", f"known are {', '.join(VOTES)}, ")
        ) from None


def _check_fit(
    grid: Grid, dataset: Dataset | ImageFolders, votes: list[str], trained: list[str], noises: list[_Noise]
) -> None:
    """Refuse what does not fit the data."""
    if trained and "recipe" in grid.train and isinstance(dataset, Dataset):
        problem = f"goes with images read from files; {dataset.name} is arrays: leave it out"
        grid.blame("train", "recipe", InputValueError("recipe", problem))
    if votes:
        most = len(dataset.y_train)
        for k in grid.K:
            if k > most:
                problem = f"{k} is too large; {dataset.name} has {most} training examples"
                grid.blame("grid", "K", InputValueError("K", problem))
        if "inputs" in grid.space and not isinstance(dataset, Dataset):
            problem = f"'inputs' of {dataset.name} are files; votes are among 'features' there"
            grid.blame("grid", "space", InputValueError("space", problem))
        if "analytic" in votes and grid.knn["model"] == "fixed":
            for noise in noises:
                grid.checking("knn", "model", noise.chosen.check_fixed)
    if trained or (votes and "features" in grid.space):
        from pynoise import networks
        from pynoise.training.resident import input_shape_of

        shape = input_shape_of(dataset.x_train) if isinstance(dataset, Dataset) else (3, 64, 64)
        for network in grid.network:
            grid.checking("grid", "network", networks.make, network, dataset.num_classes, shape)
