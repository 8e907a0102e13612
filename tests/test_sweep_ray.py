"""Sweeps on a real Ray cluster, of two nodes on this machine; and what befalls it."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from pynoise import sweep
from pynoise.errors import SweepError
from pynoise.sweep import Grid
from pynoise.sweep.engines import Place, RayCluster
from tests import processes
from tests.sweeps import command_of, descendants, results, states, wait_until_gone
from tests.test_sweep_kill import check, place  # noqa: F401 - a fixture

pytest.importorskip("ray", reason="needs Ray: pip install 'pynoise-lab[ray]'")

pytestmark = pytest.mark.timeout(300)  # a cluster takes its time to start

NODE = "import sys; from ray.scripts.scripts import main; sys.exit(main())"


def node(*arguments):
    """Start a node; it ends with the process that is given back."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", NODE, "start", "--block", "--num-cpus", "1", *arguments],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def free_port():
    """One that Ray does not give to its workers."""
    for port in range(7000, 9000):
        with socket.socket() as one:
            try:
                one.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def reached(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def numbers():
    return [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]


@pytest.fixture(scope="module", autouse=True)
def alone():
    """Ray asks nobody on the network to count it, and its nodes here need no token to know each other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")
        yield


@pytest.fixture(scope="module")
def cluster(place, alone):  # noqa: F811
    """Two nodes, a core each; gives the address of the head."""
    port = free_port()
    address = f"127.0.0.1:{port}"
    here = ["--node-ip-address", "127.0.0.1", "--object-store-memory", "100000000"]
    head = node("--head", "--port", str(port), "--include-dashboard", "false", *here)
    processes.wait_for(lambda: reached(port), 100)
    other = node("--address", address, *here)
    with RayCluster(Place(str(place), None, 1, 0.25), address, None, "cpu") as engine:

        def both():
            engine.__exit__()
            engine.start(2)
            return engine.peers[0].capacity == 2

        processes.wait_for(both, 100)
    yield address
    started = [*descendants(head.pid), *descendants(other.pid)]
    for one in (other, head):
        one.terminate()
        one.wait(60)
    for one in started:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)


@pytest.fixture(scope="module")
def expected(place):  # noqa: F811
    for name in ("votes", "networks"):
        sweep.run(place / f"{name}.toml", place / f"local-{name}.db", workers=2, device="cpu")
    return {name: results(place / f"local-{name}.db") for name in ("votes", "networks")}


@pytest.mark.parametrize("name", ["votes", "networks"])
def test_a_cluster_has_the_numbers_of_one_machine(tmp_path, place, cluster, expected, name):  # noqa: F811
    summary = sweep.run(
        place / f"{name}.toml", tmp_path / "sweep.db", engine="ray", address=cluster, device="cpu"
    )
    assert summary.counts == {"queued": 0, "running": 0, "done": 60, "failed": 0}
    assert results(tmp_path / "sweep.db") == expected[name]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"cpus": 64}, "no machine of the cluster has the 64 CPU that a trial asks for"),
        ({"device": "cuda", "gpus": 0.5}, "has the 1 CPU and 0.5 GPU that a trial asks for"),
    ],
)
def test_what_no_machine_has_room_for(tmp_path, place, cluster, options, said):  # noqa: F811
    with pytest.raises(SweepError, match=said):
        sweep.run(place / "networks.toml", tmp_path / "sweep.db", engine="ray", address=cluster, **options)


def test_a_worker_of_the_cluster_is_killed(tmp_path, place, cluster, expected):  # noqa: F811
    process = start(tmp_path, place / "votes.toml", "--address", cluster)
    store = tmp_path / "sweep.db"
    processes.wait_for(lambda: store.exists() and any(one[0] == "done" for one in states(store).values()))
    before = states(store)
    for one in numbers():
        if "ray::perform_there" in command_of(one):
            os.kill(one, signal.SIGKILL)
            break
    process.join(60)
    assert process.exitcode == 0, (tmp_path / "err.txt").read_text()
    check(store, before, expected["votes"])


def test_the_driver_is_killed_and_the_cluster_stays(tmp_path, place, cluster, expected):  # noqa: F811
    process = start(tmp_path, place / "votes.toml", "--address", cluster)
    store = tmp_path / "sweep.db"
    processes.wait_for(lambda: store.exists() and any(one[0] == "done" for one in states(store).values()))
    speakers = descendants(process.pid)
    process.kill()
    process.join()
    wait_until_gone(speakers)
    before = states(store)
    sweep.resume(store, engine="ray", address=cluster)
    check(store, before, expected["votes"])


@pytest.mark.parametrize("wait", [0.0, 0.4])
def test_the_head_is_killed(tmp_path, place, expected, wait):  # noqa: F811
    process = start(tmp_path, place / "networks.toml", "--device", "cpu")  # with a cluster of its own
    store = tmp_path / "sweep.db"
    processes.wait_for(lambda: store.exists() and any(one[0] == "done" for one in states(store).values()))
    time.sleep(wait)
    words = ("gcs_server", "raylet/raylet")
    own = [one for one in descendants(process.pid) if any(word in command_of(one) for word in words)]
    assert own
    for one in own:
        os.kill(one, signal.SIGKILL)
    process.join(60)
    said = (tmp_path / "err.txt").read_text()
    before = states(store)
    if any(one[0] != "done" for one in before.values()):
        assert process.exitcode == 1
        assert "the Ray cluster at this machine is lost" in said
        assert "pynoise sweep resume" in said
        assert "Traceback" not in said
    sweep.resume(store, workers=2, device="cpu")
    check(store, before, expected["networks"])


def test_addresses_where_no_cluster_is(tmp_path, blobs):
    grid = Grid(dataset=[blobs], level=[0.1])
    with pytest.raises(SweepError, match=r"no Ray cluster at 127\.0\.0\.1:1: nothing answers there: "):
        sweep.run(grid, tmp_path / "sweep.db", engine="ray", address="127.0.0.1:1")
    assert {one[0] for one in states(tmp_path / "sweep.db").values()} == {"queued"}


def test_something_else_at_the_address(tmp_path, blobs, monkeypatch):
    monkeypatch.setattr("pynoise.sweep.engines._PATIENCE", 4.0)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(SweepError, match=f"no Ray cluster answers at {address} within 4 s"):
            sweep.run(Grid(dataset=[blobs]), tmp_path / "sweep.db", engine="ray", address=address)


def test_without_ray(tmp_path, blobs, patched):
    patched("import sys; sys.modules['ray'] = None")
    with pytest.raises(SweepError, match=r"pip install 'pynoise-lab\[ray\]'"):
        sweep.run(Grid(dataset=[blobs]), tmp_path / "sweep.db", engine="ray")


def start(folder, grid, *arguments):
    return processes.start(folder, "sweep", "run", grid, "--store", "sweep.db", "--engine", "ray", *arguments)
