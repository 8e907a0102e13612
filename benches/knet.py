"""kNet beside K-NN: time to train it, then memory, time and accuracy of both when they are asked.

All take turns in one process with the same number of threads, on the CPU; everybody's index, session or copy
of the rows is ready before the clock starts, but for pynoise.knn.search, which keeps none. All give the
shares of the classes among K neighbours. The engine "hnsw" of pynoise builds its graph anew in each search:
here stands hnswlib itself, with that engine's settings and a graph that is kept.

It runs in a process of its own: PyTorch brings its own OpenMP, and its settings are for the whole process.
"""

import importlib.util
import statistics
import subprocess
import sys
import tempfile
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
from inputs import QUERIES, ROWS, SEED, Rows, of_network
from setting import CORES, dataset, seconds, timed, version

from pynoise import knn, noise
from pynoise.data import Dataset

K, K_RANGE = 51, (1, 101)
NOISE, LEVEL = "uniform", 0.4
CLASSES = 10
LATENT, APART = 24, 0.6
ROUNDS, SINGLES = 5, 200
WANTED = 60
# Of kNet, and values that K-NN stores: Mizrahi and Avidan, Tables 2 to 5, by columns.
PUBLISHED = {64: ("3K", "3.2M"), 256: ("5K", "12.8M")}
PACKAGES = ("torch", "onnxruntime", "scikit-learn", "faiss-cpu", "hnswlib")


def main(scale=1):
    if importlib.util.find_spec("torch") is None:
        print("\nno torch: kNet is left out")
        return
    subprocess.run([sys.executable, __file__, str(scale)], check=True)


def measure(scale):
    print(f"\nkNet beside K-NN on the CPU, threads {CORES}, K = {K}, {NOISE} noise {LEVEL} (seed {SEED})")
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    print(
        "stored: bytes of the weights, the .onnx file, the rows (float32) or the index as a file; no labels"
    )
    print(f"batch: median of {ROUNDS} rounds (range)")
    print(f"single: median of {SINGLES} queries, one at a time (range of the rounds' medians)")
    print("x: median of the ratios, round by round, of its time over that of KNet.predict_proba")
    print("accuracy: on clean test labels, learnt from the same noisy ones")
    for make in (partial(network_features, scale), partial(mixture, 64, scale)):
        data = make()
        model = train(data)
        with tempfile.TemporaryDirectory() as folder:
            compare(data, contestants(data, model, Path(folder)))


def network_features(scale):
    """Features of MNIST's images, 256 columns; without MNIST the mixture."""
    found = dataset("mnist")
    if found is None:
        return mixture(256, scale)
    rows = of_network(scale)
    return noisy(rows, found[1].y_train[: len(rows.train)], found[1].y_test[: len(rows.query)])


def mixture(width, scale):
    """Ten Gaussian classes that overlap in 24 dimensions, turned into columns, and a little noise in each."""
    rng = np.random.default_rng(SEED)
    centers = APART * rng.standard_normal((CLASSES, LATENT))
    turn = rng.standard_normal((LATENT, width)) / LATENT**0.5
    labels = [rng.integers(0, CLASSES, int(n * scale)) for n in (ROWS, QUERIES)]
    parts = []
    for y in labels:
        hidden = centers[y] + rng.standard_normal((len(y), LATENT))
        parts.append((hidden @ turn + 0.1 * rng.standard_normal((len(y), width))).astype(np.float32))
    return noisy(
        Rows(f"mixture of {CLASSES} Gaussians in {LATENT} dimensions (seed {SEED})", *parts), *labels
    )


def noisy(rows, y_train, y_test):
    labels = noise.make(y_train, NOISE, LEVEL, seed=SEED, num_classes=CLASSES).noisy
    return Dataset(*(rows.train, labels, rows.query, y_test), tuple("0123456789"), rows.name)


def train(data):
    from pynoise.methods import KNet

    rows, width = data.x_train.shape
    print(f"\n{data.name}, {rows:,} x {len(data.x_test):,} x {width}")
    model = KNet(K_RANGE, device="cpu", n_jobs=CORES, random_state=SEED)
    search, near = timed(knn.neighbors, data, K_RANGE[1], of="train", threads=CORES)
    fit = seconds(model.fit, data.x_train, data.y_train, neighbors=near)
    print(
        f"  training: search {search:.1f} s, {model.epochs} epochs {fit:.1f} s, in all {search + fit:.1f} s  "
        f"wanted {WANTED} (seed {SEED})"
    )
    kept = f"{model.n_parameters_:,} parameters of kNet, {data.x_train.size:,} stored values of K-NN"
    parameters, stored = PUBLISHED[width]
    print(f"  {kept}; published (Mizrahi and Avidan): {parameters}, {stored}")
    return model


def contestants(data, model, folder):
    """By name: bytes stored, and a function from rows to shares."""
    both = of_knet(model, folder)
    rows = data.x_train.nbytes
    return both | {
        "pynoise.knn.search": (rows, partial(by_search, data)),
        "scikit-learn, brute": (rows, by_sklearn(data)),
        "faiss, flat": (rows, by_faiss(data)),
        "hnswlib": by_hnswlib(data),
    }


