import pickle
import subprocess
import sys

import numpy as np
import pytest
from scipy.sparse import csr_array, csr_matrix
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator, parametrize_with_checks

from pynoise import knn
from pynoise.errors import InputTypeError, InputValueError
from pynoise.knn import KNNClassifier


@parametrize_with_checks([KNNClassifier()])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


def test_scikit_learn_checks_of_drawn_ties():
    # One check wants predictions to be the argmax of predict_proba, which is always the first of a tie.
    results = check_estimator(KNNClassifier(ties="random"), on_fail=None, on_skip=None)
    failed = {result["check_name"] for result in results if result["status"] == "failed"}
    assert len(results) > 40
    assert failed <= {"check_classifiers_train"}


@pytest.fixture(scope="module")
def digits():
    """The digits, shifted at random so that no distances are equal: their order says nothing then."""
    data = load_digits()
    rows = data.data + 0.01 * np.random.default_rng(0).normal(size=data.data.shape)
    return rows[:800], data.target[:800], rows[800:1200], data.target[800:1200]


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("k", [1, 4])
def test_equals_scikit_learn(digits, metric, k):
    train, labels, test, truth = digits
    ours = KNNClassifier(k, metric=metric).fit(train, labels)
    theirs = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(train, labels)
    for rows in (test, None):
        np.testing.assert_array_equal(ours.predict(rows), theirs.predict(rows))
        np.testing.assert_array_equal(ours.predict_proba(rows), theirs.predict_proba(rows))
        for arguments in ({}, {"n_neighbors": 9}):
            distances, indices = ours.kneighbors(rows, **arguments)
            want_distances, want_indices = theirs.kneighbors(rows, **arguments)
            np.testing.assert_array_equal(indices, want_indices)
            np.testing.assert_allclose(distances, want_distances, rtol=1e-6)
            np.testing.assert_array_equal(indices, ours.kneighbors(rows, **arguments, return_distance=False))
            for mode in ("connectivity", "distance"):
                graph = ours.kneighbors_graph(rows, **arguments, mode=mode)
                want = theirs.kneighbors_graph(rows, **arguments, mode=mode)
                assert type(graph) is type(want) is csr_matrix
                assert graph.shape == want.shape
                np.testing.assert_array_equal(graph.indptr, want.indptr)
                np.testing.assert_array_equal(graph.indices, want.indices)
                np.testing.assert_allclose(graph.data, want.data, rtol=1e-6)
    assert ours.score(test, truth) == theirs.score(test, truth)
    assert ours.score(None, labels) == theirs.score(None, labels)


def test_pixels_stay_pixels_and_equal_scikit_learn():
    data = load_digits()
    pixels = data.data.astype(np.uint8)
    ours = KNNClassifier(7).fit(pixels, data.target)
    assert ours._fit_X is pixels or np.shares_memory(ours._fit_X, pixels)
    # Whole numbers: the squares are exact, and so is which distances are equal.
    want, _ = KNeighborsClassifier(7, algorithm="brute").fit(data.data, data.target).kneighbors()
    np.testing.assert_array_equal(ours.kneighbors()[0], want.astype(np.float32))
    np.testing.assert_array_equal(
        ours.predict(pixels), KNNClassifier(7).fit(data.data, data.target).predict(data.data)
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_rows_reach_the_search_without_a_copy(tmp_path, monkeypatch, dtype):
    train = np.memmap(tmp_path / "rows", dtype, "w+", shape=(30, 4))
    train[:] = np.random.default_rng(0).integers(0, 256, train.shape)
    model = KNNClassifier().fit(train, np.arange(30) % 3)
    given = {}

    def spy(rows, queries, k, **arguments):
        given.update(rows=rows, queries=queries)
        return knn.search(rows, queries, k, **arguments)

    monkeypatch.setattr("pynoise.knn.classifier.search", spy)
    model.predict(train[:5])
    for name in ("rows", "queries"):
        assert given[name].dtype == dtype
        assert np.shares_memory(given[name], train)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint16, np.int64, np.float16, object])
def test_other_dtypes(dtype):
    train = np.random.default_rng(0).integers(0, 100, (40, 5)).astype(dtype)
    labels = np.arange(40) % 3
    exact = KNNClassifier().fit(train.astype(float), labels)
    model = KNNClassifier().fit(train, labels)
    np.testing.assert_array_equal(model.kneighbors()[1], exact.kneighbors()[1])
    np.testing.assert_array_equal(model.predict(train), exact.predict(train))


