"""MixNN in the training loop, beside its paper's equations."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from reference import mixnn as reference
from sklearn.metrics import roc_auc_score

from pynoise.analysis import fit_mixture
from pynoise.data import Dataset
from pynoise.errors import InputTypeError, InputValueError, TrainingError, TrainingWarning
from pynoise.methods.mixnn import MixNN
from pynoise.methods.mixnn.mixing import weights_of
from pynoise.noise import CorrectedLabels
from pynoise.training import train

pytestmark = pytest.mark.usefixtures("one_thread")

# Of the paper's 300 epochs, 10 of warm-up and the correction from the 60th on.
# An α of 0.4 lets a label change at once.
SHORT = {"warmup": 2, "correction_start": 3, "alpha": 0.4}
QUICK = {"epochs": 6, "threads": 1, "device": "cpu", "noise": "symmetric", "level": 0.4}


class Watched(MixNN):
    """Keeps what it was given and what it made of it, step by step."""

    def begin(self, training):
        super().begin(training)
        self.steps, self.looks = [], []

    def losses(self, training, batch):
        before = self._targets.clone()
        network = training.network
        weights = {name: values.clone() for name, values in network.state_dict().items()}
        losses, logits = super().losses(training, batch)
        self.steps.append((training.epoch, batch, before, weights, losses.detach(), logits.detach()))
        return losses, logits

    def _look(self, training):
        super()._look(training)
        self.looks.append((training.epoch, training.network.state_dict(), self._view))


@pytest.fixture(scope="module")
def few(digits):
    return Dataset(
        digits.x_train[:300], digits.y_train[:300], digits.x_test, digits.y_test, digits.names, "few"
    )


def watched(few, out, **options):
    method = Watched(**SHORT | options)
    run = train(few, "mlp", out=out, method=method, **QUICK | {"epochs": 5, "batch_size": 64})
    return method, run


@pytest.mark.parametrize("options", [{}, {"k": 3}, {"k": 0}, {"k": 2, "neighbor_targets": "corrected"}])
def test_a_step_is_that_of_the_paper(few, tmp_path, options):
    """Every batch against the equations, example by example."""
    method, run = watched(few, tmp_path / "run", **options)
    given = run.record.noisy
    one_hot = np.eye(10)[given]
    network = run.network()
    inputs = {}
    seen = 0
    for epoch, batch, before, weights, losses, logits in method.steps:
        index = batch.index.numpy()
        for i, row in zip(index, batch.inputs.numpy(), strict=True):
            np.testing.assert_array_equal(inputs.setdefault(i, row), row)  # nothing is augmented here
        if epoch < 2:
            assert batch.partners.shape[1] == 0
            expected = [
                -np.log(reference.softmax(out))[given[i]]
                for i, out in zip(index, logits.double().numpy(), strict=True)
            ]
            np.testing.assert_allclose(losses, expected, rtol=2e-5, atol=1e-6)
            continue
        view = method.looks[epoch - 1][2]
        np.testing.assert_array_equal(batch.partners, view.partners[batch.index])
        network.load_state_dict(weights)
        with torch.no_grad():
            said = network.eval()(batch.inputs).double().softmax(dim=1).numpy()
        targets = before.double().numpy()
        if epoch - 2 + 1 >= SHORT["correction_start"]:
            seen += 1
            for place, i in enumerate(index):
                targets[i] = reference.corrected_target(targets[i], said[place], 0.4)
        clean = view.clean.double().exp().numpy()
        for place, i in enumerate(index):
            beside = batch.partners[place].numpy()
            share = reference.weights([clean[i], *clean[beside]])
            theirs = targets if options.get("neighbor_targets") == "corrected" else one_hot
            expected = reference.loss(
                targets[i], theirs[beside], share, reference.softmax(logits[place].double().numpy())
            )
            assert losses[place] == pytest.approx(expected, rel=1e-4, abs=1e-6)
            for own, j in zip(batch.partner_inputs[place].numpy(), beside, strict=True):
                np.testing.assert_array_equal(inputs.setdefault(j, own), own)
        mixed = np.stack(
            [
                reference.mixture(
                    inputs[i], [inputs[j] for j in beside], reference.weights([clean[i], *clean[beside]])
                )
                for i, beside in zip(index, batch.partners.numpy(), strict=True)
            ]
        )
        network.train()
        with torch.no_grad():
            again = network(torch.tensor(mixed, dtype=torch.float32))
        np.testing.assert_allclose(again, logits, rtol=1e-3, atol=1e-4)
    assert seen


def test_what_is_seen_between_epochs(few, tmp_path):
    """Losses and neighbours are those of the network after the epoch, and of the given labels."""
    method, run = watched(few, tmp_path / "run", k=2)
    view = method.looks[-1][2]
    network, rows = run.network("last"), run.rows[0]
    x = (few.x_train.reshape(len(few.x_train), -1) - run.config["normal"]["mean"]) / run.config["normal"][
        "std"
    ]
    with torch.no_grad():
        logits, features = network.outputs(torch.tensor(x[rows], dtype=torch.float32))
    losses = torch.nn.functional.cross_entropy(
        logits, torch.tensor(run.record.noisy[rows]).long(), reduction="none"
    )
    np.testing.assert_allclose(view.losses, losses, rtol=1e-4, atol=1e-5)
    mixture = fit_mixture(view.losses.numpy())
    np.testing.assert_allclose(
        view.clean[rows], mixture.clean_log_probability(view.losses.numpy()), rtol=1e-5
    )
    assert (view.clean[run.rows[1]] == -torch.inf).all()  # held out: nobody's partner
    for place, i in enumerate(rows):
        found = [few.x_train[rows[j]].tolist() for j in reference.nearest(features.numpy(), place, 2)]
        assert [few.x_train[j].tolist() for j in view.partners[i]] == found


def test_the_figures_are_those_of_the_files(few, tmp_path):
    method, run = watched(few, tmp_path / "run")
    found = CorrectedLabels.load(run.path)
    rows, record = np.sort(run.rows[0]), run.record
    np.testing.assert_array_equal(found.index, rows)
    np.testing.assert_array_equal(found.labels, record.noisy[rows])
    np.testing.assert_array_equal(found.clean, record.clean[rows])
    np.testing.assert_array_equal(found.corrected, found.targets.argmax(axis=1))
    np.testing.assert_allclose(found.targets.sum(axis=1), 1, rtol=1e-5)
    result, last = run.result, run.metrics[-1]
    right = record.noisy[rows] == record.clean[rows]
    assert result["clean_auc"] == pytest.approx(roc_auc_score(right, found.clean_probability), abs=1e-4)
    assert result["clean_auc"] == last["clean_auc"]
    assert result["correction_accuracy"] == found.accuracy == pytest.approx(last["correction_accuracy"])
    assert result["given_accuracy"] == pytest.approx(right.mean())
    assert result["mixnn"]["corrected"] == (found.corrected != found.labels).sum()
    assert result["mixnn"]["doubted"] == (found.clean_probability < 0.5).sum()
    assert last["given_fit"] == pytest.approx((found.pred_probs.argmax(axis=1) == found.labels).mean())
    assert last["true_fit"] == pytest.approx((found.pred_probs.argmax(axis=1) == found.clean).mean())
    partners = method.looks[-1][2].partners.numpy()[rows, 0]
    truth, noisy = record.clean, record.noisy
    agree = truth[partners] == truth[rows]
    assert last["neighbor_agreement"] == pytest.approx(agree.mean())
    assert last["neighbor_agreement_wrong"] == pytest.approx(agree[~right].mean())
    worst = (found.corrected != truth[rows]) & ~agree & ~right & (noisy[partners] != truth[partners])
    assert last["worst_case"] == pytest.approx((worst & (noisy[partners] != noisy[rows])).mean())
    mixture = fit_mixture(found.losses)
    assert last["mixture_clean_mean"] == pytest.approx(mixture.means[0], rel=1e-4)
    assert last["mixture_wrong_deviation"] == pytest.approx(mixture.deviations[1], rel=1e-4)
    text = (run.path / "corrected.csv").read_text().splitlines()
    assert len(text) == 1 + len(rows)
    assert text[0] == "index,given_label,corrected_label,clean_probability,loss,true_label"


def test_gradient_coefficients_are_the_gradient_of_the_loss(few, tmp_path):
    """Fig. 7(b): by the logit of the true class, over the steps of an epoch."""
    method, run = watched(few, tmp_path / "run")
    truth, noisy = run.record.clean, run.record.noisy
    sums = {"clean": [], "wrong": []}
    for epoch, batch, before, _, _, logits in method.steps:
        if epoch > 0:
            continue
        leaf = logits.double().requires_grad_()
        torch.nn.functional.cross_entropy(leaf, before[batch.index].double(), reduction="sum").backward()
        for i, slope in zip(batch.index.tolist(), leaf.grad, strict=True):
            sums["clean" if noisy[i] == truth[i] else "wrong"].append(float(slope[truth[i]]))
    first = run.metrics[0]
    assert first["gradient_clean"] == pytest.approx(np.mean(sums["clean"]), abs=1e-6)
    assert first["gradient_wrong"] == pytest.approx(np.mean(sums["wrong"]), abs=1e-6)


@pytest.mark.parametrize("options", [{}, {"neighbors": "random", "weights": "random"}, {"k": 0}])
def test_a_run_goes_on_as_if_it_had_not_stopped(few, tmp_path, options):
    """In the warm-up, while neighbours are mixed, and while labels are corrected."""
    given = QUICK | {"method": "mixnn", "method_options": SHORT | options}
    whole = train(few, out=tmp_path / "whole", **given)

    class StopError(Exception):
        pass

    for epoch in (1, 3, 5):

        def stop(row, epoch=epoch):
            if row["epoch"] == epoch:
                raise StopError

        with pytest.raises(StopError):
            train(few, out=tmp_path / f"{epoch}", on_epoch=stop, **given)
        again = train(few, out=tmp_path / f"{epoch}", resume=True, **given)
        assert again.result["test_accuracy_last"] == whole.result["test_accuracy_last"]
        one, other = (CorrectedLabels.load(run.path) for run in (again, whole))
        np.testing.assert_array_equal(one.targets, other.targets)
        np.testing.assert_array_equal(one.clean_probability, other.clean_probability)
        np.testing.assert_array_equal(one.warm_losses, other.warm_losses)
        timed = ("seconds", "images_per_second")
        for row, same in zip(again.metrics, whole.metrics, strict=True):
            assert {k: v for k, v in row.items() if not k.endswith(timed)} == {
                k: v for k, v in same.items() if not k.endswith(timed)
            }


def test_weights_where_no_float_holds_the_probabilities():
    """They are shares all the same."""
    clean = torch.tensor([[-1e4, -1e4], [-2e4, -1e4], [0.0, -2000.0]])
    torch.testing.assert_close(
        weights_of("clean", clean, 1.0), torch.tensor([[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]])
    )


def test_random_weights_are_of_the_beta_distribution():
    torch.manual_seed(0)
    for c in (0.01, 0.5, 1.0, 4.0):
        drawn = weights_of("random", torch.zeros(20_000, 2), c)
        torch.testing.assert_close(drawn.sum(dim=1), torch.ones(20_000))
        assert drawn[:, 0].mean() == pytest.approx(0.5, abs=0.01)
        assert drawn[:, 0].var() == pytest.approx(1 / (4 * (2 * c + 1)), rel=0.05)


def test_average_weights_and_no_correction(few, tmp_path):
    method, run = watched(few, tmp_path / "run", k=3, weights="average", correction_start=None)
    np.testing.assert_array_equal(
        CorrectedLabels.load(run.path).corrected, run.record.noisy[np.sort(run.rows[0])]
    )
    assert run.result["correction_accuracy"] == run.result["given_accuracy"]
    assert run.result["mixnn"]["corrected"] == 0
    _, batch, before, _, losses, logits = method.steps[-1]
    targets = (before[batch.index] + before[batch.partners].sum(dim=1)) / 4
    expected = torch.nn.functional.cross_entropy(logits, targets, reduction="none")
    torch.testing.assert_close(losses, expected)


def test_random_partners_are_others_and_change(few, tmp_path):
    method, run = watched(few, tmp_path / "run", k=2, neighbors="random")
    drawn = [view.partners[run.rows[0]] for _, _, view in method.looks]
    learnt = set(run.rows[0].tolist())
    for partners in drawn:
        assert not (partners == torch.from_numpy(run.rows[0])[:, None]).any()
        assert set(partners.unique().tolist()) <= learnt
    assert not torch.equal(drawn[0], drawn[1])
    assert run.metrics[-1]["neighbor_agreement"] < 0.3


def test_hnsw_finds_the_neighbours_and_says_how_many(few, tmp_path):
    pytest.importorskip("hnswlib", reason="needs the package hnswlib")
    _, run = watched(few, tmp_path / "run", neighbors="hnsw", warmup=1)
    assert run.metrics[-1]["neighbor_recall"] == run.result["mixnn"]["neighbor_recall"] >= 0.95
    assert run.metrics[-1]["neighbor_agreement"] > 0.7


def test_without_a_warm_up_its_losses_are_those_of_the_first_weights(few, tmp_path):
    method, run = watched(few, tmp_path / "run", warmup=0)
    found = CorrectedLabels.load(run.path)
    first, later = (view.losses[run.rows[0].argsort()] for _, _, view in method.looks[:2])
    np.testing.assert_array_equal(found.warm_losses, first)
    assert not torch.equal(first, later)


def test_labels_as_they_are(few, tmp_path):
    """Nobody knows what is true: no figure pretends to."""
    run = train(
        few, out=tmp_path / "run", method="mixnn", method_options=SHORT, epochs=5, threads=1, device="cpu"
    )
    assert (
        run.result["clean_auc"] is run.result["correction_accuracy"] is run.result["given_accuracy"] is None
    )
    assert "clean_auc" not in run.metrics[-1]
    found = CorrectedLabels.load(run.path)
    assert found.clean is None
    assert "true_label" not in found.to_csv().splitlines()[0]


def test_settings_are_the_papers_unless_given(few, tmp_path):
    with pytest.warns(TrainingWarning, match="never corrected"):
        run = train(
            few, out=tmp_path / "run", method="mixnn", method_options={"warmup": 1}, epochs=2, threads=1
        )
    settings = run.config["settings"]
    given = {"lr": 0.02, "lr_min": 0.001, "weight_decay": 1e-3, "schedule": "cosine-restarts", "epochs": 2}
    assert {name: settings[name] for name in given} == given
    options = run.config["method_options"]
    assert options["k"] == 1
    assert (options["correction_start"], options["alpha"], options["neighbors"]) == (60, 0.9, "exact")


def test_labels_can_change_only_after_some_epochs(few, tmp_path):
    """Seven with the paper's α: one more, and no warning."""
    given = QUICK | {"method": "mixnn", "method_options": {"warmup": 1, "correction_start": 2}}
    with pytest.warns(TrainingWarning, match="that takes 7 epochs with alpha 0.9, and 6 are left of 8 from"):
        run = train(few, out=tmp_path / "8", **given | {"epochs": 8})
    assert run.result["mixnn"]["corrected"] == 0
    train(few, out=tmp_path / "9", **given | {"epochs": 9})


