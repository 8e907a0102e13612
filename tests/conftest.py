"""What several test files share."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pynoise import cli, data
from tests.sweeps import save_blobs

REPOSITORY = Path(__file__).resolve().parents[1]


def holds_mnist(folder: Path) -> bool:
    return (folder / "MNIST" / "raw").is_dir()


@pytest.fixture(scope="session")
def data_root() -> Path:
    """A folder with the real MNIST, and perhaps CIFAR-10, in torchvision's layout."""
    if given := os.environ.get("PYNOISE_DATA"):
        return Path(given)
    if holds_mnist(REPOSITORY / "data"):
        return REPOSITORY / "data"
    unpack = REPOSITORY.parent / "shared" / "data" / "unpack.py"
    if not unpack.is_file():
        pytest.skip(
            "needs the real MNIST: set PYNOISE_DATA to a folder with MNIST/raw in torchvision's layout, or "
            "put it in data/, as pynoise.data.load('mnist', download=True) does"
        )
    kept = REPOSITORY / "build" / "data"
    if not holds_mnist(kept):
        kept.parent.mkdir(exist_ok=True)
        # Unpacked beside its place, then renamed: a killed run leaves nothing that looks whole.
        fresh = Path(tempfile.mkdtemp(prefix="data-", dir=kept.parent))
        try:
            subprocess.run([sys.executable, str(unpack), str(fresh)], check=True, stdout=subprocess.DEVNULL)
            if not holds_mnist(kept):  # another run may have been faster
                fresh.rename(kept)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return kept


@pytest.fixture(scope="module")
def one_thread():
    """Torch with one thread: small networks are faster, and tests beside each other."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def digits():
    return data.load("digits")


@pytest.fixture
def pets(tmp_path):
    """A folder of images: 15 dark cats and 15 light dogs to learn from, 5 of each to test."""
    rng = np.random.default_rng(0)
    for part, count in {"train": 15, "test": 5}.items():
        for light, name in enumerate(("cat", "dog")):
            folder = tmp_path / "pets" / part / name
            folder.mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(0, 100, (6, 6, 3)) + 120 * light
                Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i:02}.png")
    return tmp_path / "pets"


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    """Run the command line in an empty folder; gives exit code, standard output, standard error."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["pynoise", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            cli.main()
        out, err = capsys.readouterr()
        return caught.value.code, out, err

    return call


@pytest.fixture(scope="module")
def blobs(tmp_path_factory):
    """The path of a file with some Gaussians."""
    path = tmp_path_factory.mktemp("data") / "blobs.npz"
    save_blobs(path)
    return str(path)


@pytest.fixture
def patched(tmp_path, monkeypatch):
    """Have every process of Python that starts run some lines first."""

    def patch(lines):
        folder = tmp_path / "patch"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(textwrap.dedent(lines))
        monkeypatch.syspath_prepend(str(folder))

    return patch
