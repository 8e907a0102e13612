"""Sweeps: thousands of settings, in one file that survives whatever ends them.

Names load when they are first used: to look at a store takes no search and no vote.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pynoise.sweep.exported import export
    from pynoise.sweep.foreseen import Foreseen, foresee
    from pynoise.sweep.grid import Grid
    from pynoise.sweep.lock import cancel, holder
    from pynoise.sweep.running import Summary, resume, run
    from pynoise.sweep.store import STATES, Store

__all__ = [
    "STATES",
    "Foreseen",
    "Grid",
    "Store",
    "Summary",
    "cancel",
    "export",
    "foresee",
    "holder",
    "resume",
    "run",
]

_HOME = {
    "export": "exported",
    "foresee": "foreseen",
    "Foreseen": "foreseen",
    "Grid": "grid",
    "cancel": "lock",
    "holder": "lock",
    "Summary": "running",
    "resume": "running",
    "run": "running",
    "STATES": "store",
    "Store": "store",
}


def __dir__() -> list[str]:
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'pynoise.sweep' has no attribute {name!r}")
    # No module has the name of a function, or it would stand in its place once it is imported.
    return getattr(import_module(f"pynoise.sweep.{_HOME[name]}"), name)
