"""Packages that not everyone has: an error that says how to get them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pynoise.errors import MissingPackageError

__all__ = ["TRAIN", "needed"]

# What pip installs for networks: torch and torchvision.
TRAIN = "'pynoise-lab[train]'"


@contextmanager
def needed(argument: str, package: str, install: str, *, what: str = "") -> Iterator[None]:
    """Import `package` within; the error names the argument that asks for it, and what pip should install.

    Parameters
    ----------
    argument : str
        The argument's name.
    package : str
        The package's name, as it is imported.
    install : str
        What `pip install` is given.
    what : str
        The value of the argument that needs the package, where only some do.

    Raises
    ------
    MissingPackageError
        If the package is not there.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        subject = f"{what} needs" if what else "needs"
        raise MissingPackageError(
            argument, f"{subject} the package {package}, which is not installed: pip install {install}"
        ) from None
