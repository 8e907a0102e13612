"""The command `pynoise train`."""

from __future__ import annotations

import json
import os
from typing import Any

import click

from pynoise.cli import options
from pynoise.cli.outcome import print_outcome
from pynoise.cli.progress import keeping, progress_bars
from pynoise.cli.settings import Chosen, settings_options
from pynoise.cli.tables import print_heading, print_line, print_row

__all__ = ["command"]

_COLUMNS = {
    "epoch": ("epoch", 5, "d"),
    "lr": ("lr", 9, ".3g"),
    "loss": ("train_loss", 7, ".4f"),
    "train acc": ("train_accuracy", 9, ".4f"),
    "val acc": ("validation_accuracy", 7, ".4f"),
    "test acc": ("test_accuracy", 8, ".4f"),
    "images/s": ("images_per_second", 9, ",.0f"),
    "seconds": ("seconds", 7, ".1f"),
}


@click.command("train", short_help="Train a network on noisy labels.")
@options.source_options
@click.option("--level", type=float, metavar="γ", help="The noise level.  [no noise]")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that is drawn.")
@settings_options
@options.device_option
@options.threads_option
@options.reading_options
@click.option("--features", is_flag=True, help="Write features.npz, as pynoise extract does.")
@click.option("--out", required=True, metavar="FOLDER", help="Write everything into this folder.")
@click.option("--resume", is_flag=True, help="Go on where the same command stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(
    source: options.Source,
    level: float | None,
    seed: int,
    device: str,
    threads: int | None,
    recipe: str | None,
    workers: int,
    skip_corrupt: bool,
    features: bool,
    out: str,
    resume: bool,
    as_json: bool,
    settings: Chosen,
) -> None:
    """Train a network on noisy labels, and keep everything that came of it in a folder.

    \b
    Examples:
      pynoise train --noise flip --level 0.3 --out runs/digits
      pynoise train --dataset mnist --network mnist-cnn --noise flip --level 0.4 --out runs/x
      pynoise train --dataset cifar10 --network resnet20 --optimizer sgd --epochs 60 --out runs/y
      pynoise train --noise-file heaps.npz --out runs/heaps
      pynoise train --dataset own.npz --method mixnn --validation 0 --out runs/corrected
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(level="--level", method_options=settings.set_by, **source.words()):
        given = settings.check()  # what can be refused at once is refused before the data are loaded
        from pynoise.training import train

        noise = source.load_noise()
        data = source.data.load_any()
        speaks = os.environ.get("RANK", "0") == "0"  # one process of several
        heading = f"{data.name}, {settings.network}, {settings.method}, seed {seed}"
        table = _Table(heading)
        with keeping(out, "the epochs that are done, and --resume goes on"), progress_bars() as progress:
            run = train(
                data,
                settings.network,
                out=out,
                noise=noise,
                level=level,
                label_map=source.label_map,
                method=settings.method,
                method_options=settings.method_options,
                seed=seed,
                device=device,
                threads=threads,
                recipe=recipe,
                workers=workers,
                skip_corrupt=skip_corrupt,
                features=features,
                resume=resume,
                progress=progress,
                on_epoch=table if speaks and not as_json else None,
                **given,
            )
    if not speaks:
        return
    if as_json:
        click.echo(json.dumps(run.result, indent=1))
    else:
        if not table.begun:
            click.echo(f"{heading}: it was finished already")
        print_outcome(run)
    click.echo(f"wrote {run.path}", err=True)


class _Table:
    """The epochs as they come; the heading waits for the first, since arguments may be refused till then."""

    def __init__(self, heading: str) -> None:
        self._heading = heading
        self.begun = False

    def __call__(self, row: dict[str, Any]) -> None:
        if not self.begun:
            print_line(self._heading)
            print_heading(_COLUMNS)
            self.begun = True
        print_row(_COLUMNS, {"validation_accuracy": None, "test_accuracy": None} | row)
