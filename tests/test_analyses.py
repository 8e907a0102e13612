"""What the outputs of trained networks say, beside their noise and their neighbours."""

import numpy as np
import pytest
from reference import neighbors as twin

from pynoise import analysis, data, knn, noise, training
from pynoise.data import Dataset
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError
from pynoise.training import Run
from pynoise.training.analyses import KS

QUICK = {"epochs": 1, "threads": 1}


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def flipped(digits, tmp_path_factory):
    """A run on flipped labels."""
    return training.train(digits, out=tmp_path_factory.mktemp("flip") / "r", noise="flip", level=0.3, **QUICK)


@pytest.fixture(scope="module")
def heaped(digits, flipped, tmp_path_factory):
    """A run on concentrated noise that was made from the features of another, and those features."""
    features = training.extract(flipped, digits)
    record = noise.make(
        digits.y_train, "concentrated", 0.25, features=features.x_train, names=digits.names, seed=3
    )
    return training.train(digits, out=tmp_path_factory.mktemp("heap") / "r", noise=record, **QUICK), features


def test_a_profile_is_that_of_the_arrays(flipped, digits):
    with np.load(flipped.path / "softmax.npz") as file:
        softmax = file["softmax"]
    record = noise.NoisyLabels.load(flipped.path / "noise.npz")
    want = analysis.softmax_profile(softmax, digits.y_test, names=digits.names, noise=record)
    for run, given in ((flipped, None), (flipped.path, None), (str(flipped.path), digits)):
        found = training.profile(run, given)
        assert found.rows == want.rows
        assert found.meta == want.meta
    assert found.rows[1]["expected"] == pytest.approx(0.3)  # flip: from 0 to 1


def test_a_profile_of_clean_labels_expects_nothing(digits, tmp_path):
    run = training.train(digits, out=tmp_path / "r", **QUICK)
    profile = training.profile(run)
    assert {row["expected"] for row in profile.rows} == {None}
    assert profile.meta["noise"] is None


def test_a_profile_of_concentrated_noise_has_its_regions_apart(heaped, digits):
    run, features = heaped
    record = run.record
    inside = record.regions.noisy(features.x_test, digits.y_test)
    assert 0 < inside.sum() < 500
    want = analysis.softmax_profile(
        run.softmax, digits.y_test, names=digits.names, noise=record, noisy_region=inside
    )
    found = training.profile(run, features=features.x_test)
    assert found.rows == want.rows
    assert found.meta["examples"] == {"clean": int((~inside).sum()), "noisy": int(inside.sum())}
    assert training.profile(run, features=features.x_test.tolist()).meta["examples"] == found.meta["examples"]


def test_concentrated_noise_in_the_space_of_the_data_needs_no_features(digits, tmp_path):
    run = training.train(digits, out=tmp_path / "r", noise="concentrated", level=0.25, **QUICK)
    inside = run.record.regions.noisy(digits.x_test, digits.y_test)
    assert training.profile(run).meta["examples"]["noisy"] == inside.sum()


def test_features_that_do_not_fit_are_refused(heaped, flipped):
    run, features = heaped
    with pytest.raises(InputValueError, match="features: are needed: the noise lies in a space of 256"):
        training.profile(run)
    with pytest.raises(InputValueError, match="features: has 1297 rows for 500 labels"):
        training.profile(run, features=features.x_train)
    with pytest.raises(InputValueError, match="features: has 3 columns; the regions have 256"):
        training.profile(run, features=np.zeros((500, 3)))
    with pytest.raises(InputValueError, match="features: has shape"):
        training.profile(run, features=np.zeros(500))
    with pytest.raises(InputValueError, match="features: are for concentrated noise, which this run has not"):
        training.profile(flipped, features=features.x_test)


def test_a_comparison_is_that_of_search_and_counts(flipped, digits):
    ks = [3, 7, 20]
    found = training.compare(flipped, ks=ks)
    parts = training.extract(flipped, digits)
    rows, held = flipped.rows
    assert (len(rows), len(held)) == (1167, 130)
    noisy = noise.NoisyLabels.load(flipped.path / "noise.npz").noisy
    assert (noisy[rows] != digits.y_train[rows]).any()
    nearest, _ = knn.search(parts.x_train[rows], parts.x_test, 20)
    histograms = knn.label_histograms(nearest, noisy[rows], ks, 10)
    want = analysis.compare_to_knn(parts.softmax, histograms, ks, digits.y_test, names=digits.names)
    assert found.rows == want.rows
    assert (found.distances == want.distances).all()
    assert (found.preferred == want.preferred).all()
    # And without the kernels: counts of what is nearest by plain arithmetic.
    slow, _ = twin.search(parts.x_train[rows], parts.x_test[:20], 20)
    assert (histograms[:, :20] == twin.label_histograms(slow, noisy[rows], ks, 10)).all()


