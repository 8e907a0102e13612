"""The command `pynoise show`."""

from __future__ import annotations

import json
from typing import Any

import click

from pynoise._files import PICTURE_SUFFIXES, check_output
from pynoise.cli import options
from pynoise.cli.outcome import print_outcome
from pynoise.cli.runs import Trained, run_argument
from pynoise.errors import InputValueError

__all__ = ["command"]

# Which of the settings are worth a word.
_SETTINGS = ("epochs", "batch_size", "optimizer", "lr", "weight_decay", "schedule", "augment", "validation")


@click.command("show", short_help="Say what a run is, and what came of it.")
@run_argument
@click.option("--out", multiple=True, metavar="FILE", help="Draw it: .png, .svg or .pdf; may be repeated.")
@click.option(
    "--sheet",
    metavar="FILE",
    help="Draw images whose labels odd suspects, those with the highest losses: .png, .svg or .pdf.",
)
@click.option("--json", "as_json", is_flag=True, help="Print result.json instead.")
def command(trained: Trained, out: tuple[str, ...], sheet: str | None, as_json: bool) -> None:
    """Say what a run is, and what came of it.

    RUN is a folder that pynoise train wrote, be it finished or not. The picture has its accuracies by epoch;
    of MixNN, the losses with the mixture fitted to them, gradient coefficients and the corrected labels, too;
    of ODD, the losses with the modelled ones and the threshold. The sheet takes the data that RUN was trained
    on; --dataset and --data-root say where they are.

    \b
    Examples:
      pynoise show runs/x
      pynoise show runs/x --out run.png
      pynoise show runs/odd --sheet suspects.png
      pynoise show runs/x --json
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(run="RUN", suspects="RUN"):
        from pynoise.training import Run

        for path in out:
            check_output("path", path, PICTURE_SUFFIXES)
        if sheet is not None:
            check_output("sheet", sheet, PICTURE_SUFFIXES)
        else:
            _refuse_data(trained)
        found = Run.load(trained.path)
        if as_json and found.result is None:
            raise InputValueError("run", f"{trained.path!r} has no result.json: it is not finished")
        if sheet is not None:
            from pynoise.training.picture import suspects_of  # matplotlib takes a second to import

            suspects = suspects_of(found)  # before the data are loaded
            suspects.sheet(trained.load()[1], sheet)
        for path in out:
            found.plot(path)
        if as_json:
            click.echo(json.dumps(found.result, indent=1))
        else:
            _print_what(found.config)
            print_outcome(found)
    for path in (*out, *filter(None, [sheet])):
        click.echo(f"wrote {path}", err=True)


def _refuse_data(trained: Trained) -> None:
    """Refuse what says where the data are, where none are looked at."""
    for option, value in {"--dataset": trained.dataset, "--data-root": trained.data_root}.items():
        if value is not None:
            raise click.BadParameter("goes with --sheet, which shows the data", param_hint=f"'{option}'")


def _print_what(config: dict[str, Any]) -> None:
    data, settings = config["data"], config["settings"]
    click.echo(f"{data['name']}, {config['network']}, {config['method']}, seed {config['seed']}")
    parts = [f"{name} {settings[name]}" for name in _SETTINGS if name in settings]
    click.echo(", ".join(parts))
    own = [f"{name} {value}" for name, value in config["method_options"].items() if value is not None]
    if own:
        click.echo(f"{config['method']}: {', '.join(own)}")
