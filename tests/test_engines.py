import itertools
import sys

import hnswlib
import numpy as np
import pytest
import torch
from reference import neighbors as twin

from pynoise import knn
from pynoise.data import load
from pynoise.errors import InputValueError
from pynoise.knn import full_precision, hnsw, on_torch

METRICS = ["euclidean", "cosine"]


@pytest.fixture(autouse=True)
def few_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # more of them wait for one another when the machine is busy
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=["cpu", "cuda"])
def device(request, monkeypatch):
    if request.param == "cpu":
        monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    elif not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    return request.param


def assert_equal_to_brute_force(train, query, k, metric="euclidean", exclude_self=False, **arguments):
    """Search with torch; returns the share of the pairs that was settled."""
    same = {"metric": metric, "exclude_self": exclude_self}
    indices, distances, statistics = knn.search(
        train, query, k, engine="torch", return_statistics=True, **same, **arguments
    )
    want_indices, want_distances = twin.search(train, query, k, **same)
    assert indices.dtype == np.int32
    assert distances.dtype == np.float32
    np.testing.assert_array_equal(indices, want_indices)
    np.testing.assert_array_equal(distances, want_distances)
    assert (statistics.engine, statistics.pairs) == ("torch", len(train) * len(query))
    return statistics.settled


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize(("n", "width"), [(1, 1), (2, 3), (63, 64), (64, 63), (65, 1), (513, 17)])
def test_torch_on_awkward_shapes(n, width, dtype, metric, device):
    rng = np.random.default_rng(n * width)
    train, query = ((1 + 10 * rng.random((rows, width))).astype(dtype) for rows in (n, 9))
    for k in {1, (n + 1) // 2, n}:
        for block, threads in ((None, None), (4, 2 if n == 513 else 1)):
            assert_equal_to_brute_force(train, query, k, metric, block=block, threads=threads)
    if n > 1:
        assert_equal_to_brute_force(train, train, n - 1, metric, exclude_self=True)
        assert_equal_to_brute_force(train, train, 1, metric, exclude_self=True, block=5)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shift", [0, 10, 100, 1000])
def test_torch_on_shifted_gaussian_features(shift, dtype, metric, device):
    rng = np.random.default_rng(shift)
    offset = shift * rng.choice([-1, 1], 64)
    train, query = ((rng.normal(size=(n, 64)) + offset).astype(dtype) for n in (3000, 40))
    settled = assert_equal_to_brute_force(train, query, 51, metric)
    assert settled < 0.02  # 51 of 3000 are 0.017: the offset costs no digits


@pytest.mark.parametrize("metric", METRICS)
def test_torch_on_the_digits(metric, device):
    digits = load("digits")
    train, query = digits.x_train.reshape(-1, 64), digits.x_test[:60].reshape(-1, 64)
    assert_equal_to_brute_force(train, query, 51, metric)
    assert_equal_to_brute_force(train, train[:60], 51, metric, exclude_self=True)


@pytest.mark.parametrize("metric", METRICS)
def test_torch_settles_equal_distances_by_index(metric, device):
    grid = np.stack(np.meshgrid(*[np.arange(1.0, 13)] * 3), -1).reshape(-1, 3)
    assert_equal_to_brute_force(grid, grid[::97] + 0.5, 60, metric)
    assert_equal_to_brute_force(grid[::-1], grid[::97], 5, metric)
    # More equal rows than candidates: the bound cannot tell them apart.
    same = np.full((5000, 5), 0.1)
    assert assert_equal_to_brute_force(same, same[:3] + 1, 3, metric) == 1
    assert_equal_to_brute_force(same, same[:9], 3, metric, exclude_self=True)
    few = np.random.default_rng(0).integers(1, 3, (6000, 4)).astype(np.uint8)  # 16 rows, again and again
    assert_equal_to_brute_force(few, few[:40], 7, metric, exclude_self=True)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("scale", [1e-300, 1e-140, 1e-30, 1e30, 1e140])
def test_torch_on_scales(scale, metric, device):
    if metric == "cosine" and scale == 1e-300:
        return  # squares of the reference underflow
    rng = np.random.default_rng(5)
    train, query = (rng.normal(size=(n, 8)) * scale for n in (1500, 10))
    assert_equal_to_brute_force(train, query, 20, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_torch_on_distances_that_float32_cannot_tell_apart(metric, device):
    rng = np.random.default_rng(10)
    train, query = rng.normal(size=(4000, 40)), np.zeros((1, 40))
    query[0, 0] = 1
    train[:, 0] = 0
    train /= np.linalg.norm(train, axis=1, keepdims=True)
    train[:, 0] = 1e-9 * rng.normal(size=4000)
    assert_equal_to_brute_force(train, query, 5, metric)
    # So for some of the rows: the bound rules the others out.
    settled = assert_equal_to_brute_force(np.concatenate([train[:500], 9 - train]), query, 5, metric)
    assert settled < 0.2


def test_torch_where_one_row_is_far_away(device):
    rng = np.random.default_rng(5)
    train, query = rng.normal(size=(1500, 8)), rng.normal(size=(10, 8))
    train[5] = 1e12
    assert_equal_to_brute_force(train, query, 20)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("spread", [1e-7, 1e-14])
def test_torch_on_directions_close_together(spread, metric, device):
    rng = np.random.default_rng(6)
    train, query = (1 + spread * rng.normal(size=(n, 24)) for n in (1500, 10))
    assert_equal_to_brute_force(train, query, 20, metric)


@pytest.mark.parametrize("metric", METRICS)
def test_torch_in_little_memory(metric, device, monkeypatch):
    rng = np.random.default_rng(7)
    train, query = rng.normal(size=(700, 12)).astype(np.float32), rng.normal(size=(50, 12))
    train[200:500] = train[0]
    for budget, queries in ((1, 1), (20_000, 5), (300_000, 50)):
        monkeypatch.setitem(on_torch.BUDGET, device, budget)
        assert_equal_to_brute_force(train, query[:queries], 30, metric, block=8)
        assert_equal_to_brute_force(train, train[:queries], 30, metric, exclude_self=True)


def test_torch_reads_only(tmp_path, device):
    rng = np.random.default_rng(8)
    values = rng.normal(size=(300, 12))
    on_disk = np.memmap(tmp_path / "train", np.float64, "w+", shape=values.shape)
    on_disk[:] = values
    on_disk.flush()
    on_disk = np.memmap(tmp_path / "train", np.float64, "r", shape=values.shape)
    for train, metric in itertools.product((on_disk, values), METRICS):
        before = values.copy()
        assert_equal_to_brute_force(train, values[:9], 7, metric)
        np.testing.assert_array_equal(values, before)


def settings():
    return (
        torch.get_float32_matmul_precision(),
        torch.backends.cuda.matmul.fp32_precision,
        torch.backends.mkldnn.matmul.fp32_precision,
        torch.get_num_threads(),
        torch.is_autocast_enabled("cpu"),
    )


@pytest.fixture
def torch_settings():
    before = settings()
    yield
    torch.set_float32_matmul_precision(before[0])
    torch.backends.cuda.matmul.fp32_precision = before[1]
    torch.backends.mkldnn.matmul.fp32_precision = before[2]


@pytest.mark.parametrize("precision", ["highest", "high", "medium"])
def test_torch_has_full_precision_and_gives_the_settings_back(precision, torch_settings):
    torch.set_float32_matmul_precision(precision)
    rng = np.random.default_rng(9)
    train = rng.normal(size=(600, 30))
    within = []
    with torch.autocast("cpu", dtype=torch.bfloat16):
        before = settings()
        assert_equal_to_brute_force(
            train, train[:20], 5, threads=2, progress=lambda *call: within.append(settings())
        )
        assert settings() == before
    assert set(within) == {("highest", "ieee", "ieee", 2, False)} or torch.cuda.is_available()

    def stop(phase, done, total):
        raise KeyboardInterrupt

    before = settings()
    with pytest.raises(KeyboardInterrupt):
        knn.search(train, train, 5, engine="torch", threads=2, progress=stop)
    assert settings() == before


def test_torch_gives_back_settings_that_contradict_each_other(torch_settings):
    torch.backends.cuda.matmul.fp32_precision = "tf32"  # torch cannot even read its old setting now
    torch.backends.mkldnn.matmul.fp32_precision = "bf16"
    knn.search(np.eye(3), np.eye(3), 1, engine="torch")
    assert torch.backends.cuda.matmul.fp32_precision == "tf32"
    assert torch.backends.mkldnn.matmul.fp32_precision == "bf16"


def test_torch_refuses_products_of_fewer_digits(monkeypatch):
    full = torch.full
    monkeypatch.setattr(
        full_precision.torch, "full", lambda *arguments, **kinds: full(*arguments, **kinds).bfloat16().float()
    )
    with pytest.raises(InputValueError, match="engine: 'torch' multiplies float32 with fewer digits"):
        knn.search(np.eye(3), np.eye(3), 1, engine="torch")


@pytest.mark.parametrize("engine", ["torch", "hnsw"])
def test_progress_ends_at_the_number_of_pairs(engine):
    rng = np.random.default_rng(1)
    train, query = rng.random((300, 4)), rng.random((70, 4))
    calls = []
    knn.search(train, query, 3, engine=engine, block=20, progress=lambda *call: calls.append(call))
    done = [call[1] for call in calls]
    assert done == sorted(done)
    assert len(set(done)) > 3
    assert calls[-1] == ("neighbours", 21_000, 21_000)
    assert all(call[::2] == ("neighbours", 21_000) for call in calls)


@pytest.mark.parametrize("engine", ["torch", "hnsw"])
def test_an_exception_in_progress_stops_the_search(engine):
    def fail(phase, done, total):
        assert done < total / 2
        raise RuntimeError("enough")

    train = np.random.default_rng(1).random((300, 4))
    with pytest.raises(RuntimeError, match="enough"):
        knn.search(train, train, 3, engine=engine, block=20, progress=fail)


@pytest.mark.parametrize("engine", ["torch", "hnsw"])
@pytest.mark.parametrize(
    ("train", "query", "metric", "message"),
    [
        ([[1.0], [np.nan]], [[1.0]], "euclidean", "train: row 1 has a value that is not finite"),
        ([[1.0], [-np.inf]], [[1.0]], "cosine", "train: row 1 has a value that is not finite"),
        ([[1.0]], [[1.0], [np.inf]], "euclidean", "query: row 1 has a value that is not finite"),
        ([[0.0], [1e200]], [[0.0]], "euclidean", "train: spreads, with query, over more than 1e150"),
        ([[1e308], [-1e308], [1e308]], [[0.0]], "euclidean", "train: spreads, with query"),
        ([[1, 1], [2, 1], [3, 1], [0, 0]], [[1, 1]], "cosine", "train: row 3 is all zeros, which has no"),
        ([[1.0, 1.0]], [[0.0, -0.0]], "cosine", "query: row 0 is all zeros, which has no direction"),
    ],
)
def test_rows_that_will_not_do(engine, train, query, metric, message):
    with pytest.raises(InputValueError) as caught:
        knn.search(train, query, 1, metric=metric, engine=engine)
    assert str(caught.value).startswith(message)


def test_torch_takes_no_more_columns_than_its_bound():
    with pytest.raises(InputValueError, match="train: has 1048577 columns; at most 1048576 fit"):
        knn.search(np.ones((1, 2**20 + 1), np.uint8), np.ones((1, 2**20 + 1), np.uint8), 1, engine="torch")


@pytest.mark.parametrize(
    ("engine", "module", "package", "extra"),
    [("torch", "on_torch", "torch", "train"), ("hnsw", "hnsw", "hnswlib", "hnsw")],
)
def test_a_missing_package_is_named(engine, module, package, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.delitem(sys.modules, f"pynoise.knn.{module}")
    with pytest.raises(InputValueError) as caught:
        knn.search([[0.0]], [[0.0]], 1, engine=engine)
    assert str(caught.value) == (
        f"engine: '{engine}' needs the package {package}, which is not installed: "
        f"pip install 'pynoise-lab[{extra}]'"
    )


def recall(indices, train, query, metric="euclidean", exclude_self=False):
    exact = twin.search(train, query, indices.shape[1], metric, exclude_self)[0]
    return np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(indices, exact, strict=True)])


@pytest.mark.parametrize("exclude_self", [False, True])
@pytest.mark.parametrize("metric", METRICS)
def test_hnsw_reports_its_recall(metric, exclude_self):
    digits = load("digits")
    train = digits.x_train.reshape(-1, 64)
    query = train[:200] if exclude_self else digits.x_test[:200].reshape(-1, 64)
    same = {"metric": metric, "exclude_self": exclude_self}
    indices, distances, statistics = knn.search(
        train, query, 51, engine="hnsw", return_statistics=True, **same
    )
    assert indices.dtype == np.int32
    assert distances.dtype == np.float32
    assert statistics.engine == "hnsw"
    assert statistics.recall == pytest.approx(recall(indices, train, query, **same))
    assert statistics.recall >= 0.95
    # What was found has its exact distance and order.
    want = twin.settle(train, query, indices, 51, **same, threads=1)
    np.testing.assert_array_equal((indices, distances), want)
    if exclude_self:
        assert not (indices == np.arange(200)[:, None]).any()


@pytest.fixture
def poor_graph(monkeypatch):
    monkeypatch.setattr(hnsw, "BREADTH", 1)
    monkeypatch.setattr(hnsw, "BREADTH_OF_LINKS", 2)
    monkeypatch.setattr(hnsw, "LINKS", 2)


def test_hnsw_reports_a_recall_that_is_low(poor_graph):
    rng = np.random.default_rng(2)
    train, query = rng.random((2000, 20)), rng.random((500, 20))
    indices, _, statistics = knn.search(train, query, 3, engine="hnsw", return_statistics=True)
    assert statistics.recall < 0.8
    assert statistics.recall == pytest.approx(recall(indices, train, query), abs=0.1)  # of 200 of the 500


def test_hnsw_on_mnist(data_root):
    mnist = load("mnist", data_root)
    train, query = mnist.x_train[:3000].reshape(3000, -1), mnist.x_test[:100].reshape(100, -1)
    *_, statistics = knn.search(train, query, 10, engine="hnsw", return_statistics=True)
    assert statistics.recall >= 0.95


def test_hnsw_with_one_thread_is_decided_by_its_seed(poor_graph):
    rng = np.random.default_rng(3)
    train, query = rng.random((2000, 30)).astype(np.float32), rng.random((50, 30))

    def found(**arguments):
        return knn.search(train, query, 5, engine="hnsw", **arguments)

    first = found(threads=1, seed=5)
    np.testing.assert_array_equal(found(threads=1, seed=5), first)
    np.testing.assert_array_equal(found(threads=1, seed=5, block=7), first)
    assert (found(threads=1, seed=2**64 - 1)[0] != first[0]).any()


@pytest.mark.parametrize("threads", [None, 2])
def test_hnsw_does_not_mind_an_offset(threads):
    rng = np.random.default_rng(4)
    train, query = rng.normal(size=(2000, 20)) + 1e6, rng.normal(size=(50, 20)) + 1e6
    indices, _, statistics = knn.search(
        train, query, 10, engine="hnsw", threads=threads, return_statistics=True
    )
    assert indices.shape == (50, 10)
    assert statistics.recall >= 0.95


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("metric", METRICS)
def test_hnsw_finds_all_of_few_rows(metric, dtype):
    rng = np.random.default_rng(6)
    for n, width in ((1, 1), (2, 3), (40, 5)):
        train = rng.integers(1, 9, (n, width)).astype(dtype)
        for exclude_self in {False, n > 1}:
            k = n - exclude_self
            got = knn.search(train, train, k, engine="hnsw", metric=metric, exclude_self=exclude_self)
            np.testing.assert_array_equal(got, twin.search(train, train, k, metric, exclude_self))


def test_hnsw_searches_more_broadly_until_it_finds_enough(monkeypatch):
    class Graph(hnswlib.Index):
        def knn_query(self, *arguments, **others):
            breadths.append(self.ef)
            if self.ef < enough:
                raise RuntimeError("Cannot return the results in a contiguous 2D array.")
            return super().knn_query(*arguments, **others)

    monkeypatch.setattr(hnsw.hnswlib, "Index", Graph)
    train = np.random.default_rng(7).random((1000, 3))
    breadths, enough = [], 500
    knn.search(train, train[:5], 3, engine="hnsw")
    assert breadths == [100, 400, 1000]
    breadths, enough = [], 1001
    with pytest.raises(InputValueError, match="k: the graph of the engine 'hnsw' does not lead"):
        knn.search(train, train[:5], 3, engine="hnsw")
