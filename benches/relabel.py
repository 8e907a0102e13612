"""Many labels for one search: MNIST at 21 levels, 10 seeds and 5 values of K, beside a refit for each.

What pynoise does is what `pynoise.accuracy_curve` does between the search and the curve. The refit is
scikit-learn's brute force classifier, which searches anew whenever labels change; counting votes with numpy,
from neighbours that are kept, is what a careful user would write.
"""

import numpy as np
from peers import limited
from setting import CORES, mnist, timed
from sklearn.neighbors import KNeighborsClassifier

from pynoise import _core, knn, noise, seeds

KS = (1, 11, 51, 101, 301)
LEVELS = np.linspace(0, 1, 21)
SEEDS = 10
COPIES = len(LEVELS) * SEEDS
SETTINGS = COPIES * len(KS)
CHECKED = 51, 6  # K and level (its place) of the one setting that is measured with scikit-learn


def main(scale=1):
    _, dataset = mnist()
    n, m = (int(len(x) * scale) for x in (dataset.x_train, dataset.x_test))
    train, query = (x.reshape(len(x), -1) for x in (dataset.x_train[:n], dataset.x_test[:m]))
    clean, truth = dataset.y_train[:n], dataset.y_test[:m]
    print(
        f"\nrelabelling, MNIST {n:,} x {m:,}, flip noise, threads {CORES}: {len(LEVELS)} levels x "
        f"{SEEDS} seeds (split from 0) x {len(KS)} values of K = {SETTINGS:,} settings"
    )
    searched, (indices, _) = timed(knn.search, train, query, max(KS))
    making, counting, correct = relabel(indices, clean, truth)
    show(f"search, K = {max(KS)}, once", searched)
    show(f"noisy labels, {COPIES} copies", making)
    show("votes counted, all settings", counting)

    k, place = CHECKED
    noisy = labels(clean, LEVELS[place], repeats(1))[0]
    print(f"one setting, K = {k}, level {LEVELS[place]:.2f}: right are {correct[place, 0, KS.index(k)]:,.0f}")
    floats = train.astype(np.float32), query.astype(np.float32)
    with limited(CORES):
        took, predicted = timed(refit, *floats, noisy, k)
    show(f"scikit-learn, fit and predict, {(predicted == truth).sum():,} right", took)
    show(f"times {SETTINGS:,}, by multiplication", took * SETTINGS)
    ratio = took * SETTINGS / (searched + making + counting)
    print(f"  {'/ search, noisy labels and counting':58}{ratio:12,.0f}")

    took, right = timed(count_with_numpy, indices, noisy, truth)
    print(f"one copy of the labels, {len(KS)} values of K")
    show(f"numpy, neighbours kept, {right[KS.index(k)]:,} right at K = {k}", took)
    show(f"times {COPIES}, by multiplication", took * COPIES)
    print(f"  {'/ counting':58}{took * COPIES / counting:12,.1f}")


def show(what, took):
    print(f"  {what:58}{took:12,.3f} s")


def repeats(count):
    return [seeds.split(0, "noise", repeat) for repeat in range(count)]


def labels(clean, level, drawn):
    """Noisy copies of the labels, one a seed."""
    matrix = noise.corruption_matrix("flip", 10)
    return noise.spread.SpreadNoise("flip", clean, matrix).draw(float(level), drawn, CORES)[0]


def relabel(indices, clean, truth):
    """Seconds of making labels and of counting votes, and how many queries are right, [levels, seeds, ks]."""
    making = counting = 0.0
    correct = []
    for level in LEVELS:
        took, noisy = timed(labels, clean, level, repeats(SEEDS))
        making += took
        took, right = timed(_core.count_correct, indices, noisy, truth, list(KS), 10, "first", CORES)
        counting += took
        correct.append(right)
    return making, counting, np.array(correct)


def refit(train, query, noisy, k):
    model = KNeighborsClassifier(k, algorithm="brute", n_jobs=CORES).fit(train, noisy)
    return model.predict(query)


def count_with_numpy(indices, noisy, truth):
    """How many are right at each K."""
    right = []
    for k in KS:
        cells = np.arange(len(indices))[:, None] * 10 + noisy[indices[:, :k]]
        votes = np.bincount(cells.ravel(), minlength=10 * len(indices)).reshape(-1, 10)
        right.append(int((votes.argmax(axis=1) == truth).sum()))
    return right