def test_a_hundred_classes_have_a_longer_warm_up(tmp_path):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(300, 5)), np.arange(300) % 100
    with pytest.warns(TrainingWarning, match="nothing is mixed: the warm-up of 30 epochs is all"):
        run = train(((x, y), (x, y)), out=tmp_path / "run", method="mixnn", epochs=1, threads=1)
    assert run.result["mixnn"]["warmup"] == 30


def test_losses_that_are_all_alike(few, tmp_path):
    """A network that says the same of all: neighbours are averaged, and one warning says so."""

    class Blind(Watched):
        def start_epoch(self, training):
            with torch.no_grad():
                for weights in training.network.parameters():
                    weights.zero_()
            super().start_epoch(training)

    with pytest.warns(TrainingWarning, match="all alike") as caught:
        run = train(
            few,
            "mlp",
            out=tmp_path / "run",
            method=Blind(warmup=1, correction_start=1, alpha=0.4),
            **QUICK | {"lr": 1e-12, "lr_min": 0.0},
        )
    assert len(caught) == 1
    last = run.metrics[-1]
    assert last["mixture_clean_mean"] is None
    assert run.result["mixnn"]["mixture"] is None


def test_losses_that_are_no_numbers(few, tmp_path):
    class Broken(MixNN):
        def end_epoch(self, training):
            with torch.no_grad():
                training.network.last_layer.bias[0] = torch.nan
            return super().end_epoch(training)

    with pytest.raises(TrainingError, match="not a finite number at epoch 1; a smaller learning rate"):
        train(few, out=tmp_path / "run", method=Broken(**SHORT), **QUICK)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"k": -1}, "k: -1 is too small"),
        ({"k": 270}, "k: 270 is too large for 270 examples to learn from"),
        ({"k": 1.5}, "k: 1.5 is not a whole number"),
        ({"neighbors": "hnws"}, "did you mean 'hnsw'"),
        ({"weights": "beta"}, "weights: 'beta' is not known"),
        ({"neighbor_targets": None}, "neighbor_targets: None is not known"),
        ({"alpha": 1.0}, "alpha: 1 is too large; give less than 1"),
        ({"alpha": "a"}, "alpha: 'a' is not a number"),
        ({"concentration": 0}, "concentration: 0 is not within 0.01 to 1e\\+06"),
        ({"concentration": 1e-30}, "concentration: 1e-30 is not within 0.01"),
        ({"concentration": 1e300}, "concentration: 1e\\+300 is not within 0.01"),
        ({"warmup": -1}, "warmup: -1 is too small"),
        ({"correction_start": 0}, "correction_start: 0 is too small; give at least 1"),
        ({"correction_start": "never"}, "'never' is neither a whole number nor None"),
        ({"K": 1}, "'K' is not known"),
    ],
)
def test_options_out_of_range_are_named(few, tmp_path, options, message):
    with pytest.raises((InputValueError, InputTypeError), match=message):
        train(few, out=tmp_path / "run", method="mixnn", method_options=SHORT | options, **QUICK)
    assert not (tmp_path / "run" / "last.pt").exists()


