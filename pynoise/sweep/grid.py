"""The grid of a sweep: a file of lists, checked as far as it can be without loading anything."""

from __future__ import annotations

import math
import tomllib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pynoise import _checks
from pynoise._core import MOST_VOTES
from pynoise._words import parse_counts, parse_levels
from pynoise.errors import InputError, InputFileNotFoundError, InputTypeError, InputValueError, unknown_name
from pynoise.noise.levels import check_level
from pynoise.sweep.lines import line_of
from pynoise.sweep.trial import VOTES

__all__ = ["SPACES", "Grid"]

SPACES = ("inputs", "features")

# Lists of the table [grid], and what is taken where one is left out.
_AXES: dict[str, tuple[Any, ...]] = {
    "dataset": ("digits",),
    "method": VOTES,
    "network": ("mlp",),
    "space": ("inputs",),
    "noise": ("flip",),
    "level": tuple(i / 10 for i in range(11)),
    "seed": (0,),
    "K": (51,),
}
_KNN = {"ties": "first", "model": "iid"}

# Combinations of one grid: all of them are held in memory.
_MOST_TRIALS = 2_000_000

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Grid:
    """Every combination of these is a trial.

    Parameters
    ----------
    dataset : sequence of str
        Names that `pynoise.data.load` knows, .npz files, folders of images.
    method : sequence of str
        "knn", the measured accuracy of K nearest neighbours, "analytic", the predicted one, and methods of
        `pynoise.methods`, with options if need be: "odd:mixup=1".
    network : sequence of str
        For methods that train, and for neighbours among features.
    space : sequence of {"inputs", "features"}
        Where neighbours are looked for, and where noise is placed that depends on it: among the examples as
        they are, or among the penultimate features of the network, trained on clean labels by cross-entropy
        with seed 0.
    noise : sequence of str
        Kinds of `pynoise.noise.KINDS` but "human", label maps ("4:9,9:4"), files of matrices, noisy labels
        or estimates.
    level : sequence of float
        Noise levels γ within [0, 1].
    seed : sequence of int
        Seeds, as `pynoise.training.train` has them: all methods learn from the same noisy labels.
    K : sequence of int
        Numbers of neighbours.
    train : dict
        Settings of training, as `pynoise.training.Settings` has them, and ``recipe`` for images in folders.
    knn : dict
        ``ties`` and ``model``, as `pynoise.accuracy_curve` has them.
    source : str
        The file that it was read from, for errors.
    text : str
        What it holds, for the line in errors.

    Raises
    ------
    InputValueError, InputTypeError
        For a value that will not do; the argument is "grid", and the problem names file, line and key.
    """

    dataset: Sequence[str] = _AXES["dataset"]
    method: Sequence[str] = _AXES["method"]
    network: Sequence[str] = _AXES["network"]
    space: Sequence[str] = _AXES["space"]
    noise: Sequence[str] = _AXES["noise"]
    level: Sequence[float] = _AXES["level"]
    seed: Sequence[int] = _AXES["seed"]
    K: Sequence[int] = _AXES["K"]
    train: Mapping[str, Any] = field(default_factory=dict)
    knn: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    text: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        axes: dict[str, Callable[[Any], Any]] = {
            "dataset": _word,
            "method": _word,
            "network": _word,
            "space": lambda value: _checks.one_of("space", value, SPACES),
            "noise": _word,
            "level": lambda value: check_level("level", value) + 0.0,  # no -0.0
            "seed": lambda value: _checks.seed("seed", value),
            "K": lambda value: _checks.whole("K", value, 1, MOST_VOTES),
        }
        for name, check in axes.items():
            object.__setattr__(self, name, self._axis(name, getattr(self, name), check))
        combinations = math.prod(len(getattr(self, name)) for name in axes)
        if combinations > _MOST_TRIALS:
            problem = f"are {combinations:,} combinations; give at most {_MOST_TRIALS:,} in a file"
            self.blame("grid", "", InputValueError("grid", problem))
        for table in ("train", "knn"):
            if not isinstance(getattr(self, table), Mapping):
                self.blame(table, "", InputTypeError(table, "is no table"))
        for key in self.knn:
            if key not in _KNN:
                self.blame("knn", key, unknown_name(key, key, _KNN))
        knn = _KNN | dict(self.knn)
        for key, check_name in {"ties": _checks.ties, "model": _checks.model}.items():
            self.checking("knn", key, check_name, knn[key])
        for key, value in self.train.items():
            if isinstance(value, list) and key != "step_at":
                problem = f"{value!r} is a list; lists stand in [grid], here one value is for all trials"
                self.blame("train", key, InputTypeError(key, problem))
        object.__setattr__(self, "knn", knn)
        object.__setattr__(self, "train", dict(self.train))

    @classmethod
    def read(cls, path: str | Path) -> Grid:
        """Read a file: [grid] with lists, [train] and [knn] with single values.

        Raises
        ------
        InputFileNotFoundError
            If there is no such file.
        InputValueError, InputTypeError
            If it is no TOML, has a key that is not known, or a value that will not do; names line and key.
        """
        if not isinstance(path, str | Path):
            raise InputTypeError("grid", f"{path!r} is not the path of a file")
        try:
            text = Path(path).read_text("utf-8-sig")
        except FileNotFoundError:
            raise InputFileNotFoundError("grid", f"there is no file {str(path)!r}") from None
        except UnicodeDecodeError as error:
            raise InputValueError("grid", f"{str(path)!r} is no text in UTF-8: {error}") from None
        return cls.parse(text, str(path))

    @classmethod
    def parse(cls, text: str, source: str = "the grid") -> Grid:
        """Make a grid of the content of such a file; `source` is what errors call it."""
        try:
            content = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InputValueError("grid", f"{source} is no TOML: {error}") from None
        except RecursionError:
            raise InputValueError("grid", f"{source} has lists within lists without end") from None
        known = {"grid": tuple(_AXES), "train": None, "knn": tuple(_KNN)}
        for table, keys in content.items():
            if table not in known:
                _blame(text, source, table, "", unknown_name("table", table, known))
            if not isinstance(keys, dict):
                problem = InputTypeError(table, f"is no table; write [{table}] above its keys")
                _blame(text, source, "", table, problem)
        if "grid" not in content:
            raise InputValueError("grid", f"{source} has no table [grid]; docs/sweep.md has an example")
        for key in content["grid"]:
            if key not in _AXES:
                _blame(text, source, "grid", key, unknown_name(key, key, _AXES))
        own = {name: content[name] for name in ("train", "knn") if name in content}
        return cls(**content["grid"], **own, source=source, text=text)

    def blame(self, table: str, key: str, error: InputError) -> NoReturn:
        """Raise an error that names the file, the line and the key of what is wrong."""
        _blame(self.text, self.source, table, key, error)

    def checking(
        self, table: str, key: str, check: Callable[..., _Value], *arguments: Any, **named: Any
    ) -> _Value:
        """What `check` gives; its error names file, line and key."""
        try:
            return check(*arguments, **named)
        except InputError as error:
            self.blame(table, key, error)

    def _axis(self, name: str, value: Any, check: Callable[[Any], Any]) -> tuple[Any, ...]:
        if isinstance(value, str) and name in ("level", "seed", "K"):
            value = self.checking("grid", name, _ranged, name, value)
        if isinstance(value, str) or not isinstance(value, Sequence):
            problem = f"{value!r} is no list; write [{_toml(value)}]"
            self.blame("grid", name, InputTypeError(name, problem))
        if not value:
            self.blame(
                "grid", name, InputValueError(name, "is empty; give one value or more, or leave it out")
            )
        found = [self.checking("grid", name, check, one) for one in value]
        for one, times in Counter(found).items():
            if times > 1:
                self.blame("grid", name, InputValueError(name, f"{one!r} is given twice; name each once"))
        return tuple(found)


def _ranged(name: str, text: str) -> list[Any]:
    """Numbers as the command line writes them: "0:1:0.05"."""
    return parse_levels(text) if name == "level" else parse_counts(text, name)


def _word(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise InputTypeError("name", f"{value!r} is no name; write it in quotes")
    return value


def _toml(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _blame(text: str, source: str, table: str, key: str, error: InputError) -> NoReturn:
    """Raise the error with the place in the file."""
    line = line_of(text, table, key)
    place = ", ".join(filter(None, (source, "" if line is None else f"line {line}")))
    name = ".".join(filter(None, (table, key)))
    kind = type(error) if type(error) in (InputValueError, InputTypeError) else InputValueError
    raise kind("grid", ": ".join(filter(None, (place, name, error.problem)))) from None
