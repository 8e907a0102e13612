"""k-means: pynoise.kmeans beside scikit-learn's KMeans and faiss.Kmeans.

All take turns in one process, with the same number of threads and of starts. The peers get float32, made
before the clock starts; pynoise gets the data as they are. scikit-learn stops by the same rule; faiss always
takes as many iterations as it is told, which are those that pynoise takes on average, and all points.
"""

import statistics
import warnings

import faiss
import numpy as np
from features import features
from peers import limited
from setting import CORES, mnist, spread, timed
from sklearn.cluster import KMeans
from sklearn.exceptions import ConvergenceWarning

import pynoise

CLUSTERS, STARTS, SEEDS = 10, 10, 20
CLASS, ROWS = 3, 6000


def main(scale=1):
    seeds = range(max(1, int(SEEDS * scale)))
    print(f"\nk-means, {CLUSTERS} clusters, {STARTS} starts, seeds 0..{seeds[-1]}, threads {CORES}")
    print("time: median of the seeds (range); x: median of the ratios, seed by seed, to pynoise's time")
    print("inertia: mean over the seeds, as a share of scikit-learn's; same: the largest relative difference")
    print("from scikit-learn's inertia, both from the same centres, over the seeds")
    for name, x in inputs():
        compare(name, x, seeds)


def inputs():
    digits = pynoise.data.load("digits")
    yield "digits", np.concatenate([digits.x_train, digits.x_test]).reshape(-1, 64)
    _, found = mnist()
    yield f"MNIST pixels of class {CLASS}", found.x_train[found.y_train == CLASS].reshape(-1, 784)
    made = features()
    if made is None:
        print("\nno torch: the features of a network are left out")
        return
    yield "features of a network", made[0][:ROWS]


def compare(name, x, seeds):
    floats = np.ascontiguousarray(x, np.float32)
    alone = [pynoise.kmeans(x, CLUSTERS, n_init=1, seed=seed).iterations for seed in range(1000, 1020)]
    most = round(statistics.mean(alone))
    faiss.omp_set_num_threads(CORES)
    contestants = {
        "pynoise": lambda seed: with_pynoise(x, seed),
        "scikit-learn": lambda seed: with_sklearn(floats, seed),
        "faiss": lambda seed: with_faiss(floats, seed, most),
    }
    times = {who: [] for who in contestants}
    inertia = {who: [] for who in contestants}
    with limited(CORES):
        for seed in seeds:
            # To and fro, so that nobody is always the first.
            for who, work in list(contestants.items())[:: -1 if seed % 2 else 1]:
                took, centers = timed(work, seed)
                times[who].append(took)
                inertia[who].append(measure(floats, centers))
        apart = max(from_the_same_centres(x, floats, seed) for seed in seeds)
    print(f"\n{name}, {len(x):,} x {x.shape[1]}, {x.dtype}; faiss: {most} iterations; same: {apart:.1e}")
    for who, taken in times.items():
        ratios = [a / b for a, b in zip(taken, times["pynoise"], strict=True)]
        share = statistics.mean(inertia[who]) / statistics.mean(inertia["scikit-learn"])
        print(f"  {who:13} {spread(taken):26} x {statistics.median(ratios):5.1f}   inertia {share:.5f}")


def with_pynoise(x, seed):
    return pynoise.kmeans(x, CLUSTERS, n_init=STARTS, seed=seed, threads=CORES).centers


def with_sklearn(x, seed):
    return KMeans(CLUSTERS, n_init=STARTS, random_state=seed, algorithm="lloyd").fit(x).cluster_centers_


def with_faiss(x, seed, iterations):
    model = faiss.Kmeans(
        x.shape[1], CLUSTERS, niter=iterations, nredo=STARTS, seed=seed + 1, max_points_per_centroid=len(x)
    )
    model.train(x)
    return model.centroids


def measure(x, centers):
    """The inertia of these centres in float64, the same way for everybody."""
    wide = x.astype(np.float64)
    return np.min([((wide - center) ** 2).sum(axis=1) for center in centers.astype(np.float64)], axis=0).sum()


def from_the_same_centres(x, floats, seed):
    """Relative difference of the inertia, from rows drawn at random."""
    init = floats[np.random.default_rng(seed).choice(len(x), CLUSTERS, replace=False)]
    ours = pynoise.kmeans(x, CLUSTERS, init=init).inertia
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        theirs = (
            KMeans(CLUSTERS, init=init, n_init=1, algorithm="lloyd").fit(floats.astype(np.float64)).inertia_
        )
    return abs(ours / theirs - 1)
