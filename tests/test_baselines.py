"""The losses and methods that others are compared with, beside their papers' equations."""

import json
import subprocess
import sys
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from reference import losses as reference
from torch.nn import functional

from pynoise import methods, noise, training
from pynoise.data import Dataset
from pynoise.errors import (
    InputFileNotFoundError,
    InputTypeError,
    InputValueError,
    TrainingError,
    TrainingWarning,
)
from pynoise.methods.bootstrap import bootstrap_losses
from pynoise.methods.co_teaching import kept_count, taught_losses
from pynoise.methods.forward import forward_losses
from pynoise.methods.gce import gce_losses
from pynoise.methods.label_smoothing import label_smoothing_losses
from pynoise.methods.mixup import mixup_losses
from pynoise.methods.sce import sce_losses
from pynoise.methods.transitions import anchored, smallest_singular_value
from pynoise.training import train

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"threads": 1, "device": "cpu", "validation": 0.0}
NAMES = ("label-smoothing", "gce", "sce", "forward", "bootstrap", "co-teaching")

FLIP = torch.tensor(0.6 * np.eye(4) + 0.4 * np.roll(np.eye(4), 1, axis=1))
# Each loss beside its twin, with the same arguments.
LOSSES = {
    "label smoothing": (label_smoothing_losses, reference.label_smoothing, (0.1,)),
    "label smoothing 0.9": (label_smoothing_losses, reference.label_smoothing, (0.9,)),
    "no smoothing": (label_smoothing_losses, reference.label_smoothing, (0.0,)),
    "gce": (gce_losses, reference.gce, (0.7,)),
    "gce 0.01": (gce_losses, reference.gce, (0.01,)),
    "mean absolute error": (gce_losses, reference.gce, (1.0,)),
    "sce": (sce_losses, reference.sce, (0.1, 1.0, -4.0)),
    "sce reverse": (sce_losses, reference.sce, (0.0, 2.0, -0.5)),
    "bootstrap soft": (bootstrap_losses, reference.bootstrap, ("soft", 0.95)),
    "bootstrap hard": (bootstrap_losses, reference.bootstrap, ("hard", 0.8)),
    "forward": (forward_losses, reference.forward, (FLIP,)),
    "forward identity": (forward_losses, reference.forward, (torch.eye(4, dtype=torch.float64),)),
}


@pytest.fixture(params=LOSSES.values(), ids=LOSSES.keys())
def loss(request):
    function, twin, options = request.param
    return function, twin, options


def shares(weights):
    """Rows that sum to 1; all alike where there are only zeros."""
    weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, 1.0)
    return weights / weights.sum(axis=1, keepdims=True)


def batches(classes=4):
    """Logits [6, L] and targets: labels, or distributions."""
    logits = arrays(float, (6, classes), elements=st.floats(-20, 20))
    labels = arrays(np.int64, 6, elements=st.integers(0, classes - 1))
    soft = arrays(float, (6, classes), elements=st.floats(0, 1)).map(shares)
    return st.tuples(logits, labels | soft)


# The losses


@given(batch=batches())
@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("name", LOSSES)
def test_a_loss_is_its_papers(name, batch):
    function, twin, options = LOSSES[name]
    logits, targets = batch
    found = function(torch.tensor(logits), torch.tensor(targets), *options)
    given = np.eye(4)[targets] if targets.ndim == 1 else targets
    plain = [one.tolist() if isinstance(one, torch.Tensor) else one for one in options]
    wanted = [twin(row, target, *plain) for row, target in zip(logits, given, strict=True)]
    assert found.shape == (6,)
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("soft", [False, True])
def test_gradients_are_those_of_finite_differences(loss, soft):
    function, _, options = loss
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 4, generator=generator, dtype=torch.float64) * 3
    targets = torch.tensor([0, 1, 2, 3, 1])
    if soft:
        targets = torch.rand(5, 4, generator=generator, dtype=torch.float64).softmax(dim=1)
    assert torch.autograd.gradcheck(lambda x: function(x, targets, *options), logits.requires_grad_())


@pytest.mark.parametrize("scale", [1e-4, 1.0, 100.0, 1e4])
def test_any_float32_logits_give_finite_losses_and_gradients(loss, scale):
    function, _, options = loss
    # All signs of four logits: where p is 1, where it is 0, and where it is shared.
    signs = torch.cartesian_prod(*[torch.tensor([-1.0, 1.0])] * 4)
    for label in range(4):
        for targets in (
            torch.full((16,), label),
            torch.eye(4)[label].expand(16, 4),
            torch.full((16, 4), 0.25),
        ):
            logits = (scale * signs).requires_grad_()
            each = function(logits, targets, *options)
            each.sum().backward()
            assert each.dtype == torch.float32
            assert each.isfinite().all()
            assert logits.grad.isfinite().all()


