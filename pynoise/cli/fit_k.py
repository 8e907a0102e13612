"""The command `pynoise fit-k`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pynoise.cli import options
from pynoise.cli.parse import parse_counts
from pynoise.cli.progress import progress_bars
from pynoise.cli.tables import data_words, print_table

if TYPE_CHECKING:
    from pynoise.curves import KFit

__all__ = ["command"]

# Headings of the table: the key of a row, the width, and how to write it.
_COLUMNS = {
    "level γ": ("level", 7, ".5g"),
    "measured": ("accuracy", 8, ".4f"),
    "analytic": ("analytic", 8, ".4f"),
    "residual": ("residual", 8, "+.4f"),
}


@click.command("fit-k", short_help="Find the K whose analytic curve is nearest to measured accuracies.")
@click.argument("measured", metavar="MEASURED.csv")
@click.option(
    "--K", "k", metavar="K,…", help="Candidates.  [found, from 1 to 1001, or 400 with --model fixed]"
)
@options.source_options
@options.ties_option
@options.model_option
@options.clean_option
@options.neighbors_option
@options.threads_option
@options.output_options
def command(
    source: options.Source,
    measured: str,
    k: str | None,
    ties: str,
    model: str,
    clean: str | None,
    neighbors: str | None,
    threads: int | None,
    out: tuple[str, ...],
    as_json: bool,
) -> None:
    """Find the K whose analytic curve is nearest to measured accuracies.

    MEASURED.csv has the columns level and accuracy: what a classifier, a network say, reached when it was
    trained with that share of its labels selected for noise. The fit is by least squares; its interval is
    the 95 % profile interval, for independent errors of equal size.

    \b
    Examples:
      pynoise fit-k network.csv --dataset mnist --noise flip --out fit.png
      pynoise fit-k network.csv --dataset features.npz --noise uniform --K 1,11,51,101 --json
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(measured="MEASURED.csv", ks="--K", **source.words()):
        # What can be refused at once is refused before the data are loaded.
        ks = None if k is None else parse_counts(k)
        from pynoise import curves

        levels, accuracy = curves.load_measured(measured)
        options.check_files(out)
        kept = options.load_neighbors(neighbors)
        examples, noise = source.load()
        with progress_bars() as progress:
            fit = curves.fit_k(
                levels,
                accuracy,
                examples,
                noise,
                ks=ks,
                label_map=source.label_map,
                ties=ties,
                model=model,
                clean=clean,
                neighbors=kept,
                threads=threads,
                progress=progress,
            )
    if as_json:
        click.echo(fit.to_json(), nl=False)
    else:
        _print(fit)
    options.write_files(fit, out)


def _print(fit: KFit) -> None:
    first, last = fit.interval
    tried = f"{len(fit.ks)} K tried, {fit.ks[0]} to {fit.ks[-1]}"
    click.echo(f"{data_words(fit.meta)}, {tried}\n")
    click.echo(f"K = {fit.k}")
    edge = "; it reaches the end of what was tried" if fit.at_edge else ""
    click.echo(f"95 % interval {first} to {last}{edge}")
    click.echo(f"root mean square residual {fit.rms:.4f}")
    largest = fit.largest
    click.echo(f"largest residual {largest['residual']:+.4f}, at level {largest['level']:.10g}\n")
    print_table(_COLUMNS, fit.rows)