def test_images_that_cannot_be_read_are_nobodys_partner(pets, tmp_path):
    (pets / "train" / "cat" / "03.png").write_bytes(b"no image")
    method = Watched(warmup=1, correction_start=1, alpha=0.4)
    run = train(
        pets, "mlp", out=tmp_path / "run", method=method, skip_corrupt=True, **QUICK | {"validation": 0.0}
    )
    assert [name[-16:] for name in run.result["skipped"]] == ["train/cat/03.png"]
    for _, batch, *_ in method.steps:
        assert 3 not in batch.partners
    found = CorrectedLabels.load(run.path)
    assert found.index.tolist() == [i for i in range(30) if i != 3]
    assert found.files[3].endswith("cat/04.png")
    assert "file" in (run.path / "corrected.csv").read_text().splitlines()[0].split(",")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_cuda_device(few, tmp_path):
    """The same neighbours, mixtures and targets as on the CPU, up to rounding."""
    given = QUICK | {"method": "mixnn", "method_options": SHORT, "precision": "float32"}
    runs = {one: train(few, out=tmp_path / one, **given | {"device": one}) for one in ("cpu", "cuda")}
    one, other = (CorrectedLabels.load(run.path) for run in runs.values())
    assert (one.corrected == other.corrected).mean() > 0.9
    assert runs["cuda"].result["clean_auc"] == pytest.approx(runs["cpu"].result["clean_auc"], abs=0.05)


