"""Checkpoints: tensors and plain values in torch's format, written whole; nothing else is unpickled."""

from __future__ import annotations

import io
import os
import pickle
from pathlib import Path
from typing import Any

import torch

from pynoise._files import write_whole
from pynoise.errors import InputFileNotFoundError, InputValueError

__all__ = ["load", "plain_state", "save"]

# What the file says that it holds, and in which form.
_RECORD, _FORMAT = "pynoise checkpoint", 1
_WANTED = "wanted is a checkpoint that pynoise wrote"


def save(path: Path, content: dict[str, Any]) -> None:
    """Write a checkpoint whole: what was there before stays until it is.

    Raises
    ------
    OSError
        If the system refuses.
    """
    # Through memory: torch's own errors do not say that a disk is full.
    buffer = io.BytesIO()
    torch.save({"record": _RECORD, "format": _FORMAT} | content, buffer)
    write_whole(path, buffer.getvalue())


def plain_state(state: Any) -> Any:
    """Check that a state holds tensors and plain values alone, which are all that `load` reads.

    Raises
    ------
    TypeError
        If there is something else in it.
    """
    if isinstance(state, dict):
        for key, value in state.items():
            plain_state(key)
            plain_state(value)
    elif isinstance(state, list | tuple):
        for value in state:
            plain_state(value)
    elif not (state is None or type(state) in (torch.Tensor, int, float, bool, str)):
        raise TypeError(f"a method's state holds a {type(state).__name__}; give tensors and plain values")
    return state


def load(argument: str, path: str | os.PathLike[str], device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read what `save` wrote; nothing but tensors and plain values is unpickled.

    Raises
    ------
    InputFileNotFoundError
        If there is no such file.
    InputValueError
        If it is damaged, or no checkpoint of pynoise's.
    """
    if not Path(path).is_file():
        raise InputFileNotFoundError(argument, f"there is no file {str(path)!r}; {_WANTED}")
    try:
        content = torch.load(path, map_location=device, weights_only=True)
    except OSError:
        raise
    except pickle.UnpicklingError:
        problem = "it holds more than tensors and plain values, which could run anything"
        raise InputValueError(argument, f"{str(path)!r} will not do: {problem}; {_WANTED}") from None
    except Exception as error:  # a damaged file can raise almost anything
        first = str(error).partition("\n")[0]
        problem = f"torch cannot read it ({type(error).__name__}: {first})"
        raise InputValueError(argument, f"{str(path)!r} will not do: {problem}; {_WANTED}") from None
    if not isinstance(content, dict) or content.get("record") != _RECORD:
        raise InputValueError(argument, f"{str(path)!r} is no checkpoint of pynoise's; {_WANTED}")
    if content.get("format") != _FORMAT:
        raise InputValueError(
            argument, f"{str(path)!r} has format {content.get('format')!r}, not {_FORMAT}, which is read here"
        )
    return content
