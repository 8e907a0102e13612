"""The command `pynoise curve`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pynoise._checks import TIES
from pynoise.cli.parse import parse_counts, parse_levels
from pynoise.cli.progress import progress_bars
from pynoise.errors import InputError

if TYPE_CHECKING:
    from pynoise.curves import AccuracyCurve

__all__ = ["command"]

# What an argument of the Python functions is called here, where the name is not the same.
_OPTIONS = {
    "k": "--K",
    "level": "--levels",
    "matrix": "--noise",
    "label_map": "--map",
    "num_classes": "--classes",
    "path": "--out",
    "data": "--dataset",
}
# Parts of the data set, two of which the search calls by other names.
_PARTS = ("x_train", "y_train", "x_test", "y_test", "names")
_SEARCHED = {"train": "x_train", "query": "x_test"}

# Headings of the table: the key of a row, the width, and how to write it.
_COLUMNS = {
    "level γ": ("level", 7, ".10g"),
    "selected": ("selected_fraction", 8, ".4f"),
    "realised": ("realised_rate", 8, ".4f"),
    "analytic": ("analytic", 8, ".4f"),
    "measured": ("measured", 8, ".4f"),
    "± sd": ("measured_sd", 6, ".4f"),
    "difference": ("difference", 10, "+.4f"),
}


@click.command("curve", short_help="Predict and measure K-NN accuracy against label noise.")
@click.option("--K", "k", default="51", show_default=True, metavar="K,…", help="Numbers of neighbours.")
@click.option(
    "--noise",
    default="flip",
    show_default=True,
    metavar="KIND|FILE",
    help="uniform (any label, the true one included), symmetric (any other label), flip (the next class, "
    "or --map), or a .npy or .csv file with a row-stochastic matrix.",
)
@click.option(
    "--map",
    "label_map",
    metavar="A:B,…",
    help="With flip: label A becomes B; labels not named stay. all:B is all-to-one.",
)
@click.option(
    "--dataset",
    default="digits",
    show_default=True,
    metavar="NAME|FILE",
    help="digits, ideal, mnist, fashion-mnist, cifar10, cifar100, svhn, or a .npz file with x_train, "
    "y_train, x_test, y_test.",
)
@click.option("--classes", type=int, metavar="L", help="Number of classes of the data set ideal.  [10]")
@click.option(
    "--data-root",
    metavar="FOLDER",
    help="Where torchvision's files lie.  [$PYNOISE_DATA, or data]",
)
@click.option("--download", is_flag=True, help="Fetch the files that are missing (needs torchvision).")
@click.option(
    "--levels",
    metavar="LEVELS",
    default="0:1:0.05",
    show_default=True,
    help="Noise levels: START:STOP:STEP or a list 0,0.2,0.45. A level is the fraction of training "
    "examples that is selected for noise.",
)
@click.option("--repeats", type=int, default=10, show_default=True, help="Draws of the noise at each level.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the noise.")
@click.option(
    "--ties",
    type=click.Choice(TIES),
    default="first",
    show_default=True,
    help="Labels that share the first place: the first wins, nobody (strict, the paper), or one at random.",
)
@click.option("--no-measure", is_flag=True, help="Predict only.")
@click.option("--threads", type=int, help="Number of threads.  [one a core]")
@click.option(
    "--out", multiple=True, metavar="FILE", help="Write a .png, .svg, .csv or .json file; may be repeated."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(
    k: str,
    noise: str,
    label_map: str | None,
    dataset: str,
    classes: int | None,
    data_root: str | None,
    download: bool,
    levels: str,
    repeats: int,
    seed: int,
    ties: str,
    no_measure: bool,
    threads: int | None,
    out: tuple[str, ...],
    as_json: bool,
) -> None:
    """Predict how K-NN accuracy falls with label noise, and measure it.

    The analytic column is computed from the clean neighbours of each test example, without training
    (Drory et al., BMVC 2020); the measured one is the mean of the repeats and their standard deviation.

    \b
    Examples:
      pynoise curve --K 51 --noise flip
      pynoise curve --K 1,11,51 --noise uniform --dataset mnist --out curve.png --out curve.csv
      pynoise curve --noise flip --map 4:9,9:4 --levels 0,0.2,0.4 --json
    """  # noqa: D301 - click's mark for lines to be left as they are
    if label_map is not None and noise != "flip":
        raise click.BadParameter(f"goes with --noise flip, not with {noise!r}", param_hint="'--map'")
    if classes is not None and dataset != "ideal":
        raise click.BadParameter(f"goes with --dataset ideal, not with {dataset!r}", param_hint="'--classes'")
    try:
        # What can be refused at once is refused before the data are loaded.
        ks, gammas = parse_counts(k), parse_levels(levels)
        from pynoise import curves, data
        from pynoise._files import check_output
        from pynoise.noise import parse_label_map

        for path in out:
            check_output("path", path, curves.OUTPUT_SUFFIXES)
        examples = data.load(
            dataset, data_root, download=download, **({} if classes is None else {"num_classes": classes})
        )
        with progress_bars() as progress:
            curve = curves.accuracy_curve(
                examples,
                ks,
                noise if label_map is None else parse_label_map(label_map),
                gammas,
                repeats=repeats,
                seed=seed,
                ties=ties,
                measure=not no_measure,
                threads=threads,
                progress=progress,
            )
    except InputError as error:
        raise _in_words_of_options(error) from None
    if as_json:
        click.echo(curve.to_json(), nl=False)
    else:
        _print(curve)
    for path in out:
        curve.save(path)
        click.echo(f"wrote {path}", err=True)


def _in_words_of_options(error: InputError) -> click.BadParameter:
    part = _SEARCHED.get(error.argument, error.argument)
    if part in _PARTS:
        return click.BadParameter(f"{part} {error.problem}", param_hint="'--dataset'")
    option = _OPTIONS.get(error.argument, f"--{error.argument.replace('_', '-')}")
    return click.BadParameter(error.problem, param_hint=f"'{option}'")


def _print(curve: AccuracyCurve) -> None:
    meta = curve.meta
    repeats = f"{meta['repeats']} repeats" if meta["repeats"] else "not measured"
    click.echo(
        f"{meta['data']} ({meta['train_examples']:,} training and {meta['test_examples']:,} test examples, "
        f"{meta['classes']} classes), noise {meta['noise']}, ties {meta['ties']}, {repeats}"
    )
    for k in meta["k"]:
        click.echo(f"\nK = {k}")
        click.echo("  ".join(f"{heading:>{width}}" for heading, (_, width, _) in _COLUMNS.items()))
        for row in curve.rows:
            if row["k"] == k:
                click.echo("  ".join(_cell(row[key], width, form) for key, width, form in _COLUMNS.values()))


def _cell(value: float | None, width: int, form: str) -> str:
    text = "-" if value is None else f"{value:{form}}"
    return f"{text:>{width}}"
