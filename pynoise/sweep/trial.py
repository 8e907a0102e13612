"""A trial: one setting of a sweep, and the key that it is known by."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["FORMAT", "VOTES", "Trial", "clean_trial", "digest_of"]

# The version of the results. Another one has other keys: what an upgrade measures in another way is run anew,
# what it does not is left as it is.
FORMAT = 1

# Methods that train nothing: the vote of K nearest neighbours, measured and predicted.
VOTES = ("knn", "analytic")

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True)
class Trial:
    """One setting.

    Attributes
    ----------
    dataset : str
        What the data set is called.
    data : str
        The digest of its examples and labels.
    method : str
        "knn", "analytic", or a method of `pynoise.methods` with its options: "odd:mixup=1".
    network : str or None
        One of `pynoise.networks`; None where none has a part.
    space : {"inputs", "features"} or None
        Where neighbours are looked for and where noise is placed that depends on it; None where nothing does.
    noise : str
        As the grid names it.
    level : float or None
        γ; None for labels that are given.
    seed : int or None
        What noise, first weights and all else is drawn by; None where nothing is.
    k : int or None
        Number of neighbours; None where no neighbours vote.
    settings : dict
        All else that decides the result: ``train``, ``method`` and ``options`` of a network; ``ties`` and
        ``model`` of a vote; ``noise_sha256`` of a file of noise, and ``noise_path``; and, where features are
        the space, ``clean``, those of the network that they are of.
    """

    dataset: str
    data: str
    method: str
    network: str | None
    space: str | None
    noise: str
    level: float | None
    seed: int | None
    k: int | None
    settings: dict[str, Any] = field(hash=False)

    @property
    def votes(self) -> bool:
        """Whether it is a vote of neighbours."""
        return self.method in VOTES

    @property
    def trains(self) -> bool:
        """Whether a network has a part in it."""
        return not self.votes or "clean" in self.settings

    @property
    def key(self) -> str:
        """Half of SHA-256 of all of it and of `FORMAT`; where a file of noise lies does not count."""
        return digest_of({"format": FORMAT, "config": self.to_dict()})[:32]

    @property
    def work(self) -> str:
        """What trials share that come out the same: at level 0 noise of any kind leaves the labels alone."""
        if self.level != 0:
            return self.key
        own = {key: self.settings[key] for key in ("train", "method", "options")}
        return replace(self, noise="", space=None, settings=own).key

    def to_dict(self) -> dict[str, Any]:
        """What counts, as JSON has it."""
        own = {key: value for key, value in vars(self).items() if key != "settings"}
        settings = {key: value for key, value in self.settings.items() if key != "noise_path"}
        if "noise_path" in self.settings:
            own["noise"] = ""  # the digest of its content stands in the settings
        if "method" in settings:
            own["method"] = settings["method"]  # all of its options stand there, too
        return own | {"settings": settings}

    def words(self) -> str:
        """What it is, in a line."""
        named = {"K": self.k, "seed": self.seed}
        space = "features" if self.space == "features" else None
        parts = [self.dataset, self.method, self.network, space, self.noise]
        parts += [None if self.level is None else f"level {self.level:.10g}"]
        parts += [f"{key} {value}" for key, value in named.items() if value is not None]
        return ", ".join(part for part in parts if part is not None)


def clean_trial(trial: Trial) -> Trial:
    """The training, on clean labels, of the network whose features are the space of a trial."""
    settings = trial.settings["clean"]
    return Trial(
        trial.dataset, trial.data, settings["method"], trial.network, None, "", 0.0, 0, None, settings
    )


def digest_of(content: Any) -> str:
    """SHA-256 of what JSON has, whatever the order of its keys."""
    return hashlib.sha256(_encode(content).encode(errors="surrogateescape")).hexdigest()
