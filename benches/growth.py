"""How the time of a search grows with training rows, queries, columns and threads, beside faiss.

Rows are a mixture of ten Gaussian classes in 24 dimensions, turned into d columns, and a little noise.
"""

from inputs import SEED, Mixture
from peers import limited, with_faiss
from setting import CORES, seconds

from pynoise import knn

ROWS, QUERIES, WIDTH, K = 60_000, 10_000, 512, 51
ROUNDS = 2


def main(scale=1):
    rows, queries = int(ROWS * scale), int(QUERIES * scale)
    print(
        f"\ngrowth of a search, latent mixture (seed {SEED}), K = {K}, best of {ROUNDS}; "
        "x: times the entry before"
    )
    mixture = Mixture(2 * WIDTH)
    widest = [mixture.draw(n) for n in (rows, queries)]
    train, query = (x[:, :WIDTH].copy() for x in widest)
    print(f"training rows N; {queries:,} queries, d = {WIDTH}, threads {CORES}")
    table("N", halves(rows, 4), lambda n: (train[:n], query, CORES))
    print(f"queries M; {rows:,} training rows, d = {WIDTH}, threads {CORES}")
    table("M", halves(queries, 4), lambda m: (train, query[:m], CORES))
    print(f"columns d; {rows:,} training rows, {queries:,} queries, threads {CORES}")
    table("d", halves(2 * WIDTH, 5), lambda d: (*(x[:, :d].copy() for x in widest), CORES))
    print(f"threads; {rows:,} training rows, {queries:,} queries, d = {WIDTH}")
    table("threads", sorted({*doublings(CORES), CORES}), lambda threads: (train, query, threads))


def halves(most, count):
    """Ascending to `most`, each half the next."""
    return [most >> i for i in reversed(range(count))]


def doublings(most):
    return [1 << i for i in range(most.bit_length())]


def table(name, sizes, case):
    """Seconds of both at each size, and times the size before."""
    print(f"  {name:>7}{'pynoise s':>13}{'':8}{'faiss s':>10}{'':8}{'pynoise / faiss':>17}")
    before = None
    for size in sizes:
        train, query, threads = case(size)
        with limited(threads):
            both = [[], []]
            for _ in range(ROUNDS):
                both[0].append(seconds(knn.search, train, query, K, threads=threads))
                both[1].append(seconds(with_faiss, train, query, K, threads))
        times = [min(taken) for taken in both]
        grown = ["", ""] if before is None else [f"x {t / b:.2f}" for t, b in zip(times, before, strict=True)]
        cells = "".join(f"{t:{w}.2f}  {g:6}" for t, g, w in zip(times, grown, (13, 10), strict=True))
        print(f"  {size:7,}{cells}{times[0] / times[1]:17.2f}")
        before = times
