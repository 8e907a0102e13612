"""The command `pynoise noise make`."""

from __future__ import annotations

from typing import Any

import click

from pynoise.cli import options
from pynoise.cli.noise.show import print_record
from pynoise.cli.noise.source import Labels, features_option, labels_of
from pynoise.cli.progress import progress_bars
from pynoise.noise.spread import SELECTIONS

__all__ = ["command"]

_SUFFIXES = (".npz", ".csv")


@click.command("make", short_help="Put noise into labels, and keep them with their record.")
@options.data_argument
@click.option(
    "--noise",
    default="flip",
    show_default=True,
    metavar="KIND|FILE",
    help="uniform, symmetric, flip, general, random-asymmetric, semantic-asymmetric, hubness, concentrated, "
    "concentrated-exact, human, or a .npy or .csv file with a row-stochastic matrix.",
)
@click.option("--level", type=float, metavar="γ", help="The fraction of the examples to select.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the noise.")
@options.map_option
@click.option("--alternatives", type=int, metavar="A", help="With general: other labels a class has.  [2]")
@click.option(
    "--selection",
    type=click.Choice(SELECTIONS),
    default="exact",
    show_default=True,
    help="Exactly ⌈γN⌉ examples, or a coin for each.",
)
@click.option("--per-class", is_flag=True, help="Select ⌈γN⌉ of each class's N examples.")
@click.option("--mapped-only", is_flag=True, help="Select among the classes alone that the noise can move.")
@features_option
@click.option(
    "--neighbors",
    metavar="FILE.npz",
    help="With hubness: from pynoise neighbors --of train, instead of a search.",
)
@click.option("--k", "--K", "k", type=int, metavar="K", help="With hubness: neighbours of an example.  [10]")
@click.option("--labels", metavar="FILE", help="With human: the labels that people gave; as DATA has labels.")
@options.threads_option
@click.option(
    "--out",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Write the record to a .npz file, the labels to a .csv file; may be repeated.",
)
def command(
    source: options.Data,
    noise: str,
    level: float | None,
    label_map: str | None,
    features: str | None,
    neighbors: str | None,
    labels: str | None,
    out: tuple[str, ...],
    **choices: Any,
) -> None:
    """Put noise into the labels of DATA, and keep them with their record.

    DATA is a data set: digits, ideal, mnist, fashion-mnist, cifar10, cifar100, svhn, or a .npz file with
    x_train, y_train, x_test, y_test; or a file of labels, numbers or names: FILE.csv or FILE.csv:COLUMN with
    a line of headings, FILE.txt with one label a line, FILE.npy, FILE.npz:ARRAY.

    \b
    Examples:
      pynoise noise make mnist --noise symmetric --level 0.4 --out noisy.npz
      pynoise noise make digits --noise concentrated --level 0.2 --out heaps.npz --out heaps.csv
      pynoise noise make labels.csv:species --noise flip --level 0.1 --map 0:1,1:0 --out noisy.npz
      pynoise noise make cifar10 --noise human --labels CIFAR-10_human.npz:worse_label --out worse.npz
    """  # noqa: D301 - click's mark for lines to be left as they are
    words = {
        "labels": "DATA",
        "names": "DATA",
        "data": "DATA",
        "k": "--k",
        "level": "--level",
        "kind": "--noise",
    }
    with options.in_words_of_options(**words, noisy="--labels"):
        # What can be refused at once is refused before the data are loaded.
        from pynoise import knn
        from pynoise import noise as noises
        from pynoise._files import check_output
        from pynoise.errors import InputError
        from pynoise.noise.matrices import PLACED_KINDS

        for path in out:
            check_output("path", path, _SUFFIXES)
        options.check_apart(out, [source.dataset, noise, labels, features, neighbors])
        arguments = {name: value for name, value in choices.items() if value is not None}
        if noise.lower().endswith((".npy", ".csv")):
            noise, arguments["matrix"] = "matrix", noises.load_matrix(noise)
        if labels is not None:
            try:
                arguments["noisy"] = noises.load_labels(labels)
            except InputError as error:
                raise type(error)("noisy", error.problem) from None
        found = labels_of(source)
        arguments["label_map"] = label_map or _map_of(found, noise)
        if neighbors is not None:
            arguments["neighbors"] = knn.Neighbors.load(neighbors)
            if found.data is not None:
                arguments["neighbors"].check(found.data)
        if features is not None or (noise in PLACED_KINDS and neighbors is None):
            arguments["features"] = found.features(features)
        with progress_bars() as progress:
            record = noises.make(
                found.values, noise, level, names=found.names, progress=progress, **arguments
            )
    # Written before anything is printed: a reader of the output may have gone.
    for path in out:
        if path.lower().endswith(".csv"):
            record.to_csv(path)
        else:
            record.save(path)
        click.echo(f"wrote {path}", err=True)
    print_record(record, in_full=False)


def _map_of(labels: Labels, noise: str) -> str | None:
    """The map of classes that look alike, where it is known for the data set."""
    from pynoise.noise import SEMANTIC_MAPS

    data = labels.data
    if noise == "semantic-asymmetric" and data is not None and data.name in SEMANTIC_MAPS:
        return data.name
    return None
