"""What a user's mistake raises: an error that names the argument, its value and what would do.

Each is also the built-in error that a caller would expect, so ``except ValueError`` works.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "InputError",
    "InputFileNotFoundError",
    "InputTypeError",
    "InputValueError",
    "MissingPackageError",
    "SweepError",
    "TrainingError",
    "TrainingWarning",
]


class InputError(Exception):
    """An argument that pynoise cannot work with.

    Attributes
    ----------
    argument : str
        The argument's name in Python; the command line shows its own name for it.
    problem : str
        What its value is, and what would do.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}")
        self.argument = argument
        self.problem = problem


class InputValueError(InputError, ValueError):
    """A value that will not do."""


class InputTypeError(InputError, TypeError):
    """A type that will not do."""


class MissingPackageError(InputValueError):
    """A value that asks for a package that is not installed."""


class InputFileNotFoundError(InputError, FileNotFoundError):
    """A file or folder that is not there."""


class SweepError(RuntimeError):
    """A sweep that cannot go on: no worker starts, or its cluster is lost. What is done is kept."""


class TrainingError(RuntimeError):
    """A training that cannot go on: its loss is no number any more, say. What was saved stays."""


class TrainingWarning(UserWarning):
    """A training that goes on, but not as it was asked for."""


def unknown_name(argument: str, name: object, known: Iterable[str]) -> InputValueError:
    """The error for a name that is not one of the `known`; suggests the nearest."""
    lower = {one.lower(): one for one in known}
    near = get_close_matches(str(name).lower(), lower, n=1, cutoff=0.5)
    hint = f" (did you mean {lower[near[0]]!r}?)" if near else ""
    return InputValueError(argument, f"{name!r} is not known{hint}; known are {', '.join(lower.values())}")
