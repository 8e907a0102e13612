"""Where jobs are done: in processes of this machine, or on a Ray cluster."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from pynoise.errors import SweepError
from pynoise.sweep.peer import Peer

__all__ = ["Engine", "Local", "Place", "RayCluster"]

# A Ray cluster that has not answered by then will not.
_PATIENCE = 60.0


@dataclass(frozen=True)
class Place:
    """What every job is told.

    Attributes
    ----------
    folder : str
        Where runs and what trials share are kept.
    data_root : str or None
        Where data sets lie, if not where they did.
    cpus : int
        Threads of a job.
    gpus : float
        Of a device, what a job that trains takes.
    """

    folder: str
    data_root: str | None
    cpus: int
    gpus: float

    def on(self, device: str, workers: int = 1) -> dict[str, Any]:
        """What one of so many workers of a machine is told when it starts."""
        return {
            "folder": self.folder,
            "data_root": self.data_root,
            "device": device,
            "threads": self.cpus,
            "search_threads": self.cpus * workers,
        }


class Engine(ABC):
    """Processes that do jobs; a context manager, at whose end they are ended."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        for peer in self.peers:
            peer.close()
        self.peers.clear()

    @abstractmethod
    def start(self, jobs: int) -> None:
        """Start processes for so many jobs, or as many as there is room for."""

    @abstractmethod
    def ended(self, peer: Peer) -> str:
        """Take it that a process has ended: another takes its place. Gives how it ended.

        Raises
        ------
        SweepError
            If none can.
        """

    @abstractmethod
    def shrink(self, peer: Peer) -> bool:
        """Have fewer jobs at a time where memory did not do; False if there is one alone on its device."""


class Local(Engine):
    """Processes of this machine.

    Parameters
    ----------
    place : Place
        What they are told.
    devices : list of str
        A process each: "cpu", "cuda:0"; one may be named several times.
    """

    def __init__(self, place: Place, devices: list[str]) -> None:
        super().__init__()
        self._place = place
        self._devices = devices
        self._silent = 0

    def start(self, jobs: int) -> None:
        """As `Engine` has it."""
        for device in self._devices[len(self.peers) : jobs]:
            self.peers.append(self._peer(device))

    def ended(self, peer: Peer) -> str:
        """As `Engine` has it."""
        words = peer.last_words()
        # A process that cannot even start would be started for ever.
        self._silent = 0 if peer.ready else self._silent + 1
        if self._silent > len(self._devices) + 1:
            raise SweepError(f"no worker starts: {words}")
        peer.close()
        self.peers[self.peers.index(peer)] = self._peer(peer.device)
        return words

    def shrink(self, peer: Peer) -> bool:
        """As `Engine` has it."""
        if self._devices.count(peer.device) < 2:
            return False
        self._devices.remove(peer.device)
        self.peers.remove(peer)
        peer.close()
        return True

    def _peer(self, device: str) -> Peer:
        return Peer("pynoise.sweep.worker", self._place.on(device, len(self._devices)), device=device)


class RayCluster(Engine):
    """A Ray cluster, by a process of its own that speaks to it.

    What Ray does to a process whose cluster is lost does not befall this one then.

    Parameters
    ----------
    place : Place
        What jobs are told.
    address : str or None
        Of a cluster that is there; None starts one here.
    workers : int or None
        How many jobs there are at a time; None is as many as the cluster has room for.
    device : str
        Where networks run.
    """

    def __init__(self, place: Place, address: str | None, workers: int | None, device: str) -> None:
        super().__init__()
        self._place, self._address, self._workers, self._device = place, address, workers, device

    def start(self, jobs: int) -> None:
        """As `Engine` has it; waits until the cluster answers."""
        if self.peers:
            return
        start = {"address": self._address, "workers": self._workers, "gpus": self._place.gpus}
        peer = Peer(
            "pynoise.sweep.ray_cluster",
            start | self._place.on(self._device),
            device=self._device,
            # It asks nobody on the network to count it.
            environment={"RAY_USAGE_STATS_ENABLED": "0"},
        )
        self.peers.append(peer)
        deadline = time.monotonic() + _PATIENCE
        while not peer.ready:
            messages = peer.read(max(0.0, deadline - time.monotonic()))
            if messages is None:
                raise SweepError(f"no Ray cluster at {self._where}: {peer.last_words()}")
            if not messages:
                raise SweepError(
                    f"no Ray cluster answers at {self._where} within {_PATIENCE:.0f} s; is the address "
                    "right, and the cluster running?"
                )
            for message in messages:
                if "refused" in message:
                    raise SweepError(f"no Ray cluster at {self._where}: {message['refused']}")
                peer.capacity, peer.ready = message["capacity"], True

    def ended(self, peer: Peer) -> str:
        """As `Engine` has it: no other takes its place."""
        raise SweepError(
            f"the Ray cluster at {self._where} is lost; what is done is kept: start a cluster and go on with "
            f"pynoise sweep resume ({peer.last_words()})"
        )

    def shrink(self, peer: Peer) -> bool:
        """As `Engine` has it."""
        if peer.capacity < 2:
            return False
        peer.capacity -= 1
        return True

    @property
    def _where(self) -> str:
        return self._address or "this machine"
