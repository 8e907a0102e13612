"""The command `pynoise sweep run`."""

from __future__ import annotations

from typing import Any

import click

from pynoise.cli.progress import progress_bars
from pynoise.cli.sweep.engine import conclude, engine_options, kept, store_option

__all__ = ["command"]


@click.command("run", short_help="Run the trials of a grid.")
@click.argument("grid", metavar="GRID.toml")
@store_option
@click.option("--dry-run", is_flag=True, help="List the trials and estimate the time; run nothing.")
@engine_options
@click.option("--download", is_flag=True, help="Fetch the files that are missing (needs torchvision).")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(grid: str, store: str, dry_run: bool, as_json: bool, **arguments: Any) -> None:
    """Run the trials of a grid that the store does not hold yet, and those that are queued there.

    GRID.toml has lists in [grid] (dataset, method, network, space, noise, level, seed, K), of which every
    combination is a trial, and single values in [train] and [knn]. docs/sweep.md explains them.

    \b
    Examples:
      pynoise sweep run grid.toml --store sweep.db --dry-run
      pynoise sweep run grid.toml --store sweep.db
      pynoise sweep run grid.toml --store sweep.db --engine ray --address 10.0.0.1:6379
    """  # noqa: D301 - click's mark for lines to be left as they are
    with kept(store):
        from pynoise import sweep

        if dry_run:
            with progress_bars() as progress:
                foreseen = sweep.foresee(grid, store, progress=progress, **arguments)
            click.echo(foreseen.to_json() if as_json else foreseen.text(), nl=False)
            return
        with progress_bars() as progress:
            summary = sweep.run(grid, store, progress=progress, **arguments)
    conclude(summary, as_json=as_json)
