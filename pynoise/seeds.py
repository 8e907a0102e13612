"""Seeds: one a run, split by name, so that changing one thing changes one thing."""

from __future__ import annotations

from pynoise import _checks, _core

__all__ = ["split"]


def split(seed: int, name: str, index: int = 0) -> int:
    """Derive the seed of one named part of a run.

    Parameters
    ----------
    seed : int
        The run's seed, 0 ≤ seed < 2⁶⁴.
    name : str
        What the part is, "noise" for example. Different names give unrelated seeds.
    index : int
        Which of several such parts, a repeat for example.

    Returns
    -------
    int
        A seed, 0 ≤ seed < 2⁶⁴; the same on every machine and in every version (Philox4x32-10).

    Raises
    ------
    InputValueError, InputTypeError
        If `seed` or `index` is not a whole number of 64 bits.
    """
    return _core.random_integer(_checks.seed("seed", seed), name, _checks.seed("index", index))
