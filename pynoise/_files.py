"""Writing files whole: under a temporary name first, then renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from pynoise.errors import InputFileNotFoundError, InputValueError

__all__ = ["check_output", "write_whole"]


def check_output(argument: str, path: str | Path, suffixes: tuple[str, ...]) -> Path:
    """Check, before any work is done, that a file can be written there.

    Raises
    ------
    InputValueError, InputFileNotFoundError
        If the suffix is not one of `suffixes`, the folder does not exist, the path is a folder, or the
        place may not be written to.
    """
    file = Path(path)
    if file.suffix.lower() not in suffixes:
        raise InputValueError(argument, f"{str(path)!r} must end in one of {', '.join(suffixes)}")
    if not file.parent.is_dir():
        raise InputFileNotFoundError(argument, f"{str(path)!r}: there is no folder {str(file.parent)!r}")
    if file.is_dir():
        raise InputValueError(argument, f"{str(path)!r} is a folder; name a file")
    if not os.access(file.parent, os.W_OK):
        raise InputValueError(argument, f"{str(path)!r}: the folder {str(file.parent)!r} is not writable")
    return file


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all: a reader never sees half of it.

    Raises
    ------
    OSError
        If the system refuses; what was there before is left as it was.
    """
    target = Path(path).resolve()  # through a link, not over it
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
