"""Options of the commands that train: what network, by what method, and how."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from pynoise.cli import options
from pynoise.cli.parse import parse_counts, parse_options

__all__ = [
    "Chosen",
    "checked",
    "network_options",
    "settings_options",
    "training_options",
    "training_options_without",
]

_Command = Callable[..., None]

# Settings of training and what an option has to say of them; their defaults are those of Settings.
_SETTINGS: dict[str, dict[str, Any]] = {
    "epochs": {"type": int, "help": "Passes over the training examples.  [20]"},
    "batch_size": {"type": int, "help": "Examples in a step.  [128]"},
    "optimizer": {"metavar": "NAME", "help": "sgd or adam.  [sgd]"},
    "lr": {"type": float, "help": "Highest learning rate.  [0.1 for sgd, 0.001 for adam]"},
    "lr_min": {"type": float, "help": "The rate at which a cosine ends.  [0]"},
    "momentum": {"type": float, "help": "Of sgd.  [0.9]"},
    "weight_decay": {"type": float, "help": "L2 penalty of the weights.  [5e-4 for sgd, 0 for adam]"},
    "schedule": {"metavar": "NAME", "help": "cosine, cosine-restarts, step or constant.  [cosine]"},
    "restart_every": {"type": int, "metavar": "EPOCHS", "help": "With cosine-restarts.  [10]"},
    "step_at": {"metavar": "E1,E2,…", "help": "With step: the epochs where the rate falls."},
    "step_factor": {"type": float, "help": "With step: what it is multiplied by.  [0.1]"},
    "augment": {"metavar": "NAME", "help": "auto, none, crop or crop-flip.  [auto]"},
    "validation": {"type": float, "metavar": "SHARE", "help": "Held out to select an epoch.  [0.1]"},
    "validation_labels": {"metavar": "NAME", "help": "clean or noisy.  [clean]"},
    "patience": {"type": int, "metavar": "EPOCHS", "help": "Stop after so many without a better one."},
    "precision": {"metavar": "NAME", "help": "auto, float32 or bfloat16.  [auto: bfloat16 on CUDA]"},
    "compile": {"is_flag": True, "default": None, "help": "Compile the network by torch.compile."},
}


_NETWORK = click.option(
    "--network", default="mlp", show_default=True, metavar="NAME", help="See docs/networks.md."
)

_SET = click.option(
    "--set",
    "method_options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the method; give as many as you like.",
)


@dataclass(frozen=True)
class Chosen:
    """A network, a method and settings, as the command line names them; `set_by` options the method's are."""

    network: str
    method: str
    method_options: dict[str, Any]
    given: dict[str, Any]
    set_by: str

    def check(self) -> dict[str, Any]:
        """The settings as the Python functions take them: those that are given, checked."""
        return checked(self.given)


def checked(options: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as the Python functions take them: those whose option is given, checked."""
    from pynoise.training import Settings

    given = {name: value for name, value in options.items() if value is not None}
    if "step_at" in given:
        given["step_at"] = parse_counts(given["step_at"], "step_at")
    Settings.of(given)
    return given


def settings_options(function: _Command) -> _Command:
    """Add the options of training; the command gets them as one `settings`."""

    @functools.wraps(function)
    def command(
        *, network: str, method: str, method_options: tuple[str, ...], neighbors: str | None, **others: Any
    ) -> None:
        given = {name: others.pop(name) for name in _SETTINGS}
        set_by = "--set"
        if neighbors is not None:
            set_by = "--set, --neighbors" if method_options else "--neighbors"
            method_options = (*method_options, f"neighbors={neighbors}")
        function(settings=Chosen(network, method, _named(method_options, set_by), given, set_by), **others)

    return options.with_options(
        (
            _NETWORK,
            click.option(
                "--method",
                default="cross-entropy",
                show_default=True,
                metavar="NAME",
                help="How it learns.  See docs/methods.md.",
            ),
            _SET,
            click.option(
                "--neighbors",
                metavar="NAME",
                help="With mixnn: exact, hnsw, or random others.  [exact]",
            ),
            *_as_options(_SETTINGS),
        )
    )(command)


def network_options(function: _Command) -> _Command:
    """Add the options of training but for the method; the command gets `network` and `settings`."""

    @functools.wraps(function)
    def command(**others: Any) -> None:
        given = {name: others.pop(name) for name in _SETTINGS}
        function(settings=given, **others)

    return options.with_options((_NETWORK, *_as_options(_SETTINGS)))(command)


def training_options(function: _Command) -> _Command:
    """Add the options of training without defaults; the command gets `settings` and `method_options`."""
    shown = {name: words | {"help": words["help"].partition("  [")[0]} for name, words in _SETTINGS.items()}
    return _with_settings(function, shown)


def training_options_without(*names: str) -> Callable[[_Command], _Command]:
    """Add the options of training but for those of these settings; else as `training_options`."""
    shown = {name: words for name, words in _SETTINGS.items() if name not in names}
    return functools.partial(_with_settings, shown=shown)


def _with_settings(function: _Command, shown: Mapping[str, dict[str, Any]]) -> _Command:
    @functools.wraps(function)
    def command(*, method_options: tuple[str, ...], **others: Any) -> None:
        given = {name: others.pop(name) for name in shown}
        function(settings=given, method_options=_named(method_options), **others)

    return options.with_options((_SET, *_as_options(shown)))(command)


def _as_options(shown: Mapping[str, dict[str, Any]]) -> list[Callable[[_Command], _Command]]:
    return [click.option(f"--{name.replace('_', '-')}", **words) for name, words in shown.items()]


def _named(method_options: tuple[str, ...], set_by: str = "--set") -> dict[str, Any]:
    with options.in_words_of_options(method_options=set_by):
        return parse_options(method_options)
