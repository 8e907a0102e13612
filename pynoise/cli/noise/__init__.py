"""The commands `pynoise noise …`."""

from __future__ import annotations

import click

from pynoise.cli.lazy import LazyGroup

__all__ = ["command"]

_COMMANDS = {
    "make": "Put noise into labels, and keep them with their record.",
    "show": "Print what noise a file holds.",
    "plot": "Draw the matrix of the noise, and where it sits.",
    "estimate": "Estimate unknown noise from features and noisy labels alone.",
}


@click.group("noise", cls=LazyGroup, package="pynoise.cli.noise", commands=_COMMANDS)
def command() -> None:
    """Make noisy labels, look at them, or estimate the noise in labels."""
