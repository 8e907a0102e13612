"""The methods by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from pynoise.errors import InputError, InputTypeError, InputValueError, unknown_name
from pynoise.methods.bootstrap import Bootstrap
from pynoise.methods.co_teaching import CoTeaching
from pynoise.methods.cross_entropy import CrossEntropy
from pynoise.methods.forward import Forward
from pynoise.methods.gce import GCE
from pynoise.methods.knet import KNetMethod
from pynoise.methods.label_smoothing import LabelSmoothing
from pynoise.methods.method import Method
from pynoise.methods.mixnn import MixNN
from pynoise.methods.mixup import Mixup
from pynoise.methods.odd import ODD
from pynoise.methods.sce import SCE

__all__ = ["METHODS", "make"]

_METHODS: dict[str, type[Method]] = {
    "cross-entropy": CrossEntropy,
    "mixup": Mixup,
    "label-smoothing": LabelSmoothing,
    "gce": GCE,
    "sce": SCE,
    "forward": Forward,
    "bootstrap": Bootstrap,
    "co-teaching": CoTeaching,
    "knet": KNetMethod,
    "mixnn": MixNN,
    "odd": ODD,
}
METHODS = tuple(_METHODS)


def make(name: str | Method, options: Mapping[str, Any] | None = None) -> Method:
    """The method of a name with options by name, or itself.

    Raises
    ------
    InputValueError, InputTypeError
        If there is none of that name, or it has no such options.
    """
    given = {} if options is None else options
    if not isinstance(given, Mapping):
        raise InputTypeError("method_options", f"{given!r} is no dict of options by name")
    if isinstance(name, Method):
        if given:
            raise InputValueError(
                "method_options", f"go with the name of a method; {type(name).__name__} has its own"
            )
        return name
    if isinstance(name, type) and issubclass(name, Method):
        raise InputTypeError("method", f"{name.__name__} is a class; give an instance, {name.__name__}()")
    if not isinstance(name, str) or name not in _METHODS:
        raise unknown_name("method", name, METHODS)
    kind = _METHODS[name]
    parameters = inspect.signature(kind).parameters.values()
    if not any(one.kind is one.VAR_KEYWORD for one in parameters):  # which looks at names itself
        names = [one.name for one in parameters]
        for option in given:
            if not names:
                raise InputValueError("method_options", f"{option!r} is not known: {name} has no options")
            if option not in names:
                raise unknown_name("method_options", option, names)
    try:
        return kind(**given)
    except InputError as error:
        if error.argument == "method_options":
            raise
        raise type(error)("method_options", f"{error.argument}: {error.problem}") from None
