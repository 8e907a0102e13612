"""The command `pynoise reproduce`."""

from __future__ import annotations

from typing import Any

import click

from pynoise.cli import options
from pynoise.cli.parse import parse_counts
from pynoise.cli.progress import keeping, progress_bars
from pynoise.cli.settings import checked, training_options

__all__ = ["command"]


@click.command("reproduce", short_help="Make a figure or table of the papers anew.")
@click.argument("name", required=False, metavar="[NAME]")
@click.option("--list", "listed", is_flag=True, help="Say which figures and tables there are.")
@click.option("--out", metavar="FOLDER", help="Keep the runs and what is made of them in this folder.")
@click.option("--seeds", default="0", show_default=True, metavar="S,…", help="A repetition each.")
@click.option(
    "--scale", type=float, default=1.0, show_default=True, help="Share of the training examples to take."
)
@click.option("--dataset", metavar="NAME|FILE|FOLDER", help="One of the paper's, or another.  [the paper's]")
@click.option("--network", metavar="NAME", help="One of the paper's, or another.  [the paper's]")
@click.option(
    "--data-root", metavar="FOLDER", help="Where the data sets' files lie.  [$PYNOISE_DATA, or data]"
)
@click.option("--download", is_flag=True, help="Fetch the files that are missing (needs torchvision).")
@options.device_option
@options.threads_option
@options.workers_option
@training_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(
    name: str | None,
    listed: bool,
    out: str | None,
    seeds: str,
    scale: float,
    dataset: str | None,
    network: str | None,
    data_root: str | None,
    download: bool,
    device: str,
    threads: int | None,
    workers: int,
    settings: dict[str, Any],
    method_options: dict[str, Any],
    as_json: bool,
) -> None:
    """Make a figure or table of a paper anew, and set the published numbers beside what comes out.

    Without NAME it says what there is. What is not given is as the recipe has it. Every run stays in FOLDER,
    and the same command goes on where it was stopped. Where data are missing, a table has the published
    numbers alone.

    \b
    Examples:
      pynoise reproduce --list
      pynoise reproduce knet-table2 --dataset cifar10 --seeds 0,1,2 --out runs/table2
      pynoise reproduce knet-table2 --dataset mnist --network mnist-cnn --epochs 5 --out runs/mnist
    """  # noqa: D301 - click's mark for lines to be left as they are
    if name is None or listed:
        _list()
        return
    if out is None:
        raise click.MissingParameter(param_hint="'--out'", param_type="option")
    with options.in_words_of_options(name="NAME", noise="--dataset", method_options="--set"):
        from pynoise.paper import reproduce
        from pynoise.paper.registry import recipe_of

        recipe_of(name)  # before torch, which takes seconds
        given = checked(settings)
        with keeping(out, "the runs that are done; the same command goes on"), progress_bars() as progress:
            result = reproduce(
                name,
                out,
                seeds=parse_counts(seeds, "seeds"),
                scale=scale,
                dataset=dataset,
                network=network,
                data_root=data_root,
                download=download,
                device=device,
                threads=threads,
                workers=workers,
                progress=progress,
                method_options=method_options,
                **given,
            )
    click.echo(result.to_json() if as_json else result.text(), nl=False)
    for file in result.files:
        click.echo(f"wrote {out.rstrip('/')}/{file}", err=True)
    if result.problem is not None:
        click.echo(f"Error: nothing could be made anew: {result.problem}", err=True)
        raise click.exceptions.Exit(1)


def _list() -> None:
    from pynoise.paper import RECIPES

    width = max(len(name) for name, _ in RECIPES)
    for name, title in RECIPES:
        click.echo(f"{name:<{width}}  {title}")