def test_what_a_search_is_asked(monkeypatch):
    asked = {}

    def spy(rows, queries, k, **arguments):
        asked.update(arguments, k=k)
        return np.zeros((len(queries), k), np.int32), np.zeros((len(queries), k), np.float32)

    monkeypatch.setattr("pynoise.knn.classifier.search", spy)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    model = KNNClassifier(2, metric="cosine", engine="hnsw", n_jobs=3, random_state=7)
    model.fit(np.eye(4), [0, 0, 1, 1]).predict(np.eye(4))
    want = {"metric": "cosine", "engine": "hnsw", "threads": 3, "seed": 7, "exclude_self": False, "k": 2}
    assert asked == want
    model.kneighbors(n_neighbors=3)
    assert asked == {**want, "exclude_self": True, "k": 3}
    for jobs, threads in ((None, None), (-1, None), (-2, 7), (-8, 1), (-100, 1), (5, 5)):
        model.set_params(n_jobs=jobs).predict(np.eye(4))
        assert asked["threads"] == threads


def test_classes_are_of_the_dtype_given():
    rows = [[0.0], [1.0], [10.0], [11.0]]
    for labels in (["low", "low", "high", "high"], [7, 7, -2, -2], [True, True, False, False]):
        model = KNNClassifier(2).fit(rows, labels)
        assert model.classes_.tolist() == sorted(set(labels))
        assert model.predict([[0.4], [10.6]]).tolist() == [labels[0], labels[2]]
        assert model.predict_proba([[0.4], [10.6]]).tolist() == [[0, 1], [1, 0]]


def test_the_first_class_wins_a_tie():
    # Neighbours of 0, nearest first: c, b, b, c, a.
    model = KNNClassifier(4).fit([[1], [2], [3], [4], [5]], ["c", "b", "b", "c", "a"])
    assert model.predict([[0]]).tolist() == ["b"]
    assert model.set_params(n_neighbors=5).predict([[0]]).tolist() == ["b"]
    assert model.set_params(n_neighbors=1).predict([[0]]).tolist() == ["c"]


def test_a_drawn_tie_is_fair_and_only_among_the_tied():
    rows, labels = np.arange(7)[:, np.newaxis], list("cbabcad")  # a, b and c twice, d once
    model = KNNClassifier(7, ties="random").fit(rows, labels)
    drawn = [model.set_params(random_state=seed).predict([[0]])[0] for seed in range(300)]
    names, counts = np.unique(drawn, return_counts=True)
    assert names.tolist() == ["a", "b", "c"]
    assert np.abs(counts - 100).max() < 35  # more than 4 standard deviations


def test_drawn_ties_depend_on_the_seed_and_the_neighbours_alone(digits):
    train, labels, test, _ = digits
    drawn = KNNClassifier(2, ties="random", random_state=5).fit(train, labels)
    first = KNNClassifier(2).fit(train, labels)
    shares = drawn.predict_proba(test)
    tied = (shares == 0.5).any(axis=1)
    assert tied.sum() > 5
    got = drawn.predict(test)
    np.testing.assert_array_equal(got[~tied], first.predict(test)[~tied])
    assert (shares[np.arange(len(test)), got] == shares.max(axis=1)).all()
    assert (got != first.predict(test)).any()
    # Neither the company of a row matters, nor the machine: the numbers are value-stable.
    order = np.random.default_rng(1).permutation(len(test))
    np.testing.assert_array_equal(drawn.predict(test[order]), got[order])
    np.testing.assert_array_equal(clone(drawn).fit(train, labels).predict(test), got)
    small = KNNClassifier(2, ties="random", random_state=np.int64(5)).fit(
        np.arange(12)[:, np.newaxis], list("ab" * 6)
    )
    assert "".join(small.predict(np.arange(11)[:, np.newaxis] + 0.4)) == "babbabbbbba"


def test_equal_distances_are_in_the_order_of_indices():
    rows = np.zeros((6, 3), np.float32)
    model = KNNClassifier(3).fit(rows, [0, 1, 0, 1, 0, 1])
    distances, indices = model.kneighbors()
    assert indices.tolist() == [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2], [0, 1, 2], [0, 1, 2]]
    assert not distances.any()
    graph = model.kneighbors_graph(mode="distance")
    assert graph.nnz == 18  # zeros are stored
    assert graph.data.dtype == np.float32


