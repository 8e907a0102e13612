"""What a recipe trains: a network with a method on a data set with noise."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise import noise
from pynoise.data import Dataset, ImageFolders
from pynoise.data.tested import check_tested
from pynoise.errors import InputError, InputFileNotFoundError, InputValueError, MissingPackageError
from pynoise.noise import NoisyLabels
from pynoise.paper.registry import Options
from pynoise.paper.share import share_of, share_size

__all__ = ["Part", "asked", "network_for", "refuse", "settings_of", "with_data", "with_points", "words_of"]

# Images that the networks of small ones take.
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
    noise : str, ndarray or None
        A kind, or a matrix; None for labels as they are given.
    level : float
        Of the noise; 0 without.
    method : str
        One of `pynoise.methods`.
    settings : dict
        All of training.
    method_options : dict
        All of the method.
    scale : float
        The share of the training examples that is taken.
    label_map : str or None
        Whose map it is that semantic-asymmetric noise has.
    recipe : str or None
        How images that are read from files are resized, one of `pynoise.training.RECIPES`, where the data
        have none of their own.
    draw : callable or None
        Gives the data for a seed; None where there are none.
    problem : str or None
        Why there are no data.
    variant : str
        What tells it from other parts of the same data set and network, if there are any.
    record : callable or None
        Gives the noisy labels for a seed, where noise and level do not say what they are: they follow from
        another run, which must be trained before.
    """

    dataset: str
    network: str
    noise: str | NDArray[np.float64] | None
    level: float
    method: str
    settings: dict[str, Any]
    method_options: dict[str, Any]
    scale: float = 1.0
    label_map: str | None = None
    recipe: str | None = None
    draw: Callable[[int], Dataset | ImageFolders] | None = None
    problem: str | None = None
    variant: str = ""
    record: Callable[[int], NoisyLabels] | None = None


def asked(own: Mapping[str, str], options: Options, of: str) -> list[tuple[str, str]]:
    """The data sets that are asked for, and the network of each.

    Parameters
    ----------
    own : mapping of str to str
        The paper's network for each of its data sets. A network that is asked for means the data sets that
        have it, or all if none has.
    options : Options
        What is asked for.
    of : str
        What is made: "figure", say.
    """
    if options.dataset is not None:
        return [(options.dataset, network_for(options.dataset, own, options, of))]
    named = [name for name, network in own.items() if network == options.network]
    return [(name, options.network or own[name]) for name in named or own]


def network_for(dataset: str, own: Mapping[str, str], options: Options, of: str) -> str:
    """The network that is asked for, or the paper's for this data set; as for `asked`."""
    network = options.network or own.get(dataset)
    if network is None:
        raise InputValueError("network", f"is missing; the {of} has none for {dataset!r}: give 'mlp', say")
    return network


def settings_of(own: Mapping[str, Any], options: Options) -> dict[str, Any]:
    """All settings of training: those that are given, and those of the recipe that go with them."""
    from pynoise.training import Settings

    return Settings.of(options.settings, own).to_dict()


def refuse(names: Sequence[str], options: Options, of: str) -> None:
    """Refuse options of the method that are the recipe's own; `of` is as for `asked`."""
    for name in names:
        if name in options.method_options:
            raise InputValueError("method_options", f"{name} is the {of}'s; leave it out")


def with_data(part: Part, options: Options, k: int = 0) -> Part:
    """The part with the data set of its name.

    Parameters
    ----------
    part : Part
        Without data.
    options : Options
        Where they lie.
    k : int
        How many neighbours the method asks for, of examples that are learnt from.

    Raises
    ------
    InputValueError, InputTypeError
        For an argument out of its range. Files that are missing are no error, but the part's problem, and so
        is a package for a network that is not asked for.
    """
    from pynoise import networks
    from pynoise.data.named import load_named
    from pynoise.training.transforms import recipe_named

    try:
        dataset = load_named(part.dataset, options.data_root, download=options.download)
        check_tested(dataset, "an accuracy")
    except InputFileNotFoundError as error:
        missing = f"data not found: {error.problem}"
        try:
            # A name that is wrong is an error all the same.
            shape = _ANY if part.recipe is None else recipe_named(part.recipe).input_shape
            networks.make(part.network, 2, shape)
        except MissingPackageError as network:
            missing += f"; network: {network.problem}"
        return replace(part, problem=missing)
    except InputError as error:
        argument = "dataset" if error.argument == "data" else error.argument
        raise type(error)(argument, error.problem) from None
    part = replace(part, dataset=dataset.name)
    if isinstance(part.noise, str) and part.noise == "semantic-asymmetric":
        if part.dataset not in noise.SEMANTIC_MAPS:
            known = ", ".join(noise.SEMANTIC_MAPS)
            raise InputValueError(
                "dataset", f"{part.dataset!r} has no map of what looks alike; give one of {known}"
            )
        part = replace(part, label_map=part.dataset)
    try:
        return with_points(part, lambda _: dataset, options, k)
    except MissingPackageError as error:
        if options.network is not None:
            raise
        return replace(part, problem=f"network: {error.problem}")


def with_points(
    part: Part, draw: Callable[[int], Dataset | ImageFolders], options: Options, k: int = 0
) -> Part:
    """The part with data that `draw` gives for a seed; else as `with_data`.

    What would fail after others have been trained is refused now.
    """
    from pynoise import networks
    from pynoise.training import Settings
    from pynoise.training.inputs import Reading, augmentation_of, held_of, shape_of
    from pynoise.training.split import split_rows

    seed, settings = options.seeds[0], part.settings
    whole = draw(seed)
    own = part.recipe if isinstance(whole, ImageFolders) and whole.recipe is None else None
    reading = Reading.of(whole, own, options.workers, skip_corrupt=False)
    if isinstance(whole, ImageFolders):
        # Images in files have the augmentation of their recipe; another is refused if it is asked for.
        settings = settings | {"augment": options.settings.get("augment", "auto")}
    # By the name of the whole data set: that of a share is another.
    augment = augmentation_of(whole, Settings.of(settings), reading)
    networks.make(part.network, whole.num_classes, shape_of(whole, reading))
    examples, held = share_size(whole, part.scale), held_of(whole)
    rows, _ = split_rows(examples + held, settings["validation"], seed, held)
    if len(rows) <= k:
        raise InputValueError(
            "scale",
            f"{part.scale:.10g} of {part.dataset} leaves {len(rows)} examples to learn from, and k goes "
            f"up to {k}; give a larger share",
        )
    return replace(
        part,
        settings=settings | ({"augment": augment} if isinstance(whole, Dataset) else {}),
        recipe=reading.recipe,
        draw=lambda seed: share_of(draw(seed), part.scale, seed),
    )


def words_of(part: Part) -> str:
    """What a title says of a part."""
    if part.noise is None:
        return f"{part.dataset}, {part.network}: labels as they are given"
    kind = part.noise if isinstance(part.noise, str) else "random-asymmetric"
    return f"{part.dataset}, {part.network}: {kind} noise of level {part.level:.10g}"
