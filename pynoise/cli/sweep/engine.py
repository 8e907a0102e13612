"""What the commands that run trials share: where they run, and what is said in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from pynoise.cli import options
from pynoise.cli.sweep.words import print_status

if TYPE_CHECKING:
    from pynoise.sweep import Summary

__all__ = ["conclude", "engine_options", "kept", "store_option"]

store_option = click.option("--store", required=True, metavar="FILE.db", help="The sweep's file.")

engine_options = options.with_options(
    (
        click.option(
            "--engine",
            default="local",
            show_default=True,
            metavar="NAME",
            help="local, processes of this machine, or ray, a Ray cluster.",
        ),
        click.option(
            "--address",
            metavar="HOST:PORT",
            help="Of a Ray cluster, or auto.  [one is started]",
        ),
        click.option(
            "--workers",
            type=int,
            metavar="N",
            help="Trials at a time.  [what there are cores, or devices, for]",
        ),
        click.option("--cpus", type=int, default=1, show_default=True, help="Threads of a trial."),
        click.option(
            "--gpus",
            type=float,
            default=0.25,
            show_default=True,
            help="Share of a CUDA device that a trial takes; where memory does not do, there are fewer.",
        ),
        click.option(
            "--device", default="auto", show_default=True, metavar="NAME", help="auto, cpu or cuda."
        ),
        click.option(
            "--retries",
            type=int,
            default=1,
            show_default=True,
            help="How often a trial is tried again whose process ended.",
        ),
        click.option(
            "--data-root",
            metavar="FOLDER",
            help="Where torchvision's files lie.  [$PYNOISE_DATA, or data]",
        ),
    )
)


@contextmanager
def kept(store: str) -> Iterator[None]:
    """Name arguments as the command line does, and have the line that tells of Ctrl-C say what is kept."""
    from pathlib import Path

    with options.in_words_of_options(grid="GRID", store="--store"):
        try:
            yield
        except KeyboardInterrupt:
            words = [f"{store} keeps what is done; go on with pynoise sweep resume --store {store}"]
            raise KeyboardInterrupt(*(words if Path(store).is_file() else [])) from None


def conclude(summary: Summary, *, as_json: bool) -> None:
    """Say what there is; with an exit code of 1 if a trial of the store has failed."""
    from pynoise.sweep import Store

    click.echo(f"{summary.ran:,} trials run in {summary.seconds:.1f} s, {summary.new:,} new", err=True)
    with Store.open(summary.store) as store:
        print_status(store, as_json=as_json)
    if summary.counts["failed"]:
        raise click.exceptions.Exit(1)
