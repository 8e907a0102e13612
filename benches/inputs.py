"""What is searched in, pixels, features, Gaussian rows, and losses. Each is made when its turn comes."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from features import SEED as NETWORK_SEED
from features import features
from setting import dataset

SEED = 0
ROWS, QUERIES = 50_000, 10_000


@dataclass(frozen=True)
class Rows:
    name: str
    train: np.ndarray  # [N, d], as they are stored
    query: np.ndarray  # [M, d]

    @cached_property
    def floats(self):
        """Both as float32, which is what the peers take."""
        return self.train.astype(np.float32, copy=False), self.query.astype(np.float32, copy=False)

    @property
    def shape(self):
        return f"{len(self.train):,} x {len(self.query):,} x {self.train.shape[1]:,}"


def pixels(name, words, scale=1):
    """MNIST's or CIFAR-10's pixels, uint8; None where the data are absent."""
    found = dataset(name)
    if found is None:
        print(f"\nno {words}: it is not in PYNOISE_DATA; left out")
        return None
    parts = (found[1].x_train, found[1].x_test)
    return Rows(f"{words} pixels", *(x[: int(len(x) * scale)].reshape(-1, x[0].size) for x in parts))


def of_network(scale=1):
    """Features of MNIST's images; None without torch or MNIST."""
    made = features(scale)
    if made is None:
        print("\nno torch, or no MNIST: the features of a network are left out")
        return None
    return Rows(f"features of a network (seed {NETWORK_SEED})", *made)


def gaussian(width, scale=1):
    """Isotropic: there is no axis that rules out much, the worst case of a search by bounds."""
    rng = np.random.default_rng(SEED)
    sizes = (int(n * scale) for n in (ROWS, QUERIES))
    parts = (rng.standard_normal((n, width), dtype=np.float32) for n in sizes)
    return Rows(f"isotropic Gaussian (seed {SEED})", *parts)


class Mixture:
    """Ten Gaussian classes in 24 dimensions, turned into `width` columns, and a little noise in each.

    Trained features look like that: many columns, few directions that matter.
    """

    def __init__(self, width, latent=24, seed=SEED):
        self.rng = np.random.default_rng(seed)
        self.centers = 3 * self.rng.standard_normal((10, latent), dtype=np.float32)
        self.turn = self.rng.standard_normal((latent, width), dtype=np.float32) / np.float32(latent**0.5)

    def draw(self, rows):
        """The next rows, float32."""
        shape = (rows, self.centers.shape[1])
        hidden = self.centers[self.rng.integers(0, 10, rows)]
        hidden = hidden + self.rng.standard_normal(shape, dtype=np.float32)
        noise = self.rng.standard_normal((rows, self.turn.shape[1]), dtype=np.float32)
        return hidden @ self.turn + np.float32(0.1) * noise


# By name: the level of symmetric noise, then shape and scale (nats) of the gamma distributions of the losses
# of right and of wrong labels.
LOSSES = {
    "heaps apart": (0.4, (1.2, 0.5), (10, 0.3)),
    "heaps that overlap": (0.8, (4, 0.4), (30, 0.08)),
    "a heap at 0": (0.4, (0.3, 0.02), (4, 1.0)),
}


def losses(name, rows, seed=SEED):
    """Cross-entropies as a network may have them, float64 [rows]."""
    level, right, wrong = LOSSES[name]
    rng = np.random.default_rng(seed)
    return np.where(rng.random(rows) < level, rng.gamma(*wrong, rows), rng.gamma(*right, rows))
