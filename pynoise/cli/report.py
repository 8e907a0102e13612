"""The command `pynoise report`."""

from __future__ import annotations

import click

from pynoise.cli import options

__all__ = ["command"]


@click.command("report", short_help="Show what came of sweeps and runs, in a page or a picture.")
@click.argument("runs", nargs=-1, required=True, metavar="RUNS...")
@click.option(
    "--out",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Write a page, .html, or its curves as a picture, .png, .svg, .pdf; may be repeated.",
)
def command(runs: tuple[str, ...], out: tuple[str, ...]) -> None:
    """Show what came of sweeps and runs: curves, tables and provenance, in one page or as a picture.

    RUNS are stores of sweeps (.db), folders of runs, and folders with runs anywhere below them: those of
    compare-methods, network-curve and reproduce. The page is one file that fetches nothing; it has filters,
    and exact values under the mouse. It needs the package plotly.

    \b
    Examples:
      pynoise report runs/methods --out report.html
      pynoise report sweep.db runs/curve --out report.html --out curves.pdf
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(runs="RUNS"):
        from pynoise import report

        made = report(runs, out)
    click.echo(made.heading)
    for path in out:
        click.echo(f"wrote {path}", err=True)
