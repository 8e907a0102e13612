"""The group `pynoise`, whose commands are imported when they are called."""

from __future__ import annotations

import sys
from importlib import import_module

import click

__all__ = ["run"]

# Commands and what they do, here so that --help need not import them.
_COMMANDS = {
    "curve": "Predict and measure K-NN accuracy against label noise.",
    "fit-k": "Find the K whose analytic curve is nearest to measured accuracies.",
    "neighbors": "Find nearest neighbours, and keep them in a file.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"pynoise.cli.{cmd_name.replace('-', '_')}").command
        assert isinstance(command, click.Command)  # noqa: S101 - tells the type checker
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="pynoise-lab", prog_name="pynoise")
def _cli() -> None:
    """Predict and measure what wrong labels do to a classifier."""


def run() -> int:
    """Run the command that the arguments name; a mistake in them prints a message and gives 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without γ shows ?
    try:
        code = _cli.main(standalone_mode=False, prog_name="pynoise")
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        raise KeyboardInterrupt from None
    return code if isinstance(code, int) else 0
