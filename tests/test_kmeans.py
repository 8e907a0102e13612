import hashlib
import os

import numpy as np
import pytest
from reference import kmeans as twin
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

import pynoise
from pynoise.data import load
from pynoise.errors import InputTypeError, InputValueError


def blobs(n, width, seed=0, classes=6, spread=1.0):
    rng = np.random.default_rng(seed)
    centers = 3 * rng.normal(size=(classes, width))
    return centers[rng.integers(0, classes, n)] + spread * rng.normal(size=(n, width))


def lean(n, width, seed=0, rank=12):
    """Rows near few dimensions, as pixels and features are: bounds on axes pay there."""
    rng = np.random.default_rng(seed)
    hidden = blobs(n, rank, seed) / np.arange(1, rank + 1)
    return hidden @ rng.normal(size=(rank, width)) + 0.05 * rng.normal(size=(n, width))


def as_type(x, dtype):
    if dtype is not np.uint8:
        return x.astype(dtype)
    return (128 + 100 * x / np.abs(x).max()).astype(np.uint8)


def digits():
    found = load("digits")
    return np.concatenate([found.x_train, found.x_test]).reshape(-1, 64)


def assert_same(a, b):
    np.testing.assert_array_equal(a.labels, b.labels)
    np.testing.assert_array_equal(a.centers, b.centers)
    assert (a.inertia, a.iterations) == (b.inertia, b.iterations)


