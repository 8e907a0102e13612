"""Memory of a search in a memory-mapped training set: what the process holds beyond before, and the output.

RssAnon is the memory that no file backs: pages of the mapped file are not in it. The search has a process of
its own, which made no rows, for memory that was freed but kept would hide what the search takes.
"""

import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
from inputs import SEED, Mixture
from setting import CORES, timed

from pynoise import knn

ROWS, QUERIES, WIDTH, LATENT, K = 300_000, 2000, 512, 32, 51
BLOCK = 10_000
PROMISED = 256
PERIOD = 0.005


def main(scale=1):
    if Path("/proc/self/status").exists():
        with tempfile.TemporaryDirectory() as folder:
            write(Path(folder), scale)
            subprocess.run([sys.executable, __file__, folder], check=True)
    else:
        print("\nno /proc/self/status, which Linux has: the memory of a search is left out")


def write(folder, scale):
    """Write the training rows, block by block, and the queries."""
    mixture = Mixture(WIDTH, LATENT, SEED)
    rows = int(ROWS * scale)
    np.save(folder / "query.npy", mixture.draw(int(QUERIES * scale)))
    file = np.lib.format.open_memmap(folder / "train.npy", "w+", np.float32, (rows, WIDTH))
    for start in range(0, rows, BLOCK):
        file[start : start + BLOCK] = mixture.draw(min(BLOCK, rows - start))
    file.flush()


def measure(folder):
    train, query = np.load(folder / "train.npy", mmap_mode="r"), np.load(folder / "query.npy")
    before = anonymous()
    with Watch() as watch:
        took, found = timed(knn.search, train, query, K)
    output = sum(array.nbytes for array in found) / 2**20
    print(
        f"\nmemory of a search, mapped {len(train):,} x {WIDTH} float32 ({train.nbytes / 2**20:.0f} MiB, "
        f"latent {LATENT}, seed {SEED}), {len(query):,} queries, K = {K}, {CORES} threads"
    )
    print(f"  before, queries included {before:9.1f} MiB")
    print(f"  output                   {output:9.1f} MiB")
    print(f"  peak beyond both         {watch.peak - before - output:9.1f} MiB of {PROMISED} promised")
    print(f"  {took:.2f} s, RssAnon looked at {watch.looks:,} times")


def anonymous():
    """RssAnon of this process in MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon:"):
            return int(line.split()[1]) / 1024
    raise LookupError("/proc/self/status has no RssAnon")


class Watch:
    """Looks at the memory every few milliseconds while the search runs, which lets other threads run."""

    def __init__(self):
        self.peak, self.looks = 0.0, 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self):
        while not self._over.wait(PERIOD):
            self.peak = max(self.peak, anonymous())
            self.looks += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self._over.set()
        self._thread.join()
        self.peak = max(self.peak, anonymous())


if __name__ == "__main__":
    measure(Path(sys.argv[1]))
