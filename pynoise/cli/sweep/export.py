"""The command `pynoise sweep export`."""

from __future__ import annotations

import click

from pynoise.cli import options
from pynoise.cli.sweep.engine import store_option

__all__ = ["command"]


@click.command("export", short_help="Write a table with a row a trial.")
@store_option
@click.option("--out", required=True, metavar="FILE", help="Write a .csv or .parquet file.")
def command(store: str, out: str) -> None:
    """Write a table with a row a trial: the keys of the grid, and the results."""
    with options.in_words_of_options(store="--store"):
        from pynoise.sweep import export

        rows = export(store, out)
    click.echo(f"wrote {out}: {rows:,} rows", err=True)
