"""What kNet's figures are made of: a data set, its noise, and how a network and kNet are trained on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import data
from pynoise.data import Dataset
from pynoise.errors import InputError, InputFileNotFoundError, InputValueError
from pynoise.paper.published import knet_settings, knet_tables
from pynoise.paper.registry import Options
from pynoise.paper.share import share_of, share_size
from pynoise.paper.toy import LEVEL, MATRIX, SETTINGS, TOY, toy

__all__ = ["Part", "image_part", "network_for", "own_networks", "toy_part"]

# Images that every network takes.
_ANY = (3, 64, 64)


@dataclass(frozen=True)
class Part:
    """What is trained, or why it is not.

    Attributes
    ----------
    dataset : str
        What it is called.
    network : str
        One of `pynoise.networks`.
    noise : str or ndarray
        A kind, or a matrix.
    level : float
        Of the noise.
    settings : dict
        All of training.
    method_options : dict
        All of kNet.
    draw : callable or None
        Gives the data set for a seed; None where there are no data.
    scale : float
        The share of the training examples that it gives; the toy, which takes seconds, has always all.
    problem : str or None
        Why there are no data.
    """

    dataset: str
    network: str
    noise: str | NDArray[np.float64]
    level: float
    settings: dict[str, Any]
    method_options: dict[str, Any]
    draw: Callable[[int], Dataset] | None = None
    scale: float = 1.0
    problem: str | None = None

    @property
    def words(self) -> str:
        """What a title says of it."""
        kind = self.noise if isinstance(self.noise, str) else "random-asymmetric"
        return f"{self.dataset}, {self.network}: {kind} noise of level {self.level:.10g}"


def own_networks() -> dict[str, str]:
    """The networks of the paper's data sets.

    Its Figures 3 and 4 have the network of Zhang et al., which comes from a method of its own: here they have
    the other networks of its tables.
    """
    return {TOY: "mlp"} | {block.dataset: block.own for block in knet_tables()[0].blocks}


def network_for(dataset: str, options: Options) -> str:
    """The network that is asked for, or that of the paper's data set."""
    network = options.network or own_networks().get(dataset)
    if network is None:
        raise InputValueError("network", f"is missing; the figure has none for {dataset!r}: give 'mlp', say")
    return network


def toy_part(network: str, ks: Sequence[int], options: Options) -> Part:
    """Three Gaussians, with K-NN and kNet at these k."""
    settings = _settings(SETTINGS, options)
    part = Part(TOY, network, MATRIX, LEVEL, settings, _method_options(ks, options))
    return _with_data(part, toy, options.seeds[0])


def image_part(name: str, network: str, level: float, ks: Sequence[int], options: Options) -> Part:
    """A data set by its name, with uniform noise, and K-NN and kNet at these k.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range. Files that are missing are no error, but the part's problem.
    """
    from pynoise import networks

    settings = _settings(knet_settings(), options)
    given = _method_options(ks, options)
    part = Part(name, network, "uniform", level, settings, given, scale=options.scale)
    try:
        dataset = data.load(name, options.data_root, download=options.download)
    except InputFileNotFoundError as error:
        networks.make(network, 2, _ANY)  # a name that is wrong is an error all the same
        return replace(part, problem=f"data not found: {error.problem}")
    except InputError as error:
        argument = "dataset" if error.argument == "data" else error.argument
        raise type(error)(argument, error.problem) from None
    return _with_data(replace(part, dataset=dataset.name), lambda _: dataset, options.seeds[0])


def _settings(own: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """All settings: those that are given, and those of the figure."""
    from pynoise.training import Settings

    return Settings.of({**own, **options.settings}).to_dict()


def _method_options(ks: Sequence[int], options: Options) -> dict[str, Any]:
    """All options of kNet."""
    from pynoise import methods

    for name in ("ks", "fixed"):
        if name in options.method_options:
            raise InputValueError("method_options", f"{name} is the figure's; leave it out")
    return methods.make("knet", {**options.method_options, "ks": list(ks)}).options()


def _with_data(part: Part, draw: Callable[[int], Dataset], seed: int) -> Part:
    """The part with its data; what would fail after others have been trained is refused now, with a seed."""
    from pynoise import networks
    from pynoise.training import Settings
    from pynoise.training.inputs import Reading, augmentation_of
    from pynoise.training.resident import input_shape_of
    from pynoise.training.split import split_rows

    whole, settings = draw(seed), part.settings
    networks.make(part.network, whole.num_classes, input_shape_of(whole.x_train))
    rows, _ = split_rows(share_size(whole, part.scale), settings["validation"], seed)
    most = part.method_options["k_range"][1]
    if len(rows) <= most:
        raise InputValueError(
            "scale",
            f"{part.scale:.10g} of {part.dataset} leaves {len(rows)} examples to learn from, and k goes "
            f"up to {most}; give a larger share",
        )
    # By the name of the whole data set: that of a share is another.
    augment = augmentation_of(whole, Settings.of(settings), Reading())
    return replace(
        part,
        settings=settings | {"augment": augment},
        draw=lambda seed: share_of(draw(seed), part.scale, seed),
    )
