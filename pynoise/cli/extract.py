"""The command `pynoise extract`."""

from __future__ import annotations

import click

from pynoise.cli import options
from pynoise.cli.progress import progress_bars
from pynoise.cli.runs import Trained, run_argument

__all__ = ["command"]


@click.command("extract", short_help="Write features and softmax of a trained network.")
@run_argument
@options.checkpoint_option
@options.device_option
@options.threads_option
@options.workers_option
@click.option("--out", required=True, metavar="FILE.npz", help="Write them to this file.")
def command(
    trained: Trained, checkpoint: str, device: str, threads: int | None, workers: int, out: str
) -> None:
    """Write the penultimate features and the softmax of the network that RUN has trained.

    RUN is a folder that pynoise train wrote. The file is a data set for every other command: x_train, y_train
    (the clean labels), x_test, y_test (if there are test examples), names; with the softmax of the test
    examples, softmax, and of the training examples, softmax_train.

    \b
    Examples:
      pynoise extract runs/x --out features.npz
      pynoise curve --dataset features.npz --K 11,51 --noise uniform
      pynoise curve --dataset features.npz --clean softmax:features.npz --no-measure
      pynoise noise make features.npz --noise concentrated --level 0.2 --out heaps.npz
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(run="RUN", noise_file="RUN"):
        from pynoise import training
        from pynoise._files import check_output
        from pynoise.training.extracted import FEATURES_SUFFIX

        check_output("path", out, (FEATURES_SUFFIX,))
        run, data = trained.load()
        with progress_bars() as progress:
            found = training.extract(
                run,
                data,
                checkpoint=checkpoint,
                device=device,
                threads=threads,
                workers=workers,
                progress=progress,
            )
    read = found.read()
    train, width = read.x_train.shape
    tested = "no test examples"
    if len(read.y_test):
        accuracy = (read.softmax.argmax(axis=1) == read.y_test).mean()
        tested = f"{len(read.x_test):,} test examples, test accuracy {accuracy:.4f}"
    click.echo(f"{found.name}, {run.config['network']}: {width} features of {train:,} training and {tested}")
    found.save(out)
    click.echo(f"wrote {out}", err=True)
