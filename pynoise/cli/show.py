"""The command `pynoise show`."""

from __future__ import annotations

import json
from typing import Any

import click

from pynoise._files import PICTURE_SUFFIXES, check_output
from pynoise.cli import options
from pynoise.cli.outcome import print_outcome
from pynoise.errors import InputValueError

__all__ = ["command"]

# Which of the settings are worth a word.
_SETTINGS = ("epochs", "batch_size", "optimizer", "lr", "weight_decay", "schedule", "augment", "validation")


@click.command("show", short_help="Say what a run is, and what came of it.")
@click.argument("run", metavar="RUN")
@click.option("--out", multiple=True, metavar="FILE", help="Draw it: .png or .svg; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print result.json instead.")
def command(run: str, out: tuple[str, ...], as_json: bool) -> None:
    """Say what a run is, and what came of it.

    RUN is a folder that pynoise train wrote, be it finished or not. The picture has its accuracies by epoch;
    of MixNN, the losses with the mixture fitted to them, gradient coefficients and the corrected labels, too.

    \b
    Examples:
      pynoise show runs/x
      pynoise show runs/x --out run.png
      pynoise show runs/x --json
    """  # noqa: D301 - click's mark for lines to be left as they are
    with options.in_words_of_options(run="RUN"):
        from pynoise.training import Run

        for path in out:
            check_output("path", path, PICTURE_SUFFIXES)
        found = Run.load(run)
        if as_json and found.result is None:
            raise InputValueError("run", f"{run!r} has no result.json: it is not finished")
        for path in out:
            found.plot(path)
        if as_json:
            click.echo(json.dumps(found.result, indent=1))
        else:
            _print_what(found.config)
            print_outcome(found)
    for path in out:
        click.echo(f"wrote {path}", err=True)


def _print_what(config: dict[str, Any]) -> None:
    data, settings = config["data"], config["settings"]
    click.echo(f"{data['name']}, {config['network']}, {config['method']}, seed {config['seed']}")
    parts = [f"{name} {settings[name]}" for name in _SETTINGS if name in settings]
    click.echo(", ".join(parts))
    own = [f"{name} {value}" for name, value in config["method_options"].items() if value is not None]
    if own:
        click.echo(f"{config['method']}: {', '.join(own)}")
