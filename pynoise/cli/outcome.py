"""What came of a run, in words: for the commands `pynoise train` and `pynoise show`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pynoise.cli.tables import print_table

if TYPE_CHECKING:
    from pynoise.training import Run

__all__ = ["print_outcome"]


def print_outcome(run: Run) -> None:
    """Print what came of a run that is finished, or how far it has come."""
    noise = run.config["noise"]
    if noise is not None:
        click.echo(
            f"noise {noise['kind']} of level {noise['level']:.10g}, {noise['realised_rate']:.4f} of the "
            "labels wrong"
        )
    if run.result is None:
        _print_epochs(run)
    else:
        _print_result(run.result, clean=noise is None)


def _print_epochs(run: Run) -> None:
    rows, epochs = run.metrics, run.config["settings"]["epochs"]
    click.echo(
        f"not finished: {len(rows):,} of {epochs:,} epochs are done; pynoise train with the same arguments "
        "and --resume goes on"
    )
    if rows and rows[-1]["test_accuracy"] is not None:
        click.echo(f"test accuracy {rows[-1]['test_accuracy']:.4f} after epoch {len(rows):,}")


def _print_result(result: dict[str, Any], *, clean: bool) -> None:
    tested = result["test_accuracy_last"] is not None
    if tested:
        click.echo(f"test accuracy {result['test_accuracy_last']:.4f} after the last epoch")
    else:
        click.echo("no test examples, and so no test accuracy")
    if result["selected_epoch"] is not None:
        labels = "validation labels" if clean else f"{result['validation_labels']} validation labels"
        accuracy = f"test accuracy {result['test_accuracy_selected']:.4f} of " if tested else ""
        selected, count = result["selected_epoch"], result["validation_examples"]
        click.echo(f"{accuracy}epoch {selected}, selected by {count:,} {labels}")
    if "knet_accuracy" in result:
        _print_knet(result)
    if "mixnn" in result:
        _print_mixnn(result)
    if "odd" in result:
        _print_odd(result)
    elif "threshold" in result:
        click.echo("odd has left out nothing: training has stopped before")
    if result["skipped"]:
        click.echo(f"{len(result['skipped']):,} images skipped; result.json names them")
    click.echo(
        f"{result['seconds']:.1f} s, {result['images_per_second']:,.0f} images/s on "
        f"{result['hardware']['device_name']}"
    )


def _print_knet(result: dict[str, Any]) -> None:
    knet = result["knet"]
    click.echo(
        f"\nkNet: {knet['parameters']:,} parameters, {knet['seconds']:.1f} s, in place of the "
        f"{knet['stored_values']:,} numbers that K-NN keeps; test accuracy"
    )
    columns = {"K": ("k", 4, "d"), "network": ("network", 7, ".4f")}
    keys = {"K-NN": "knn_accuracy", "kNet": "knet_accuracy", "fixed kNet": "fixed_knet_accuracy"}
    for name, key in keys.items():
        if key in result:
            columns[name] = (key, max(6, len(name)), ".4f")
    rows = [
        {"k": int(k), "network": result["preliminary_accuracy"]}
        | {key: result[key][k] for key in keys.values() if key in result}
        for k in result["knet_accuracy"]
    ]
    print_table(columns, rows)
    click.echo()


def _print_mixnn(result: dict[str, Any]) -> None:
    mixnn = result["mixnn"]
    if result["correction_accuracy"] is not None:
        click.echo(
            f"corrected labels {result['correction_accuracy']:.4f} right, the given ones "
            f"{result['given_accuracy']:.4f}"
        )
    if result["clean_auc"] is not None:
        click.echo(f"area under the ROC curve of the clean probabilities {result['clean_auc']:.4f}")
    if mixnn["mixture"] is None:
        click.echo("the losses are all alike after the last epoch: no label is doubted")
    click.echo(
        f"{mixnn['corrected']:,} labels changed, {mixnn['doubted']:,} doubted (clean probability below 0.5); "
        "corrected.csv has all"
    )
    _print_held_out(result["train_examples"], result["validation_examples"])
    seconds = mixnn["seconds"]
    click.echo(
        f"{seconds['mixture']:.1f} s for the mixture and {seconds['neighbors']:.1f} s for the neighbours, of "
        f"{result['seconds']:.1f} s"
    )


def _print_odd(result: dict[str, Any]) -> None:
    odd = result["odd"]
    click.echo(
        f"{odd['removed']:,} labels suspected and their examples left out after epoch {odd['epoch']}: their "
        f"loss was above {result['threshold']:.4f}; suspects.csv has all"
    )
    for key, words in {
        "removed_precision": "of the suspected labels are wrong",
        "removed_recall": "of the wrong labels are suspected",
    }.items():
        if result[key] is not None:
            click.echo(f"{result[key]:.4f} {words}")
    _print_held_out(result["train_examples"] + odd["removed"], result["validation_examples"])


def _print_held_out(judged: int, held: int) -> None:
    if held:
        click.echo(
            f"that is of {judged:,} of {judged + held:,} training examples; the others were held out, and "
            "--validation 0 keeps all"
        )
