"""The command `pynoise curve`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pynoise.cli import options
from pynoise.cli.parse import parse_counts, parse_levels
from pynoise.cli.progress import progress_bars
from pynoise.cli.tables import data_words, print_table

if TYPE_CHECKING:
    from pynoise.curves import AccuracyCurve

__all__ = ["command"]

# Headings of the table: the key of a row, the width, and how to write it.
_COLUMNS = {
    "level γ": ("level", 7, ".5g"),
    "selected": ("selected_fraction", 8, ".4f"),
    "realised": ("realised_rate", 8, ".4f"),
    "analytic": ("analytic", 8, ".4f"),
    "measured": ("measured", 8, ".4f"),
    "± sd": ("measured_sd", 6, ".4f"),
    "difference": ("difference", 10, "+.4f"),
}
# And where not every test example was computed exactly.
_SAMPLED = {"± se": ("analytic_se", 8, ".6f"), "exact": ("exact_share", 6, ".3f")}
_TOLERANCE = {"K": ("k", 5, "d"), "level γ": ("level", 7, ".4f")}
_BEST = {"level γ": ("level", 7, ".5g"), "K": ("k", 5, "d"), "analytic": ("analytic", 8, ".4f")}


@click.command("curve", short_help="Predict and measure K-NN accuracy against label noise.")
@click.option("--K", "k", default="51", show_default=True, metavar="K,…", help="Numbers of neighbours.")
@options.source_options
@click.option(
    "--levels",
    metavar="LEVELS",
    help="Noise levels: START:STOP:STEP or a list 0,0.2,0.45. A level is the fraction of training "
    "examples that is selected for noise.  [0:1:0.05, or what the noise itself says]",
)
@click.option("--repeats", type=int, default=10, show_default=True, help="Draws of the noise at each level.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the noise, and of --queries.")
@options.ties_option
@options.model_option
@options.clean_option
@options.neighbors_option
@options.queries_option
@click.option(
    "--node-budget",
    type=int,
    metavar="NODES",
    help="With --model fixed and a matrix: neighbourhoods with more nodes than this are sampled; nodes are "
    "the product of the label counts, each plus 1.  [200]",
)
@click.option("--no-measure", is_flag=True, help="Predict only.")
@click.option(
    "--at-accuracy",
    type=float,
    metavar="A",
    help="Print, too, the level up to which the analytic accuracy of each K is at least A, and the best K "
    "at each level.",
)
@options.threads_option
@options.output_options
def command(
    source: options.Source,
    k: str,
    levels: str | None,
    repeats: int,
    seed: int,
    ties: str,
    model: str,
    clean: str | None,
    neighbors: str | None,
    queries: int | None,
    node_budget: int | None,
    no_measure: bool,
    at_accuracy: float | None,
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
      pynoise curve --K 11,51 --noise concentrated --repeats 3
      pynoise curve --K 1,11,51 --noise uniform --at-accuracy 0.9 --no-measure
      pynoise curve --dataset mnist --neighbors mnist-301.npz --K 301
    """  # noqa: D301 - click's mark for lines to be left as they are
    if node_budget is not None and model != "fixed":
        raise click.BadParameter(f"goes with --model fixed, not with {model!r}", param_hint="'--node-budget'")
    budget: dict[str, Any] = {} if node_budget is None else {"node_budget": node_budget}
    with options.in_words_of_options(accuracy="--at-accuracy", **source.words()):
        # What can be refused at once is refused before the data are loaded.
        ks, gammas = parse_counts(k), None if levels is None else parse_levels(levels)
        from pynoise import curves
        from pynoise.noise.levels import check_level

        if at_accuracy is not None:
            check_level("accuracy", at_accuracy)
        options.check_files(out)
        kept = options.load_neighbors(neighbors)
        examples, noise = source.load()
        with progress_bars() as progress:
            curve = curves.accuracy_curve(
                examples,
                ks,
                noise,
                gammas,
                repeats=repeats,
                seed=seed,
                label_map=source.label_map,
                ties=ties,
                model=model,
                clean=clean,
                neighbors=kept,
                queries=queries,
                **budget,
                measure=not no_measure,
                threads=threads,
                progress=progress,
            )
    if as_json:
        from pynoise.curves.files import json_text

        click.echo(json_text(curve.meta, curve.rows, **_answers(curve, at_accuracy)), nl=False)
    else:
        _print(curve)
        if at_accuracy is not None:
            _print_answers(curve, at_accuracy)
    options.write_files(curve, out)


def _print(curve: AccuracyCurve) -> None:
    meta = curve.meta
    count = meta["repeats"]
    repeats = f"{count} repeat{'s' * (count > 1)}" if count else "not measured"
    click.echo(f"{data_words(meta)}, {repeats}")
    for k in meta["k"]:
        click.echo(f"\nK = {k}")
        rows = [row for row in curve.rows if row["k"] == k]
        sampled = any(row["exact_share"] < 1 for row in rows)
        print_table(_COLUMNS | _SAMPLED if sampled else _COLUMNS, rows)


def _answers(curve: AccuracyCurve, accuracy: float | None) -> dict[str, Any]:
    """What JSON has for --at-accuracy beside the curve."""
    if accuracy is None:
        return {}
    levels = curve.tolerance(accuracy)
    return {"tolerance": {"accuracy": accuracy, "levels": levels}, "best_k": curve.best_k()}


def _print_answers(curve: AccuracyCurve, accuracy: float) -> None:
    words = {None: "never", 1.0: "always"}
    click.echo(f"\naccuracy {accuracy:.10g} holds up to")
    print_table(
        _TOLERANCE,
        [row | {"level": words.get(row["level"], row["level"])} for row in curve.tolerance(accuracy)],
    )
    if len(curve.meta["k"]) > 1:
        click.echo("\nbest K at each level")
        print_table(_BEST, curve.best_k())
