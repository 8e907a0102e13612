"""The methods by name."""

from __future__ import annotations

from pynoise.errors import InputTypeError, unknown_name
from pynoise.methods.cross_entropy import CrossEntropy
from pynoise.methods.method import Method

__all__ = ["METHODS", "make"]

_METHODS: dict[str, type[Method]] = {"cross-entropy": CrossEntropy}
METHODS = tuple(_METHODS)


def make(name: str | Method) -> Method:
    """The method of a name, or itself.

    Raises
    ------
    InputValueError
        If there is none of that name.
    """
    if isinstance(name, Method):
        return name
    if isinstance(name, type) and issubclass(name, Method):
        raise InputTypeError("method", f"{name.__name__} is a class; give an instance, {name.__name__}()")
    if not isinstance(name, str) or name not in _METHODS:
        raise unknown_name("method", name, METHODS)
    return _METHODS[name]()
