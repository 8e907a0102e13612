"""The command `pynoise sweep status`."""

from __future__ import annotations

import click

from pynoise.cli import options
from pynoise.cli.sweep.engine import store_option
from pynoise.cli.sweep.words import print_status

__all__ = ["command"]


@click.command("status", short_help="Say how far a sweep is.")
@store_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(store: str, as_json: bool) -> None:
    """Say how many trials are queued, running, done and failed, and why they failed."""
    with options.in_words_of_options(store="--store"):
        from pynoise.sweep import Store

        with Store.open(store) as there:
            print_status(there, as_json=as_json)
