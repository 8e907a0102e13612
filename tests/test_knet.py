"""kNet on rows of numbers: what it learns, its estimator, its file."""

import json
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from reference import knet as twin
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import parametrize_with_checks

from pynoise import knn, noise
from pynoise.data import Dataset
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError, TrainingError
from pynoise.knn import KNNClassifier
from pynoise.methods import KNet
from pynoise.methods.knet import KNetwork, agreement
from pynoise.methods.knet.learn import learn
from pynoise.methods.knet.votes import Votes

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
QUICK = {"k_range": (1, 9), "epochs": 3, "n_jobs": 1, "device": "cpu"}


def blobs(count=300, classes=3, columns=5, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    centers = rng.normal(size=(classes, columns)) * 2
    return (centers[labels] + rng.normal(size=(count, columns))).astype(np.float32), labels


@pytest.fixture(scope="module")
def fitted():
    x, y = blobs()
    return KNet(**QUICK).fit(x, np.array(["a", "b", "c"])[y]), x


@parametrize_with_checks([KNet(k_range=(1, 3), hidden=4, epochs=100, lr=0.05, device="cpu", n_jobs=1)])
def test_scikit_learn_checks(estimator, check):
    check(estimator)


# what it learns


@pytest.mark.parametrize("classes", [2, 7])
def test_votes_are_those_of_brute_force(classes):
    x, labels = blobs(60, classes)
    indices, _ = knn.search(x, x, 20, exclude_self=True)
    votes = Votes(indices, labels, classes, CPU)
    rng = np.random.default_rng(1)
    rows, ks = rng.integers(0, 60, 40), rng.integers(1, 21, 40)
    found = votes.shares(torch.from_numpy(rows), torch.from_numpy(ks)).numpy()
    for row, k, shares in zip(rows, ks, found, strict=True):
        np.testing.assert_allclose(shares, twin.shares(x, labels, row, k, classes), rtol=1e-6)


def test_a_row_does_not_vote_for_itself():
    x = np.arange(10, dtype=np.float32)[:, None]
    labels = np.arange(10) % 2
    indices, _ = knn.search(x, x, 1, exclude_self=True)
    votes = Votes(indices, labels, 2, CPU)
    ones = torch.ones(10, dtype=torch.int64)
    found = votes.shares(torch.arange(10), ones).argmax(dim=1).numpy()
    assert (found != labels).all()


def test_the_network_is_that_of_the_paper():
    network = KNetwork(256, 10, 16, (1, 101))
    assert sum(weights.numel() for weights in network.parameters()) == 4330  # protocols: d = 256, hidden 16
    assert [type(part).__name__ for part in network.children()] == ["Linear", "BatchNorm1d", "Linear"]
    assert network.first.in_features == 257


def test_the_network_equals_its_twin(fitted, tmp_path):
    model, x = fitted
    model.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as file:
        arrays = dict(file)
    for k in (1, 5, 9):
        hidden, shares = twin.network(arrays, (1, 9), x, k)
        np.testing.assert_allclose(model.hidden_layer(x, k), hidden, atol=2e-5)
        np.testing.assert_allclose(model.predict_proba(x, k), shares, atol=2e-6)


@pytest.mark.parametrize("loss", ["cross-entropy", "kl"])
def test_losses_are_those_of_numpy(loss):
    """In the first epoch of one step the loss is that of the first weights, in training mode."""
    x, labels = blobs(40)
    indices, _ = knn.search(x, x, 9, exclude_self=True)
    votes = Votes(indices, labels, 3, CPU)
    torch.manual_seed(0)
    network = KNetwork(5, 3, 4, (4, 4))
    with torch.no_grad():
        logits = network(torch.from_numpy(x), torch.full((40,), 4)).double().numpy()
    wanted = []
    for row in range(40):
        share = twin.shares(x, labels, row, 4, 3)
        log = logits[row] - np.log(np.exp(logits[row]).sum())
        entropy = -sum(v * np.log(v) for v in share if v > 0)
        wanted.append(-(share * log).sum() - (entropy if loss == "kl" else 0))
    options = {"epochs": 1, "batch_size": 64, "lr": 0.01, "report": lambda done, total: None}
    found = learn(network, torch.from_numpy(x), votes, loss=loss, **options)
    np.testing.assert_allclose(found, [np.mean(wanted)], rtol=1e-5)


def test_both_losses_learn_the_same():
    """KL is cross-entropy less the entropy of the votes: the gradient is the same."""
    x, y = blobs()
    ours, theirs = (KNet(**QUICK, loss=loss).fit(x, y) for loss in ("cross-entropy", "kl"))
    np.testing.assert_allclose(ours.predict_proba(x, 3), theirs.predict_proba(x, 3), atol=1e-4)
    assert theirs.loss_curve_[-1] < ours.loss_curve_[-1] - 0.02


def test_it_learns_the_votes_and_how_they_depend_on_k():
    """Two classes on a line: the share that K-NN gives in the middle of noise is what kNet gives."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (2000, 1))
    y = (rng.random(2000) < np.where(x[:, 0] > 0, 0.8, 0.3)).astype(int)
    model = KNet(k_range=(1, 1001), device="cpu", n_jobs=1).fit(x, y)
    # Of the 1,001 nearest to ±0.3 some lie beyond the step, of the 101 nearest none.
    places = [[-0.7], [-0.3], [0.3], [0.7]]
    found, _ = knn.search(x, places, 1001)
    for k in (101, 1001):
        shares = knn.label_histograms(found, y, [k], 2)[0] / k
        np.testing.assert_allclose(model.predict_proba(places, k), shares, atol=0.1 if k == 101 else 0.05)
    few, many = (model.predict_proba(places, k)[:, 1] for k in (1, 1001))
    np.testing.assert_allclose(few, [0.3, 0.3, 0.8, 0.8], atol=0.06)
    assert few[1] < many[1] - 0.05
    assert few[2] > many[2] + 0.03


def test_it_resists_noise_at_k_1_and_knn_does_not():
    x, y = blobs(3000, columns=8)
    train, test = slice(0, 2000), slice(2000, None)
    noisy = noise.make(y[train], "symmetric", 0.4, seed=1).noisy
    ours = KNet(device="cpu", n_jobs=1, epochs=20).fit(x[train], noisy)
    theirs = KNNClassifier(1, n_jobs=1).fit(x[train], noisy)
    far = KNNClassifier(51, n_jobs=1).fit(x[train], noisy)
    assert ours.predict(x[test], 1).shape == (1000,)
    accuracy = (ours.predict(x[test], 1) == y[test]).mean()
    assert accuracy > theirs.score(x[test], y[test]) + 0.2
    assert accuracy > far.score(x[test], y[test]) - 0.02


def test_agreement_is_what_the_paper_plots():
    knn_shares, knet_shares = np.array([[1, 0], [0.5, 0.5]]), np.array([[0.8, 0.2], [0.5, 0.5]])
    found = agreement(knn_shares, knet_shares)
    assert found == pytest.approx({"difference": 0.1, "knn_maximum": 0.75, "knet_maximum": 0.65})


# the estimator


def test_the_same_seed_gives_the_same(fitted):
    model, x = fitted
    again = clone(model).fit(x, model.classes_[blobs()[1]])
    np.testing.assert_array_equal(again.predict_proba(x), model.predict_proba(x))
    other = clone(model).set_params(random_state=1).fit(x, model.classes_[blobs()[1]])
    assert (other.predict_proba(x) != model.predict_proba(x)).any()
    state = torch.get_rng_state()
    clone(model).fit(x, blobs()[1])
    assert torch.equal(state, torch.get_rng_state())


def test_k_is_the_middle_of_the_range_by_default(fitted):
    model, x = fitted
    np.testing.assert_array_equal(model.predict_proba(x), model.predict_proba(x, 5))
    assert (model.predict_proba(x, 1) != model.predict_proba(x, 9)).any()
    assert KNet(k_range=7, epochs=1, device="cpu").fit(x, blobs()[1]).network_.k_range == (7, 7)


def test_k_outside_the_range_is_refused_unless_asked_for(fitted):
    model, x = fitted
    message = r"^k: 10 is outside the range that it has learnt, 1\.\.9; give a K within it, or allow others"
    for ask in (model.predict, model.predict_proba, model.hidden_layer):
        with pytest.raises(InputValueError, match=message):
            ask(x, 10)
        assert len(ask(x, 10, extrapolate=True)) == len(x)
        with pytest.raises(InputValueError, match=r"^k: 0 is too small"):
            ask(x, 0, extrapolate=True)
    with pytest.raises(InputTypeError, match="extrapolate"):
        model.predict(x, 10, extrapolate=1)


def test_shapes_and_sums(fitted):
    model, x = fitted
    shares = model.predict_proba(x[:7], 3)
    assert shares.shape == (7, 3)
    assert shares.dtype == np.float64
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-12)
    assert set(model.predict(x)) <= {"a", "b", "c"}
    assert model.hidden_layer(x).shape == (300, 16)
    assert model.n_parameters_ == (5 + 1) * 16 + 16 + 2 * 16 + 16 * 3 + 3
    assert len(model.loss_curve_) == 3
    wide = np.random.default_rng(0).normal(size=(40, 640))
    assert KNet(**QUICK).fit(wide, blobs(40)[1]).hidden_layer(wide).shape == (40, 40)


def test_rows_are_told_apart_block_by_block(fitted, monkeypatch):
    model, x = fitted
    whole = model.predict_proba(x)
    monkeypatch.setattr("pynoise.methods.knet.estimator._NUMBERS", 35)  # seven rows of five
    np.testing.assert_allclose(model.predict_proba(x), whole, rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float16, np.float32, np.float64])
def test_dtypes(dtype):
    rng = np.random.default_rng(0)
    x = rng.integers(0, 9, (60, 3))
    y = (x[:, 0] > 4).astype(int)
    found = KNet(**QUICK).fit(x.astype(dtype), y).predict_proba(x.astype(dtype))
    np.testing.assert_allclose(found, KNet(**QUICK).fit(x, y).predict_proba(x), atol=1e-5)


@pytest.mark.parametrize("rows", [2, 3, 5, 7])
def test_few_rows(rows):
    x, y = np.eye(rows), np.arange(rows) % 2
    model = KNet(k_range=1, batch_size=2, epochs=2, device="cpu", n_jobs=1).fit(x, y)
    assert np.isfinite(model.predict_proba(x)).all()


def test_rows_that_are_all_alike():
    x, y = np.ones((20, 2)), np.arange(20) % 2
    np.testing.assert_allclose(KNet(**QUICK).fit(x, y).predict_proba(x), 0.5, atol=0.2)


def test_a_shift_and_a_scale_of_the_rows_change_nothing_but_rounding():
    x, y = blobs()
    ours, theirs = KNet(**QUICK).fit(x, y), KNet(**QUICK).fit(x * 256 + 512, y)
    np.testing.assert_allclose(theirs.predict_proba(x * 256 + 512), ours.predict_proba(x), atol=1e-3)


def test_neighbours_that_are_there_are_not_searched_again(monkeypatch, tmp_path):
    x, y = blobs()
    dataset = Dataset(x, y, x, y, ("a", "b", "c"), "blobs")
    near = knn.neighbors(dataset, 12, of="train")
    searched = KNet(**QUICK).fit(x, y)
    monkeypatch.setattr("pynoise.methods.knet.estimator.search", None)
    given = KNet(**QUICK).fit(x, y, neighbors=near)
    np.testing.assert_array_equal(given.predict_proba(x), searched.predict_proba(x))
    near.save(tmp_path / "near.npz")
    assert KNet(**QUICK).fit(x, y, neighbors=tmp_path / "near.npz").n_features_in_ == 5


NEAR = {
    "other rows": ({"shift": 1}, {}, r"^neighbors: .* is of the rows .*, not of these; search these"),
    "too few": ({}, {"k_range": (1, 13)}, r"^neighbors: .* has 12 of each row; 13 are wanted for k_range"),
    "metric": ({}, {"metric": "cosine"}, r"^neighbors: .* is by the metric 'euclidean', not by 'cosine'"),
}


def test_indices_of_a_search_are_neighbours():
    x, y = blobs()
    indices, _ = knn.search(x, x, 12, exclude_self=True)
    found = KNet(**QUICK).fit(x, y, neighbors=indices).predict_proba(x)
    np.testing.assert_array_equal(found, KNet(**QUICK).fit(x, y).predict_proba(x))
    for wrong in (indices[:, :8], indices[:9], indices.astype(float), indices[0], indices - 1, indices + 1):
        with pytest.raises(InputValueError, match=r"^neighbors: is "):
            KNet(**QUICK).fit(x, y, neighbors=wrong)


@pytest.mark.parametrize("case", NEAR)
def test_neighbours_of_something_else_are_refused(case):
    changed, parameters, message = NEAR[case]
    x, y = blobs()
    dataset = Dataset(x, y, x, y, ("a", "b", "c"), "blobs")
    near = knn.neighbors(dataset, 12, of="train")
    with pytest.raises(InputValueError, match=message):
        KNet(**QUICK | parameters).fit(x + changed.get("shift", 0), y, neighbors=near)
    with pytest.raises(InputValueError, match=r"^neighbors: .* has those of the test examples"):
        KNet(**QUICK).fit(x, y, neighbors=knn.neighbors(dataset, 12))


def test_progress_tells_of_both_phases():
    x, y = blobs()
    told = []
    KNet(**QUICK).fit(x, y, progress=lambda *words: told.append(words))
    assert [words for words in told if words[0] == "kNet"] == [("kNet", epoch, 3) for epoch in (1, 2, 3)]
    assert told[0][0] == "neighbours"
    with pytest.raises(InputTypeError, match="progress"):
        KNet(**QUICK).fit(x, y, progress=1)


WRONG = {
    "k_range of words": ({"k_range": "1,9"}, InputTypeError, r"^k_range: '1,9' is not a smallest and a larg"),
    "k_range of three": ({"k_range": (1, 2, 3)}, InputTypeError, r"^k_range: \(1, 2, 3\) is not"),
    "k_range from 0": ({"k_range": (0, 3)}, InputValueError, r"^k_range: 0 is too small"),
    "k_range backwards": (
        {"k_range": (5, 3)},
        InputValueError,
        r"^k_range: \(5, 3\) goes down",
    ),
    "k_range of floats": ({"k_range": (1.5, 3)}, InputTypeError, r"^k_range: 1.5 is not a whole number"),
    "k_range as many": (
        {"k_range": (1, 300)},
        InputValueError,
        r"^k_range: goes up to K = 300, and each of 300 rows has 299 others; give more rows, or a smaller K",
    ),
    "k_range too far": (
        {"k_range": (1, 10**6)},
        InputValueError,
        r"^k_range: 1000000 is too large; .* 10000",
    ),
    "hidden": ({"hidden": 0}, InputValueError, r"^hidden: 0 is too small"),
    "hidden beyond": ({"hidden": 10**13}, InputValueError, r"^hidden: 10000000000000 is too large"),
    "hidden true": ({"hidden": True}, InputTypeError, r"^hidden: True is not a whole number"),
    "metric": ({"metric": "euklid"}, InputValueError, r"^metric: 'euklid' is not known \(did you mean"),
    "loss": ({"loss": "ce"}, InputValueError, r"^loss: 'ce' is not known"),
    "epochs": ({"epochs": 0}, InputValueError, r"^epochs: 0 is too small"),
    "batch_size": ({"batch_size": 1}, InputValueError, r"^batch_size: 1 is too small"),
    "lr": ({"lr": 0}, InputValueError, r"^lr: 0 is not a finite number above 0"),
    "lr nan": ({"lr": float("nan")}, InputValueError, r"^lr: nan is not a finite number"),
    "engine": ({"engine": "faiss"}, InputValueError, r"^engine: 'faiss' is not known"),
    "device": ({"device": "gpu"}, InputValueError, r"^device: 'gpu' is no device"),
    "n_jobs": ({"n_jobs": 0}, InputValueError, r"^n_jobs: 0 threads do nothing"),
    "seed": ({"random_state": -1}, InputValueError, r"^random_state: -1 is too small"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_parameters_are_named(case):
    parameters, kind, message = WRONG[case]
    with pytest.raises(kind, match=message):
        KNet(**QUICK | parameters).fit(*blobs())


def test_wrong_data_are_named(fitted):
    model, x = fitted
    with pytest.raises(InputValueError, match=r"^y: has one class alone: .*; give two classes or more"):
        KNet(**QUICK).fit(x, np.zeros(300))
    with pytest.raises(ValueError, match="X has 4 features, but KNet is expecting 5 features as input"):
        model.predict(x[:, :4])
    with pytest.raises(NotFittedError):
        KNet().predict(x)
    with pytest.raises(NotFittedError):
        KNet().save("m.npz")
    with pytest.raises(ValueError, match="NaN"):
        KNet(**QUICK).fit(np.where(x == x[3, 2], np.nan, x), blobs()[1])
    with pytest.raises(InputValueError, match=r"^X: has values so far from those that were fitted"):
        model.predict(x.astype(np.float64) * 1e300)


def test_a_rate_that_is_too_high_is_an_error():
    with pytest.raises(TrainingError, match=r"^kNet's loss or weights .* in epoch 1 .*; give a smaller lr"):
        KNet(**QUICK | {"lr": 1e30}).fit(*blobs())
    # In the last step, after which there is no loss to tell.
    with pytest.raises(TrainingError, match="give a smaller lr"):
        KNet(**QUICK | {"lr": 1e20, "epochs": 1, "batch_size": 300}).fit(*blobs())


@pytest.mark.parametrize("columns", [5, 3])
def test_a_fit_that_fails_is_none(columns, tmp_path):
    """Nor does what was fitted before remain."""
    x, y = blobs()
    model = KNet(**QUICK).fit(x, y)

    def stop(phase, done, total):
        if phase == "kNet":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        model.fit(x[:, :columns], y, progress=stop)
    with pytest.raises(NotFittedError):
        model.predict(x)
    with pytest.raises(NotFittedError):
        model.save(tmp_path / "m.npz")
    with pytest.raises(NotFittedError):
        _ = model.n_parameters_
    assert not list(tmp_path.iterdir())


def test_threads_of_the_caller_change_nothing():
    x, y = blobs()
    wanted = KNet(**QUICK).fit(x, y).predict_proba(x)
    state = torch.get_rng_state()
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: KNet(**QUICK).fit(x, y).predict_proba(x), range(3)))
    for shares in found:
        np.testing.assert_array_equal(shares, wanted)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize("scale", [1e-100, 1e-25, 1e20, 1e37, 1e100])
def test_scales_change_nothing(scale):
    x, y = blobs()
    x = x.astype(np.float64)
    found = KNet(**QUICK).fit(x * scale, y).predict_proba(x * scale)
    np.testing.assert_allclose(found, KNet(**QUICK).fit(x, y).predict_proba(x), atol=1e-3)


@pytest.mark.parametrize("offset", [1e6, 1e8, 1e11])
def test_offsets_change_nothing(offset):
    x, y = blobs()
    x = x.astype(np.float64)
    found = KNet(**QUICK).fit(x + offset, y).predict_proba(x + offset)
    np.testing.assert_allclose(found, KNet(**QUICK).fit(x, y).predict_proba(x), atol=1e-2)


def test_rows_that_cannot_be_scaled_are_refused():
    x, y = blobs()
    with pytest.raises(InputValueError, match=r"^X: differs by .* at most, which float64 cannot scale"):
        KNet(**QUICK).fit(x.astype(np.float64) * 1e-310, y)


def test_numbers_of_numpys_may_be_parameters(tmp_path):
    x, y = blobs()
    numbers = {
        "hidden": np.int64(8),
        "epochs": np.int32(2),
        "lr": np.float32(0.01),
        "random_state": np.int64(3),
    }
    model = KNet(**QUICK | numbers | {"k_range": np.array([1, 9])}).fit(x, y)
    model.save(tmp_path / "m.npz")
    loaded = KNet.load(tmp_path / "m.npz")
    assert (loaded.hidden, loaded.epochs, loaded.random_state, loaded.k_range) == (8, 2, 3, (1, 9))
    np.testing.assert_array_equal(loaded.predict_proba(x), model.predict_proba(x))


def test_what_is_set_after_a_fit_is_not_saved_as_fitted(fitted, tmp_path):
    model, x = fitted
    other = pickle.loads(pickle.dumps(model)).set_params(hidden=0, metric="cosine")  # noqa: S301 - our own
    np.testing.assert_array_equal(other.predict_proba(x), model.predict_proba(x))
    other.save(tmp_path / "m.npz")
    assert KNet.load(tmp_path / "m.npz").metric == "euclidean"


def test_settings_of_torchs_change_nothing(fitted, tmp_path):
    model, x = fitted
    model.save(tmp_path / "m.npz")
    y = model.classes_[blobs()[1]]
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        with torch.inference_mode(), torch.device("meta"):
            loaded = KNet.load(tmp_path / "m.npz")
            again = clone(model).fit(x, y)
            loaded.export(tmp_path / "m.pt2")
    finally:
        torch.set_default_dtype(before)
    for other in (loaded, again):
        np.testing.assert_array_equal(other.predict_proba(x), model.predict_proba(x))
    program = torch.export.load(tmp_path / "m.pt2").module()
    shares = program(torch.from_numpy(x), torch.full((300,), 5)).detach().numpy()
    np.testing.assert_allclose(shares, model.predict_proba(x), atol=1e-6)


def test_rows_of_any_layout():
    x, y = blobs()
    wanted = KNet(**QUICK).fit(x, y).predict_proba(x)
    locked = x.copy()
    locked.flags.writeable = False
    for rows in (np.asfortranarray(x), locked, np.repeat(x, 2, axis=0)[::2], x.astype(">f4"), x.tolist()):
        np.testing.assert_allclose(KNet(**QUICK).fit(rows, y).predict_proba(rows), wanted, atol=1e-6)


# its file


def test_a_saved_model_is_the_same(fitted, tmp_path):
    model, x = fitted
    model.save(tmp_path / "model.npz")
    assert [file.name for file in tmp_path.iterdir()] == ["model.npz"]
    loaded = KNet.load(tmp_path / "model.npz")
    np.testing.assert_array_equal(loaded.predict_proba(x, 3), model.predict_proba(x, 3))
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))
    assert loaded.get_params() == model.get_params() | {"device": "auto", "n_jobs": None}
    assert loaded.loss_curve_ == model.loss_curve_
    assert loaded.n_features_in_ == 5
    copied = pickle.loads(pickle.dumps(model))  # noqa: S301 - scikit-learn's tools do
    np.testing.assert_array_equal(copied.predict_proba(x), model.predict_proba(x))


@pytest.mark.parametrize(
    "classes", [[1, 5, 9], [False, True], [0.0, 2.0], ["é", "b"], np.array(["x", "yy"], object)]
)
def test_classes_of_any_kind_are_kept(classes, tmp_path):
    x, y = blobs(classes=len(classes))
    model = KNet(**QUICK).fit(x, np.asarray(classes)[y])
    model.save(tmp_path / "m.npz")
    loaded = KNet.load(tmp_path / "m.npz")
    np.testing.assert_array_equal(loaded.predict(x), model.predict(x))


def test_a_model_works_without_its_training_data(fitted, tmp_path):
    """In a process of its own that has the file alone."""
    model, x = fitted
    model.save(tmp_path / "model.npz")
    assert (tmp_path / "model.npz").stat().st_size < 10_000
    code = (
        "import sys, json; from pynoise.methods import KNet; "
        "print(json.dumps(KNet.load(sys.argv[1]).predict_proba(json.loads(sys.argv[2]), 3).tolist()))"
    )
    command = [sys.executable, "-c", code, tmp_path / "model.npz", json.dumps(x[:3].tolist())]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    np.testing.assert_allclose(json.loads(found.stdout), model.predict_proba(x[:3], 3), rtol=1e-5)


def damaged(arrays, meta):
    yield "no weights", {name: a for name, a in arrays.items() if name != "last.weight"}, meta
    yield "other shape", arrays | {"last.weight": arrays["last.weight"][:, :3]}, meta
    yield "not finite", arrays | {"last.bias": np.full(3, np.nan, np.float32)}, meta
    yield "words", arrays | {"last.bias": np.array(["a", "b", "c"])}, meta
    yield "no classes", arrays | {"classes": np.zeros((3, 3))}, meta
    yield "other format", arrays, meta | {"format": 99}
    yield "other record", arrays, meta | {"record": "noise"}
    yield "no parameters", arrays, {name: value for name, value in meta.items() if name != "parameters"}
    yield "unknown parameter", arrays, meta | {"parameters": meta["parameters"] | {"wings": 2}}
    yield "no range", arrays, meta | {"parameters": meta["parameters"] | {"k_range": "1"}}
    yield "a range backwards", arrays, meta | {"parameters": meta["parameters"] | {"k_range": [9, 1]}}
    yield "no losses", arrays, meta | {"loss_curve": "abc"}
    yield "negative variance", arrays | {"norm.running_var": -arrays["norm.running_var"]}, meta
    yield "double weights", arrays | {"first.weight": arrays["first.weight"].astype(float)}, meta
    yield "no factor", arrays | {"factor": np.zeros(())}, meta
    yield "classes twice", arrays | {"classes": np.array(["a", "a", "b"])}, meta
    yield "one name", arrays | {"feature_names": np.array(["a"])}, meta
    yield "a range beyond", arrays, meta | {"parameters": meta["parameters"] | {"k_range": [1, 10**400]}}
    yield "one true", arrays, meta | {"parameters": meta["parameters"] | {"k_range": [True, 9]}}
    huge = {"first.weight": np.zeros((30_000, 6), np.float32), "classes": np.arange(9_999)}
    yield "huge", arrays | huge, meta


def test_damaged_files_are_refused(fitted, tmp_path):
    model, _ = fitted
    model.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz") as file:
        arrays = dict(file)
    meta = json.loads(arrays.pop("meta").item())
    count = 0
    for name, content, words in damaged(arrays, meta):
        path = tmp_path / f"{name}.npz"
        np.savez(path, meta=np.array(json.dumps(words)), **content)
        with pytest.raises(InputValueError, match=r"^path: .*will not do: .*wanted is a file that"):
            KNet.load(path)
        count += 1
    assert count == 20
    whole = (tmp_path / "m.npz").read_bytes()
    for length in (0, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.npz").write_bytes(whole[:length])
        with pytest.raises(InputValueError, match=r"^path: "):
            KNet.load(tmp_path / "cut.npz")
    with pytest.raises(InputFileNotFoundError, match=r"^path: there is no file"):
        KNet.load(tmp_path / "none.npz")
    with pytest.raises(InputTypeError, match=r"^path: "):
        KNet.load(3)
    with pytest.raises(InputValueError, match=r"^path: .*\.npz"):
        model.save(tmp_path / "m.txt")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_learns_what_the_cpu_does():
    x, y = blobs()
    ours, theirs = (KNet(**QUICK | {"device": device}).fit(x, y) for device in ("cpu", "cuda"))
    np.testing.assert_allclose(ours.predict_proba(x), theirs.predict_proba(x), atol=1e-2)
    assert next(theirs.network_.parameters()).device.type == "cpu"


def test_the_number_of_threads_changes_nothing():
    x, y = blobs()
    one, two = (KNet(**QUICK | {"n_jobs": jobs}).fit(x, y) for jobs in (1, 2))
    for name, weights in one.network_.state_dict().items():
        assert torch.equal(weights, two.network_.state_dict()[name])