def assert_belongs_together(x, found):
    """Labels and inertia are those of the centres that are returned."""
    wide, centers = np.asarray(x, np.float64), found.centers.astype(np.float64)
    every = twin.squared(wide, centers)
    np.testing.assert_array_equal(found.labels, every.argmin(axis=1))
    np.testing.assert_allclose(found.inertia, every.min(axis=1).sum(), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize(
    ("n", "width", "k"), [(1, 1, 1), (7, 3, 2), (64, 15, 8), (65, 16, 9), (400, 17, 5), (1200, 100, 13)]
)
def test_iterations_equal_the_twin(n, width, k, dtype):
    x = as_type(blobs(n, width, seed=n), dtype)
    init = x[np.random.default_rng(1).choice(n, k, replace=False)]
    found = pynoise.kmeans(x, k, init=init, tol=0)
    centers, labels, inertia, iterations = twin.lloyd(x, init, tol=0)
    assert found.centers.dtype == centers.dtype == (np.float64 if dtype is np.float64 else np.float32)
    assert found.labels.dtype == np.int32
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_allclose(found.centers, centers, rtol=1e-6 if dtype is np.float32 else 1e-9, atol=1e-6)
    np.testing.assert_allclose(found.inertia, inertia, rtol=1e-6, atol=1e-9)
    assert found.iterations == iterations
    assert_belongs_together(x, found)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_bounds_on_axes_change_nothing(dtype):
    x = as_type(lean(3000, 200, seed=3), dtype)
    found = pynoise.kmeans(x, 20, n_init=3, max_iter=15)
    assert_belongs_together(x, found)
    init = x[:: len(x) // 20][:20]
    labels = twin.lloyd(x, init, max_iter=6, tol=0)[1]
    np.testing.assert_array_equal(pynoise.kmeans(x, 20, init=init, max_iter=6, tol=0).labels, labels)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_same_bits_for_any_number_of_threads(dtype):
    x = as_type(lean(2500, 120, seed=4), dtype)
    want = pynoise.kmeans(x, 8, n_init=4, threads=1)
    for threads in (2, 3):
        assert_same(pynoise.kmeans(x, 8, n_init=4, threads=threads), want)
    alone = pynoise.kmeans(x, 8, init=x[:8], threads=1)
    assert_same(pynoise.kmeans(x, 8, init=x[:8], n_init=5, seed=3, threads=2), alone)


def test_values_never_change():
    # Whole numbers in float32 and float64, so that nothing but this package has a say.
    rng = np.arange(4000, dtype=np.uint64)
    x = ((rng * rng * np.uint64(2654435761) >> np.uint64(7)) % np.uint64(251)).astype(np.uint8)
    x = np.concatenate([x.reshape(-1, 8), x.reshape(-1, 8)[::-1] // 2 + 100])
    digests = []
    for dtype in (np.uint8, np.float32, np.float64):
        found = pynoise.kmeans(x.astype(dtype), 7, n_init=3, seed=5)
        digests.append(hashlib.sha256(found.labels.astype("<i4").tobytes()).hexdigest()[:16])
    assert digests == GOLDEN


GOLDEN = ["6890d9859b10cc5d"] * 3


@pytest.mark.parametrize("data", ["digits", "blobs", "lean"])
def test_from_the_same_centres_the_inertia_is_that_of_scikit_learn(data):
    x = {"digits": digits, "blobs": lambda: blobs(2000, 20), "lean": lambda: lean(2000, 90)}[data]()
    x = x.astype(np.float64)
    for start in range(3):
        init = x[np.random.default_rng(start).choice(len(x), 10, replace=False)]
        found = pynoise.kmeans(x, 10, init=init)
        with threadpool_limits(1):
            peer = KMeans(10, init=init, n_init=1, algorithm="lloyd").fit(x)
        np.testing.assert_allclose(found.inertia, peer.inertia_, rtol=1e-5)


def test_starts_are_as_good_as_those_of_scikit_learn():
    x = digits().astype(np.float64)
    ours = [pynoise.kmeans(x, 10, seed=seed).inertia for seed in range(10)]
    with threadpool_limits(1):
        theirs = [KMeans(10, n_init=10, random_state=seed).fit(x).inertia_ for seed in range(10)]
    assert np.mean(ours) <= 1.002 * np.mean(theirs)


def test_more_starts_are_never_worse():
    x = digits()
    inertia = [pynoise.kmeans(x, 10, n_init=n, seed=3).inertia for n in (1, 2, 5, 20)]
    assert inertia == sorted(inertia, reverse=True)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_shifts_and_scales(scale, dtype):
    x = (blobs(1500, 40, seed=6) * scale).astype(dtype)
    want = pynoise.kmeans(x, 6, seed=1)
    assert np.bincount(want.labels, minlength=6).min() > 100
    shifted = pynoise.kmeans((x + dtype(1e4 * scale)).astype(dtype), 6, seed=1)
    assert np.bincount(want.labels * 6 + shifted.labels, minlength=36).astype(bool).sum() == 6
    times = 2.0**7  # changes no digit
    np.testing.assert_array_equal(pynoise.kmeans(x * dtype(times), 6, seed=1).labels, want.labels)


def test_the_ends_of_float64():
    x = blobs(300, 5, seed=2)
    want = pynoise.kmeans(x, 4).labels
    for exponent in (-460, 480):
        np.testing.assert_array_equal(pynoise.kmeans(x * 2.0**exponent, 4).labels, want)
    with pytest.raises(InputValueError, match="x: spreads over more than 1e150; rescale it"):
        pynoise.kmeans(x * 1e150, 4)
    with pytest.raises(InputValueError, match="x: spreads over less than 1e-140; rescale it"):
        pynoise.kmeans(x * 1e-150, 4)
    far = np.concatenate([x, [[1e30] * 5]])
    assert_belongs_together(far, pynoise.kmeans(far, 3))
    # Centres so far away that bounds in float32 could not hold their distances.
    found = pynoise.kmeans(x, 2, init=[[0.0] * 5, [1e40] * 5])
    assert_belongs_together(x, found)


def test_layouts(tmp_path):
    x = lean(700, 24, seed=7).astype(np.float32)
    on_disk = np.memmap(tmp_path / "x", np.float32, "w+", shape=x.shape)
    on_disk[:] = x
    wide = np.zeros((1400, 48), np.float32)
    wide[::2, ::2] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    want = pynoise.kmeans(x, 5, n_init=2)
    for layout in (
        np.asfortranarray(x),
        on_disk,
        wide[::2, ::2],
        read_only,
        x[::-1].copy()[::-1],
        x.reshape(700, 4, 6),
        x.astype(">f4"),
    ):
        assert_same(pynoise.kmeans(layout, 5, n_init=2), want)
    whole = digits()
    for dtype in (np.int16, np.float16):
        assert_same(
            pynoise.kmeans(whole.astype(dtype), 5, n_init=2),
            pynoise.kmeans(whole.astype(np.float32), 5, n_init=2),
        )
    np.save(tmp_path / "short.npy", x)
    short = np.load(tmp_path / "short.npy", mmap_mode="r")
    os.truncate(tmp_path / "short.npy", 1000)
    with pytest.raises(InputValueError, match=r"x: is memory-mapped from .*short.npy, which has 1000"):
        pynoise.kmeans(short, 2)


def test_one_cluster_and_as_many_as_rows():
    x = blobs(150, 9)
    one = pynoise.kmeans(x, 1)
    np.testing.assert_allclose(one.centers, x.mean(axis=0)[None], atol=1e-12)
    np.testing.assert_allclose(one.inertia, 150 * x.var(axis=0).sum())
    assert not one.labels.any()
    for dtype in (np.float32, np.float64):
        each = pynoise.kmeans(x.astype(dtype), 150, n_init=2)
        assert sorted(each.labels) == list(range(150))
        assert each.inertia < 1e-20


def test_fewer_distinct_rows_than_clusters():
    x = np.repeat([[0.0, 1.0], [5.0, 5.0], [9.0, 0.0]], 20, axis=0)
    for dtype in (np.uint8, np.float32, np.float64):
        found = pynoise.kmeans(x.astype(dtype), 5)
        assert found.inertia == 0
        assert len(set(found.labels)) == 3
        np.testing.assert_array_equal(found.centers[found.labels], x)
        assert {tuple(c) for c in found.centers.tolist()} == {tuple(row) for row in x.tolist()}
    equal = pynoise.kmeans(np.full((9, 3), 7.25), 4)
    assert equal.inertia == 0
    assert (equal.centers == 7.25).all()
    assert not equal.labels.any()


def test_an_empty_cluster_gets_the_farthest_rows():
    x = np.concatenate([blobs(300, 4, classes=3), [[50.0] * 4, [60.0] * 4, [60.0] * 4]])
    init = np.concatenate([x[:3], np.full((3, 4), 1e6)])
    found = pynoise.kmeans(x, 6, init=init)
    assert np.bincount(found.labels, minlength=6).min() > 0
    _, labels, inertia, iterations = twin.lloyd(x, init)
    np.testing.assert_array_equal(found.labels, labels)
    np.testing.assert_allclose(found.inertia, inertia)
    assert found.iterations == iterations


def test_equal_distances_go_to_the_lower_index():
    found = pynoise.kmeans(np.repeat([[-1.0], [0.0], [1.0]], 4, axis=0), 2, init=[[1.0], [-1.0]])
    assert found.labels[4] == 0  # as near to both
    found = pynoise.kmeans(np.repeat([[-1.0], [0.0], [1.0]], 4, axis=0), 2, init=[[-1.0], [1.0]])
    assert found.labels[4] == 0


def test_limits_of_a_start():
    x = digits()
    assert pynoise.kmeans(x, 10, max_iter=3, n_init=1).iterations == 3
    loose = pynoise.kmeans(x, 10, tol=0.1, n_init=1)
    assert loose.iterations < pynoise.kmeans(x, 10, tol=0, n_init=1).iterations
    assert_belongs_together(x, loose)


def test_progress_ends_at_the_number_of_iterations():
    calls = []
    pynoise.kmeans(digits(), 5, n_init=3, max_iter=40, progress=lambda *call: calls.append(call))
    assert calls[-1] == ("clusters", 120, 120)


def test_an_exception_in_progress_stops_it():
    x = np.random.default_rng(0).random((30_000, 300), np.float32)

    def fail(phase, done, total):
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        pynoise.kmeans(x, 200, progress=fail)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"n_clusters": 0}, InputValueError, "n_clusters: 0 is too small; give at least 1"),
        (
            {"n_clusters": 4},
            InputValueError,
            "n_clusters: 4 is too large; give at most 3, the number of rows of x",
        ),
        ({"n_clusters": "2"}, InputTypeError, "n_clusters: '2' is not a whole number"),
        ({"n_init": 0}, InputValueError, "n_init: 0 is too small"),
        ({"max_iter": 0}, InputValueError, "max_iter: 0 is too small"),
        ({"tol": -1.0}, InputValueError, "tol: -1.0 is not a number of at least 0"),
        ({"tol": np.nan}, InputValueError, "tol: nan is not a number of at least 0"),
        ({"tol": "none"}, InputTypeError, "tol: 'none' is not a number"),
        ({"seed": -1}, InputValueError, "seed: -1 is too small"),
        ({"threads": 0}, InputValueError, "threads: 0 is too small"),
        ({"progress": 3}, InputTypeError, "progress: 3 cannot be called"),
        (
            {"init": [[0.0]]},
            InputValueError,
            r"init: has shape \(1, 1\); give one row for each cluster, \(2, 1\)",
        ),
        ({"init": [[0.0], [np.inf]]}, InputValueError, "init: row 1 has a value that is not finite"),
        ({"init": [[0.0], [1e200]]}, InputValueError, "init: row 1 has a value .* further than 1e150 from x"),
        ({"x": [[0.0], [1.0], [np.nan]]}, InputValueError, "x: row 2 has a value that is not finite"),
        ({"x": [[0.0], [-np.inf], [np.nan]]}, InputValueError, "x: row 1 has a value that is not finite"),
        ({"x": np.zeros((0, 3))}, InputValueError, "x: has shape .* it is empty"),
        ({"x": [1.0, 2.0]}, InputValueError, "x: has shape"),
        ({"x": [["a"]]}, InputTypeError, "x: has dtype"),
    ],
)
def test_bad_arguments(arguments, error, message):
    good = {"x": [[0.0], [1.0], [5.0]], "n_clusters": 2}
    with pytest.raises(error, match=message):
        pynoise.kmeans(**(good | arguments))
