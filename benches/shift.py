"""Do votes survive an offset of the data? Label histograms beside those of float64 brute force.

The same Gaussian rows, moved away from the origin: a search that expands |a - b|^2 into |a|^2 - 2ab + |b|^2
in float32 loses the digits in which near rows differ. The moved rows are rounded to float32 once, and the
brute force takes differences of those very rows.

faiss expands, and multiplies matrices, from a number of queries x columns on; below it takes differences.
Hence two numbers of queries, one on either side.
"""

import faiss
import numpy as np
from peers import PEERS, limited, print_absent
from setting import CORES

from pynoise import knn

SEED = 0
SHIFTS = (0, 1, 3, 10, 30, 100, 1000)
TRAIN, QUERIES, WIDTH, CLASSES, K = 3000, (200, 2000), 64, 10, 51


def main(scale=1):
    rng = np.random.default_rng(SEED)
    train, query = (rng.standard_normal((int(n * scale), WIDTH)) for n in (TRAIN, max(QUERIES)))
    labels = rng.integers(0, CLASSES, len(train)).astype(np.int32)
    print(
        f"\nlabel histograms that differ from float64 brute force: Gaussian rows {len(train):,} x {WIDTH} in "
        f"float32,\n{CLASSES} classes, K = {K}, seed {SEED}, moved by so many standard deviations"
    )
    print_absent()
    with limited(CORES):
        for queries in QUERIES:
            table(train, query[: int(queries * scale)], labels)


def table(train, query, labels):
    searches = {"pynoise": ours} | PEERS
    expands = query.size >= faiss.cvar.distance_compute_blas_threshold
    print(f"{len(query):,} queries (faiss {'multiplies matrices' if expands else 'takes differences'})")
    print("  shift" + "".join(f"{name:>14}" for name in searches))
    for shift in SHIFTS:
        rows = [(x + shift).astype(np.float32) for x in (train, query)]
        right = votes(brute_force(*rows), labels)
        unlike = (votes(search(*rows, K, CORES), labels) != right for search in searches.values())
        print(f"  {shift:5}" + "".join(f"{differs.any(axis=1).sum():14,}" for differs in unlike))


def ours(train, query, k, threads):
    return knn.search(train, query, k, threads=threads)[0]


def brute_force(train, query):
    """Float64, and ties to the lower index."""
    train = train.astype(np.float64)
    squares = (np.square(train - row).sum(axis=1) for row in query.astype(np.float64))
    return np.array([np.argsort(square, kind="stable")[:K] for square in squares])


def votes(indices, labels):
    return knn.label_histograms(indices, labels, [K], CLASSES)[0]