@pytest.mark.parametrize(("level", "better"), [(0.4, 0.05), (0.6, 0.1)])
def test_digits_under_heavy_noise(digits, tmp_path, level, better):
    """Far better than cross-entropy in the same schedule, and most wrong labels are found and corrected."""
    given = {"noise": "symmetric", "level": level, "threads": 1, "device": "cpu"}
    given |= dict(MixNN.settings) | {"epochs": 40}
    plain = train(digits, out=tmp_path / "plain", **given).result["test_accuracy_last"]
    found = {}
    for k in (1, 3):
        options = {"warmup": 2, "correction_start": 3, "k": k}
        found[k] = train(
            digits, out=tmp_path / f"{k}", method="mixnn", method_options=options, **given
        ).result
        assert found[k]["test_accuracy_last"] >= plain + better / 2
        assert found[k]["correction_accuracy"] > found[k]["given_accuracy"] + 0.1
    assert found[3]["test_accuracy_last"] >= plain + better
    assert found[3]["clean_auc"] >= 0.9


@pytest.mark.filterwarnings("always::pynoise.errors.TrainingWarning")  # else pytest makes it an error
def test_the_command(run):
    code, out, err = run(
        *("train", "--noise", "symmetric", "--level", 0.4, "--method", "mixnn", "--neighbors", "random"),
        *("--epochs", 3, "--set", "warmup=1", "--threads", 1, "--out", "r"),
    )
    assert code == 0
    assert (
        "Warning: labels are never corrected: that takes 7 epochs with alpha 0.9, and 0 are left of 3" in err
    )
    assert "0 labels changed" in out
    assert Path("r/corrected.csv").is_file()
    options = json.loads(Path("r/config.json").read_text())["method_options"]
    assert options["neighbors"] == "random"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--neighbors", "hnws"), "'--neighbors': neighbors: 'hnws' is not known (did you mean 'hnsw'?)"),
        (
            ("--neighbors", "exact", "--set", "neighbors=hnsw"),
            "'--set, --neighbors': neighbors is given twice",
        ),
        (("--set", "k=2000"), "k: 2000 is too large for 1167 examples to learn from; give less"),
        (("--set", "alpha=1"), "alpha: 1 is too large; give less than 1"),
    ],
)
def test_mistakes_on_the_command_line(run, options, message):
    code, _, err = run("train", "--method", "mixnn", "--epochs", 2, *options, "--out", "r")
    assert code == 2
    assert message in err
