"""The methods of a comparison: what they are called, and whether they will do, before any is trained."""

from __future__ import annotations

import hashlib
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

from torch import Tensor

from pynoise import methods
from pynoise._words import parse_options
from pynoise.errors import InputError, InputTypeError, InputValueError, TrainingWarning
from pynoise.methods import Batch, Method
from pynoise.training.run import train

if TYPE_CHECKING:
    from pynoise.training.loop import Training

__all__ = ["Contender", "MethodLike", "contenders_of", "rehearse"]

# Bytes of a folder's name that tell the method and its options.
_LONGEST = 100

MethodLike = str | tuple[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Contender:
    """A method that is compared with others.

    Attributes
    ----------
    label : str
        Its name, and the options that are given: "odd:mixup=1".
    name : str
        One of `pynoise.methods.METHODS`.
    given, options : dict
        The options that are given, and all of them.
    """

    label: str
    name: str
    given: dict[str, Any] = field(repr=False)
    options: dict[str, Any] = field(repr=False)

    @property
    def folder(self) -> str:
        """The name of the folder of its runs, another for each label."""
        name = re.sub(r"[^\w.,=-]+", "-", self.label.replace(":", "-", 1))
        if name == self.label.replace(":", "-", 1) and len(os.fsencode(name)) <= _LONGEST:
            return name
        # What was replaced or cut off may be all that tells it from others.
        digest = hashlib.sha256(os.fsencode(self.label)).hexdigest()[:8]
        return f"{os.fsencode(name)[:_LONGEST].decode(errors='ignore')}-{digest}"

    def make(self) -> Method:
        """The method itself, which has learnt nothing yet."""
        return methods.make(self.name, self.given)


def contenders_of(given: Sequence[MethodLike]) -> list[Contender]:
    """Check names of methods, pairs of a name and options, or words "odd:p=0.3,mixup=1".

    Raises
    ------
    InputValueError, InputTypeError
        For the argument `methods`, if there is no such method or option, or two are the same.
    """
    if isinstance(given, str | Mapping) or not isinstance(given, Sequence) or not given:
        raise InputTypeError("methods", f"{given!r} is no sequence of methods; name one or more")
    found: list[Contender] = []
    for one in given:
        name, options = _parts(one)
        label = _label(name, options)
        try:
            every = methods.make(name, options).options()
        except InputError as error:
            _blame(label, error)
        same = next((other for other in found if (other.name, other.options) == (name, every)), None)
        if same is not None:
            raise InputValueError(
                "methods", f"{same.label!r} and {label!r} are the same; name a method with its options once"
            )
        found.append(Contender(label, name, options, every))
    return found


def rehearse(contender: Contender, data: Any, network: str, **arguments: Any) -> None:
    """Do all of a run that comes before its first epoch, so that mistakes show before others are trained.

    Parameters
    ----------
    contender : Contender
        Whose run.
    data, network, **arguments
        Of `pynoise.training.train`.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        What `train` would refuse.
    """
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore", TrainingWarning)  # the run itself warns
        try:
            train(data, network, out=Path(folder) / "run", method=_Rehearsal(contender.make()), **arguments)
        except _ReadyError:
            pass
        except InputError as error:
            if error.argument != "method_options":
                raise
            _blame(contender.label, error)


class _ReadyError(Exception):
    """All is ready for the first epoch."""


class _Rehearsal(Method):
    """A method that gets ready, and stops there."""

    def __init__(self, method: Method) -> None:
        self._method = method

    def begin(self, training: Training) -> None:
        """Begin as the method does."""
        self._method.begin(training)
        raise _ReadyError

    def losses(self, training: Training, batch: Batch) -> tuple[Tensor, Tensor]:
        """Nothing is learnt: `begin` has stopped it."""
        raise _ReadyError


def _parts(given: Any) -> tuple[str, dict[str, Any]]:
    """The name of a method, and the options that are given."""
    if isinstance(given, str):
        name, _, words = given.partition(":")
        # A comma is a part of a list, too: "knet:ks=1,11,hidden=32".
        texts = re.split(r",(?=[^\W\d]\w*=)", words) if words else ()
        try:
            return name, parse_options(texts)
        except InputError as error:
            raise type(error)("methods", f"{given!r}: {error.problem}") from None
    if isinstance(given, tuple | list) and len(given) == 2:
        name, options = given
        if isinstance(name, str) and isinstance(options, Mapping):
            return name, dict(options)
    raise InputTypeError("methods", f"{given!r} is no method; give a name, or a pair of a name and a dict")


def _label(name: str, options: Mapping[str, Any]) -> str:
    words = ",".join(f"{key}={_word(value)}" for key, value in options.items())
    return f"{name}:{words}" if words else name


def _word(value: Any) -> str:
    """A value as `parse_options` reads it."""
    if value is None or isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(str, value))
    return str(value)


def _blame(label: str, error: InputError) -> NoReturn:
    problem = error.problem if error.argument == "method" else f"{label}: {error.problem}"
    raise type(error)("methods", problem) from None
