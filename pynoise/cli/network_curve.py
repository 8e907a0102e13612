"""The command `pynoise network-curve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pynoise.cli import options
from pynoise.cli.parse import parse_counts, parse_levels
from pynoise.cli.progress import keeping, progress_bars
from pynoise.cli.settings import Chosen, settings_options
from pynoise.cli.tables import print_table

if TYPE_CHECKING:
    from pynoise.curves import NetworkCurve

__all__ = ["command"]

_COLUMNS = {
    "level γ": ("level", 7, ".5g"),
    "realised": ("realised_rate", 8, ".4f"),
    "accuracy": ("accuracy", 8, ".4f"),
    "± sd": ("sd", 6, ".4f"),
    "last": ("accuracy_last", 6, ".4f"),
}


@click.command("network-curve", short_help="Train networks at several noise levels, beside theory.")
@options.source_options
@click.option(
    "--levels",
    metavar="LEVELS",
    help="START:STOP:STEP or a list 0,0.2,0.45.  [0:1:0.1; for concentrated those of the paper]",
)
@click.option(
    "--seeds", default="0,1,2", show_default=True, metavar="S,…", help="A run each, at every level."
)
@click.option("--K", "k", metavar="K,…", help="K of the analytic curves.  [1,5,11,51,101]")
@options.ties_option
@settings_options
@options.device_option
@options.threads_option
@click.option("--out", required=True, metavar="FOLDER", help="Keep the runs and the curve in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(
    source: options.Source,
    levels: str | None,
    seeds: str,
    k: str | None,
    ties: str,
    settings: Chosen,
    device: str,
    threads: int | None,
    out: str,
    as_json: bool,
) -> None:
    """Train a network at several noise levels, and set its accuracy beside the analytic curves.

    The curves are computed from the softmax of the network trained on clean labels (Drory et al., BMVC 2020,
    Fig. 4). Every run stays in FOLDER, and the same command goes on where it was stopped; in the end FOLDER
    holds curve.csv, curve.json and curve.png.

    \b
    Examples:
      pynoise network-curve --noise flip --levels 0,0.2,0.4 --seeds 0,1 --epochs 5 --out runs/digits
      pynoise network-curve --dataset mnist --network mnist-cnn-500 --noise uniform --out runs/fig-4d
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(run_seeds="--seeds", method_options=settings.set_by, **source.words()):
        given = settings.check()
        chosen = parse_counts(seeds, "run_seeds")
        gammas = None if levels is None else parse_levels(levels)
        from pathlib import Path

        from pynoise.curves.network import KS, network_curve

        noise = source.load_noise()
        data = source.data.load()
        with keeping(out, "the runs that are done; the same command goes on"), progress_bars() as progress:
            curve = network_curve(
                data,
                settings.network,
                noise or "flip",
                gammas,
                out=out,
                run_seeds=chosen,
                ties=ties,
                label_map=source.label_map,
                method=settings.method,
                method_options=settings.method_options,
                device=device,
                threads=threads,
                progress=progress,
                k=KS if k is None else parse_counts(k),
                **given,
            )
    if as_json:
        click.echo(curve.to_json(), nl=False)
    else:
        _print(curve)
    options.write_files(curve, tuple(str(Path(out) / f"curve.{suffix}") for suffix in ("csv", "json", "png")))


def _print(curve: NetworkCurve) -> None:
    meta = curve.meta
    count = len(meta["seeds"])
    click.echo(
        f"{meta['data']} ({meta['train_examples']:,} training and {meta['test_examples']:,} test examples, "
        f"{meta['classes']} classes), noise {meta['noise']}, {meta['network']}, {meta['method']}, "
        f"{count} seed{'s' * (count > 1)}"
    )
    names = curve.rows[0]["analytic"]
    columns = _COLUMNS | {
        (name if name == "1-γ" else f"K = {name}"): (name, max(7, len(name) + 4), ".4f") for name in names
    }
    print_table(columns, [row | row["analytic"] for row in curve.rows])
