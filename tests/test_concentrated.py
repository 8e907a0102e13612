import hashlib

import numpy as np
import pytest

import pynoise
from pynoise import data, knn, noise
from pynoise.errors import InputValueError

# Three classes of 300, 200 and 100 examples, each of two well-separated heaps: two thirds and a third.
SIZES = (300, 200, 100)
Y = np.repeat(np.arange(3), SIZES)


def heaps(seed=0):
    rng = np.random.default_rng(seed)
    first = np.concatenate([np.arange(n) < 2 * n // 3 for n in SIZES])
    return np.c_[20 * Y, 10 * first] + rng.normal(size=(600, 2)), first


X, FIRST = heaps()


def test_one_cluster_of_each_class_becomes_one_wrong_label():
    record = noise.make(Y, "concentrated", 0.5, features=X)
    for label in range(3):
        own = record.selected[label == Y]
        # Two clusters: the heaps. Neither is nearer to a half: two thirds misses it by as much as a third.
        assert own.tolist() in ((FIRST[label == Y]).tolist(), (~FIRST[label == Y]).tolist())
        assert (record.noisy[(label == Y) & record.selected] == (label + 1) % 3).all()
    assert (record.noisy == Y)[~record.selected].all()
    assert record.selection == "cluster"


def test_the_cluster_is_the_one_nearest_in_size():
    # Three heaps of 50, 30 and 20 of 100: level 0.3 takes three clusters, and the heap of 30.
    rng = np.random.default_rng(1)
    heap = np.repeat([0, 1, 2], [50, 30, 20])
    x = np.concatenate([np.c_[10 * heap, 10 * (heap == 1)]] * 2) + rng.normal(size=(200, 2)) / 9
    record = noise.make(np.repeat([0, 1], 100), "concentrated", 0.3, features=x)
    assert record.selected.tolist() == [*(heap == 1), *(heap == 1)]


@pytest.mark.parametrize(
    ("level", "clusters"), [(0.1, 10), (0.2, 5), (0.25, 4), (1 / 3, 3), (0.4, 3), (0.5, 2)]
)
def test_clusters_follow_from_the_level(level, clusters):
    record = noise.make(Y, "concentrated", level, features=X)
    assert record.regions.centers.shape == (3, clusters, 2)
    assert abs(record.selected_fraction - level) < 0.2


def test_the_exact_kind_meets_every_level():
    for level in (0.0, 0.001, 0.1, 0.37, 0.5, 0.8, 1.0):
        record = noise.make(Y, "concentrated-exact", level, features=X, seed=1)
        assert record.selected.sum() == noise.selected_count(level, 600)
        of_classes = np.bincount(Y[record.selected], minlength=3)
        assert abs(of_classes - level * np.array(SIZES)).max() <= 1
        assert record.realised_rate == record.selected_fraction
    # A third of each class: the smaller heap.
    third = noise.make(Y, "concentrated-exact", 1 / 3, features=X)
    assert (third.selected == ~FIRST).mean() > 0.97


def test_the_exact_kind_keeps_straight_borders():
    # In two dimensions: what is selected and what is not can be told apart by the two distances alone.
    record = noise.make(Y, "concentrated-exact", 0.25, features=X)
    for label in range(3):
        x, centers, chosen = X[label == Y], record.regions.centers[label], record.regions.chosen[label]
        squares = ((x[:, None] - centers) ** 2).sum(axis=2)
        margin = squares[:, chosen] - np.delete(squares, chosen, axis=1).min(axis=1)
        selected = record.selected[label == Y]
        assert margin[selected].max() < margin[~selected].min()


@pytest.mark.parametrize("kind", ["concentrated", "concentrated-exact"])
def test_regions_hold_what_was_selected(kind):
    record = noise.make(Y, kind, 0.3, features=X)
    assert record.regions.noisy(X, Y).tolist() == record.selected.tolist()
    # New examples of the same heaps: the same share of them, nearly.
    others, _ = heaps(seed=5)
    noisy = record.regions.noisy(others, Y)
    assert abs(noisy.mean() - record.selected_fraction) < 0.05
    assert noisy.dtype == bool
    # Nearest neighbours see only wrong labels there, but for the borders.
    indices, _ = knn.search(X, others, 5)
    wrong = (record.noisy[indices] != Y[indices]).mean(axis=1)
    assert wrong[noisy].mean() > 0.85
    assert wrong[~noisy].mean() < 0.1


def test_the_counterpart_is_halfway_round_or_what_the_map_says():
    y = np.repeat(np.arange(5), 20)
    x = np.random.default_rng(0).normal(size=(100, 3))
    record = noise.make(y, "concentrated", 0.5, features=x)
    assert (record.noisy[record.selected] == (y[record.selected] + 2) % 5).all()
    mapped = noise.make(y, "concentrated", 0.5, features=x, label_map="all:1")
    assert (mapped.noisy[mapped.selected] == 1).all()
    assert mapped.options == {"label_map": "all:1"}


def test_concentrated_labels_are_the_same_for_ever():
    digits = data.load("digits")
    digests = {
        kind: hashlib.sha256(
            noise.make(digits.y_train, kind, 0.2, seed=7, features=digits.x_train)
            .noisy.astype("<i4")
            .tobytes()
        ).hexdigest()[:16]
        for kind in ("concentrated", "concentrated-exact")
    }
    assert digests == {"concentrated": "d38e21e3d7e2ae03", "concentrated-exact": "bc2c373ab8d570cd"}


def test_concentrated_noise_leaves_what_the_paper_expects():
    levels = [0.1, 0.2, 0.5]
    curve = pynoise.accuracy_curve("digits", [11], "concentrated", levels, repeats=2)
    assert curve.meta["model"] == "concentrated"
    for row in curve.rows:
        assert row["analytic"] == 1 - row["level"]
        assert abs(row["difference"]) < 0.12  # the clusters are small: about 13 examples at level 0.1
        assert row["selected_fraction"] == row["realised_rate"]
    exact = pynoise.accuracy_curve("digits", [11], "concentrated-exact", [0.2, 0.9], repeats=2)
    assert [row["selected_fraction"] for row in exact.rows] == [260 / 1297, 1168 / 1297]
    assert curve.tolerance(0.75) == [{"k": 11, "level": pytest.approx(0.25, abs=1e-5)}]
    mapped = pynoise.accuracy_curve("digits", 11, "concentrated", [0.2], label_map="all:0", repeats=1)
    assert mapped.meta["noise"] == "concentrated all:0"
    assert mapped.rows[0]["realised_rate"] < mapped.rows[0]["selected_fraction"]  # zeros stay zeros
    zeros = (data.load("digits").y_test == 0).mean()
    assert mapped.rows[0]["analytic"] == pytest.approx(1 - 0.2 * (1 - zeros))
    digits = data.load("digits")
    record = noise.make(digits.y_train, "concentrated", 0.2, features=digits.x_train)
    given = pynoise.accuracy_curve(digits, 11, record)
    assert given.rows[0]["analytic"] == 1 - record.realised_rate
    default = pynoise.accuracy_curve("digits", [11], "concentrated", measure=False)
    assert [round(1 / row["level"]) for row in default.rows[1:]] == [10, 8, 6, 5, 4, 3, 2]
    assert default.rows[1]["selected_fraction"] is None


def test_mnist_under_concentrated_and_under_flip_noise(data_root):
    whole = data.load("mnist", data_root)
    part = data.Dataset(whole.x_train[:20_000], whole.y_train[:20_000], whole.x_test, whole.y_test)
    kept = knn.neighbors(part, 11)
    for kind, level in [("concentrated", 0.2), ("concentrated-exact", 0.3), ("concentrated", 0.5)]:
        curve = pynoise.accuracy_curve(part, 11, kind, [level], neighbors=kept, repeats=1)
        assert abs(curve.rows[0]["difference"]) < 0.05
    flip = pynoise.accuracy_curve(part, 11, "flip", [0.0, 0.2], neighbors=kept, repeats=1)
    clean, noisy = (row["measured"] for row in flip.rows)
    assert clean - noisy < 0.03


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": 0.51}, "level: 0.51 is above 0.5, half of a class: 'concentrated-exact' reaches up to 1"),
        ({"level": 1e-310}, "level: 1e-310 takes 1,000,000,000 clusters in each class"),
        ({"level": 0.009}, "level: 0.009 takes 111 clusters in each class, and class 2 has 100 examples"),
        ({"features": None}, "features: noise 'concentrated' needs them"),
        ({"features": X[:5]}, "features: has 5 rows for 600 labels"),
        (
            {"features": np.where(np.arange(600)[:, None] == 7, np.nan, X)},
            "features: row 7 has a value that is",
        ),
        ({"selection": "bernoulli"}, "selection: does not go with noise 'concentrated'"),
        ({"per_class": True}, "per_class: does not go with noise 'concentrated'"),
        ({"mapped_only": True}, "mapped_only: does not go with"),
        ({"neighbors": 3}, "neighbors: goes with noise 'hubness'"),
        ({"label_map": "0:3"}, "label_map: 3 is too large"),
    ],
)
def test_bad_arguments(changes, message):
    arguments = {"labels": Y, "kind": "concentrated", "level": 0.2, "features": X} | changes
    with pytest.raises(InputValueError) as caught:
        noise.make(**arguments)
    assert str(caught.value).startswith(message)


