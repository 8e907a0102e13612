"""What the papers print: numbers beside which ours are set."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = [
    "METHODS",
    "Block",
    "Column",
    "Network",
    "Published",
    "content_of",
    "fraction",
    "knet_settings",
    "knet_tables",
]

# The rows of a network in kNet's tables: their keys in knet.toml, and what we call them.
METHODS = {"preliminary": "preliminary", "knn": "K-NN", "knet": "kNet", "fixed_knet": "fixed kNet"}


@dataclass(frozen=True)
class Column:
    """One method on the features of one network: `size` as printed, and accuracies in percent, one a k."""

    size: str
    accuracy: tuple[float, ...]


@dataclass(frozen=True)
class Network:
    """What is printed of a network: its `name` in `pynoise.networks`, if any, and methods by their names."""

    words: str
    name: str | None
    methods: dict[str, Column]


@dataclass(frozen=True)
class Block:
    """The part of a table that is about one data set."""

    dataset: str
    ks: tuple[int, ...]
    networks: tuple[Network, ...]

    @property
    def own(self) -> str:
        """The network of `pynoise.networks` that it is about."""
        return next(network.name for network in self.networks if network.name is not None)


@dataclass(frozen=True)
class Published:
    """A table: its number, its noise, and what is printed."""

    number: int
    noise: str
    level: float
    blocks: tuple[Block, ...]


def knet_tables() -> tuple[Published, ...]:
    """Tables 2 to 5 of kNet."""
    return tuple(
        Published(
            table["number"], table["noise"], table["level"], tuple(_block(one) for one in table["blocks"])
        )
        for table in content_of("knet")["tables"]
    )


def knet_settings() -> dict[str, Any]:
    """How the networks of these tables are trained where nothing else is given."""
    return dict(content_of("knet")["settings"])


def _block(content: dict[str, Any]) -> Block:
    networks = [
        Network(
            one["words"],
            one.get("name"),
            {
                name: Column(one[key]["size"], tuple(one[key]["accuracy"]))
                for key, name in METHODS.items()
                if key in one
            },
        )
        for one in content["networks"]
    ]
    return Block(content["dataset"], tuple(content["k"]), tuple(networks))


def fraction(percent: float) -> float:
    """A number in percent as a fraction."""
    return round(percent / 100, 6)  # the division may miss the fraction that is meant


@cache
def content_of(paper: str) -> dict[str, Any]:
    """What the file of a paper holds, "knet" say; not to be changed."""
    return tomllib.loads(files("pynoise.paper").joinpath(f"{paper}.toml").read_text("utf-8"))
