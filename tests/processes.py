"""Commands in processes of their own that start fast: a server has imported torch, and forks."""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import time

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    # The last two are what the first training imports.
    ["pynoise.cli.train", "pynoise.training", "pynoise.curves.network", "torch._dynamo", "sklearn.datasets"]
)


def start(folder, *arguments, stdout="out.txt", stderr="err.txt", room=None, **environment):
    """Start `pynoise ARGUMENTS` in a folder.

    Its streams go to files or devices. `room` is the number of bytes that no file may exceed: writing more
    fails, as it does on a full disk.
    """
    given = ([str(one) for one in arguments], folder, stdout, stderr, room, environment)
    process = _CONTEXT.Process(target=_command, args=given)
    process.start()
    return process


def wait_for(condition, seconds=60):
    """Wait until something holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it does not come"
        time.sleep(0.002)


def _command(arguments, folder, stdout, stderr, room, environment):
    os.chdir(folder)
    os.environ.update(environment)
    for number, path in ((1, stdout), (2, stderr)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOCTTY), number)
    # Made anew: those of the server know what it wrote to.
    sys.stdout = os.fdopen(1, "w", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    if room is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    from pynoise import cli

    sys.argv = ["pynoise", *arguments]
    cli.main()
