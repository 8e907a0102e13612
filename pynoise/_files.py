"""Writing files whole: under a temporary name first, then renamed."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError

__all__ = ["PICTURE_SUFFIXES", "check_output", "write_whole", "writing_whole"]

PICTURE_SUFFIXES = (".png", ".svg", ".pdf")


def check_output(argument: str, path: str | Path, suffixes: tuple[str, ...]) -> Path:
    """Check, before any work is done, that a file can be written there.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If the suffix is not one of `suffixes`, the folder does not exist, the path is no place for a
        file, or the place may not be written to.
    """
    if not isinstance(path, str | Path):
        raise InputTypeError(argument, f"{path!r} is not the path of a file")
    if Path(path).suffix.lower() not in suffixes:
        raise InputValueError(argument, f"{str(path)!r} must end in one of {', '.join(suffixes)}")
    try:
        target = Path(path).resolve()  # through a link, not over it
        exists = target.exists()
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name too long, a NUL
        raise InputValueError(argument, f"{str(path)!r} is not a path that can be written: {error}") from None
    if target.is_dir():
        raise InputValueError(argument, f"{str(path)!r} is a folder; name a file")
    if not target.parent.is_dir():
        raise InputFileNotFoundError(argument, f"{str(path)!r}: there is no folder {str(target.parent)!r}")
    if exists and not target.is_file():
        raise InputValueError(argument, f"{str(path)!r} is not a regular file; name another")
    if not os.access(target if exists else target.parent, os.W_OK):
        what = "the file" if exists else f"the folder {str(target.parent)!r}"
        raise InputValueError(argument, f"{str(path)!r}: {what} is not writable")
    return Path(path)


def write_whole(path: str | Path, content: bytes) -> None:
    """Write a file whole or not at all: a reader never sees half of it.

    Raises
    ------
    OSError
        If the system refuses; what was there before is left as it was.
    """
    with writing_whole(path) as file:
        file.write(content)


@contextlib.contextmanager
def writing_whole(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file to be written whole: for content that is too large to stand in memory twice.

    It takes its name when the block ends, and only if that ends without an error.

    Raises
    ------
    OSError
        If the system refuses; what was there before is left as it was.
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".{secrets.token_hex(6)}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileNotFoundError):
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except OSError as error:
        raise type(error)(error.errno, error.strerror, str(path)) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