def of_knet(model, folder):
    import torch

    network = model.network_
    stored = sum(weights.nbytes for weights in network.state_dict().values())

    def by_torch(rows):
        with torch.inference_mode():
            k = torch.full((len(rows),), K)
            return network(torch.from_numpy(rows), k).softmax(dim=1).numpy()

    found = {
        "KNet.predict_proba": (stored, partial(model.predict_proba, k=K)),
        "kNet, torch": (stored, by_torch),
    }
    if not all(importlib.util.find_spec(name) for name in ("onnxruntime", "onnx", "onnxscript")):
        print("  no onnxruntime, or nothing that exports to it: left out")
        return found
    import onnxruntime

    file = folder / "knet.onnx"
    model.export(file)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = CORES
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])

    def by_onnx(rows):
        return session.run(None, {"features": rows, "k": np.full(len(rows), K)})[0]

    return found | {"kNet, onnxruntime": (file.stat().st_size, by_onnx)}


def by_search(data, rows):
    return shares(data, knn.search(data.x_train, rows, K, threads=CORES)[0])


def by_sklearn(data):
    from sklearn.neighbors import KNeighborsClassifier

    model = KNeighborsClassifier(K, algorithm="brute", n_jobs=CORES)
    return model.fit(data.x_train, data.y_train).predict_proba


def by_faiss(data):
    import faiss

    faiss.omp_set_num_threads(CORES)
    index = faiss.IndexFlatL2(data.x_train.shape[1])
    index.add(data.x_train)
    return lambda rows: shares(data, index.search(rows, K)[1])


def by_hnswlib(data):
    import hnswlib

    from pynoise.knn.hnsw import BREADTH, BREADTH_OF_LINKS, LINKS

    rows, width = data.x_train.shape
    index = hnswlib.Index("l2", width)
    index.init_index(rows, M=LINKS, ef_construction=BREADTH_OF_LINKS, random_seed=SEED)
    index.add_items(data.x_train, num_threads=CORES)
    index.set_ef(max(2 * K, BREADTH))

    def ask(queries):
        return index.knn_query(queries, K, num_threads=CORES)[0].astype(np.int32)

    some = data.x_test[:SINGLES]
    exact, _ = knn.search(data.x_train, some, K, threads=CORES)
    hits = sum(np.intersect1d(*pair).size for pair in zip(ask(some), exact, strict=True))
    print(
        f"  hnswlib: M {LINKS}, ef {BREADTH_OF_LINKS} and {index.ef}, recall {hits / exact.size:.4f} "
        f"(of {len(some)} queries, seed {SEED})"
    )
    return index.index_file_size(), lambda queries: shares(data, ask(queries))


def shares(data, indices):
    (votes,) = knn.label_histograms(indices, data.y_train, [K], CLASSES)
    return votes / K


def compare(data, work):
    """Let everybody answer in turn, and print a table."""
    from peers import limited

    from pynoise._torch_device import device_of, tuned

    batch, single, right = ({name: [] for name in work} for _ in range(3))
    ones = np.array_split(data.x_test[:SINGLES], min(SINGLES, len(data.x_test)))
    with limited(CORES), tuned(CORES, device_of("cpu")):
        for turn in range(ROUNDS):
            # To and fro, so that nobody is always the first.
            for name, (_, ask) in list(work.items())[:: -1 if turn % 2 else 1]:
                ask(data.x_test[:2])  # what a first call fetches
                took, found = timed(ask, data.x_test)
                batch[name].append(took)
                right[name].append(found.argmax(axis=1) == data.y_test)
                single[name].append([seconds(ask, row) for row in ones[turn::ROUNDS]])
    print(
        f"  {'':20}{'stored':>12}{f'batch of {len(data.x_test):,}, ms':>29}{'a query, µs':>13}{'x':>9}"
        f"{'single, ms':>25}{'x':>9}{'accuracy':>10}"
    )
    first = next(iter(work))
    alone = {name: [statistics.median(times) for times in rounds] for name, rounds in single.items()}
    for name, (stored, _) in work.items():
        took, each = statistics.median(batch[name]), statistics.median(chain(*single[name]))
        print(
            f"  {name:20}{stored:12,}{span(took, batch[name], 1):>29}{took / len(data.x_test) * 1e6:13,.2f}"
            f"{over(batch[name], batch[first]):9,.2f}{span(each, alone[name], 3):>25}"
            f"{over(alone[name], alone[first]):9,.2f}{np.mean(right[name]):10.4f}"
        )


def over(these, those):
    return statistics.median(a / b for a, b in zip(these, those, strict=True))


def span(middle, times, digits):
    """Milliseconds of a median, and the range of the rounds."""
    middle, least, most = (f"{1e3 * time:,.{digits}f}" for time in (middle, min(times), max(times)))
    return f"{middle} ({least}-{most})"


if __name__ == "__main__":
    measure(float(sys.argv[1]))
