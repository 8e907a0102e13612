"""Another process that does jobs: lines of JSON to it and from it."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pynoise

__all__ = ["Peer"]

# Of what it wrote to standard error: what is kept of it.
_LAST_WORDS = 4096


class Peer:
    """A process that runs a module of pynoise's; it ends when this one does, however that comes about.

    Parameters
    ----------
    module : str
        The module, run as a script.
    start : dict
        What it is told when it starts.
    capacity : int
        How many jobs it does at a time.
    device : str
        Where its networks run.
    environment : dict of str to str
        What is added to the environment.
    """

    def __init__(
        self,
        module: str,
        start: dict[str, Any],
        *,
        capacity: int = 1,
        device: str = "cpu",
        environment: dict[str, str] | None = None,
    ) -> None:
        self.capacity = capacity
        self.device = device
        self.jobs: dict[int, Any] = {}
        self.ready = False
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the process
        # As this process finds its modules; not from the folder that it happens to be in.
        paths = [str(Path(pynoise.__file__).parents[1]), *filter(None, sys.path)]
        self.process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-P", "-m", module, json.dumps(start)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)} | (environment or {}),
            start_new_session=True,  # Ctrl-C is for this process, which ends the others
        )
        self._rest = b""

    @property
    def free(self) -> bool:
        """Whether it can take another job."""
        return len(self.jobs) < self.capacity

    def fileno(self) -> int:
        """Where its answers come from."""
        assert self.process.stdout is not None  # noqa: S101 - tells the type checker
        return self.process.stdout.fileno()

    def send(self, message: dict[str, Any]) -> None:
        """Send a message; to a process that has ended none is sent, which `read` tells of."""
        assert self.process.stdin is not None  # noqa: S101 - tells the type checker
        with suppress(BrokenPipeError):
            self.process.stdin.write(json.dumps(message).encode() + b"\n")
            self.process.stdin.flush()

    def read(self, seconds: float) -> list[dict[str, Any]] | None:
        """The messages that have come, or come within so many seconds; None if it has ended."""
        with selectors.DefaultSelector() as selector:
            selector.register(self, selectors.EVENT_READ)
            if not selector.select(seconds):
                return []
        content = os.read(self.fileno(), 1 << 20)
        if not content:
            return None
        *lines, self._rest = (self._rest + content).split(b"\n")
        return [json.loads(line) for line in lines]

    def last_words(self) -> str:
        """How it ended, and what it wrote to standard error in the end."""
        code = self.process.wait()
        how = f"exit code {code}"
        if code < 0:
            names = {int(one): one.name for one in signal.Signals}
            how = f"signal {-code} ({names.get(-code, 'unknown')})"
        size = os.fstat(self._errors.fileno()).st_size
        self._errors.seek(max(0, size - _LAST_WORDS))
        said = self._errors.read().decode(errors="replace").strip()
        return f"the worker's process ended: {how}" + (f"\n{said}" if said else "")

    def close(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self._errors):
            if stream is not None:
                with suppress(BrokenPipeError):  # what was still to be sent
                    stream.close()
