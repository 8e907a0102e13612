"""The process that speaks to a Ray cluster: jobs come in as for a worker, and go on as Ray's tasks."""

from __future__ import annotations

import json
import logging
import os
import queue
import socket
import sys
import time
from typing import Any

from pynoise._packages import needed
from pynoise.errors import InputValueError
from pynoise.sweep.tasks import perform_there
from pynoise.sweep.worker import lines_of, own_output, tell

__all__ = ["main"]

# Seconds to look for answers at a time, and after which the cluster is looked at.
_WAIT, _LOOK = 0.05, 1.0

# Kinds of tasks that networks have a part in.
_TRAINING = ("network", "features")


def main() -> None:
    """Pass jobs on until standard input ends."""
    answers = own_output()
    messages = lines_of(sys.stdin)
    start = json.loads(sys.argv[1])
    try:
        with needed("engine", "ray", "'pynoise-lab[ray]'", what="'ray'"):
            import ray
        head = _connect(start)
        _check_room(start)
    except InputValueError as error:
        tell(answers, {"refused": error.problem})
        return
    except Exception as error:  # Ray has no class of its own for what may go wrong here
        tell(answers, {"refused": f"{type(error).__name__}: {error}"})
        return
    place = {key: start[key] for key in ("folder", "data_root", "device", "threads", "search_threads")}
    cpus = ray.cluster_resources().get("CPU", 0.0)
    tell(answers, {"capacity": start["workers"] or max(1, int(cpus // start["threads"]))})
    remote = ray.remote(max_retries=0, num_cpus=start["threads"])(perform_there)
    running: dict[Any, int] = {}
    looked = time.monotonic()
    while True:
        try:
            message = messages.get(timeout=_WAIT) if not running else messages.get_nowait()
            gpus = start["gpus"] if _on_gpu(message["task"], start["device"]) else 0
            running[remote.options(num_gpus=gpus).remote(message["task"], place)] = message["job"]
            continue  # there may be more
        except queue.Empty:
            pass
        if running:
            done, _ = ray.wait(list(running), num_returns=1, timeout=_WAIT)
            for one in done:
                tell(answers, {"job": running.pop(one)} | _outcome(one))
        if time.monotonic() - looked > _LOOK:
            _reach(head)
            looked = time.monotonic()


def _connect(start: dict[str, Any]) -> tuple[str, int]:
    """Join the cluster, or start one; gives where its head is."""
    import ray

    address = start["address"]
    common: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address is None:
        cpus = None if start["workers"] is None else start["workers"] * start["threads"]
        # Not one that happens to run here.
        ray.init(address="local", num_cpus=cpus, include_dashboard=False, **common)
    else:
        if address != "auto":
            try:
                _reach(_host_and_port(address))
            except OSError as error:
                raise InputValueError(
                    "address", f"nothing answers there: {error.strerror or error}"
                ) from None
        ray.init(address=address, **common)
    return _host_and_port(ray.get_runtime_context().gcs_address)


def _check_room(start: dict[str, Any]) -> None:
    """Refuse jobs that no machine of the cluster has room for: they would wait for ever."""
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    wanted = {"CPU": start["threads"], "GPU": start["gpus"] if start["device"] == "cuda" else 0}
    if not any(all(node.get(kind, 0) >= size for kind, size in wanted.items()) for node in nodes):
        asked = " and ".join(f"{size:.10g} {kind}" for kind, size in wanted.items() if size)
        raise InputValueError("cpus", f"no machine of the cluster has the {asked} that a trial asks for")


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _reach(head: tuple[str, int]) -> None:
    """Look whether the head of the cluster is there.

    Raises
    ------
    OSError
        If it is not.
    """
    socket.create_connection(head, timeout=10).close()


def _on_gpu(task: dict[str, Any], device: str) -> bool:
    import ray

    if device == "cpu" or task["kind"] not in _TRAINING:
        return False
    return device == "cuda" or ray.cluster_resources().get("GPU", 0) > 0


def _outcome(reference: Any) -> dict[str, Any]:
    """What came of a task; an exception is none of the trial's, whose failures are outcomes."""
    import ray

    try:
        return {"outcomes": ray.get(reference)}
    except Exception as error:  # the process that did it has died, or its machine
        return {"crash": f"the worker's process ended: {type(error).__name__}: {error}"}


if __name__ == "__main__":
    try:
        main()
    except OSError as error:
        print(f"the head of the cluster does not answer: {error}", file=sys.stderr)  # noqa: T201
        sys.stderr.flush()
        os._exit(1)  # Ray's own end would wait for the cluster
