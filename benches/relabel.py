"""Many labels for one search: MNIST at 21 levels, 10 seeds and 5 values of K, beside a refit for each.

What pynoise does is what `pynoise.accuracy_curve` does between the search and the curve. The refit is
scikit-learn's brute force classifier, which searches anew whenever labels change; counting votes with numpy,
from neighbours that are kept, is what a careful user would write.
"""

import numpy as np
from peers import limited
from setting import CORES, mnist, seconds
from sklearn.neighbors import KNeighborsClassifier

from pynoise import _core, knn, noise, seeds

KS = (1, 11, 51, 101, 301)
LEVELS = np.linspace(0, 1, 21)
SEEDS = 10
CHECKED = (51, 0.3)  # K and level that are measured with scikit-learn


def main(scale=1):
    _, dataset = mnist()
    train, query = (x[: int(len(x) * scale)].reshape(-1, 784) for x in (dataset.x_train, dataset.x_test))
    clean, truth = dataset.y_train[: len(train)], dataset.y_test[: len(query)]
    matrix = noise.corruption_matrix("flip", 10)
    found = []
    searched = seconds(lambda: found.extend(knn.search(train, query, max(KS))))
    indices = found[0]
    settings = len(LEVELS) * SEEDS * len(KS)
    print(
        f"\nrelabelling, MNIST {len(train):,} x {len(query):,}, flip noise, {len(LEVELS)} levels x "
        f"{SEEDS} seeds (split from 0) x {len(KS)} values of K = {settings:,} settings, {CORES} threads"
    )
    making, counting, correct = relabel(indices, clean, truth, matrix)
    show("search, K = 301, once", searched)
    show(f"noisy labels, {len(LEVELS) * SEEDS} copies", making)
    show("votes counted, all settings", counting)
    ours = making + counting
    show("relabelling in all", ours)

    k, level = CHECKED
    noisy = labels(clean, matrix, level, [seeds.split(0, "noise", 0)])[0]
    with limited(CORES):
        refit = beside_refit(train, query, noisy, truth, k)
    numpy_took, right = beside_numpy(indices, noisy, truth)
    of_core = correct[int(np.argmin(abs(LEVELS - level))), 0]
    print(f"  one setting, K = {k}, level {level}: right are {of_core[KS.index(k)]:.0f} of {len(truth):,}")
    show(f"  scikit-learn, fit and predict ({refit[1]} right)", refit[0])
    show(f"    times {settings:,}, by multiplication", refit[0] * settings)
    print(f"    refits / search and relabelling {refit[0] * settings / (searched + ours):,.0f}")
    copies = len(LEVELS) * SEEDS
    show(f"  numpy, kept neighbours, {len(KS)} values of K ({right[KS.index(k)]} right)", numpy_took)
    show(f"    times {copies} copies, by multiplication", numpy_took * copies)
    print(f"    numpy / votes counted {numpy_took * copies / counting:,.1f}")


def show(what, took):
    print(f"  {what:58}{took:12,.3f} s")


def labels(clean, matrix, level, drawn):
    count = noise.selected_count(float(level), len(clean))
    return _core.corrupt(clean, matrix, [count] * len(drawn), drawn, CORES)[0]


def relabel(indices, clean, truth, matrix):
    """Seconds of making labels and of counting votes, and how many queries are right, [levels, seeds, ks]."""
    drawn = [seeds.split(0, "noise", repeat) for repeat in range(SEEDS)]
    making = counting = 0.0
    correct = []
    for level in LEVELS:
        noisy = []
        making += seconds(lambda level=level, out=noisy: out.append(labels(clean, matrix, level, drawn)))
        counting += seconds(
            lambda copies=noisy[0]: correct.append(
                _core.count_correct(indices, copies, truth, list(KS), 10, "first", CORES)
            )
        )
    return making, counting, np.array(correct)


def beside_refit(train, query, noisy, truth, k):
    """Seconds of scikit-learn's fit and prediction, and how many are right."""
    floats = train.astype(np.float32), query.astype(np.float32)
    told = []

    def refit():
        model = KNeighborsClassifier(k, algorithm="brute", n_jobs=CORES).fit(floats[0], noisy)
        told.append(model.predict(floats[1]))

    return seconds(refit), int((told[0] == truth).sum())


def beside_numpy(indices, noisy, truth):
    """Seconds of counting one copy of the labels at every K with numpy, and how many are right."""
    right = []

    def count():
        for k in KS:
            cells = np.arange(len(indices))[:, None] * 10 + noisy[indices[:, :k]]
            votes = np.bincount(cells.ravel(), minlength=10 * len(indices)).reshape(-1, 10)
            right.append(int((votes.argmax(axis=1) == truth).sum()))

    return seconds(count), right
