"""Sweeps: thousands of settings, in one file that survives whatever ends them."""

from pynoise.sweep.export import export
from pynoise.sweep.foresee import Foreseen, foresee
from pynoise.sweep.grid import Grid
from pynoise.sweep.lock import cancel, holder
from pynoise.sweep.run import Summary, resume, run
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
