"""The commands `pynoise sweep …`."""

from __future__ import annotations

import click

from pynoise.cli.lazy import LazyGroup

__all__ = ["command"]

_COMMANDS = {
    "run": "Run the trials of a grid that are not in the store yet.",
    "resume": "Go on where a sweep was stopped.",
    "status": "Say how far a sweep is.",
    "cancel": "Stop a sweep that is running; nothing done is lost.",
    "export": "Write a table with a row a trial.",
}


@click.group("sweep", cls=LazyGroup, package="pynoise.cli.sweep", commands=_COMMANDS)
def command() -> None:
    """Run thousands of settings, on this machine or a Ray cluster."""
