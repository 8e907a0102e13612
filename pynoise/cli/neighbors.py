"""The command `pynoise neighbors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pynoise.cli import options
from pynoise.cli.progress import progress_bars
from pynoise.knn.nearest import ENGINES
from pynoise.knn.saved import NEIGHBORS_SUFFIX, PARTS

if TYPE_CHECKING:
    from pynoise.data import Dataset
    from pynoise.knn import Neighbors

__all__ = ["command"]


@click.command("neighbors", short_help="Find nearest neighbours, and keep them in a file.")
@options.data_argument
@click.option("--k", "--K", "k", type=int, required=True, metavar="K", help="Number of neighbours.")
@options.metric_option
@click.option(
    "--engine",
    type=click.Choice(list(ENGINES)),
    default="exact",
    show_default=True,
    help="What searches: exact, hnsw (approximate, needs hnswlib) or torch.",
)
@click.option(
    "--of",
    type=click.Choice(PARTS),
    default="test",
    show_default=True,
    help="Whose neighbours, always among the training examples. A training example is none of its own.",
)
@options.queries_option
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed of --queries, and of an engine that draws."
)
@options.threads_option
@click.option("--out", required=True, metavar="FILE.npz", help="Write them to this file.")
def command(
    source: options.Data,
    k: int,
    metric: str,
    engine: str,
    of: str,
    queries: int | None,
    seed: int,
    threads: int | None,
    out: str,
) -> None:
    """Find the K nearest training examples of each test example, and keep them in a file.

    DATA is digits, ideal, mnist, fashion-mnist, cifar10, cifar100, svhn, or a .npz file with x_train,
    y_train, x_test, y_test. pynoise curve and pynoise fit-k take the file with --neighbors, as often as
    you like, for any K up to this one.

    \b
    Examples:
      pynoise neighbors mnist --k 301 --out mnist-301.npz
      pynoise neighbors features.npz --k 1001 --metric cosine --queries 2000 --out cosine.npz
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(data="DATA", k="--k"):
        # What can be refused at once is refused before the data are loaded.
        from pynoise import knn
        from pynoise._files import check_output

        check_output("path", out, (NEIGHBORS_SUFFIX,))
        examples = source.load()
        with progress_bars() as progress:
            found = knn.neighbors(
                examples,
                k,
                metric=metric,
                engine=engine,
                queries=queries,
                of=of,
                seed=seed,
                threads=threads,
                progress=progress,
            )
    _print(found, examples)
    found.save(out)
    click.echo(f"wrote {out}", err=True)


def _print(found: Neighbors, data: Dataset) -> None:
    train, count = len(data.x_train), len(found.indices)
    if found.of == "train":
        words = f"{found.k} of {train - 1:,} other training examples for each of {train:,}"
    else:
        drawn = "" if found.queries is None else f" of {len(data.x_test):,}"
        words = f"{found.k} of {train:,} training examples for each of {count:,}{drawn} test examples"
    click.echo(f"{found.data}: {words}, metric {found.metric}, engine {found.engine}")
    did = found.statistics
    parts = {
        "{:.2f} s": found.seconds,
        "{:,} axes in the first bound": did.axes,
        "{:.2%} of the pairs not ruled out by it": did.bounded,
        "{:.2%} settled": did.settled,
        "recall {:.4f}": did.recall,
    }
    click.echo(", ".join(form.format(value) for form, value in parts.items() if value is not None))