def test_bad_questions_about_regions():
    regions = noise.make(Y, "concentrated", 0.2, features=X).regions
    for arguments, message in [
        ((X[:, :1], Y), "features: has 1 columns; the regions have 2"),
        ((X, Y[:3]), "labels: has 3 labels for 600 rows"),
        ((X, Y + 1), "labels: 3 at position 500 is outside 0..2"),
        ((X * np.inf, Y), "features: row 0 has a value that is not finite"),
    ]:
        with pytest.raises(InputValueError) as caught:
            regions.noisy(*arguments)
        assert str(caught.value).startswith(message)


def test_classes_of_any_size_have_an_exact_region():
    # Each has as many clusters as it can, and a small one leaves the others theirs.
    y = np.repeat([0, 1, 2], [300, 200, 1])
    record = noise.make(y, "concentrated-exact", 0.2, features=X[:501])
    there = np.isfinite(record.regions.centers).all(axis=2).sum(axis=1)
    assert there.tolist() == [5, 5, 1]
    assert record.selected.sum() == 101
    with pytest.raises(InputValueError, match="class 2 has 1 examples; give noise 'concentrated-exact'"):
        noise.make(y, "concentrated", 0.2, features=X[:501])


def test_features_that_do_not_divide():
    with pytest.raises(InputValueError, match="features: do not divide class 0 into 5 clusters"):
        noise.make(Y, "concentrated", 0.2, features=np.ones((600, 2)))
    exact = noise.make(Y, "concentrated-exact", 0.2, features=np.ones((600, 2)))
    assert exact.selected.sum() == 120


