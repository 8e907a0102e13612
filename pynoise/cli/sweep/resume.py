"""The command `pynoise sweep resume`."""

from __future__ import annotations

from typing import Any

import click

from pynoise.cli.progress import progress_bars
from pynoise.cli.sweep.engine import conclude, engine_options, kept, store_option

__all__ = ["command"]


@click.command("resume", short_help="Go on where a sweep was stopped.")
@store_option
@click.option("--failed", is_flag=True, help="Try the trials again that have failed, too.")
@engine_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(store: str, as_json: bool, **arguments: Any) -> None:
    """Run the trials that are queued, or were running when the sweep was stopped."""
    with kept(store):
        from pynoise import sweep

        with progress_bars() as progress:
            summary = sweep.resume(store, progress=progress, **arguments)
    conclude(summary, as_json=as_json)
