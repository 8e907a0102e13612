"""What kNet's tables and figures train: the paper's networks, its noise and its toy, and kNet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pynoise.paper.parts import Part, refuse, settings_of, with_data, with_points
from pynoise.paper.published import knet_settings, knet_tables
from pynoise.paper.registry import Options
from pynoise.paper.toy import LEVEL, MATRIX, SETTINGS, TOY, toy

__all__ = ["image_part", "own_networks", "toy_part"]


def own_networks() -> dict[str, str]:
    """The networks of the paper's data sets.

    Its Figures 3 and 4 have the network of Zhang et al., which comes from a method of its own: here they have
    the other networks of its tables.
    """
    return {TOY: "mlp"} | {block.dataset: block.own for block in knet_tables()[0].blocks}


def toy_part(network: str, ks: Sequence[int], options: Options) -> Part:
    """Three Gaussians, with K-NN and kNet at these k; always all of them, since it takes seconds."""
    settings, given = settings_of(SETTINGS, options), _method_options(ks, options, "figure")
    part = Part(TOY, network, MATRIX, LEVEL, "knet", settings, given)
    return with_points(part, toy, options, given["k_range"][1])


def image_part(
    name: str,
    network: str,
    noise: str,
    level: float,
    ks: Sequence[int],
    options: Options,
    *,
    of: str = "figure",
    fixed: bool = False,
) -> Part:
    """A data set by its name, with K-NN and kNet at these k, and fixed kNets where they are asked for.

    `of` is as for `pynoise.paper.parts.asked`.

    Raises
    ------
    InputValueError, InputTypeError
        As `with_data`, and for options of kNet that are out of range, or not to be chosen.
    """
    settings = settings_of(knet_settings(), options)
    given = _method_options(ks, options, of, fixed=fixed)
    part = Part(name, network, noise, level, "knet", settings, given, options.scale)
    return with_data(part, options, given["k_range"][1])


def _method_options(ks: Sequence[int], options: Options, of: str, *, fixed: bool = False) -> dict[str, Any]:
    """All options of kNet."""
    from pynoise import methods

    refuse(("ks", "fixed"), options, of)
    own = {"ks": list(ks), "fixed": fixed}
    return methods.make("knet", {**options.method_options, **own}).options()