def test_a_comparison_of_clean_labels_and_without_validation(digits, tmp_path):
    run = training.train(digits, out=tmp_path / "r", validation=0, **QUICK)
    found = training.compare(run, digits, np.array([4, 9]))
    parts = training.extract(run)
    nearest, _ = knn.search(parts.x_train, parts.x_test, 9)
    histograms = knn.label_histograms(nearest, digits.y_train, [4, 9], 10)
    assert found.rows == analysis.compare_to_knn(parts.softmax, histograms, [4, 9], digits.y_test).rows


def test_k_where_none_is_given(flipped, tmp_path):
    found = training.compare(flipped)
    assert tuple(row["k"] for row in found.rows) == KS == tuple(range(10, 301, 10))
    rng = np.random.default_rng(0)
    for examples, ks in ((34, [10, 20, 30]), (6, [6])):
        y = np.arange(examples) % 2
        own = Dataset(rng.normal(size=(examples, 3)), y, rng.normal(size=(6, 3)), y[:6])
        run = training.train(own, out=tmp_path / f"{examples}", validation=0, **QUICK)
        assert [row["k"] for row in training.compare(run, own).rows] == ks


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"ks": [1168]}, InputValueError, "ks: 1168 is too large; give at most 1167, as many as the network"),
        ({"ks": []}, InputValueError, "ks: is empty; give at least one K"),
        ({"ks": [5, 5]}, InputValueError, "ks: 5 is given twice"),
        ({"ks": ["5"]}, InputTypeError, "ks: '5' is not a whole number"),
        ({"device": "gpu"}, InputValueError, "device: 'gpu' is no device"),
        ({"threads": 0}, InputValueError, "threads: 0 is too small"),
        ({"progress": 3}, InputTypeError, "progress: 3 cannot be called"),
        ({"run": "no"}, InputFileNotFoundError, "run: 'no' is no folder of a run"),
        ({"run": 3}, InputTypeError, "run: 3 is not the path of a folder"),
        ({"data": data.ideal(3, 100)}, InputValueError, "data: ideal is not what .* was trained on"),
    ],
)
def test_arguments_out_of_range_are_named(flipped, given, error, words):
    with pytest.raises(error, match=words):
        training.compare(**{"run": flipped} | given)
    if given.keys() <= {"run", "data"}:
        with pytest.raises(error, match=words):
            training.profile(**{"run": flipped} | given)


def test_progress_counts_features_and_neighbours(flipped):
    calls = []
    training.compare(flipped, ks=[5], progress=lambda *words: calls.append(words))
    phases = list(dict.fromkeys(phase for phase, *_ in calls))
    assert phases[0] == "features"
    assert len(phases) == 2
    assert [call for call in calls if call[0] == "features"][-1] == ("features", 1797, 1797)


def test_images_that_were_skipped_are_left_out(pets, tmp_path):
    rng = np.random.default_rng(0)
    for spoilt in ("train/cat/03.png", "train/dog/00.png", "test/cat/01.png"):
        (pets / spoilt).write_bytes(b"")
    run = training.train(
        pets, out=tmp_path / "r", noise="flip", level=0.2, batch_size=8, validation=0,
        skip_corrupt=True, **QUICK,
    )  # fmt: skip
    assert len(run.result["skipped"]) == 3
    folders = run.data()
    tests = np.delete(np.arange(10), 1)
    found = training.profile(run)
    want = analysis.softmax_profile(
        run.softmax[tests], folders.y_test[tests], names=folders.names, noise=run.record
    )
    assert found.rows == want.rows
    assert found.meta["examples"] == {"all": 9}
    rows = np.delete(np.arange(30), [3, 15])
    parts = training.extract(run)
    nearest, _ = knn.search(parts.x_train[rows], parts.x_test[tests], 28)
    histograms = knn.label_histograms(nearest, run.record.noisy[rows], [5, 28], 2)
    compared = training.compare(run, ks=[5, 28])
    want = analysis.compare_to_knn(parts.softmax[tests], histograms, [5, 28], folders.y_test[tests])
    assert compared.rows == want.rows
    with pytest.raises(InputValueError, match="ks: 29 is too large; give at most 28, as many as the network"):
        training.compare(run, ks=[29])
    assert [row["k"] for row in training.compare(run).rows] == [10, 20]
    # Where noise lies is told by features of those that were seen.
    record = noise.make(
        folders.y_train, "concentrated", 0.5, features=rng.normal(size=(30, 2)), names=folders.names
    )
    other = training.train(
        pets, out=tmp_path / "s", noise=record, batch_size=8, validation=0, skip_corrupt=True,
        **QUICK,
    )  # fmt: skip
    with pytest.raises(InputValueError, match="features: are needed: the noise lies in a space of 2 dimen"):
        training.profile(Run.load(other.path))
    x = rng.normal(size=(10, 2))
    x[1] = np.nan
    assert sum(training.profile(other, features=x).meta["examples"].values()) == 9
