"""The command `pynoise softmax`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pynoise._files import PICTURE_SUFFIXES
from pynoise.cli import options
from pynoise.cli.parse import parse_classes
from pynoise.cli.runs import Trained, run_argument
from pynoise.cli.tables import print_table

if TYPE_CHECKING:
    from pynoise.analysis import SoftmaxProfile

__all__ = ["command"]

# Outputs of a class that are printed: the true one, and those with the largest medians beside it.
_MOST = 3

_COLUMNS = {
    "class": ("class", 14, ""),
    "output": ("output", 14, ""),
    "median": ("median", 6, ".4f"),
    "25 %": ("lower", 6, ".4f"),
    "75 %": ("upper", 6, ".4f"),
    "mean": ("mean", 6, ".4f"),
    "expected": ("expected", 8, ".4f"),
}


@click.command("softmax", short_help="Show what a trained network says of each class.")
@run_argument
@click.option(
    "--features",
    metavar="FILE",
    help="For concentrated noise that was made from features: those of the test examples, FILE.npy or "
    "FILE.npz:NAME.  [the data set's own rows]",
)
@click.option("--classes", metavar="A,B,…", help="Show and draw these classes only, by name or number.")
@options.output_options
def command(
    trained: Trained, features: str | None, classes: str | None, out: tuple[str, ...], as_json: bool
) -> None:
    """Show the softmax of the test examples of each true class: median and central half of every output.

    RUN is a folder that pynoise train wrote. Beside each output stands what the noise makes one expect, the
    row of (1-γ)I + γP (Drory et al., BMVC 2020, Fig. 2, 7-13); for concentrated noise the clean and the noisy
    region apart. The table has the true class and the largest others; files have all.

    \b
    Examples:
      pynoise softmax runs/x --out softmax.png --out softmax.csv
      pynoise softmax runs/heaps --features features.npz:x_test --classes 3,5 --out heaps.png
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(run="RUN", noise_file="RUN", noisy_region="--features"):
        from pynoise import training
        from pynoise._arrays import load_array

        options.check_files(out)
        rows = None if features is None else load_array("features", features, ("x_test",))
        run, data = trained.load()
        profile = training.profile(run, data, features=rows)
        chosen = None if classes is None else parse_classes(classes, data.names)
        if chosen is not None:
            profile.plot(classes=chosen)  # refused before anything is written
    if as_json:
        click.echo(profile.to_json(), nl=False)
    else:
        names = [data.names[one] if isinstance(one, int) else one for one in chosen or data.names]
        _print(profile, f"{data.name}, {run.config['network']}", names)
    for path in out:
        if path.lower().endswith(PICTURE_SUFFIXES):
            profile.plot(path, classes=chosen)
        else:
            profile.save(path)
        click.echo(f"wrote {path}", err=True)


def _print(profile: SoftmaxProfile, heading: str, names: Sequence[str]) -> None:
    noise = profile.meta["noise"]
    words = "clean labels" if noise is None else f"noise {noise['kind']} of level {noise['level']:.10g}"
    click.echo(f"{heading}, {words}")
    for region, count in profile.meta["examples"].items():
        rows = [row for row in profile.rows if row["region"] == region]
        where = "" if region == "all" else f" in the {region} region"
        click.echo(f"\n{count:,} test examples{where}")
        shown = []
        for name in names:
            own = [row for row in rows if row["class"] == name]
            others = sorted((row for row in own if not row["is_true"]), key=lambda row: -row["median"])
            shown += [row for row in own if row["is_true"]] + others[: _MOST - 1]
        print_table(_COLUMNS, shown)
