"""Exact neighbours of MNIST's pixels: pynoise.knn.search beside faiss's IndexFlatL2.

The two take turns in one process, with the same number of threads, and everything is counted: for faiss
the copy into the index, for pynoise the centring and the settling. Neither has a seed.
"""

import statistics

import faiss
import numpy as np
from setting import CORES, mnist, seconds, spread

from pynoise import knn

ROUNDS = 3


def main():
    _, dataset = mnist()
    train, query = (x.reshape(len(x), -1) for x in (dataset.x_train, dataset.x_test))
    floats = train.astype(np.float32), query.astype(np.float32)
    found = {}

    def with_pynoise(k, threads):
        found["pynoise"], _ = knn.search(train, query, k, threads=threads)

    def with_faiss(k, threads):
        faiss.omp_set_num_threads(threads)
        index = faiss.IndexFlatL2(train.shape[1])
        index.add(floats[0])
        _, found["faiss"] = index.search(floats[1], k)

    print(f"\nneighbour search, MNIST pixels {train.shape} x {query.shape}, median of {ROUNDS} (range)")
    for k in (51, 301):
        for threads in sorted({1, CORES}):
            times = {"pynoise": [], "faiss": []}
            for _ in range(ROUNDS):
                times["faiss"].append(seconds(with_faiss, k, threads))
                times["pynoise"].append(seconds(with_pynoise, k, threads))
            ratio = statistics.median(p / f for p, f in zip(times["pynoise"], times["faiss"], strict=True))
            unlike = int((found["pynoise"] != found["faiss"]).any(axis=1).sum())
            print(f"K = {k}, {threads} threads")
            for name, of_it in times.items():
                print(f"  {name:10}{spread(of_it)}")
            print(f"  ratio pynoise / faiss {ratio:.2f}; queries that differ {unlike} (order of ties)")
