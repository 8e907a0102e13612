import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
from reference import neighbors as twin

from pynoise import _core, knn
from pynoise.data import load
from pynoise.errors import InputTypeError, InputValueError


def assert_equal_to_brute_force(train, query, k, **arguments):
    indices, distances = knn.search(train, query, k, **arguments)
    want_indices, want_distances = twin.search(train, query, k)
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


def test_mnist_pixels_equal_brute_force(data_root):
    mnist = load("mnist", data_root)
    train, query = mnist.x_train.reshape(60_000, -1), mnist.x_test[::250].reshape(40, -1)
    indices, distances = knn.search(train, query, 301)
    # Whole numbers: any order of addition is exact, so a matrix product in float64 is brute force.
    wide = train.astype(np.float64)
    norms = (wide**2).sum(axis=1)
    for row, found, distance in zip(query.astype(np.float64), indices, distances, strict=True):
        squared = norms - 2 * (wide @ row) + (row**2).sum()
        order = np.argsort(squared, kind="stable")[:301]
        np.testing.assert_array_equal(found, order)
        np.testing.assert_array_equal(distance, np.sqrt(squared[order]).astype(np.float32))
    # As float32 in [0, 1], where sums are rounded and their order matters.
    assert_equal_to_brute_force(train / np.float32(255), query[:8] / np.float32(255), 51)


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


def test_label_histograms_equal_their_twin():
    rng = np.random.default_rng(0)
    for m, width, classes in [(1, 1, 1), (65, 9, 3), (300, 51, 10)]:
        labels = rng.integers(0, classes, 80)
        indices = rng.integers(0, 80, (m, width))
        ks = list({width: 0, 1: 0, (width + 1) // 2: 0})
        got = knn.label_histograms(indices, labels, ks, classes)
        assert got.dtype == np.int32
        np.testing.assert_array_equal(got, twin.label_histograms(indices, labels, ks, classes))


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
