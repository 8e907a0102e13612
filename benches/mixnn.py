"""MixNN: what an epoch takes beside its network's passes; the mixture beside scikit-learn's; the neighbours.

All is measured in one process with the same number of threads, the network on CUDA where there is one; who is
compared takes turns. It runs in a process of its own: PyTorch brings its own OpenMP, and its settings are for
the whole process.
"""

import importlib.util
import statistics
import subprocess
import sys
from functools import partial

import numpy as np
from inputs import LOSSES, SEED, Mixture, losses, of_network
from setting import CORES, spread, timed, version

from pynoise import knn
from pynoise.analysis import fit_mixture
from pynoise.analysis.mixture import LEAST_DEVIATION

EXAMPLES = 50_000
WIDTH, LATENT = 512, 20
ROUNDS = 3
DRAWS = 5
# One that leads to the same likelihood, and scikit-learn's own.
TOLERANCES = (1e-9, 1e-3)
KS = (1, 4)
WANTED_APART, WANTED_RECALL = 1e-6, 0.95
# Milliseconds a sample at K = 4: Lu and He, section IV-C.
PUBLISHED = {"exact": 5.25, "hnsw": 0.034}
PACKAGES = ("torch", "scikit-learn", "hnswlib")


def main(scale=1):
    for package in ("torch", "hnswlib"):
        if importlib.util.find_spec(package) is None:
            print(f"\nno {package}: MixNN is left out")
            return
    subprocess.run([sys.executable, __file__, str(scale)], check=True)


def measure(scale):
    from mixnn_epoch import epochs
    from peers import limited

    from pynoise._torch_device import device_of, tuned
    from pynoise.training.device import hardware

    device = device_of("auto")
    print(f"\nMixNN on {hardware(device)['device_name']} ({device.type}), threads {CORES}, seed {SEED}")
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    examples = int(EXAMPLES * scale)
    # Ten classes in few of many dimensions, and what a ReLU leaves of it.
    features = np.maximum(Mixture(WIDTH, LATENT).draw(examples), 0)
    with limited(CORES), tuned(CORES, device):
        epochs(features, device)
        mixtures(examples)
        engines = ("exact", "hnsw", *(["torch"] if device.type == "cuda" else []))
        neighbours(features, scale, engines)


def mixtures(examples):
    """Let everybody fit two Gaussians to the same losses, and print how high each climbs."""
    print(f"\nmixture of {examples:,} losses beside scikit-learn's GaussianMixture (reg_covar 0)")
    print(f"time: median of {DRAWS} draws (range), seeds 0..{DRAWS - 1}; x: of the ratios, over pynoise's")
    print("likelihood: mean of the logs, of losses scaled to 0..1; apart: largest difference from pynoise's")
    print("at the least deviation: draws where pynoise lets none shrink further, and scikit-learn does")
    fits = {"pynoise": by_pynoise}
    fits |= {f"scikit-learn, tol {tol:g}": partial(by_sklearn, tol=tol) for tol in TOLERANCES}
    for name, (level, right, wrong) in LOSSES.items():
        print(f"\n  {name}: {level:.0%} of the labels wrong; gamma {wrong} of theirs, {right} of the others")
        times, found = ({who: [] for who in fits} for _ in range(2))
        for seed in range(DRAWS):
            values = losses(name, examples, seed)
            scaled = (values - values.min()) / np.ptp(values)
            # To and fro, so that nobody is always the first.
            for who, fit in list(fits.items())[:: -1 if seed % 2 else 1]:
                took, climbed = timed(fit, scaled, seed)
                times[who].append(took)
                found[who].append(climbed())
        compare_mixtures(times, found)


def by_pynoise(scaled, _):
    """Fit, and return what tells the likelihood, the steps, and whether a deviation is at its least."""
    found = fit_mixture(scaled)
    least = min(found.deviations) <= LEAST_DEVIATION * (1 + 1e-9)
    return lambda: (found.log_likelihood, found.steps, least)


def by_sklearn(scaled, seed, tol):
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(n_components=2, tol=tol, reg_covar=0, max_iter=100_000, random_state=seed)
    model.fit(scaled[:, None])
    return lambda: (model.score(scaled[:, None]), model.n_iter_, False)


def compare_mixtures(times, found):
    ours, exact, _ = times
    least = sum(at_least for *_, at_least in found[ours])
    print(f"  {'':25}{'time':30}{'x':>6}{'steps':>7}{'likelihood':>14}{'apart':>10}")
    for who, taken in times.items():
        height, steps, _ = zip(*found[who], strict=True)
        line = f"  {who:25}{spread(taken):30}{over(taken, times[ours]):6.1f}{statistics.median(steps):7.0f}"
        line += f"{statistics.mean(height):14.8f}"
        if who != ours:
            line += f"{max(abs(a - b[0]) for a, b in zip(height, found[ours], strict=True)):10.1e}"
        elif least:
            line += f"  at the least deviation in {least} of {len(taken)}"
        if who == exact and not least:
            line += f"  wanted {WANTED_APART:.0e} at most"
        print(line)


def neighbours(features, scale, engines):
    """Let the engines search in turn for the neighbours of all rows among them, and print a table."""
    from pynoise.knn.hnsw import BREADTH, BREADTH_OF_LINKS, LINKS

    print(
        f"\nneighbours of all rows among all: median of {ROUNDS} rounds (range); x: of the ratios, over exact"
    )
    print(f"hnsw: M {LINKS}, ef {BREADTH_OF_LINKS} to build, {BREADTH} to search; its graph is built anew")
    print("recall: share of the exact neighbours of all rows that was found, the least of the rounds")
    published = ", ".join(f"{name} {ms:g}" for name, ms in PUBLISHED.items())
    print(
        f"published (Lu and He, K = 4), ms a sample: {published}; of what rows, on what machine, and whether"
    )
    print("a graph's building counts, is not said")
    search_all(f"ten classes in {LATENT} dimensions, ReLU (seed {SEED})", features, engines)
    rows = of_network(scale)
    if rows is not None:
        both = np.concatenate([rows.train, rows.query])
        search_all(f"{rows.name}, ReLU", np.maximum(both, 0), engines)


def search_all(name, rows, engines):
    for k in KS:
        times, recalls = ({engine: [] for engine in engines} for _ in range(2))
        for turn in range(ROUNDS):
            found = {}
            for engine in engines[:: -1 if turn % 2 else 1]:
                search = partial(knn.search, exclude_self=True, engine=engine, threads=CORES, seed=SEED)
                took, (found[engine], _) = timed(search, rows, rows, k)
                times[engine].append(took)
            for engine, indices in found.items():
                hits = (indices[:, :, None] == found["exact"][:, None, :]).any(axis=1)
                recalls[engine].append(hits.mean())
        print(f"\n  {name}, {len(rows):,} x {rows.shape[1]}, K = {k}")
        print(f"  {'':6}{'time':32}{'x':>6}{'ms a sample':>13}{'recall':>9}")
        for engine, taken in times.items():
            line = f"  {engine:6}{spread(taken):32}{over(taken, times['exact']):6.1f}"
            line += f"{1e3 * statistics.median(taken) / len(rows):13.3f}{min(recalls[engine]):9.4f}"
            print(line + (f"  wanted {WANTED_RECALL}" if engine == "hnsw" else ""))


def over(these, those):
    return statistics.median(a / b for a, b in zip(these, those, strict=True))


if __name__ == "__main__":
    measure(float(sys.argv[1]))
