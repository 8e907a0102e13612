"""The command `pynoise clean`."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pynoise._files import PICTURE_SUFFIXES, check_output
from pynoise.cli import options
from pynoise.cli.progress import keeping, progress_bars
from pynoise.cli.settings import checked, training_options_without
from pynoise.cli.tables import print_table
from pynoise.errors import InputValueError

if TYPE_CHECKING:
    from pynoise.noise import Suspects

__all__ = ["command"]

_KEPT = "the epochs that are done, and the same command goes on"

_SUFFIXES = (".csv", ".npz", *PICTURE_SUFFIXES)

# Pairs of labels that are printed; --json has all.
_MOST = 10

_COLUMNS = {
    "given": ("given", 14, ""),
    "suggested": ("suggested", 14, ""),
    "suspects": ("suspects", 8, ",d"),
}


@click.command("clean", short_help="Find the labels of your own data that are suspected.")
@click.option(
    "--data",
    "dataset",
    required=True,
    metavar="FOLDER|FILE.npz",
    help="Images in folders, PATH/CLASS/*.jpg or PATH/train/CLASS/*.jpg; a .npz file with x_train and "
    "y_train; or a data set by name, such as mnist.",
)
@click.option(
    "--labels",
    metavar="FILE",
    help="Judge these labels in place of the data's own: .csv:COLUMN, .txt, .npy or .npz:NAME, one a "
    "training example.",
)
@click.option(
    "--out",
    multiple=True,
    required=True,
    metavar="FILE",
    help="Write the suspects, .csv, all losses, .npz, or a picture, .png, .svg, .pdf; may be repeated.",
)
@click.option(
    "--sheet", metavar="FILE", help="Write a contact sheet of suspected images, .png, .svg or .pdf."
)
@click.option(
    "--cleaned",
    metavar="FILE",
    help="Write what is left without the suspects: labels, .csv, or the data set, .npz.",
)
@click.option("--relabel", is_flag=True, help="With --cleaned: keep suspects, with the labels suggested.")
@click.option("--keep", metavar="FOLDER", help="Keep the run in this folder; the same command goes on there.")
@click.option("--network", metavar="NAME", help="See docs/networks.md.  [by the shape of the examples]")
@click.option("--p", type=float, help="Within (0, 1): less of it suspects more labels.  [1/L + 0.1]")
@click.option(
    "--epoch",
    type=int,
    help="After how many epochs labels are judged.  [5, or half of them; a quarter of them where images are "
    "augmented]",
)
@training_options_without("validation", "validation_labels", "patience")
@options.data_options
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of all that is drawn.")
@options.device_option
@options.threads_option
@options.reading_options
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(
    dataset: str,
    labels: str | None,
    out: tuple[str, ...],
    sheet: str | None,
    cleaned: str | None,
    relabel: bool,
    keep: str | None,
    network: str | None,
    p: float | None,
    epoch: int | None,
    settings: dict[str, Any],
    method_options: dict[str, Any],
    classes: int | None,
    data_root: str | None,
    download: bool,
    seed: int,
    device: str,
    threads: int | None,
    recipe: str | None,
    workers: int,
    skip_corrupt: bool,
    as_json: bool,
) -> None:
    """Find the labels of your own data that are suspected to be wrong.

    Nothing need be known of what is wrong with them, and no test examples are needed. A network is trained on
    the labels as they are; suspects are the examples whose loss is that of a label drawn at random
    (ODD, Song et al.). They are to be looked at: a hard example is suspected, too. See docs/clean.md.

    \b
    Examples:
      pynoise clean --data photos/ --recipe imagenet --out suspects.csv --sheet suspects.png
      pynoise clean --data own.npz --out suspects.csv --out losses.png --cleaned own-clean.npz
      pynoise clean --data own.npz --labels labels.csv:label --out suspects.csv --cleaned new.csv --relabel
    """  # noqa: D301 - click's mark for lines to be left as they are
    source = options.Data(dataset, classes, data_root, download)
    source.check("--data")
    if relabel and cleaned is None:
        raise click.BadParameter("goes with --cleaned, which says where to", param_hint="'--relabel'")
    set_by = "--p, --epoch, --set"
    with options.in_words_of_options(data="--data", out="--keep", method_options=set_by):
        _check_places(out, sheet, cleaned, (dataset, labels))
        chosen = _together(method_options, p=p, epoch=epoch)
        given = checked(settings)  # what can be refused at once is refused before the data are loaded
        from pynoise.noise import load_labels, save_cleaned, with_labels
        from pynoise.noise.cleaned import check_cleaned
        from pynoise.training import clean

        own = None if labels is None else load_labels(labels)
        data = source.load_any()
        if own is not None:
            data = with_labels(data, own)
        if cleaned is not None:
            check_cleaned("cleaned", cleaned, data)
        if sheet is not None:
            _check_sheet(data)
        started = time.perf_counter()
        stopped = nullcontext() if keep is None else keeping(keep, _KEPT)
        with stopped, progress_bars() as progress:
            found = clean(
                data,
                network,
                out=keep,
                method_options=chosen,
                seed=seed,
                device=device,
                threads=threads,
                recipe=recipe,
                workers=workers,
                skip_corrupt=skip_corrupt,
                resume=keep is not None,
                progress=progress,
                **given,
            )
        if os.environ.get("RANK", "0") != "0":  # one process of several speaks
            return
        summary = _summary(found, len(data.y_train), time.perf_counter() - started)
        # Before anything is printed: a reader that leaves takes no file away.
        for path in out:
            _write(found, path)
        drawn = sheet if found.suspected.any() else None
        if drawn is not None:
            found.sheet(data, drawn)
        if cleaned is not None:
            save_cleaned(found, data, cleaned, relabel=relabel)
    if as_json:
        click.echo(json.dumps(summary, indent=1))
    else:
        _print(summary)
    for written in (*out, drawn, cleaned, keep):
        if written is not None:
            click.echo(f"wrote {written}", err=True)
    if sheet != drawn:
        click.echo(f"no label is suspected: {sheet} is not written", err=True)


def _check_places(
    out: Sequence[str], sheet: str | None, cleaned: str | None, inputs: tuple[str | None, ...]
) -> None:
    """Refuse files that cannot be written, or that are given twice."""
    from pynoise.noise.cleaned import CLEANED_SUFFIXES

    places: list[tuple[str, str, tuple[str, ...]]] = [("path", path, _SUFFIXES) for path in out]
    places += [] if sheet is None else [("sheet", sheet, PICTURE_SUFFIXES)]
    places += [] if cleaned is None else [("cleaned", cleaned, CLEANED_SUFFIXES)]
    named: set[Path] = set()
    for argument, path, suffixes in places:
        place = check_output(argument, path, suffixes).resolve()
        if place in named:
            raise InputValueError(argument, f"{path!r} is named twice; give each file a name of its own")
        named.add(place)
        options.check_apart([path], inputs, argument)


def _check_sheet(data: Any) -> None:
    """Refuse data that no sheet can show."""
    from pynoise.data import Dataset
    from pynoise.noise.sheet import are_images

    if isinstance(data, Dataset) and not are_images(data.x_train):
        raise InputValueError(
            "sheet",
            f"shows images, (H, W) or (H, W, C) with 1, 3 or 4 channels, and {data.name!r} has examples of "
            f"shape {data.x_train.shape[1:]}",
        )


def _together(method_options: dict[str, Any], **given: Any) -> dict[str, Any]:
    """Options of the method, of --set and those that have an option of their own."""
    own = {name: value for name, value in given.items() if value is not None}
    for name in own:
        if name in method_options:
            raise InputValueError("method_options", f"{name} is given twice")
    return method_options | own


def _summary(found: Suspects, examples: int, seconds: float) -> dict[str, Any]:
    """What came of it, as JSON has it."""
    suspected = found.suspected
    pairs = Counter(zip(found.labels[suspected].tolist(), found.suggested[suspected].tolist(), strict=True))
    names = found.names
    return {
        "data": found.meta["data"],
        "network": found.meta["network"],
        "examples": examples,
        "classes": len(names),
        "unread": examples - len(found),
        "suspects": int(suspected.sum()),
        "threshold": found.threshold,
        "pairs": [
            {"given": names[given], "suggested": names[suggested], "suspects": count}
            for (given, suggested), count in sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))
        ],
        "seconds": seconds,
    }


def _print(summary: dict[str, Any]) -> None:
    examples, suspects, pairs = summary["examples"], summary["suspects"], summary["pairs"]
    click.echo(
        f"{summary['data']} ({examples:,} training examples, {summary['classes']} classes), "
        f"{summary['network']}, {summary['seconds']:.1f} s"
    )
    unread, threshold = summary["unread"], summary["threshold"]
    if unread:
        some = (
            "1 example could not be read, and is" if unread == 1 else f"{unread:,} could not be read, and are"
        )
        click.echo(f"{some} not judged")
    if not suspects:
        click.echo(f"no label is suspected: no loss is above {threshold:.4f}")
        return
    labels = "1 label" if suspects == 1 else f"{suspects:,} labels"
    click.echo(f"{labels} suspected, {suspects / examples:.1%}: the loss is above {threshold:.4f}")
    same = sum(pair["suspects"] for pair in pairs if pair["given"] == pair["suggested"])
    if same:
        click.echo(f"{same:,} of them have the label that is suggested, and may be hard rather than wrong")
    click.echo()
    print_table(_COLUMNS, pairs[:_MOST])
    if len(pairs) > _MOST:
        click.echo(f"… and {len(pairs) - _MOST:,} other pairs")


def _write(found: Suspects, path: str) -> None:
    """Write the record in the form that the suffix names."""
    suffix = Path(path).suffix.lower()
    if suffix == ".csv":
        found.to_csv(path)
    elif suffix == ".npz":
        found.save(path)
    else:
        found.plot(path)