def test_gce_is_bounded_and_cross_entropy_in_the_limit():
    logits = torch.tensor([[0.0, 1e4], [3.0, 1.0]], dtype=torch.float64)
    labels = torch.tensor([0, 0])
    np.testing.assert_allclose(gce_losses(logits, labels, 0.7)[0], 1 / 0.7, rtol=1e-12)
    np.testing.assert_allclose(
        gce_losses(logits, labels, 1e-9),
        functional.cross_entropy(logits, labels, reduction="none"),
        rtol=1e-4,
    )


def test_soft_bootstrap_adds_the_entropy():
    """Gradients come through what the network says: of (1-β) times the entropy of p, too."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 4, generator=generator, dtype=torch.float64).requires_grad_()
    labels = torch.tensor([0, 1, 2, 3, 1])
    p = logits.softmax(dim=1)
    wanted = 0.7 * functional.cross_entropy(logits, labels, reduction="none") - 0.3 * (p * p.log()).sum(dim=1)
    torch.testing.assert_close(bootstrap_losses(logits, labels, "soft", 0.7), wanted)
    slopes = [
        torch.autograd.grad(one.sum(), logits, retain_graph=True)[0]
        for one in (wanted, bootstrap_losses(logits, labels, "soft", 0.7))
    ]
    torch.testing.assert_close(*slopes)


def test_forward_of_the_noise_on_what_is_true_is_least():
    """Where p is the clean distribution, the noisy labels' loss has no slope on average (Theorem 2)."""
    clean = torch.tensor([0.7, 0.1, 0.15, 0.05], dtype=torch.float64)
    logits = clean.log().requires_grad_()
    noisy = clean @ FLIP
    forward_losses(logits[None], noisy[None], FLIP).sum().backward()
    torch.testing.assert_close(logits.grad, torch.zeros(4, dtype=torch.float64), atol=1e-12, rtol=0)


# Co-teaching's choice


@given(
    losses=arrays(float, (2, 7), elements=st.floats(0, 10)),
    rate=st.floats(0, 0.99),
    gradual=st.integers(1, 12),
    epoch=st.integers(0, 20),
)
@settings(deadline=None)
def test_each_network_learns_what_the_other_chooses(losses, rate, gradual, epoch):
    first, second = torch.tensor(losses)
    kept = kept_count(7, rate * min(epoch / gradual, 1))
    found = taught_losses(first, second, kept).mean(), taught_losses(second, first, kept).mean()
    np.testing.assert_allclose(
        found, reference.co_teaching(*losses, rate, gradual, epoch), rtol=1e-9, atol=1e-12
    )


def test_the_choice_has_no_slope():
    losses = torch.tensor([[3.0, 1.0, 2.0, 4.0], [1.0, 4.0, 2.0, 3.0]], requires_grad=True)
    taught_losses(losses[0], losses[1], 2).mean().backward()
    torch.testing.assert_close(losses.grad, torch.tensor([[0.5, 0.0, 0.5, 0.0], [0.0] * 4]))


def test_at_least_one_is_chosen():
    assert [kept_count(10, share) for share in (0.0, 0.3, 0.95, 0.999)] == [10, 7, 1, 1]
    assert kept_count(100, 0.07) == 93


# mixup


@pytest.mark.parametrize("soft", [False, True])
def test_mixup_is_its_papers(soft):
    rng = np.random.default_rng(0)
    inputs, weights = rng.normal(size=(6, 5)), rng.normal(size=(5, 4))
    targets = np.eye(4)[[0, 1, 2, 3, 0, 1]] if not soft else rng.dirichlet(np.ones(4), 6)
    given = torch.tensor(targets if soft else targets.argmax(axis=1))
    batch = SimpleNamespace(index=torch.arange(6), inputs=torch.tensor(inputs), targets=given)
    torch.manual_seed(3)
    share = float(torch.distributions.Beta(0.7, 0.7).sample())
    order = torch.randperm(6).tolist()
    torch.manual_seed(3)
    loop = SimpleNamespace(logits=lambda x: x @ torch.tensor(weights))
    losses, _ = mixup_losses(loop, batch, 0.7)
    wanted = reference.mixup(lambda x: x @ weights, inputs, targets, order, share)
    np.testing.assert_allclose(losses, wanted, rtol=1e-9)
    assert 0 < share < 1


