import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from reference import neighbors as twin

from pynoise import _core, knn
from pynoise.data import load
from pynoise.errors import InputTypeError, InputValueError


def assert_equal_to_brute_force(train, query, k, metric="euclidean", exclude_self=False, **arguments):
    same = {"metric": metric, "exclude_self": exclude_self}
    indices, distances = knn.search(train, query, k, **same, **arguments)
    want_indices, want_distances = twin.search(train, query, k, **same)
    assert indices.dtype == np.int32
    assert distances.dtype == np.float32
    np.testing.assert_array_equal(indices, want_indices)
    np.testing.assert_array_equal(distances, want_distances)


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64, np.float16, np.int32, np.int64, bool])
@pytest.mark.parametrize(("n", "width"), [(1, 1), (2, 3), (63, 64), (64, 63), (65, 1), (513, 17)])
def test_awkward_shapes(n, width, dtype):
    rng = np.random.default_rng(n * width)
    train, query = ((10 * rng.random((rows, width))).astype(dtype) for rows in (n, 9))
    for k in {1, (n + 1) // 2, n}:
        for threads in (1, 2, 5):
            assert_equal_to_brute_force(train, query, k, threads=threads)


def lean(rng, rows, width, dtype, rank=10):
    """Rows near few dimensions, as pixels and features are: bounds on axes pay there."""
    mixture = np.random.default_rng(9).normal(size=(rank, width)) / np.arange(1, rank + 1)[:, None]
    x = rng.normal(size=(rows, rank)) @ mixture + 0.02 * rng.normal(size=(rows, width))
    return (128 + 25 * x).clip(0, 255).astype(dtype) if dtype is np.uint8 else x.astype(dtype)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_bounds_on_axes(dtype, metric):
    rng = np.random.default_rng(7)
    train, query = lean(rng, 6000, 96, dtype), lean(rng, 700, 96, dtype)
    indices, distances, statistics = knn.search(train, query, 31, metric=metric, return_statistics=True)
    assert statistics.axes < 48
    assert 31 / 6000 < statistics.settled < 0.1
    assert 31 / 6000 < statistics.bounded < 0.5
    some = slice(0, None, 20)
    want = twin.search(train, query[some], 31, metric)
    np.testing.assert_array_equal(indices[some], want[0])
    np.testing.assert_array_equal(distances[some], want[1])
    for arguments in ({"threads": 1}, {"threads": 3, "block": 17}, {"block": 10_000}):
        again = knn.search(train, query, 31, metric=metric, **arguments)
        np.testing.assert_array_equal(again[0], indices)
        np.testing.assert_array_equal(again[1], distances)


def test_bounds_on_axes_of_awkward_data():
    rng = np.random.default_rng(8)
    train, query = lean(rng, 5000, 80, np.float64), lean(rng, 600, 80, np.float64)
    far = train.copy()
    far[::500] *= 1e9  # lone rows, each on a side of its own
    far[3] = 1e12
    twice = np.repeat(train[::10], 10, axis=0)  # ten of each
    grid = np.round(train * 4)  # many equal distances
    flat = train.copy()
    flat[:, 20:60] = 5.0
    apart = train + 1e6 * rng.integers(0, 5, (5000, 1))
    for rows in (far, twice, grid, flat, apart, train + 1e7, train * 1e-200):
        near = query * 1e-200 if rows.max() < 1 else query + (1e7 if rows.min() > 1e6 else 0)
        indices, distances = knn.search(rows, near, 40)
        some = slice(0, None, 30)
        want = twin.search(rows, near[some], 40)
        np.testing.assert_array_equal(indices[some], want[0])
        np.testing.assert_array_equal(distances[some], want[1])


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("n", [2, 65, 300])
def test_rows_without_themselves(n, dtype, metric):
    rows = (1 + 20 * np.random.default_rng(n).random((n, 9))).astype(dtype)
    rows[n // 2] = rows[0]  # nor is an equal row oneself
    for k in {1, n // 2, n - 1}:
        assert_equal_to_brute_force(rows, rows, k, metric, exclude_self=True)
        assert_equal_to_brute_force(rows, rows.copy(), k, metric, exclude_self=True, threads=2, block=3)
        assert_equal_to_brute_force(rows, rows[: (n + 1) // 2], k, metric, exclude_self=True)
    assert n - 1 not in knn.search(rows, rows, n - 1, metric=metric, exclude_self=True)[0][-1]


def test_the_cosine_is_that_of_the_rows():
    rng = np.random.default_rng(4)
    train, query = rng.normal(size=(300, 20)), rng.normal(size=(40, 20))
    indices, distances = knn.search(train, query, 300, metric="cosine")
    norms = np.linalg.norm(query, axis=1)[:, None] * np.linalg.norm(train, axis=1)
    want = 1 - query @ train.T / norms
    np.testing.assert_allclose(distances, np.take_along_axis(want, indices, 1), atol=1e-7)
    # Any length of a row: a power of two changes no bit.
    longer = train * 2.0 ** rng.integers(-300, 300, (300, 1))
    np.testing.assert_array_equal(knn.search(longer, query, 300, metric="cosine")[0], indices)


def test_mapped_files(tmp_path):
    rng = np.random.default_rng(3)
    rows = rng.random((500, 40), np.float32)
    np.save(tmp_path / "rows.npy", rows)
    mapped = np.load(tmp_path / "rows.npy", mmap_mode="r")
    want = knn.search(rows[100:], rows[:9], 5)
    np.testing.assert_array_equal(knn.search(mapped[100:], rows[:9], 5), want)
    part = mapped[:200].reshape(200, 8, 5)  # needs less of the file
    os.truncate(tmp_path / "rows.npy", 128 + 300 * 160)
    np.testing.assert_array_equal(knn.search(part, rows[:9], 5), knn.search(rows[:200], rows[:9], 5))
    np.save(tmp_path / "whole.npy", (100 * rows).astype(np.int32))
    whole = np.load(tmp_path / "whole.npy", mmap_mode="r")
    os.truncate(tmp_path / "whole.npy", 5000)
    for arguments in ({"train": whole, "query": rows}, {"train": rows.astype(float), "query": whole}):
        with pytest.raises(InputValueError, match=r"is memory-mapped from .*whole.npy, which has 5000 bytes"):
            knn.search(**arguments, k=1)
    with pytest.raises(InputValueError, match="train: is memory-mapped"):
        knn.search(mapped, rows, 1, exclude_self=True)
    for train, query, name in ((mapped[100:], rows[:9], "train"), (rows, mapped, "query")):
        with pytest.raises(
            InputValueError, match=f"{name}: is memory-mapped from .*rows.npy, which has 48128"
        ):
            knn.search(train, query, 5)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not tell memory so")
def test_memory_is_bounded(tmp_path):
    rows = np.lib.format.open_memmap(tmp_path / "x.npy", "w+", np.float32, (400_000, 64))
    rng = np.random.default_rng(1)
    for first in range(0, len(rows), 50_000):
        rows[first : first + 50_000] = lean(rng, 50_000, 64, np.float32)
    del rows
    code = (
        "import numpy as np, re\n"
        "from pathlib import Path\n"
        "from pynoise import knn\n"
        f"x = np.load({str(tmp_path / 'x.npy')!r}, mmap_mode='r')\n"
        "def used():\n"
        "    return int(re.search(r'RssAnon:\\s*(\\d+)', Path('/proc/self/status').read_text())[1]) / 1024\n"
        "before, peak = used(), 0\n"
        "def watch(*_):\n"
        "    global peak\n"
        "    peak = max(peak, used())\n"
        "for order in (x, np.asfortranarray(x)):\n"
        "    before, peak = used(), 0\n"
        "    knn.search(order, x[:1500], 9, progress=watch)\n"
        "    print(peak - before)\n"
        "wide = np.random.default_rng(0).integers(0, 256, (80, 400_000), np.uint8)\n"
        "before, peak = used(), 0\n"
        "knn.search(wide, wide[:5], 9, progress=watch)\n"
        "print(peak - before)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=100)
    assert not done.stderr
    for line in done.stdout.split():
        assert 1 < float(line) < 256


def test_layouts(tmp_path):
    rng = np.random.default_rng(3)
    train, query = rng.normal(size=(200, 12)).astype(np.float32), rng.normal(size=(20, 12))
    on_disk = np.memmap(tmp_path / "train", np.float32, "w+", shape=train.shape)
    on_disk[:] = train
    read_only = train.copy()
    read_only.flags.writeable = False
    wide = np.zeros((400, 24), np.float32)
    wide[::2, ::2] = train
    (tmp_path / "odd").write_bytes(b"odd" + train.tobytes())
    misaligned = np.memmap(tmp_path / "odd", np.float32, "r", offset=3, shape=train.shape)
    want = knn.search(train, query, 7)
    for layout in (
        np.asfortranarray(train),
        on_disk,
        read_only,
        wide[::2, ::2],
        train[::-1][::-1],
        train.reshape(200, 3, 4),
        train.astype(">f4"),
        misaligned,
        train.tolist(),
        np.asfortranarray(wide)[::2, ::2],
        np.concatenate([train, train])[:200],
        train[::-1].copy()[::-1],
        np.ascontiguousarray(train[:, ::-1])[:, ::-1],
    ):
        np.testing.assert_array_equal(knn.search(layout, query, 7), want)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shift", [0, 10, 100, 1000])
def test_shifted_gaussian_features(shift, dtype):
    rng = np.random.default_rng(shift)
    train, query = (
        (rng.normal(size=(n, 64)) + shift * rng.choice([-1, 1], 64)).astype(dtype) for n in (3000, 40)
    )
    # The shift must be the same for both: redraw the queries around the training mean.
    query = (query - query.mean(axis=0) + train.mean(axis=0)).astype(dtype)
    assert_equal_to_brute_force(train, query, 51)


def test_many_equal_distances():
    grid = np.stack(np.meshgrid(*[np.arange(12.0)] * 3), -1).reshape(-1, 3)
    assert_equal_to_brute_force(grid, grid[::97] + 0.5, 60)
    assert_equal_to_brute_force(np.zeros((900, 5)), np.ones((3, 5)), 900)


@pytest.mark.parametrize("scale", [1e-300, 1e-30, 1e30, 1e140])
def test_scales(scale):
    rng = np.random.default_rng(5)
    train, query = (rng.normal(size=(n, 8)) * scale for n in (500, 10))
    indices, _ = knn.search(train, query, 20)
    with np.errstate(over="ignore"):  # distances beyond float32 become infinite there
        np.testing.assert_array_equal(indices, twin.search(train, query, 20)[0])


@pytest.mark.parametrize("scale", [3e38, 1e38, 1e-37, 1e-40, 1e-42, 1e-44])
def test_the_ends_of_float32(scale):
    rng = np.random.default_rng(6)
    train, query = (
        (scale * rng.normal(size=(rows, 20)).clip(-1.1, 1.1)).astype(np.float32) for rows in (2000, 30)
    )
    assert_equal_to_brute_force(train, query, 50)
    # Rows that come nearer and nearer, from the other end.
    falling = np.linspace(scale, 0.75 * scale, 500, dtype=np.float32)[:, None]
    assert_equal_to_brute_force(falling, -falling[:1], 2)


def test_mnist_pixels_equal_brute_force(data_root):
    mnist = load("mnist", data_root)
    train, query = mnist.x_train.reshape(60_000, -1), mnist.x_test[::250].reshape(40, -1)
    # With all queries, so that bounds on axes are worth it.
    found = knn.search(train, mnist.x_test, 301, return_statistics=True)
    assert found[2].axes < 200
    indices, distances = (part[::250] for part in found[:2])
    # Whole numbers: any order of addition is exact, so a matrix product in float64 is brute force.
    wide = train.astype(np.float64)
    norms = (wide**2).sum(axis=1)
    for row, found, distance in zip(query.astype(np.float64), indices, distances, strict=True):
        squared = norms - 2 * (wide @ row) + (row**2).sum()
        order = np.argsort(squared, kind="stable")[:301]
        np.testing.assert_array_equal(found, order)
        np.testing.assert_array_equal(distance, np.sqrt(squared[order]).astype(np.float32))
    # As float32 in [0, 1], where sums are rounded and their order matters.
    scaled = train / np.float32(255)
    indices, distances = knn.search(scaled, mnist.x_test / np.float32(255), 51)
    want_indices, want_distances = twin.search(scaled, query[:8] / np.float32(255), 51)
    np.testing.assert_array_equal(indices[:2000:250], want_indices)
    np.testing.assert_array_equal(distances[:2000:250], want_distances)


def test_progress_ends_at_the_number_of_pairs():
    calls = []
    knn.search(np.zeros((50, 2)), np.zeros((7, 2)), 1, progress=lambda *call: calls.append(call))
    assert calls[-1] == ("neighbours", 350, 350)


def test_an_exception_in_progress_stops_the_search():
    rng = np.random.default_rng(0)
    train, query = rng.random((20_000, 512), np.float32), rng.random((20_000, 512), np.float32)

    def fail(phase, done, total):
        assert done < total  # long before the end
        raise RuntimeError("enough")

    with pytest.raises(RuntimeError, match="enough"):
        knn.search(train, query, 5, progress=fail)


def test_searches_run_side_by_side_in_threads():
    rng = np.random.default_rng(0)
    train = rng.random((500, 16))
    want = knn.search(train, train, 5)
    results = [None] * 6

    def work(i):
        results[i] = knn.search(train, train, 5)

    workers = [threading.Thread(target=work, args=(i,)) for i in range(len(results))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for result in results:
        np.testing.assert_array_equal(result, want)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_does_not_deadlock():
    code = (
        "import os, numpy as np\n"
        "from pynoise import knn\n"
        "x = np.random.default_rng(0).random((300, 8))\n"
        "knn.search(x, x, 3)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    knn.search(x, x, 3)\n"
        "    os._exit(7)\n"
        "print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "7\n", done.stderr


def test_ctrl_c_stops_a_search():
    code = (
        "import numpy as np\n"
        "from pynoise import knn\n"
        "x = np.random.default_rng(0).random((60_000, 1024), np.float32)\n"
        "print('go', flush=True)\n"
        "try:\n"
        "    knn.search(x, x, 3)\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "go\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == "stopped\n"


@pytest.mark.parametrize(
    ("train", "query", "k", "error", "message"),
    [
        ([[0.0]], [[0.0]], 0, InputValueError, "k: 0 is too small"),
        ([[0.0]], [[0.0]], 2, InputValueError, "k: 2 is too large; give at most 1, the number of training"),
        ([[0.0]], [[0.0]], "1", InputTypeError, "k: '1' is not a whole number"),
        ([[0.0]], [[0.0, 1.0]], 1, InputValueError, "query: has 2 columns; train has 1"),
        ([[0.0], [np.nan]], [[0.0]], 1, InputValueError, "train: row 1 has a value that is not finite"),
        ([[0.0]], [[0.0], [np.inf]], 1, InputValueError, "query: row 1 has a value that is not finite"),
        ([[0.0], [1e200]], [[0.0]], 1, InputValueError, "train: spreads, with query, over more than"),
        ([[1e308], [-1e308], [1e308]], [[0.0]], 1, InputValueError, "train: spreads, with query"),
        ([[2**60]], [[0]], 1, InputValueError, "train: has integers beyond"),
        (np.zeros((0, 3)), [[0.0] * 3], 1, InputValueError, "train: has shape (0, 3): it is empty"),
        ([[0.0]], np.zeros((1, 0)), 1, InputValueError, "query: has shape (1, 0): it is empty"),
        ([0.0], [[0.0]], 1, InputValueError, "train: has shape (1,)"),
        ([["a"]], [[0.0]], 1, InputTypeError, "train: has dtype <U1"),
        ([[0.0], [0.0, 1.0]], [[0.0]], 1, InputTypeError, "train: is not an array of numbers"),
        (np.array([[None]]), [[0.0]], 1, InputTypeError, "train: has dtype object"),
    ],
)
def test_bad_arguments_of_search(train, query, k, error, message):
    with pytest.raises(error) as caught:
        knn.search(train, query, k)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"metric": "cosin"}, InputValueError, "metric: 'cosin' is not known (did you mean 'cosine'?)"),
        ({"engine": 3}, InputValueError, "engine: 3 is not known"),
        ({"block": 0}, InputValueError, "block: 0 is too small"),
        ({"progress": 3}, InputTypeError, "progress: 3 cannot be called"),
        ({"exclude_self": np.array([1, 0])}, InputTypeError, "exclude_self: array([1, 0]) is neither True"),
        ({"return_statistics": None}, InputTypeError, "return_statistics: None is neither True nor False"),
        ({"train": np.ma.array([[1.0], [2.0]])}, InputTypeError, "train: is a masked array"),
        ({"threads": 0}, InputValueError, "threads: 0 is too small"),
        ({"seed": -1}, InputValueError, "seed: -1 is too small"),
        (
            {"query": [[2.0]], "exclude_self": True},
            InputValueError,
            "query: is not train, as exclude_self=True has it",
        ),
        (
            {"query": [[1.0], [2.0], [3.0], [4.0]], "exclude_self": True},
            InputValueError,
            "query: is not train",
        ),
        ({"query": [[1.0], [2.0], [4.0]], "exclude_self": True}, InputValueError, "query: is not train"),
        (
            {"query": [[1.0], [2.0], [3.0]], "exclude_self": True, "k": 3},
            InputValueError,
            "k: 3 is too large; give at most 2, the number of training examples but oneself",
        ),
        (
            {"train": [[1.0]], "query": [[1.0]], "exclude_self": True},
            InputValueError,
            "train: has one row, which has no neighbour but itself",
        ),
        (
            {"train": [[1.0], [0.0]], "metric": "cosine"},
            InputValueError,
            "train: row 1 is all zeros, which has no direction; leave it out",
        ),
        ({"query": [[0.0]], "metric": "cosine"}, InputValueError, "query: row 0 is all zeros"),
        ({"train": [[1e200], [1.0]], "metric": "cosine"}, InputValueError, "train: row 0 has a norm beyond"),
        (
            {"train": [[1.0], [np.inf]], "metric": "cosine"},
            InputValueError,
            "train: row 1 has a value that is",
        ),
    ],
)
def test_bad_options_of_search(arguments, error, message):
    given = {"train": [[1.0], [2.0], [3.0]], "query": [[1.0]], "k": 1} | arguments
    with pytest.raises(error) as caught:
        knn.search(**given)
    assert str(caught.value).startswith(message)


def test_settle_equals_its_twin():
    rng = np.random.default_rng(2)
    for metric in ("euclidean", "cosine"):
        for dtype in (np.uint8, np.float32, np.float64):
            train, query = (1 + 9 * rng.random((rows, 7)) for rows in (90, 20))
            train, query = train.astype(dtype), query.astype(dtype)
            among = np.argsort(rng.random((20, 90)), axis=1)[:, :33].astype(np.int32)
            among[::2, 30:] = -1
            for exclude_self in (False, True):
                got = _core.settle(train, query, among, 12, metric, exclude_self, 2)
                want = twin.settle(train, query, among, 12, metric, exclude_self)
                np.testing.assert_array_equal(got[0], want[0])
                np.testing.assert_array_equal(got[1], want[1])


def test_label_histograms_equal_their_twin():
    rng = np.random.default_rng(0)
    for m, width, classes in [(1, 1, 1), (65, 9, 3), (300, 51, 10)]:
        labels = rng.integers(0, classes, 80)
        indices = rng.integers(0, 80, (m, width))
        ks = list({width: 0, 1: 0, (width + 1) // 2: 0})
        got = knn.label_histograms(indices, labels, ks, classes)
        assert got.dtype == np.int32
        np.testing.assert_array_equal(got, twin.label_histograms(indices, labels, ks, classes))
        copies = rng.integers(0, classes, (3, 80))
        both = knn.label_histograms(indices, copies, ks, classes)
        assert both.shape == (3, *got.shape)
        np.testing.assert_array_equal(both[1], twin.label_histograms(indices, copies[1], ks, classes))


@pytest.mark.parametrize("ties", ["first", "strict", "random"])
def test_vote_accuracy_equals_its_twin(ties):
    rng = np.random.default_rng(1)
    indices, copies, truth = (
        rng.integers(0, 80, (65, 9)),
        rng.integers(0, 3, (4, 80)),
        rng.integers(0, 3, 65),
    )
    got = knn.vote_accuracy(indices, copies, truth, [9, 2], 3, ties=ties)
    assert got.shape == (4, 2)
    for i, labels in enumerate(copies):
        want = [twin.accuracy(indices, labels, truth, k, 3, ties) for k in (9, 2)]
        np.testing.assert_allclose(got[i], want, atol=1e-12)
        np.testing.assert_array_equal(
            knn.vote_accuracy(indices, labels, truth, [9, 2], 3, ties=ties, threads=1), got[i]
        )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"labels": [[0, 1], [0, 2]]}, "labels: 2 at position 3 is outside 0..1"),
        ({"labels": [[[0]]]}, "labels: has shape (1, 1, 1)"),
        ({"truth": [0]}, "truth: has 1 labels for 2 queries; give one each"),
        ({"truth": [0, 2]}, "truth: 2 at position 1 is outside 0..1"),
        ({"ties": "last"}, "ties: 'last' is not known"),
        ({"indices": [[2]]}, "indices: is not within the 2 labels"),
    ],
)
def test_bad_arguments_of_vote_accuracy(changes, message):
    arguments = {"indices": [[0], [1]], "labels": [0, 1], "truth": [0, 1], "ks": [1], "num_classes": 2}
    with pytest.raises(InputValueError) as caught:
        knn.vote_accuracy(**arguments | changes)
    assert str(caught.value).startswith(message)


def test_a_result_that_does_not_fit_in_memory_is_a_memory_error():
    with pytest.raises(MemoryError, match="does not fit in memory"):
        _core.label_histograms(np.zeros((100_000, 1), np.int32), np.zeros(1, np.int32), [1], 2**31 - 1, 1)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"indices": [0, 1]}, InputValueError, "indices: has shape (2,)"),
        ({"indices": [[0.0]]}, InputTypeError, "indices: has dtype float64"),
        ({"indices": [[3]]}, InputValueError, "indices: is not within the 3 labels"),
        ({"indices": [[-1]]}, InputValueError, "indices: is not within"),
        ({"labels": [0, 1, 2]}, InputValueError, "labels: 2 at position 2 is outside 0..1"),
        ({"ks": [2]}, InputValueError, "ks: 2 is too large; give at most 1"),
        ({"ks": []}, InputValueError, "ks: is empty"),
        ({"num_classes": 0}, InputValueError, "num_classes: 0 is too small"),
        ({"num_classes": 10_001}, InputValueError, "num_classes: 10001 is too large; give at most 10000"),
        ({"ks": [1, 1]}, InputValueError, "ks: 1 is given twice; name each K once"),
        ({"indices": [[0], [0, 1]]}, InputTypeError, "indices: is not an array of numbers"),
    ],
)
def test_bad_arguments_of_label_histograms(changes, error, message):
    arguments = {"indices": [[0]], "labels": [0, 1, 1], "ks": [1], "num_classes": 2} | changes
    with pytest.raises(error) as caught:
        knn.label_histograms(**arguments)
    assert str(caught.value).startswith(message)
