"""Unknown noise: what is found of it, and its file."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from reference import estimate as twin

import pynoise
from pynoise import data, knn, noise
from pynoise._fingerprint import Fingerprint
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.noise.triples import Triples, fit

DENSE = np.array([[0.7, 0.1, 0.2], [0.05, 0.6, 0.35], [0.2, 0.2, 0.6]])


def table_of(prior, transition):
    """The expected shares of the triples, as counts of 1."""
    shares = {}
    for triple, share in twin.expected(prior, transition).items():
        ordered = tuple(sorted(triple))
        shares[ordered] = shares.get(ordered, 0) + share
    seen = {triple: share for triple, share in shares.items() if share > 0}
    return Triples(np.array(list(seen), np.int32), np.array(list(seen.values())))


def groups(classes, count, seed=0, weights=None):
    """Examples in groups of three, far from the others: features [3·count, 1] and clean labels."""
    clean = np.random.default_rng(seed).choice(classes, count, p=weights)
    places = np.arange(count)[:, None] * 10.0 + [0, 1, 2]
    return places.reshape(-1, 1), np.repeat(clean, 3).astype(np.int32)


def neighbours_of(x):
    """The neighbours in such groups, as a record."""
    group = np.arange(len(x)).reshape(-1, 3)
    indices = group[:, [[1, 2], [0, 2], [1, 0]]].reshape(-1, 2).astype(np.int32)
    rows = Fingerprint.of(x)
    distances = abs(x[indices, 0] - x).astype(np.float32)
    statistics = knn.SearchStatistics("exact", len(x) ** 2)
    parts = (None, 0, rows, rows, "groups", statistics, 0.0, {})
    return knn.Neighbors(indices, distances, "euclidean", "exact", "train", *parts)


def test_neighbours_in_groups_are_those_of_the_search():
    x, _ = groups(3, 100)
    indices, distances = knn.search(x, x, 2, exclude_self=True)
    np.testing.assert_array_equal(neighbours_of(x).indices, indices)
    np.testing.assert_array_equal(neighbours_of(x).distances, distances)


@pytest.mark.parametrize(
    ("prior", "transition"),
    [
        ([0.3, 0.7], [[0.8, 0.2], [0.1, 0.9]]),
        ([0.2, 0.5, 0.3], DENSE),
        ([0.2, 0.5, 0.3], np.eye(3)),
        ([0.2, 0.5, 0.3], 0.6 * np.eye(3) + 0.4 * np.roll(np.eye(3), 1, axis=1)),
        ([0.1] * 10, 0.4 * np.eye(10) + 0.06),
        ([0.1] * 10, 0.55 * np.eye(10) + 0.45 * np.roll(np.eye(10), 1, axis=1)),
        (np.arange(1, 6) / 15, 0.7 * np.eye(5) + 0.3 * np.eye(5)[[1, 0, 3, 2, 2]]),
    ],
)
def test_the_matrix_of_an_exact_table_is_found(prior, transition):
    transition = np.asarray(transition)
    found = fit(table_of(prior, transition.tolist()), len(prior))
    assert found.converged
    np.testing.assert_allclose(found.transition, transition, atol=1e-5)
    np.testing.assert_allclose(found.prior, prior, atol=1e-5)


def test_equals_its_twin():
    x, clean = groups(3, 200)
    noisy = noise.make(clean, "matrix", 0.8, matrix=DENSE, seed=3).noisy
    found = noise.estimate(x, noisy)
    indices, _ = knn.search(x, x, 2, exclude_self=True)
    prior, transition = twin.fit(twin.counted(noisy.tolist(), indices.tolist()), 3, 2000)
    np.testing.assert_allclose(found.transition, transition, atol=1e-5)
    np.testing.assert_allclose(found.prior, prior, atol=1e-5)


def test_one_step_equals_its_twin():
    x, clean = groups(3, 100)
    noisy = noise.make(clean, "symmetric", 0.3, seed=3).noisy
    indices, _ = knn.search(x, x, 2, exclude_self=True)
    triples = Triples.of(noisy, indices)
    table = twin.counted(noisy.tolist(), indices.tolist())
    start = [0.7 * np.eye(3) + 0.3 * triples.marginal(3), triples.marginal(3)]
    likelihood = twin.step(table, start[1].tolist(), start[0].tolist())[2]
    assert fit(triples, 3).log_likelihood[0] == pytest.approx(likelihood, rel=1e-12)
    # The entropy is the likelihood of a model that fits every ordered triple.
    sums = {}
    for triple, share in table.items():
        sums[tuple(sorted(triple))] = sums.get(tuple(sorted(triple)), 0) + share
    orders = {one: len(set(product(one, repeat=3)) & permuted(one)) for one in sums}
    entropy = -sum(share * np.log(share / orders[one]) for one, share in sums.items())
    assert triples.entropy() == pytest.approx(entropy, rel=1e-12)


def permuted(one):
    a, b, c = one
    return {(a, b, c), (a, c, b), (b, a, c), (b, c, a), (c, a, b), (c, b, a)}


# The mean error that chance allows: about twice what was seen.
@pytest.mark.parametrize(
    ("kind", "level", "classes", "count", "limit"),
    [
        ("symmetric", 0.2, 2, 20_000, 0.01),
        ("flip", 0.3, 2, 20_000, 0.01),
        ("symmetric", 0.4, 3, 20_000, 0.015),
        ("flip", 0.45, 3, 20_000, 0.01),
        ("uniform", 0.5, 10, 20_000, 0.008),
        ("flip", 0.45, 10, 20_000, 0.004),
        ("symmetric", 0.6, 10, 20_000, 0.012),
        ("symmetric", 0.2, 100, 50_000, 0.002),
        ("flip", 0.45, 100, 50_000, 0.001),
    ],
)
def test_noise_in_groups_of_three_is_found(kind, level, classes, count, limit):
    x, clean = groups(classes, count, seed=5)
    record = noise.make(clean, kind, level, seed=6)
    found = noise.estimate(x, record.noisy, neighbors=neighbours_of(x))
    error = found.error(record.transition)
    assert error.mean < limit
    assert abs(found.noise_rate - record.realised_rate) < 0.02
    assert found.dominant
    np.testing.assert_allclose(found.transition.sum(axis=1), 1, rtol=1e-12)
    assert found.prior.sum() == pytest.approx(1)


def test_the_prior_is_that_of_the_clean_classes():
    weights = [0.5, 0.3, 0.2]
    x, clean = groups(3, 20_000, weights=weights)
    noisy = noise.make(clean, "flip", 0.4, seed=1).noisy
    found = noise.estimate(x, noisy, neighbors=neighbours_of(x))
    np.testing.assert_allclose(found.prior, np.bincount(clean) / len(clean), atol=0.01)
    assert abs(np.bincount(noisy) / len(noisy) - weights).max() > 0.05


def test_labels_without_noise_are_found_without():
    x, clean = groups(4, 300)
    found = noise.estimate(x, clean)
    assert found.noise_rate == 0
    assert found.divergence < 1e-12
    assert found.agreement == (1, 1, 1)
    np.testing.assert_array_equal(found.transition, np.eye(4))


def test_the_likelihood_never_falls():
    for level, seed in [(0.1, 0), (0.5, 1), (0.9, 2)]:
        x, clean = groups(5, 400, seed)
        noisy = noise.make(clean, "uniform", level, seed=seed).noisy
        indices, _ = knn.search(x, x, 2, exclude_self=True)
        found = fit(Triples.of(noisy, indices), 5)
        assert (np.diff(found.log_likelihood) >= -1e-13).all()


def test_renamed_classes_give_the_renamed_matrix():
    x, clean = groups(4, 5_000)
    matrix = 0.6 * np.eye(4) + 0.4 * np.roll(np.eye(4), 1, axis=1)
    noisy = noise.make(clean, "matrix", 1.0, matrix=matrix, seed=2).noisy
    found = noise.estimate(x, noisy)
    new = np.array([2, 0, 3, 1])
    renamed = noise.estimate(x, new[noisy])
    np.testing.assert_allclose(renamed.transition[np.ix_(new, new)], found.transition, atol=1e-5)
    np.testing.assert_allclose(renamed.prior[new], found.prior, atol=1e-5)


def test_of_all_namings_that_which_keeps_most_labels_is_taken():
    # Most labels are wrong, and the table is that of noise that keeps 0.7 of them: there is no telling.
    x, clean = groups(3, 20_000)
    noisy = noise.make(clean, "flip", 0.7, seed=2).noisy
    found = noise.estimate(x, noisy, neighbors=neighbours_of(x))
    assert found.dominant
    assert found.noise_rate == pytest.approx(0.3, abs=0.01)


def test_flip_noise_on_the_digits():
    digits = data.load("digits")
    for seed in range(3):
        record = noise.make(digits.y_train, "flip", 0.3, seed=seed)
        found = noise.estimate(digits.x_train, record.noisy, names=digits.names)
        error = found.error(record.transition)
        assert error.mean < 0.015
        assert abs(error.rate) < 0.03
        assert [int(row["mistaken_for"]) for row in found.rows] == [*range(1, 10), 0]


@pytest.mark.parametrize(("kind", "level"), [("symmetric", 0.2), ("symmetric", 0.4), ("flip", 0.3)])
def test_noise_on_mnist(mnist, kind, level):
    dataset, found = mnist
    record = noise.make(dataset.y_train, kind, level, seed=4)
    estimated = noise.estimate(dataset.x_train, record.noisy, neighbors=found)
    error = estimated.error(record.transition)
    assert error.mean < 0.01
    # Some neighbours are of another class, which counts as noise.
    assert 0 < error.rate < 0.03


@pytest.fixture(scope="module")
def mnist(data_root):
    """The data, and the neighbours among the training examples."""
    dataset = data.load("mnist", data_root)
    return dataset, knn.neighbors(dataset, 2, of="train")


def test_threads_change_no_bit():
    digits = data.load("digits")
    noisy = noise.make(digits.y_train, "symmetric", 0.4).noisy
    one, many = (noise.estimate(digits.x_train, noisy, threads=threads) for threads in (1, 3))
    assert one.transition.tobytes() == many.transition.tobytes()
    assert one.prior.tobytes() == many.prior.tobytes()


def test_blocks_of_triples_change_nothing_but_rounding(monkeypatch):
    triples = table_of([0.2, 0.5, 0.3], DENSE.tolist())
    whole = fit(triples, 3)
    monkeypatch.setattr("pynoise.noise.triples._BLOCK", 9)
    parts = fit(triples, 3)
    np.testing.assert_allclose(parts.transition, whole.transition, atol=1e-6)


def test_neighbours_that_were_found_before(tmp_path):
    digits = data.load("digits")
    noisy = noise.make(digits.y_train, "flip", 0.3).noisy
    searched = noise.estimate(digits.x_train, noisy, metric="cosine")
    kept = knn.neighbors(digits, 5, of="train", metric="cosine")
    kept.save(tmp_path / "nn.npz")
    for neighbors in (kept, tmp_path / "nn.npz"):
        found = noise.estimate(digits.x_train, noisy, neighbors=neighbors)
        assert found.transition.tobytes() == searched.transition.tobytes()
        assert found.metric == "cosine"
    for wrong, message in [
        (knn.neighbors(digits, 5), "has those of the test examples; find those of the training examples"),
        (knn.neighbors(digits, 1, of="train"), "has one neighbour of each example; find two"),
    ]:
        with pytest.raises(InputValueError, match=message):
            noise.estimate(digits.x_train, noisy, neighbors=wrong)
    with pytest.raises(InputValueError, match=r"the features have other values; give the features that were"):
        noise.estimate(digits.x_train[::-1], noisy, neighbors=kept)
    with pytest.raises(InputTypeError, match="neighbors: is a int; give a file"):
        noise.estimate(digits.x_train, noisy, neighbors=3)


def test_duplicates_are_told():
    x, clean = groups(3, 30)
    assert noise.estimate(x, clean).duplicates == 0
    x[1] = x[0]
    assert noise.estimate(x, clean).duplicates == pytest.approx(2 / 90)


def test_progress_goes_through_search_and_fit():
    x, clean = groups(3, 50)
    calls = []
    noise.estimate(x, clean, progress=lambda *call: calls.append(call))
    phases = [phase for phase, _, _ in calls]
    assert phases == sorted(phases, key=["neighbours", "transition"].index)
    assert calls[-1][1] == calls[-1][2]


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"features": np.array([[0.0], [1], [np.nan], [3]])}, InputValueError, "features: row 2 has a value"),
        ({"features": np.zeros(4)}, InputValueError, "features: has shape (4,); give rows"),
        ({"features": np.full((4, 1), "a")}, InputTypeError, "features: has dtype <U1"),
        ({"features": np.zeros((4, 2)), "metric": "cosine"}, InputValueError, "features: row 0"),
        ({"labels": [0, 1, 1]}, InputValueError, "labels: has 3 labels for 4 rows of features"),
        (
            {"features": np.zeros((2, 1)), "labels": [0, 1]},
            InputValueError,
            "features: has 2 rows; give at least 3",
        ),
        ({"labels": [0, 0, 0, 0]}, InputValueError, "labels: are all 0; give labels of at least two classes"),
        ({"labels": [3, 3, 3, 3]}, InputValueError, "labels: are all 3"),
        ({"labels": [0, 3, 0, 1]}, InputValueError, "labels: never name class 2 of 4"),
        ({"num_classes": 3}, InputValueError, "labels: never name class 2 of 3"),
        (
            {"labels": [0, 1, 2, 1], "num_classes": 2},
            InputValueError,
            "labels: 2 at position 2 is outside 0..1",
        ),
        ({"labels": [0, -1, 2, 1]}, InputValueError, "labels: -1 at position 1 is outside"),
        (
            {"labels": [0, 1000, 2, 1]},
            InputValueError,
            "labels: 1000 at position 1 is outside 0..999, as many",
        ),
        ({"labels": [0, 0.5, 2, 1]}, InputTypeError, "labels: has dtype float64"),
        ({"num_classes": 1}, InputValueError, "num_classes: 1 is too small; give at least 2"),
        ({"num_classes": 1001}, InputValueError, "num_classes: 1001 is too large; give at most 1000"),
        ({"names": ["a"]}, InputValueError, "names: has 1 names for 2 classes"),
        ({"names": [1, 2]}, InputTypeError, "names: [1, 2] is not a sequence of names"),
        ({"names": 3}, InputTypeError, "names: 3 is not a sequence of names"),
        ({"metric": "manhattan"}, InputValueError, "metric: 'manhattan' is not known"),
        ({"engine": "fast"}, InputValueError, "engine: 'fast' is not known"),
        ({"seed": -1}, InputValueError, "seed: -1 is too small"),
        ({"threads": 0}, InputValueError, "threads: 0 is too small"),
        ({"progress": 3}, InputTypeError, "progress: 3 cannot be called"),
        ({"neighbors": "absent.npz"}, InputFileNotFoundError, "neighbors: there is no file"),
    ],
)
def test_bad_arguments(changes, error, message):
    arguments = {"features": np.arange(4.0)[:, None], "labels": [0, 1, 0, 1]} | changes
    with pytest.raises(error) as caught:
        noise.estimate(**arguments)
    assert str(caught.value).startswith(message)


@pytest.fixture(scope="module")
def estimated():
    x, clean = groups(3, 400)
    noisy = noise.make(clean, "flip", 0.3, seed=1).noisy
    return noise.estimate(x, noisy, names=("cat", "dog", "ship")), noisy


def test_the_record(estimated):
    found, noisy = estimated
    assert (found.examples, found.num_classes, found.metric, found.engine) == (1200, 3, "euclidean", "exact")
    assert found.versions["pynoise"] == pynoise.__version__
    assert found.noise_rate == pytest.approx(1 - found.prior @ found.transition.diagonal())
    assert str(found) == f"noise rate {found.noise_rate:.4f}, estimated from 1,200 examples of 3 classes"
    assert found.rows[2] == {
        "class": "ship",
        "prior": found.prior[2],
        "kept": found.transition[2, 2],
        "mistaken_for": "cat",
        "mistaken": found.transition[2, 0],
    }
    found.check(noisy)
    with pytest.raises(InputValueError, match="labels: have other values; the noise was estimated from"):
        found.check(noisy[::-1])
    with pytest.raises(InputValueError, match=r"labels: are int32 \[9\]"):
        found.check(noisy[:9])
    swapped = replace(found, transition=found.transition[[1, 0, 2]], converged=False)
    assert not swapped.dominant
    assert str(swapped).endswith(
        "; the fit did not end by itself; some class does not keep most of its labels"
    )


def test_the_error(estimated):
    found, _ = estimated
    assert found.error(found.transition) == (0, 0, 0)
    true = np.array([[0.7, 0.3, 0], [0, 0.7, 0.3], [0.3, 0, 0.7]])
    error = found.error(true, [0.2, 0.3, 0.5])
    assert error.mean == pytest.approx(abs(found.transition - true).mean())
    assert error.largest == pytest.approx(abs(found.transition - true).max())
    assert error.rate == pytest.approx(found.noise_rate - 0.3)
    for wrong, message in [
        (np.eye(2), r"true_transition: has shape \(2, 2\); the estimate's is \(3, 3\)"),
        (np.eye(3) * 2, "true_transition: has a row that does not sum to 1"),
        (np.full((3, 3), np.nan), "true_transition: has entries that are negative or not finite"),
        ([1.0], r"true_transition: has shape \(1,\)"),
    ]:
        with pytest.raises(InputValueError, match=message):
            found.error(wrong)


def test_the_file(estimated, tmp_path):
    found, noisy = estimated
    path = tmp_path / "noise.npz"
    found.save(path)
    again = noise.EstimatedNoise.load(path)
    assert again.transition.tobytes() == found.transition.tobytes()
    assert again.prior.tobytes() == found.prior.tobytes()
    assert again.path == str(path)
    for name in (
        "names",
        "agreement",
        "duplicates",
        "divergence",
        "features",
        "labels",
        "seconds",
        "versions",
        "converged",
    ):
        assert getattr(again, name) == getattr(found, name)
    again.check(noisy)
    assert noise.is_estimate(path)
    with pytest.raises(InputValueError, match=r"must end in one of \.npz"):
        found.save(tmp_path / "noise.txt")


def rewrite(path, **changes):
    with np.load(path) as content:
        arrays = dict(content)
    if isinstance(changes.get("meta"), dict):
        changes["meta"] = np.array(json.dumps(json.loads(arrays["meta"].item()) | changes["meta"]))
    np.savez(path, **{key: value for key, value in (arrays | changes).items() if value is not None})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"transition": None}, "it has no transition"),
        ({"prior": np.array([0.5, 0.5])}, r"transition: has shape \(3, 3\) for 2 classes"),
        ({"prior": np.array([0.5, 0.5, 0.5])}, "prior: has a row that does not sum to 1"),
        ({"transition": -np.eye(3)}, "transition: has entries that are negative"),
        ({"meta": {"format": 2}}, "format: 2 is not 1"),
        ({"meta": {"record": "neighbours"}}, "it holds 'neighbours', not 'estimated noise'"),
        ({"meta": {"names": ["a"]}}, "names: has 1 names for 3 classes"),
        ({"meta": {"examples": 7}}, r"labels: are int32 \[1200\]"),
        ({"meta": {"labels": {}}}, "its record is damaged"),
        ({"meta": np.array("{")}, "its record is damaged"),
        ({"meta": np.array("[]")}, "its record is damaged"),
        ({"meta": np.array(3)}, "its record is damaged"),
    ],
)
def test_damaged_files(estimated, tmp_path, changes, message):
    path = tmp_path / "noise.npz"
    estimated[0].save(path)
    rewrite(path, **changes)
    with pytest.raises(InputValueError, match=message) as caught:
        noise.EstimatedNoise.load(path)
    assert str(path) in str(caught.value)
    assert "wanted is a file that EstimatedNoise.save wrote" in str(caught.value)


def test_other_files_are_no_estimates(estimated, tmp_path):
    path = tmp_path / "noise.npz"
    estimated[0].save(path)
    whole = path.read_bytes()
    assert not noise.is_estimate(tmp_path / "absent.npz")
    assert not noise.is_estimate(tmp_path)
    assert not noise.is_estimate(3)
    for content in (b"", b"text", whole[:200], whole[:-30]):
        path.write_bytes(content)
        assert not noise.is_estimate(path)
        with pytest.raises(InputValueError, match="will not do"):
            noise.EstimatedNoise.load(path)
    knn.neighbors("digits", 2, queries=5).save(path)
    assert not noise.is_estimate(path)
    for meta in (np.array("3"), np.array("{}"), np.arange(3)):
        np.savez(path, meta=meta)
        assert not noise.is_estimate(path)
