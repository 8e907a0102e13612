"""The recipes: which figures and tables of the papers can be made anew, and what a recipe is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from pynoise._progress import Progress, silent
from pynoise.errors import unknown_name

__all__ = ["Options", "Recipe", "Result", "recipe_of", "recipes"]

# Modules of this package with a tuple RECIPES, in the order in which their recipes are listed.
_MODULES = (
    *("knet_tables", "knet_figures", "mixnn_tables", "mixnn_figures", "odd_tables", "odd_losses"),
    "drory_figures",
)


@dataclass(frozen=True)
class Options:
    """What a recipe is asked for, checked by `pynoise.paper.reproduce`.

    A recipe refuses what it has no use for by an InputValueError that names it.

    Attributes
    ----------
    out : Path
        The folder of the runs: new, empty, or with what the same recipe has made there.
    seeds : tuple of int
        A repetition each; one or more, none twice.
    scale : float
        The share of the training examples that is taken, within (0, 1].
    dataset, network : str or None
        What to take instead of the paper's, or which of the paper's.
    data_root : str, Path or None
        As `root` of `pynoise.data.load`.
    download : bool
        As for `pynoise.data.load`.
    device : str
        Where networks run.
    threads : int or None
        Of torch on the CPU, and of Rust; None is one a core.
    workers : int
        Processes that read images in files ahead.
    progress : callable
        Called with (phase, done, total, words).
    settings : mapping of str to Any
        Settings of `pynoise.training.train` that are given; the recipe has those of the others.
    method_options : mapping of str to Any
        Options of the recipe's method that are given.
    """

    out: Path
    seeds: tuple[int, ...] = (0,)
    scale: float = 1.0
    dataset: str | None = None
    network: str | None = None
    data_root: str | Path | None = None
    download: bool = False
    device: str = "auto"
    threads: int | None = None
    workers: int = 0
    progress: Progress = silent
    settings: Mapping[str, Any] = field(default_factory=dict)
    method_options: Mapping[str, Any] = field(default_factory=dict)


class Result(Protocol):
    """A figure or table made anew, with the published numbers beside it."""

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the files that `reproduce` keeps it in, "table.md" say."""

    @property
    def problem(self) -> str | None:
        """Why nothing could be made anew, and what would do; None where something was."""

    def save(self, path: str | Path) -> None:
        """Write it to a file: the suffix decides the format."""

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "rows": […]}`` as JSON; write it to `path` if one is given."""

    def text(self) -> str:
        """What a terminal shows of it, lines that end with a newline."""


class Recipe(Protocol):
    """How one figure or table is made anew."""

    @property
    def name(self) -> str:
        """What `reproduce` calls it, "knet-table2" say."""

    @property
    def title(self) -> str:
        """What it is, in a line."""

    def run(self, options: Options) -> Result:
        """Make it; runs that are finished are not trained again."""


def recipes() -> dict[str, Recipe]:
    """Every recipe, by its name."""
    modules = [import_module(f"pynoise.paper.{name}") for name in _MODULES]
    return {recipe.name: recipe for module in modules for recipe in module.RECIPES}


def recipe_of(name: str) -> Recipe:
    """The recipe of that name.

    Raises
    ------
    InputValueError
        If there is none; it suggests the nearest.
    """
    known = recipes()
    if not isinstance(name, str) or name not in known:
        raise unknown_name("name", name, known)
    return known[name]
