"""The command `pynoise noise plot`."""

from __future__ import annotations

import click

from pynoise.analysis.embedding import EMBEDDINGS
from pynoise.cli import options
from pynoise.cli.noise.source import features_option, load_features

__all__ = ["command"]


@click.command("plot", short_help="Draw the matrix of the noise, and where it sits.")
@click.argument("file", metavar="FILE.npz")
@click.option(
    "--dataset",
    metavar="NAME|FILE",
    help="The data set that the noise was made for: draw its examples, too, in two dimensions.",
)
@features_option
@click.option(
    "--embedding",
    type=click.Choice(EMBEDDINGS),
    help="How features become two dimensions; t-SNE takes up to a minute.  [pca]",
)
@click.option("--points", type=int, default=2000, show_default=True, help="Draw so many of the examples.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the examples, and of t-SNE.")
@options.data_options
@click.option("--out", required=True, metavar="FILE", help="Write a .png, .svg or .pdf file.")
def command(
    file: str,
    dataset: str | None,
    features: str | None,
    embedding: str | None,
    points: int,
    seed: int,
    classes: int | None,
    data_root: str | None,
    download: bool,
    out: str,
) -> None:
    """Draw the transition matrix of FILE.npz and, of examples that are given, where the wrong labels sit.

    As in Fig. 1 of Drory et al., a point is an example and its colour the label that it has.

    \b
    Examples:
      pynoise noise plot noisy.npz --out matrix.png
      pynoise noise plot heaps.npz --dataset digits --embedding tsne --out heaps.png
    """  # noqa: D301 - click's mark for lines to be left as they are
    source = options.Data(dataset or "digits", classes, data_root, download)
    source.check("--dataset")
    if embedding is not None and dataset is None and features is None:
        raise click.BadParameter("needs examples: give --dataset or --features", param_hint="'--embedding'")
    with options.in_words_of_options(noise_file="FILE.npz", noise="FILE.npz"):
        from pynoise import noise
        from pynoise._files import PICTURE_SUFFIXES, check_output

        check_output("path", out, PICTURE_SUFFIXES)
        found = noise.load(file)
        if isinstance(found, noise.EstimatedNoise):
            if dataset is not None or features is not None:
                raise click.BadParameter(
                    "holds an estimate, which does not say where wrong labels are", param_hint="'FILE.npz'"
                )
            found.plot(out)
        else:
            x = None if features is None else load_features(features)
            if dataset is not None:
                data = source.load()
                found.check(data)
                x = data.x_train if x is None else x
            found.plot(out, features=x, embedding=embedding or "pca", points=points, seed=seed)
    click.echo(f"wrote {out}", err=True)