def test_no_region_at_level_0():
    for kind in ("concentrated", "concentrated-exact"):
        record = noise.make(Y, kind, 0.0, features=X)
        assert not record.regions.noisy(X, Y).any()


def test_a_class_without_examples_has_no_region():
    record = noise.make(Y, "concentrated", 0.5, features=X, num_classes=4)
    assert record.regions.chosen[3] == -1
    assert not record.regions.noisy(X, np.full(600, 3)).any()


def test_curves_refuse_what_says_nothing():
    with pytest.raises(InputValueError, match="model: 'fixed' has every subset"):
        pynoise.accuracy_curve("digits", 5, "concentrated", model="fixed")
    for measure in (True, False):
        with pytest.raises(InputValueError, match=r"levels: 0\.6 is above 0\.5"):
            pynoise.accuracy_curve("digits", 5, "concentrated", [0.1, 0.6], measure=measure)
    with pytest.raises(InputValueError, match="noise: 'general' is drawn by a seed; give the matrix"):
        pynoise.fit_k([0.1, 0.2], [0.9, 0.8], "digits", "general")
    with pytest.raises(InputValueError, match="noise: 'random-asymmetric' needs 2 other labels"):
        pynoise.accuracy_curve(data.load("ideal", num_classes=2), 5, "random-asymmetric")
    with pytest.raises(InputValueError, match="clean: is of no use to concentrated noise"):
        pynoise.accuracy_curve("digits", 5, "concentrated", clean=np.full((500, 10), 0.1))
    with pytest.raises(InputValueError, match="noise: 'concentrated' is expected to leave 1-γ whatever K"):
        pynoise.fit_k([0.1, 0.2, 0.3], [0.9, 0.8, 0.7], "digits", "concentrated")
