"""The command `pynoise compare`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pynoise._files import PICTURE_SUFFIXES
from pynoise.cli import options
from pynoise.cli.parse import parse_counts
from pynoise.cli.progress import progress_bars
from pynoise.cli.runs import Trained, run_argument
from pynoise.cli.tables import print_table

if TYPE_CHECKING:
    from pynoise.analysis import Comparison

__all__ = ["command"]

_COLUMNS = {
    "K": ("k", 5, "d"),
    "preferred by": ("preferred", 12, ",d"),
    "share": ("share", 6, ".4f"),
    "median": ("median_distance", 7, ".4f"),
    "mean": ("mean_distance", 7, ".4f"),
}


@click.command("compare", short_help="Compare a trained network's softmax with its neighbours' labels.")
@run_argument
@click.option("--K", "k", metavar="K,…", help="Numbers of neighbours, or START:STOP:STEP.  [10:300:10]")
@click.option(
    "--pairs", metavar="FILE", help="Draw examples whose distance is near the median: .png, .svg, .pdf."
)
@options.device_option
@options.threads_option
@options.workers_option
@options.output_options
def command(
    trained: Trained,
    k: str | None,
    pairs: str | None,
    device: str,
    threads: int | None,
    workers: int,
    out: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare the softmax of each test example with the labels of its K nearest training examples.

    RUN is a folder that pynoise train wrote. Neighbours are near in the network's penultimate features; the
    distance is chi-square, and each example prefers the K with the lowest (Drory et al., BMVC 2020, Fig. 5).

    \b
    Examples:
      pynoise compare runs/x --K 10:300:10 --out preferred.png --out distances.csv
      pynoise compare runs/x --pairs pairs.png
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(run="RUN", noise_file="RUN", ks="--K", pairs="--pairs"):
        from pynoise import training
        from pynoise._files import check_output

        sizes = None if k is None else parse_counts(k, "ks")
        options.check_files(out)
        if pairs is not None:
            check_output("pairs", pairs, PICTURE_SUFFIXES)
        run, data = trained.load()
        with progress_bars() as progress:
            compared = training.compare(
                run, data, sizes, device=device, threads=threads, workers=workers, progress=progress
            )
    if as_json:
        click.echo(compared.to_json(), nl=False)
    else:
        _print(compared, f"{data.name}, {run.config['network']}")
    options.write_files(compared, out)
    if pairs is not None:
        compared.plot_pairs(pairs)
        click.echo(f"wrote {pairs}", err=True)


def _print(compared: Comparison, heading: str) -> None:
    click.echo(f"{heading}: {len(compared.preferred):,} test examples")
    print_table(_COLUMNS, compared.rows)
    click.echo(f"median chi-square distance at the preferred K  {compared.median_distance:.6f}")
