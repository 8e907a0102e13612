"""The panels of Drory et al.'s figures, as drory.toml has them and as they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from pynoise.paper.parts import network_for
from pynoise.paper.published import content_of
from pynoise.paper.registry import Options

__all__ = ["CLEAN", "CONCENTRATED", "Panel", "figure_of", "own_settings", "panels_of", "titled"]

# What a panel calls its noise if there is none.
CLEAN = "clean"

CONCENTRATED = "concentrated"


@dataclass(frozen=True)
class Panel:
    """A panel of a figure.

    Attributes
    ----------
    letter : str
        The paper's, or nothing where it is alone.
    dataset : str
        By its name.
    network : str or None
        What is trained; None where the images are taken as they are.
    noise : str
        A kind, or "clean".
    levels : tuple of float
        Of the noise, one or more.
    space : str or None
        The network whose penultimate features concentrated noise, or a picture, lies in.
    region : str or None
        The region of concentrated noise that is shown, "clean" or "noisy".
    queries : int or None
        How many of the test examples there are.
    claim : str or None
        What the paper says of it in numbers: a key of the claims of drory.toml.
    own : bool
        Whether data set and network are the paper's.
    """

    letter: str
    dataset: str
    network: str | None
    noise: str
    levels: tuple[float, ...]
    space: str | None = None
    region: str | None = None
    queries: int | None = None
    claim: str | None = None
    own: bool = True

    @property
    def level(self) -> float:
        """The level of the noise, of a panel that has one."""
        return self.levels[0]


def figure_of(name: str) -> dict[str, Any]:
    """What drory.toml has of a figure, "drory-fig3" say; not to be changed."""
    found: dict[str, Any] = next(one for one in content_of("drory")["figures"] if one["name"] == name)
    return found


def own_settings(dataset: str) -> dict[str, Any]:
    """How networks are trained on a data set where nothing else is given."""
    settings: Mapping[str, dict[str, Any]] = content_of("drory")["settings"]
    return dict(settings.get(dataset, settings["other"]))


def panels_of(figure: Mapping[str, Any], options: Options) -> list[Panel]:
    """The panels that are asked for.

    Those of a data set or a network of the figure's; or all of them with another, those left out that
    would be the same as one before.

    Raises
    ------
    InputValueError
        If a data set that is not the figure's comes without a network, and the figure needs one.
    """
    panels = [_panel(one, figure) for one in figure["panels"]]
    dataset, network = options.dataset, options.network
    if dataset is not None and all(panel.dataset != dataset for panel in panels):
        if all(panel.network is not None for panel in panels):
            network = network_for(dataset, {}, options, "figure")
        panels = [_other(panel, dataset, network) for panel in panels]
    elif dataset is not None:
        panels = [panel for panel in panels if panel.dataset == dataset]
    if network is not None:
        named = [panel for panel in panels if panel.network == network]
        panels = named or [_other(panel, panel.dataset, network) for panel in panels]
    shown: dict[Panel, Panel] = {}
    for panel in panels:
        shown.setdefault(replace(panel, letter="", claim=None, queries=None), panel)
    return list(shown.values())


def titled(panel: Panel) -> str:
    """What a title says of a panel, without its levels."""
    letter = f"({panel.letter}) " if panel.letter else ""
    network = "pixels" if panel.network is None else panel.network
    return f"{letter}{panel.dataset}, {network}: {panel.noise}"


def _other(panel: Panel, dataset: str, network: str | None) -> Panel:
    """The panel of other data, or with another network."""
    return replace(panel, dataset=dataset, network=network, space=None, own=False)


def _panel(content: Mapping[str, Any], figure: Mapping[str, Any]) -> Panel:
    """A panel of drory.toml; levels that it has not are the figure's."""
    clusters = content.get("clusters", [])
    levels = content.get("levels", [] if clusters else figure.get("levels", [0.0]))
    others: dict[str, Any] = {name: content.get(name) for name in ("space", "region", "queries", "claim")}
    return Panel(
        content["panel"],
        content["dataset"],
        content.get("network"),
        content["noise"],
        (*levels, *(1 / k for k in clusters)),
        **others,
    )
