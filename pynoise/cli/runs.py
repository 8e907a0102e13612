"""What the commands on trained runs share: the argument RUN, and where its data are."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from pynoise.cli import options

if TYPE_CHECKING:
    from pynoise.training import Run

__all__ = ["Trained", "run_argument"]

_Command = Callable[..., None]


@dataclass(frozen=True)
class Trained:
    """A trained run, as the command line names it."""

    path: str
    dataset: str | None
    data_root: str | None

    def load(self) -> tuple[Run, Any]:
        """The run, and the data that it was trained on."""
        from pynoise.training import Run
        from pynoise.training.inputs import data_of

        run = Run.load(self.path)
        given = None if self.dataset is None else data_of(self.dataset, self.data_root)
        return run, run.data(given, root=self.data_root)


def run_argument(function: _Command) -> _Command:
    """Add the argument RUN and where its data are; the command gets them as one `trained`."""

    @functools.wraps(function)
    def command(*, run: str, dataset: str | None, data_root: str | None, **others: Any) -> None:
        function(trained=Trained(run, dataset, data_root), **others)

    return options.with_options(
        (
            click.argument("run", metavar="RUN"),
            click.option(
                "--dataset", metavar="NAME|FILE", help="The data that it was trained on.  [as it names them]"
            ),
            click.option("--data-root", metavar="FOLDER", help="Where they lie now.  [where they lay then]"),
        )
    )(command)
