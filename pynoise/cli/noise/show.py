"""The command `pynoise noise show`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from pynoise.cli import options
from pynoise.cli.tables import print_table

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pynoise.noise import EstimatedNoise, NoisyLabels

__all__ = ["command", "print_estimate", "print_record"]

# Matrices of more classes are shown a row a class.
_MOST_COLUMNS = 12

_CLASSES = {
    "class": ("class", 14, ""),
    "examples": ("examples", 8, ",d"),
    "selected": ("selected", 8, ",d"),
    "wrong": ("wrong", 8, ",d"),
    "rate": ("rate", 6, ".4f"),
    "mostly": ("mostly", 14, ""),
    "share": ("share", 6, ".4f"),
}
_ESTIMATED = {
    "class": ("class", 14, ""),
    "prior": ("prior", 6, ".4f"),
    "kept": ("kept", 6, ".4f"),
    "mostly": ("mistaken_for", 14, ""),
    "share": ("mistaken", 6, ".4f"),
}


@click.command("show", short_help="Print what noise a file holds.")
@click.argument("file", metavar="FILE.npz")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(file: str, as_json: bool) -> None:
    """Print what noise FILE.npz holds: its kind, its rates, its matrix.

    The file is one that pynoise noise make or pynoise noise estimate wrote.
    """
    with options.in_words_of_options(noise_file="FILE.npz"):
        from pynoise import noise

        found = noise.load(file)
    if as_json:
        click.echo(json.dumps(found.summary(), indent=1))
    elif isinstance(found, noise.NoisyLabels):
        print_record(found)
    else:
        print_estimate(found)


def print_record(record: NoisyLabels, *, in_full: bool = True) -> None:
    """Print a record; `in_full` with its matrices."""
    by_people = record.kind == "human"
    click.echo(f"{len(record.clean):,} labels, {len(record.names)} classes, {_kind(record)}")
    if not by_people:
        click.echo(f"requested level  {record.level:.10g}")
        click.echo(
            f"selected         {record.selected.sum():,} examples ({record.selected_fraction:.4f}), "
            f"{_selection(record)}"
        )
        click.echo(f"expected wrong   {record.expected_rate:.4f}")
    click.echo(
        f"realised wrong   {record.realised_rate:.4f} ({(record.noisy != record.clean).sum():,} labels)"
    )
    if record.features is not None:
        click.echo(f"features         {record.features}, sha256 {record.features.sha256[:12]}")
    click.echo(f"clean labels     sha256 {record.digest.sha256[:12]}")
    if not in_full:
        return
    click.echo(f"made by          pynoise {record.versions.get('pynoise', '(unknown)')}")
    if len(record.names) <= _MOST_COLUMNS:
        if not by_people:
            _print_matrix(
                "requested: P(noisy label | clean class), of any example", record.transition, record.names
            )
        _print_matrix("realised: share of each clean class with each label", record.empirical, record.names)
    else:
        click.echo("")
        print_table(_CLASSES, record.by_class())


def print_estimate(found: EstimatedNoise) -> None:
    """Print an estimate."""
    click.echo(f"{found.examples:,} labels, {len(found.names)} classes, noise as estimated")
    click.echo(f"noise rate       {found.noise_rate:.4f}")
    if not found.converged:
        click.echo("The fit did not end by itself: these labels hardly tell the noise.")
    if len(found.names) <= _MOST_COLUMNS:
        _print_matrix("estimated: P(noisy label | clean class)", found.transition, found.names)
    click.echo("")
    print_table(_ESTIMATED, found.rows)


def _kind(record: NoisyLabels) -> str:
    from pynoise.noise.matrices import true_class_words

    if record.kind == "human":
        return "labels that people gave"
    options = "".join(f", {name.replace('_', ' ')} {value}" for name, value in record.options.items())
    return f"noise {record.kind}{true_class_words(record.kind)}{options}, seed {record.seed}"


def _selection(record: NoisyLabels) -> str:
    words = {"exact": "so many exactly", "bernoulli": "each by a coin", "cluster": "a cluster of each class"}
    words["exact"] += {"hubness": ", by hubness", "concentrated-exact": ", that lie together"}.get(
        record.kind, ""
    )
    of_class = ", in each class" if record.per_class else ""
    return words[record.selection] + of_class + (", of mapped classes only" if record.mapped_only else "")


def _print_matrix(title: str, matrix: NDArray[np.float64], names: tuple[str, ...]) -> None:
    click.echo(f"\n{title}")
    width = max(6, *(min(len(name), 10) for name in names))
    words = [f"{name if len(name) <= width else name[: width - 1] + '…':>{width}}" for name in names]
    click.echo("  ".join([" " * width, *words]))
    for name, row in zip(words, matrix.tolist(), strict=True):
        # What cannot happen is a -, so that the eye finds the rest.
        cells = (f"{value:{width}.4f}" if value else f"{'-':>{width}}" for value in row)
        click.echo("  ".join([name, *cells]))
