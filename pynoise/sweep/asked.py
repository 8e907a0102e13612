"""How the jobs of a sweep are to be done: arguments, checked, and the engine that they mean."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pynoise import _checks, _provenance
from pynoise._progress import Progress, silent
from pynoise.errors import InputTypeError, InputValueError
from pynoise.sweep.engines import Engine, Local, Place, RayCluster

__all__ = ["ENGINES", "Asked"]

ENGINES = ("local", "ray")

_DEVICES = ("auto", "cpu", "cuda")
_MOST_RETRIES = 100


@dataclass(frozen=True)
class Asked:
    """How the jobs are to be done, checked."""

    engine: str
    address: str | None
    workers: int | None
    cpus: int
    gpus: float
    device: str
    retries: int
    report: Progress

    @classmethod
    def of(
        cls,
        *,
        engine: Any = "local",
        address: Any = None,
        workers: Any = None,
        cpus: Any = 1,
        gpus: Any = 0.25,
        device: Any = "auto",
        retries: Any = 1,
        progress: Any = None,
    ) -> Asked:
        """Check the arguments of `pynoise.sweep.run`."""
        _checks.one_of("engine", engine, ENGINES)
        if address is not None and engine != "ray":
            raise InputValueError("address", "goes with engine 'ray'; leave it out")
        if not isinstance(address, str | None):
            raise InputTypeError("address", f"{address!r} is no address; give HOST:PORT or 'auto'")
        if address not in (None, "auto") and not re.fullmatch(r".+:[0-9]{1,5}", address):
            raise InputValueError("address", f"{address!r} is not HOST:PORT; give that, or 'auto'")
        share = _checks.positive("gpus", gpus)
        if share > 1:
            raise InputValueError(
                "gpus", f"{share:.10g} is above 1, one device; give 0.5 for two trials on each"
            )
        _checks.callback("progress", progress)
        return cls(
            engine,
            address,
            None if workers is None else _checks.whole("workers", workers, 1, 4096),
            _checks.whole("cpus", cpus, 1, 1024),
            share,
            _checks.one_of("device", device, _DEVICES),
            _checks.whole("retries", retries, 0, _MOST_RETRIES),
            progress or silent,
        )

    def engine_for(self, place: Place, *, trains: bool) -> Engine:
        """The engine; networks ask for devices, nothing else does."""
        if self.engine == "ray":
            return RayCluster(place, self.address, self.workers, self.device if trains else "cpu")
        devices = self._devices() if trains else ["cpu"]
        return Local(place, [devices[i % len(devices)] for i in range(self._workers(devices))])

    def check_device(self, *, trains: bool) -> None:
        """Refuse a device that this machine has not; a cluster is asked when it is there."""
        if trains and self.engine == "local":
            self._devices()

    def at_a_time(self, *, trains: bool) -> int:
        """How many jobs this machine does at a time."""
        return self._workers(self._devices() if trains else ["cpu"])

    def _workers(self, devices: list[str]) -> int:
        if self.workers is not None:
            return self.workers
        if devices != ["cpu"]:
            return len(devices) * int(1 / self.gpus + 1e-9)
        return max(1, _provenance.cores() // self.cpus)

    def _devices(self) -> list[str]:
        if self.device == "cpu":
            return ["cpu"]
        import torch

        count = torch.cuda.device_count()
        if not count and self.device == "cuda":
            raise InputValueError(
                "device", "'cuda' is not there: torch finds no CUDA device; give 'auto' or 'cpu'"
            )
        return [f"cuda:{i}" for i in range(count)] or ["cpu"]
