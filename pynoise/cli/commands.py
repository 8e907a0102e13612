"""The group `pynoise`, whose commands are imported when they are called."""

from __future__ import annotations

import sys

import click

from pynoise.cli.lazy import LazyGroup

__all__ = ["run"]

# Commands and what they do, here so that --help need not import them.
_COMMANDS = {
    "curve": "Predict and measure K-NN accuracy against label noise.",
    "fit-k": "Find the K whose analytic curve is nearest to measured accuracies.",
    "noise": "Make noisy labels, look at them, or estimate the noise in labels.",
    "train": "Train a network on noisy labels.",
    "clean": "Find the labels of your own data that are suspected to be wrong.",
    "show": "Say what a run is, and what came of it.",
    "extract": "Write features and softmax of a trained network.",
    "softmax": "Show what a trained network says of each class.",
    "compare": "Compare a trained network's softmax with its neighbours' labels.",
    "network-curve": "Train networks at several noise levels, beside theory.",
    "compare-methods": "Train by several methods on the same noisy labels, in one table.",
    "sweep": "Run thousands of settings, on this machine or a Ray cluster.",
    "report": "Show what came of sweeps and runs, in a page or a picture.",
    "reproduce": "Make a figure or table of the papers anew, beside the published one.",
    "neighbors": "Find nearest neighbours, and keep them in a file.",
}


@click.group(
    cls=LazyGroup,
    package="pynoise.cli",
    commands=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
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
    except click.Abort as abort:
        # What a command has to say of it, click has put behind its own.
        raise KeyboardInterrupt(*(abort.__cause__.args if abort.__cause__ else ())) from None
    return code if isinstance(code, int) else 0
