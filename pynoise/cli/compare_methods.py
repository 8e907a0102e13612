"""The command `pynoise compare-methods`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pynoise.cli import options
from pynoise.cli.parse import parse_counts
from pynoise.cli.progress import keeping, progress_bars
from pynoise.cli.settings import checked, network_options
from pynoise.cli.tables import print_table

if TYPE_CHECKING:
    from pynoise.training import MethodComparison

__all__ = ["command"]

_FILES = ("table.md", "table.csv", "table.json", "figure.png")


@click.command("compare-methods", short_help="Train by several methods on the same noisy labels.")
@options.source_options
@click.option(
    "--method",
    "methods",
    multiple=True,
    required=True,
    metavar="NAME[:OPTION=VALUE,…]",
    help="A method, with options if need be; may be repeated. See docs/methods.md.",
)
@click.option("--level", type=float, metavar="γ", help="The noise level.  [no noise]")
@click.option("--seeds", default="0", show_default=True, metavar="S,…", help="A run each, of every method.")
@network_options
@options.device_option
@options.threads_option
@options.reading_options
@click.option("--out", required=True, metavar="FOLDER", help="Keep the runs and the table in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(
    source: options.Source,
    methods: tuple[str, ...],
    level: float | None,
    seeds: str,
    network: str,
    settings: dict[str, Any],
    device: str,
    threads: int | None,
    recipe: str | None,
    workers: int,
    skip_corrupt: bool,
    out: str,
    as_json: bool,
) -> None:
    """Train a network by several methods on the same noisy labels, and set their accuracies side by side.

    All methods have the same noisy labels, first weights and settings: those of pynoise train where none is
    given. Differences are to the first method. Every run stays in FOLDER, and the same command goes on where
    it was stopped; in the end FOLDER holds table.md, table.csv, table.json and figure.png.

    \b
    Examples:
      pynoise compare-methods --method cross-entropy --method odd --noise uniform --level 0.4 --out runs/x
      pynoise compare-methods --method odd --method odd:mixup=1,p=0.3 --noise-file heaps.npz --out runs/y
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(level="--level", methods="--method", **source.words()):
        given = checked(settings)
        chosen = parse_counts(seeds, "seeds")
        from pathlib import Path

        from pynoise.training import compare_methods

        noise = source.load_noise()
        data = source.data.load_any()
        with keeping(out, "the runs that are done; the same command goes on"), progress_bars() as progress:
            found = compare_methods(
                data,
                network,
                methods=methods,
                out=out,
                noise=noise,
                level=level,
                label_map=source.label_map,
                seeds=chosen,
                device=device,
                threads=threads,
                recipe=recipe,
                workers=workers,
                skip_corrupt=skip_corrupt,
                progress=progress,
                **given,
            )
    if as_json:
        click.echo(found.to_json(), nl=False)
    else:
        _print(found)
    for file in _FILES:
        found.save(Path(out) / file)
        click.echo(f"wrote {Path(out) / file}", err=True)
    for problem in found.problems:
        click.echo(f"Error: {problem}", err=True)
    if found.problems:
        raise click.exceptions.Exit(1)


def _print(found: MethodComparison) -> None:
    click.echo(found.heading)
    head, *body = found.grid("*{}")
    columns = {name: (name, max(len(line[i]) for line in (head, *body)), "") for i, name in enumerate(head)}
    print_table(columns, [dict(zip(head, line, strict=True)) for line in body])
    for note in (*found.notes, "*: the highest"):
        click.echo(note)
