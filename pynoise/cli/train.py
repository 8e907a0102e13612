"""The command `pynoise train`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from pynoise.cli import options
from pynoise.cli.parse import parse_counts
from pynoise.cli.progress import progress_bars
from pynoise.cli.tables import print_heading, print_row

if TYPE_CHECKING:
    from pynoise.training import Run

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

_Command = Callable[..., None]

# Options that are settings, by the same names; their defaults are those of Settings.
_SETTINGS = (
    click.option("--epochs", type=int, help="Passes over the training examples.  [20]"),
    click.option("--batch-size", type=int, help="Examples in a step.  [128]"),
    click.option("--optimizer", metavar="NAME", help="adam or sgd.  [adam]"),
    click.option("--lr", type=float, help="Highest learning rate.  [0.001 for adam, 0.1 for sgd]"),
    click.option("--lr-min", type=float, help="The rate at which a cosine ends.  [0]"),
    click.option("--momentum", type=float, help="Of sgd.  [0.9]"),
    click.option("--weight-decay", type=float, help="L2 penalty of the weights.  [0]"),
    click.option("--schedule", metavar="NAME", help="cosine, cosine-restarts, step or constant.  [cosine]"),
    click.option("--restart-every", type=int, metavar="EPOCHS", help="With cosine-restarts.  [10]"),
    click.option("--step-at", metavar="E1,E2,…", help="With step: the epochs where the rate falls."),
    click.option("--step-factor", type=float, help="With step: what it is multiplied by.  [0.1]"),
    click.option("--augment", metavar="NAME", help="auto, none, crop or crop-flip.  [auto]"),
    click.option("--validation", type=float, metavar="SHARE", help="Held out to select an epoch.  [0.1]"),
    click.option("--validation-labels", metavar="NAME", help="clean or noisy.  [clean]"),
    click.option("--patience", type=int, metavar="EPOCHS", help="Stop after so many without a better one."),
    click.option("--precision", metavar="NAME", help="auto, float32 or bfloat16.  [auto: bfloat16 on CUDA]"),
    click.option("--compile", is_flag=True, default=None, help="Compile the network by torch.compile."),
)


@click.command("train", short_help="Train a network on noisy labels.")
@options.source_options
@click.option("--network", default="mlp", show_default=True, metavar="NAME", help="See docs/networks.md.")
@click.option("--level", type=float, metavar="γ", help="The noise level.  [no noise]")
@click.option("--method", default="cross-entropy", show_default=True, metavar="NAME")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that is drawn.")
@options.with_options(_SETTINGS)
@options.device_option
@options.threads_option
@click.option("--features", is_flag=True, help="Write features.npz, as pynoise extract does.")
@click.option("--out", required=True, metavar="FOLDER", help="Write everything into this folder.")
@click.option("--resume", is_flag=True, help="Go on where the same command stopped.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(
    source: options.Source,
    network: str,
    level: float | None,
    method: str,
    seed: int,
    device: str,
    threads: int | None,
    features: bool,
    out: str,
    resume: bool,
    as_json: bool,
    step_at: str | None,
    **settings: Any,
) -> None:
    """Train a network on noisy labels, and keep everything that came of it in a folder.

    \b
    Examples:
      pynoise train --noise flip --level 0.3 --out runs/digits
      pynoise train --dataset mnist --network mnist-cnn --noise flip --level 0.4 --out runs/x
      pynoise train --dataset cifar10 --network resnet20 --optimizer sgd --epochs 60 --out runs/y
      pynoise train --noise-file heaps.npz --out runs/heaps
    """  # noqa: D301 - click's mark for lines to be left as they are
    given = {name: value for name, value in settings.items() if value is not None}
    with options.in_words_of_options(level="--level", **source.words()):
        if step_at is not None:
            given["step_at"] = parse_counts(step_at, "step_at")
        from pynoise.training import train
        from pynoise.training.settings import Settings

        Settings.of(given)  # what can be refused at once is refused before the data are loaded
        noise = source.load_noise()
        data = source.data.load()
        quiet = as_json or os.environ.get("RANK", "0") != "0"  # one process of several speaks
        heading = f"{data.name}, {network}, {method}, seed {seed}"
        try:
            with progress_bars() as progress:
                run = train(
                    data,
                    network,
                    out=out,
                    noise=noise,
                    level=level,
                    label_map=source.label_map,
                    method=method,
                    seed=seed,
                    device=device,
                    threads=threads,
                    features=features,
                    resume=resume,
                    progress=progress,
                    on_epoch=None if quiet else _Table(heading),
                    **given,
                )
        except KeyboardInterrupt:
            click.echo(f"{out} keeps the epochs that are done; --resume goes on", err=True)
            raise
    if as_json:
        click.echo(json.dumps(run.result, indent=1))
    elif not quiet:
        _print_result(run)


class _Table:
    """The epochs as they come; the heading waits for the first, since arguments may be refused till then."""

    def __init__(self, heading: str) -> None:
        self._heading: str | None = heading

    def __call__(self, row: dict[str, Any]) -> None:
        if self._heading is not None:
            click.echo(self._heading)
            print_heading(_COLUMNS)
            self._heading = None
        print_row(_COLUMNS, {"validation_accuracy": None} | row)


def _print_result(run: Run) -> None:
    result = run.result
    assert result is not None  # noqa: S101 - tells the type checker
    noise = result["noise"]
    if noise is not None:
        click.echo(
            f"noise {noise['kind']} of level {noise['level']:.10g}, {noise['realised_rate']:.4f} of the "
            "labels wrong"
        )
    click.echo(f"test accuracy {result['test_accuracy_last']:.4f} after the last epoch")
    if result["selected_epoch"] is not None:
        click.echo(
            f"test accuracy {result['test_accuracy_selected']:.4f} of epoch {result['selected_epoch']}, "
            f"selected by {result['validation_examples']:,} {result['validation_labels']} validation labels"
        )
    click.echo(
        f"{result['seconds']:.1f} s, {result['images_per_second']:,.0f} images/s on "
        f"{result['hardware']['device_name']}"
    )
    click.echo(f"wrote {run.path}", err=True)
