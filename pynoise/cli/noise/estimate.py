"""The command `pynoise noise estimate`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pynoise.cli import options
from pynoise.cli.noise.show import print_estimate
from pynoise.cli.noise.source import features_option, labels_of
from pynoise.cli.progress import progress_bars

if TYPE_CHECKING:
    from pynoise.noise import EstimatedNoise, NoisyLabels

__all__ = ["command"]


@click.command("estimate", short_help="Estimate unknown noise from features and noisy labels alone.")
@options.data_argument
@click.option(
    "--labels",
    metavar="FILE",
    help="Noisy labels of the training examples: FILE.csv:COLUMN, FILE.txt, FILE.npy or FILE.npz:ARRAY.  "
    "[the data set's own]",
)
@click.option("--noise-file", metavar="FILE.npz", help="Noisy labels that pynoise noise make wrote.")
@features_option
@click.option(
    "--neighbors",
    metavar="FILE.npz",
    help="Neighbours from pynoise neighbors --of train, instead of a search.",
)
@options.metric_option
@options.threads_option
@click.option("--out", metavar="FILE.npz", help="Write the estimate to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(
    source: options.Data,
    labels: str | None,
    noise_file: str | None,
    features: str | None,
    neighbors: str | None,
    metric: str,
    threads: int | None,
    out: str | None,
    as_json: bool,
) -> None:
    """Estimate the noise in labels from the labels of each example's two nearest neighbours.

    DATA is digits, ideal, mnist, fashion-mnist, cifar10, cifar100, svhn, or a .npz file with x_train,
    y_train, x_test, y_test; or, with --features or --neighbors, a file of labels, as pynoise noise make
    takes them. Its (training) labels are taken to be noisy, unless --labels or --noise-file brings others:
    then its own are the clean ones, and the error of the estimate is printed. The features decide how good
    an estimate is: nearest neighbours must mostly be of one class.

    \b
    Examples:
      pynoise noise estimate features.npz --out estimated.npz
      pynoise curve --noise estimated.npz --dataset mnist
      pynoise noise estimate labels.csv:species --features features.npy
      pynoise noise estimate cifar10 --labels CIFAR-10_human.npz:worse_label --features features.npy
    """  # noqa: D301 - click's mark for lines to be left as they are
    if labels is not None and noise_file is not None:
        raise click.BadParameter("does not go with --noise-file; leave one out", param_hint="'--labels'")
    words = {"labels": "--labels" if labels else "DATA", "noise": "--noise-file", "noisy": "--labels"}
    with options.in_words_of_options(data="DATA", **words):
        # What can be refused at once is refused before the data are loaded.
        from pynoise import noise
        from pynoise._files import check_output
        from pynoise.errors import InputValueError
        from pynoise.noise.classes import encode
        from pynoise.noise.estimated import ESTIMATE_SUFFIX

        if out is not None:
            check_output("path", out, (ESTIMATE_SUFFIX,))
            options.check_apart([out], [source.dataset, labels, noise_file, features, neighbors])
        given = None if labels is None else noise.load_labels(labels)
        record = None if noise_file is None else noise.NoisyLabels.load(noise_file)
        found = labels_of(source)
        x = found.features(features)
        if given is not None:
            record = noise.make(found.values, "human", noisy=given, names=found.names)
        elif record is not None:
            record.check(found.values if found.data is None else found.data)
        y, names = (record.noisy, record.names) if record else encode("labels", found.values, found.names)
        if x is None:
            raise InputValueError("features", "are missing: a file of labels has none of its own")
        with progress_bars() as progress:
            estimated = noise.estimate(
                x,
                y,
                names=names,
                neighbors=neighbors,
                metric=metric,
                threads=threads,
                progress=progress,
            )
    # Written before anything is printed: a reader of the output may have gone.
    if out is not None:
        estimated.save(out)
        click.echo(f"wrote {out}", err=True)
    _print(estimated, record, as_json=as_json)


def _print(found: EstimatedNoise, record: NoisyLabels | None, *, as_json: bool) -> None:
    error = None if record is None else found.error(record.empirical)
    if as_json:
        known = {} if error is None else {"error": error._asdict()}
        click.echo(json.dumps(found.summary() | known, indent=1))
        return
    print_estimate(found)
    if error is not None and record is not None:
        click.echo(
            f"\nThe true noise rate is {record.realised_rate:.4f}; the entries of the matrix are off by "
            f"{error.mean:.4f} on average, {error.largest:.4f} at most."
        )