def test_works_with_scikit_learns_tools(digits):
    train, labels, test, truth = digits
    pipeline = make_pipeline(StandardScaler(), KNNClassifier())
    search = GridSearchCV(pipeline, {"knnclassifier__n_neighbors": [1, 3]}, cv=2).fit(train, labels)
    assert search.score(test, truth) > 0.8
    again = pickle.loads(pickle.dumps(search.best_estimator_))  # noqa: S301 - our own
    np.testing.assert_array_equal(again.predict(test), search.predict(test))


def test_rows_are_scikit_learns_to_check():
    model = KNNClassifier(1)
    with pytest.raises(NotFittedError):
        model.kneighbors()
    with pytest.raises(TypeError, match="Sparse data was passed for X"):
        model.fit(csr_array(np.eye(3)), [0, 1, 2])
    model.fit(np.eye(3), [0, 1, 2])
    for bad, message in (
        (csr_array(np.eye(3)), "Sparse"),
        ([[np.nan, 0, 0]], "NaN"),
        ([[0, 0]], "2 features"),
        ([0, 0, 0], "1D array"),
        ([["a", "b", "c"]], "numeric|convert"),
    ):
        with pytest.raises((ValueError, TypeError), match=message):
            model.predict(bad)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_neighbors": 0}, "n_neighbors: 0 is too small; give at least 1"),
        ({"metric": "euclid"}, r"metric: 'euclid' is not known \(did you mean 'euclidean'\?\)"),
        ({"metric": np.zeros(2)}, "metric: .* is not known; known are euclidean, cosine"),
        ({"ties": "strict"}, "ties: 'strict' .* give 'first' or 'random'"),
        ({"ties": "last"}, "ties: 'last' is not known"),
        ({"engine": "faiss"}, "engine: 'faiss' is not known; known are exact"),
        ({"n_jobs": 0}, "n_jobs: 0 threads do nothing; give at least 1, or -1"),
        ({"n_jobs": 5000}, "n_jobs: 5000 is too large"),
        ({"random_state": -1}, "random_state: -1 is too small"),
    ],
)
def test_bad_parameters(arguments, message):
    with pytest.raises(InputValueError, match=message):
        KNNClassifier(**arguments).fit(np.eye(6), range(6))
    model = KNNClassifier().fit(np.eye(6), range(6)).set_params(**arguments)
    with pytest.raises(InputValueError, match=message):
        model.predict(np.eye(6))


def test_bad_types():
    for arguments in ({"n_neighbors": 2.5}, {"n_jobs": "all"}, {"random_state": None}):
        with pytest.raises(InputTypeError, match=rf"{next(iter(arguments))}: .* is not a whole number"):
            KNNClassifier(**arguments).fit(np.eye(3), [0, 1, 2])


def test_too_few_rows():
    model = KNNClassifier(5).fit(np.eye(4), [0, 1, 0, 1])
    with pytest.raises(
        InputValueError, match="n_neighbors: 5 is too large; give at most 4, the number of training rows"
    ):
        model.predict(np.eye(4))
    assert model.kneighbors(np.eye(4), 4)[1].shape == (4, 4)
    with pytest.raises(
        InputValueError, match="n_neighbors: 4 is too large; give at most 3, the number of other"
    ):
        model.kneighbors(n_neighbors=4)
    assert model.kneighbors(n_neighbors=3)[1].shape == (4, 3)


def test_bad_mode_and_classes():
    model = KNNClassifier(1).fit(np.eye(3), [0, 1, 2])
    with pytest.raises(InputValueError, match=r"mode: 'distances' is not known .did you mean 'distance'"):
        model.kneighbors_graph(mode="distances")
    names = np.repeat(np.arange(10_001), 2)
    with pytest.raises(InputValueError, match="y: has 10001 classes; give at most 10000"):
        model.fit(np.zeros((len(names), 1)), names)
    with pytest.raises(ValueError, match="Unknown label type"):
        model.fit(np.eye(3), [0.1, 0.2, 0.3])


def test_scikit_learn_is_loaded_when_it_is_used():
    code = (
        "import sys, pynoise, pynoise.knn\n"
        "assert 'sklearn' not in sys.modules and 'scipy' not in sys.modules\n"
        "pynoise.knn.KNNClassifier\n"
        "assert 'sklearn' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