class Watched(methods.Mixup):
    """Keeps the inputs that the network sees."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def losses(self, training, batch):
        def logits(inputs):
            self.seen.append(inputs.detach().clone())
            return training.logits(inputs)

        return super().losses(SimpleNamespace(logits=logits), batch)


def test_what_mixup_draws_follows_from_the_seed(digits, tmp_path):
    seen = []
    for name, seed in (("one", 0), ("same", 0), ("other", 1)):
        method = Watched()
        train(digits, out=tmp_path / name, method=method, epochs=1, seed=seed, **QUICK)
        seen.append(method.seen)
    assert all(torch.equal(*both) for both in zip(*seen[:2], strict=True))
    assert not torch.equal(seen[0][0], seen[2][0])


# Transition matrices


@pytest.mark.parametrize("quantile", [0.01, 0.5, 0.97, 1.0])
def test_anchors_are_found_as_one_would(quantile):
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(4, 0.3), 130).astype(np.float32)
    probabilities[7] = probabilities[100]  # a tie
    found = anchored(torch.from_numpy(probabilities), quantile)
    np.testing.assert_allclose(found, reference.anchored(probabilities.astype(float), quantile), rtol=1e-9)
    assert found.sum(dim=1).tolist() == pytest.approx([1] * 4, abs=1e-12)


def test_singular_matrices_are_told():
    assert smallest_singular_value(torch.eye(3)) == (pytest.approx(1), True)
    least, invertible = smallest_singular_value(torch.full((3, 3), 1 / 3))
    assert least < 1e-7
    assert not invertible
    assert smallest_singular_value(0.999 * torch.full((3, 3), 1 / 3) + 0.001 * torch.eye(3))[1]
    # A flip of a half in a cycle of an even number cannot be undone.
    assert not smallest_singular_value(torch.eye(10) / 2 + torch.eye(10).roll(1, 1) / 2)[1]


@pytest.fixture(scope="module")
def clouds():
    """Three classes that do not overlap, enough examples to learn their probabilities from."""
    rng = np.random.default_rng(0)
    y = np.arange(4500) % 3
    x = rng.normal(size=(4500, 2)) + 8 * np.array([[0, 0], [1, 0], [0, 1]])[y]
    return Dataset(x[:4000], y[:4000], x[4000:], y[4000:], name="clouds")


def test_an_estimate_is_near_the_truth(clouds, tmp_path):
    given = {"noise": "flip", "level": 0.3, "epochs": 6, "optimizer": "adam"} | QUICK
    run = train(clouds, out=tmp_path / "run", method="forward", method_options={"warmup": 5}, **given)
    found = run.result["forward"]
    transition = np.array(found["transition"])
    np.testing.assert_allclose(transition.sum(axis=1), 1, atol=1e-12)
    off = abs(transition - run.record.transition)
    assert found["error_mean"] == pytest.approx(off.mean())
    assert found["error_largest"] == pytest.approx(off.max())
    assert off.max() < 0.1
    assert abs(np.eye(3) - run.record.transition).max() == pytest.approx(0.3)
    assert found["smallest_singular_value"] == pytest.approx(np.linalg.svd(transition).S[-1])


def test_the_matrix_is_estimated_after_the_warm_up(digits, tmp_path):
    """Of what the network says then, of the examples that are learnt from."""

    class Seen(methods.Forward):
        def start_epoch(self, training):
            said = training.evaluate(training.rows).softmax if training.epoch == 2 else None
            super().start_epoch(training)
            if said is not None:
                self.said = said.numpy()
            self.epochs = [*getattr(self, "epochs", []), self._transition is not None]

    method = Seen(warmup=2, quantile=0.9)
    run = train(digits, out=tmp_path / "run", method=method, level=0.2, epochs=4, threads=1, device="cpu")
    assert method.epochs == [False, False, True, True]
    assert len(method.said) == len(run.rows[0])
    np.testing.assert_allclose(
        run.result["forward"]["transition"], reference.anchored(method.said.astype(float), 0.9), rtol=1e-9
    )


def test_a_known_matrix_helps(digits, tmp_path):
    """Against flips, far more than cross-entropy."""
    given = {"noise": "flip", "level": 0.4, "epochs": 10} | QUICK
    for seed in (0, 1):
        plain, known = (
            train(
                digits,
                out=tmp_path / f"{name}{seed}",
                method=name,
                method_options=options,
                seed=seed,
                **given,
            )
            for name, options in (("cross-entropy", {}), ("forward", {"transition": "known"}))
        )
        assert known.result["test_accuracy_last"] > plain.result["test_accuracy_last"] + 0.15
        assert known.result["forward"]["transition"] == known.record.transition.tolist()
        assert known.result["forward"]["error_largest"] == 0


@pytest.mark.parametrize("suffix", [".npy", ".csv", ".npz"])
def test_a_matrix_may_come_from_a_file(digits, tmp_path, suffix):
    file = tmp_path / f"matrix{suffix}"
    record = noise.make(digits.y_train, "symmetric", 0.3, names=digits.names)
    if suffix == ".npz":
        found = noise.estimate(digits.x_train.reshape(len(digits.x_train), -1), record.noisy)
        found.save(file)
        matrix = found.transition
    else:
        matrix = record.transition
        if suffix == ".npy":
            np.save(file, matrix)
        else:
            np.savetxt(file, matrix, delimiter=",", fmt="%.17g")
    options = {"transition": str(file)}
    run = train(
        digits,
        out=tmp_path / "run",
        noise=record,
        method="forward",
        method_options=options,
        epochs=1,
        **QUICK,
    )
    np.testing.assert_allclose(run.result["forward"]["transition"], matrix, atol=1e-12)
    assert run.config["method_options"] == {"transition": str(file), "warmup": None, "quantile": None}
    assert run.result["forward"]["error_mean"] == pytest.approx(
        abs(matrix - record.transition).mean(), abs=1e-12
    )
    plain = train(digits, out=tmp_path / "plain", method="forward", method_options=options, epochs=1, **QUICK)
    assert "error_mean" not in plain.result["forward"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            {"noise": "uniform", "level": 1.0},
            r"'known'|uniform noise of level 1 is not invertible \(its smallest .*; give less noise",
        ),
        ({"noise": "flip", "level": 0.5}, "is not invertible"),
        (
            {},
            "transition: 'known' needs noise that was made, and the labels are taken as they are; give noise",
        ),
    ],
)
def test_a_matrix_that_cannot_be_undone_is_refused(digits, tmp_path, given, words):
    options = {"method": "forward", "method_options": {"transition": "known"}}
    with pytest.raises(InputValueError, match=words):
        train(digits, out=tmp_path / "run", **options, **given, **QUICK)


def test_a_matrix_of_other_data_is_refused(digits, tmp_path):
    np.save(tmp_path / "three.npy", np.eye(3))
    np.save(tmp_path / "flat.npy", np.full((10, 10), 0.1))
    for name, words in (
        ("three", r"three\.npy' is of 3 classes, the data have 10; give one of as many"),
        ("flat", r"flat\.npy' is not invertible \(its smallest singular value is"),
    ):
        options = {"transition": tmp_path / f"{name}.npy"}
        with pytest.raises(InputValueError, match=words):
            train(digits, out=tmp_path / "run", method="forward", method_options=options, **QUICK)


def test_an_estimate_that_cannot_be_undone_ends_training(digits, tmp_path):
    class Blind(methods.Forward):
        def start_epoch(self, training):
            with torch.no_grad():
                training.network.last_layer.weight.zero_()
            super().start_epoch(training)

    with pytest.raises(
        TrainingError, match=r"estimated after epoch 1 is not invertible \(its smallest singular"
    ):
        train(digits, out=tmp_path / "run", method=Blind(warmup=1), level=0.2, epochs=2, **QUICK)
    assert len(training.Run.load(tmp_path / "run").metrics) == 1


def test_patience_may_end_the_warm_up(digits, tmp_path):
    with pytest.warns(TrainingWarning, match="stopped in the warm-up of 9 epochs"):
        run = train(
            digits, out=tmp_path / "run", method="forward", method_options={"warmup": 9}, epochs=10,
            patience=1, lr=1e-9, threads=1, device="cpu",
        )  # fmt: skip
    assert run.result["forward"] is None


# In the training loop


OPTIONS = {"forward": {"warmup": 2}, "co-teaching": {"gradual": 2}, "bootstrap": {"kind": "hard"}}


class KilledError(Exception):
    pass


@pytest.mark.parametrize("name", NAMES)
def test_a_killed_run_goes_on_bit_for_bit(digits, tmp_path, name):
    def stop(row, at):
        if row["epoch"] == at:
            raise KilledError

    given = {
        "method": name,
        "method_options": OPTIONS.get(name),
        "noise": "symmetric",
        "level": 0.4,
        "epochs": 4,
    }
    whole = train(digits, out=tmp_path / "whole", **given | QUICK)
    for at in (1, 3):
        with pytest.raises(KilledError):
            train(digits, out=tmp_path / f"{at}", on_epoch=partial(stop, at=at), **given | QUICK)
        again = train(digits, out=tmp_path / f"{at}", resume=True, **given | QUICK)
        assert (again.softmax == whole.softmax).all()
        assert again.result.get("forward") == whole.result.get("forward")
        timed = ("seconds", "images_per_second")
        for row, same in zip(again.metrics, whole.metrics, strict=True):
            assert {k: v for k, v in row.items() if k not in timed} == {
                k: v for k, v in same.items() if k not in timed
            }


def test_digits_under_heavy_noise(digits, tmp_path):
    """Better than cross-entropy in the same settings."""
    given = {"noise": "symmetric", "level": 0.4, "epochs": 12} | QUICK
    found = {}
    for name in ("cross-entropy", "gce", "sce", "co-teaching"):
        options = OPTIONS.get(name)
        run = train(digits, out=tmp_path / name, method=name, method_options=options, **given)
        found[name] = run.result["test_accuracy_last"]
    plain = found.pop("cross-entropy")
    assert min(found.values()) > plain + 0.05


class Pair(methods.CoTeaching):
    """Keeps the two networks, and what the first batch of an epoch gave."""

    def begin(self, training):
        super().begin(training)
        self.first, self.steps = training.network, []

    def losses(self, training, batch):
        inputs = batch.inputs
        with torch.no_grad():
            before = [
                functional.cross_entropy(one(inputs), batch.targets, reduction="none").double().numpy()
                for one in (self.first, self._second)
            ]
        each, logits = super().losses(training, batch)
        self.steps.append((training.epoch, before, float(each.detach().mean())))
        return each, logits


def test_the_two_networks_teach_each_other(digits, tmp_path):
    method = Pair(0.5, gradual=4)
    run = train(digits, out=tmp_path / "run", method=method, level=0.2, epochs=3, batch_size=256, **QUICK)
    for epoch, (first, second), value in method.steps:
        assert value == pytest.approx(reference.co_teaching(first, second, 0.5, 4, epoch)[0], rel=1e-4)
    assert [row["kept_fraction"] for row in run.metrics] == [1.0, 0.875, 0.75]
    one, other = method.first.state_dict(), method._second.state_dict()
    assert not any(torch.equal(one[key], other[key]) for key in one if key.endswith("weight"))
    start = train(digits, out=tmp_path / "start", method=Pair(0.5), level=0.2, epochs=1, lr=1e-12, **QUICK)
    moved = [(values - start.network("last").state_dict()[key]).abs().max() for key, values in one.items()]
    assert max(moved) > 0.01


def test_the_rate_is_that_of_the_noise(digits, tmp_path):
    given = {"method": "co-teaching", "method_options": {"gradual": 1}, "epochs": 2} | QUICK
    run = train(digits, out=tmp_path / "run", noise="uniform", level=0.4, **given)
    assert run.metrics[-1]["kept_fraction"] == pytest.approx(1 - run.record.realised_rate)
    assert run.record.realised_rate < 0.38
    with pytest.raises(
        InputValueError, match="forget_rate: is missing, and the labels are taken as they are"
    ):
        train(digits, out=tmp_path / "none", **given)
    with pytest.raises(InputValueError, match="forget_rate: is missing, and all labels are wrong"):
        train(digits, out=tmp_path / "all", noise="flip", level=1.0, **given)


def test_several_processes_teach(tmp_path):
    torchrun = "-m torch.distributed.run --standalone --nproc-per-node 2 -m pynoise train"
    line = "--level 0.4 --noise symmetric --epochs 4 --batch-size 128 --threads 1 --validation 0 --out run "
    line += "--method co-teaching --set gradual=2"
    done = subprocess.run(
        [sys.executable, *torchrun.split(), *line.split()],
        cwd=tmp_path, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    run = training.Run.load(tmp_path / "run")
    assert run.result["processes"] == 2
    assert run.result["test_accuracy_last"] > 0.7
    assert run.metrics[-1]["kept_fraction"] == pytest.approx(1 - run.record.realised_rate)


# Options


def test_the_methods_are_known_by_name():
    assert ("cross-entropy", "mixup", *NAMES, "knet", "mixnn", "odd") == methods.METHODS
    assert {name: methods.make(name).options() for name in NAMES} == {
        "label-smoothing": {"epsilon": 0.1},
        "gce": {"q": 0.7},
        "sce": {"alpha": 0.1, "beta": 1.0, "floor": -4.0},
        "forward": {"transition": "estimated", "warmup": None, "quantile": None},
        "bootstrap": {"kind": "soft", "beta": 0.95},
        "co-teaching": {"forget_rate": None, "gradual": 10},
    }
    assert methods.make("bootstrap", {"kind": "hard"}).options()["beta"] == 0.8
    for name in NAMES:
        json.dumps(methods.make(name).options())


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("mixup", {"alpha": 0}, "alpha: 0 is not within 0.01"),
        ("label-smoothing", {"epsilon": 1}, r"epsilon: 1 is not within \[0, 1\)"),
        ("label-smoothing", {"epsilon": -0.1}, "epsilon: -0.1 is not a finite number of 0 or more"),
        ("label-smoothing", {"epsilon": "much"}, "epsilon: 'much' is not a number"),
        ("gce", {"q": 0}, r"q: 0 is not within \(0, 1\]"),
        ("gce", {"q": 1.01}, r"q: 1.01 is not within \(0, 1\]"),
        ("gce", {"k": 0.5}, "'k' is not known"),
        ("sce", {"alpha": 0, "beta": 0}, "beta: is 0, and so is alpha"),
        ("sce", {"beta": -1}, "beta: -1 is not"),
        ("sce", {"floor": 0}, "floor: 0 is not a finite number below 0"),
        ("sce", {"floor": float("-inf")}, "floor: -inf is not"),
        ("sce", {"floor": True}, "floor: True is not a number"),
        ("bootstrap", {"kind": "sofd"}, "kind: 'sofd' is not known .did you mean 'soft'"),
        ("bootstrap", {"beta": 0}, r"beta: 0 is not within \(0, 1\]"),
        ("forward", {"transition": "knwon"}, "transition: 'knwon' is not known .did you mean 'known'"),
        ("forward", {"transition": 3}, "transition: int will not do: give 'estimated', 'known' or a file"),
        ("forward", {"transition": "no.csv"}, "transition: 'no.csv' is not a file"),
        ("forward", {"transition": "no.npz"}, "transition: there is no file 'no.npz'"),
        ("forward", {"transition": "known", "warmup": 3}, "warmup: goes with transition 'estimated', not"),
        ("forward", {"warmup": 0}, "warmup: 0 is too small"),
        ("forward", {"quantile": 0}, r"quantile: 0 is not within \(0, 1\]"),
        ("co-teaching", {"forget_rate": 1}, r"forget_rate: 1 is not within \[0, 1\)"),
        ("co-teaching", {"gradual": 0}, "gradual: 0 is too small"),
        ("co-teaching", {"gradual": 1.5}, "gradual: 1.5 is not a whole number"),
    ],
)
def test_options_out_of_range_are_named(name, options, words):
    with pytest.raises((InputValueError, InputTypeError, InputFileNotFoundError), match=words) as caught:
        methods.make(name, options)
    assert caught.value.argument == "method_options"


def test_files_that_hold_no_matrix_are_named(digits, tmp_path):
    np.savetxt(tmp_path / "sums.csv", np.full((3, 3), 0.5), delimiter=",")
    noise.make(digits.y_train, "flip", 0.2).save(tmp_path / "labels.npz")
    for name, words in (
        ("sums.csv", r"transition: '.*sums\.csv' row 0 sums to 1\.5"),
        ("labels.npz", r"transition: '.*labels\.npz'"),
    ):
        with pytest.raises(InputValueError, match=words):
            methods.Forward(tmp_path / name)


def test_a_warm_up_must_end(digits, tmp_path):
    with pytest.raises(InputValueError, match="warmup: 5 is not below the number of epochs, 5"):
        train(digits, out=tmp_path / "run", method="forward", method_options={"warmup": 5}, epochs=5, **QUICK)


def test_mistakes_on_the_command_line(run):
    code, _, err = run("train", "--method", "gce", "--set", "q=2", "--out", "r")
    assert code == 2
    assert "'--set': q: 2 is not within (0, 1]" in err
    code, _, err = run("train", "--method", "co-teaching", "--out", "r")
    assert code == 2
    assert "forget_rate: is missing" in err
    code, _, err = run("train", "--method", "sce", "--set", "floor=-6", "--epochs", 1, "--out", "s", "--json")
    assert code == 0
