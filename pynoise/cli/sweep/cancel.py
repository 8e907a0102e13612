"""The command `pynoise sweep cancel`."""

from __future__ import annotations

import click

from pynoise.cli import options
from pynoise.cli.sweep.engine import store_option

__all__ = ["command"]


@click.command("cancel", short_help="Stop a sweep that is running.")
@store_option
def command(store: str) -> None:
    """Stop a sweep that is running, from another terminal.

    What is done is kept, and what was running is queued again: pynoise sweep resume goes on.
    """
    with options.in_words_of_options(store="--store"):
        from pynoise.sweep import cancel

        stopped = cancel(store)
    click.echo(f"{store}: {'stopped' if stopped else 'nobody was running it'}")
