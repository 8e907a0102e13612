"""Exact neighbours: pynoise.knn.search beside faiss, scikit-learn and scikit-learn-intelex.

All take turns in one process with the same number of threads, and everything is counted: for faiss the copy
into the index, for pynoise its checks, the axes and the settling. The peers get float32, made before the
clock starts; pynoise gets the pixels as they are stored (uint8), too. No search has a seed.
"""

import statistics
from functools import partial

import numpy as np
from inputs import gaussian, of_network, pixels
from peers import PEERS, limited, print_absent
from setting import CORES, timed

from pynoise import knn

KS = (51, 301)
# What is searched; rounds; rounds of the slower peers, at the first K; rounds with one thread.
INPUTS = (
    (partial(pixels, "mnist", "MNIST"), 3, 1, 1),
    (partial(pixels, "cifar10", "CIFAR-10"), 2, 0, 0),
    (of_network, 3, 1, 0),
    (partial(gaussian, 64), 3, 0, 0),
    (partial(gaussian, 512), 3, 0, 0),
)


def main(scale=1):
    print("\nexact neighbour search, training rows x queries x columns; median of the rounds (range)")
    print("/ faiss: time over that of faiss in the same round; sklearn /: scikit-learn's time over this one")
    print("differ: queries whose list is not that of pynoise on float32 (order of ties, rounding)")
    print("axes, bounded, settled: columns of the first bound, pairs that it let through, pairs settled")
    print_absent()
    for make, rounds, slow, alone in INPUTS:
        rows = make(scale=scale)
        if rows is None:
            continue
        for k in KS:
            compare(rows, k, CORES, rounds, slow if k == KS[0] else 0)
            if alone and CORES > 1:
                compare(rows, k, 1, alone, 0)


def compare(rows, k, threads, rounds, slow):
    """Let everybody search in turn, and print a table."""
    contestants = turns(rows, k, threads)
    times = {name: [] for name in contestants}
    found = {}
    with limited(threads):
        for turn in range(rounds):
            # To and fro, so that nobody is always the first.
            for name, work in list(contestants.items())[:: -1 if turn % 2 else 1]:
                if turn < slow or name == "faiss" or name.startswith("pynoise"):
                    took, found[name] = timed(work)
                    times[name].append(took)
    print(f"\n{rows.name}, {rows.shape}, K = {k}, threads {threads}, rounds {rounds}")
    print(
        f"  {'':16}{'seconds':>8}  {'range':15}{'/ faiss':>8}{'sklearn /':>10}{'differ':>8}"
        f"{'axes':>6}{'bounded':>10}{'settled':>10}"
    )
    for name, taken in times.items():
        if taken:
            print(line(name, taken, times, found))


def turns(rows, k, threads):
    """Searches by name: each returns the indices, and statistics or None."""

    def ours(train, query):
        indices, _, figures = knn.search(train, query, k, threads=threads, return_statistics=True)
        return indices, figures

    def theirs(search):
        return search(*rows.floats, k, threads), None

    both = {"faiss": partial(theirs, PEERS["faiss"])}
    if rows.train.dtype != np.float32:
        both[f"pynoise {rows.train.dtype}"] = partial(ours, rows.train, rows.query)
    both["pynoise float32"] = partial(ours, *rows.floats)
    return both | {name: partial(theirs, search) for name, search in PEERS.items() if name != "faiss"}


def line(name, taken, times, found):
    indices, figures = found[name]
    unlike = int((indices != found["pynoise float32"][0]).any(axis=1).sum())
    text = f"  {name:16}{statistics.median(taken):8.2f}  {f'({min(taken):.2f}-{max(taken):.2f})':15}"
    text += f"{over(taken, times['faiss']):>8}{over(times['scikit-learn'], taken):>10}{unlike:8,}"
    if figures is not None:
        text += f"{figures.axes:6}{figures.bounded:10.4%}{figures.settled:10.4%}"
    return text


def over(these, those):
    """Median of the ratios, round by round, of as many rounds as both took."""
    ratios = [a / b for a, b in zip(these, those, strict=False)]
    return f"{statistics.median(ratios):.2f}" if ratios else "-"
