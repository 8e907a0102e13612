import contextlib
import csv
import errno
import json
import os
import subprocess
import sys
from types import MappingProxyType

import numpy as np
import pytest
import torch
from reference import training as reference

from pynoise import accuracy_curve, data, methods, networks, noise, training
from pynoise.data import Dataset
from pynoise.errors import InputFileNotFoundError, InputTypeError, InputValueError, TrainingError
from pynoise.training import Settings, checkpoint, train
from pynoise.training.folder import RunFolder
from pynoise.training.loop import Training
from pynoise.training.resident import Normal, Resident
from pynoise.training.split import split_rows

CPU = torch.device("cpu")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(scope="module")
def small():
    """Images of three classes that differ in their mean, in colour."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = rng.integers(0, 80, (90, 9, 6, 3)) + 80 * y[:, None, None, None]
    return Dataset(x[:60].astype(np.uint8), y[:60], x[60:].astype(np.uint8), y[60:], name="small")


def without_times(rows):
    return [{key: row[key] for key in row if key not in ("seconds", "images_per_second")} for row in rows]


# Settings


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"epochs": 0}, "epochs: 0 is too small"),
        ({"batch_size": 1}, "batch_size: 1 is too small; give at least 2"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"lr": 0}, "lr: 0 is not a finite number above 0"),
        ({"lr": -1.0}, "lr: -1.0 is not a finite number"),
        ({"lr": float("nan")}, "lr: nan is not"),
        ({"lr": 0.1, "lr_min": 0.2}, "lr_min: 0.2 is above the highest rate, 0.1"),
        ({"momentum": 1}, "momentum: 1 is too large"),
        ({"validation": 1}, "validation: 1 is too large"),
        ({"schedule": "step"}, "step_at: is empty"),
        ({"step_at": [3]}, "step_at: goes with schedule 'step'"),
        ({"schedule": "step", "step_at": [0]}, "step_at: 0 is too small"),
        ({"schedule": "step", "step_at": [1], "step_factor": 2}, "step_factor: 2 is above 1"),
        ({"patience": 3, "validation": 0}, "patience: needs validation examples"),
        ({"rate": 3}, "settings: 'rate' is not known"),
        ({"epoch": 3}, "did you mean 'epochs'"),
        ({"validation_labels": "dirty"}, "validation_labels: 'dirty' is not known"),
    ],
)
def test_settings_out_of_range_are_named(given, words):
    with pytest.raises(InputValueError, match=words):
        Settings.of(given)


@pytest.mark.parametrize("given", [{"epochs": 1.5}, {"lr": "0.1"}, {"compile": 1}, {"step_at": "12"}])
def test_settings_of_other_types_are_named(given):
    with pytest.raises(InputTypeError, match=next(iter(given))):
        Settings.of(given)


USUAL = {"epochs": 300, "lr": 0.02, "lr_min": 0.001, "weight_decay": 1e-3, "schedule": "cosine-restarts"}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ({}, USUAL),
        ({"epochs": 3, "momentum": 0.5}, USUAL | {"epochs": 3, "momentum": 0.5}),
        ({"lr": 0.05}, USUAL | {"lr": 0.05}),
        # What is given stands; a floor above it is not kept.
        ({"lr": 0.0005}, USUAL | {"lr": 0.0005, "lr_min": 0.0}),
        ({"lr": 0.001}, USUAL | {"lr": 0.001}),
        ({"optimizer": "sgd"}, USUAL),
        # Rates of one optimizer are none of another's.
        ({"optimizer": "adam"}, USUAL | {"lr": 0.001, "lr_min": 0.0, "weight_decay": 0.0}),
        ({"optimizer": "adam", "lr": 0.01}, USUAL | {"lr": 0.01, "lr_min": 0.0, "weight_decay": 0.0}),
        ({"schedule": "constant", "weight_decay": 0}, USUAL | {"schedule": "constant", "weight_decay": 0.0}),
    ],
)
def test_a_method_has_settings_of_its_own_where_none_is_given(given, wanted):
    found = Settings.of(given, USUAL)
    assert found == Settings(**wanted | given)
    assert {name: getattr(found, name) for name in wanted} == wanted
    assert Settings.of(given) == Settings(**given)
    assert USUAL["lr_min"] == 0.001  # nothing is taken out of the method's


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"lr_min": 0.05}, r"lr_min: 0\.05 is above the highest rate, 0\.02"),
        ({"lr": 0.0005, "lr_min": 0.001}, r"lr_min: 0\.001 is above the highest rate, 0\.0005"),
        ({"lr": -1.0}, "lr: -1.0 is not a finite number above 0"),
        ({"optimizer": "adm"}, "did you mean 'adam'"),
        ({"epoch": 3}, "did you mean 'epochs'"),
    ],
)
def test_what_is_given_is_checked_beside_a_methods_own(given, words):
    with pytest.raises(InputValueError, match=words):
        Settings.of(given, USUAL)


@pytest.mark.parametrize(
    ("given", "make"),
    [
        ({"schedule": "constant"}, lambda o: torch.optim.lr_scheduler.ConstantLR(o, 1.0)),
        ({"lr_min": 0.001}, lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 12, 0.001)),
        (
            {"schedule": "cosine-restarts", "restart_every": 4, "lr_min": 0.002},
            lambda o: torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 4, eta_min=0.002),
        ),
        (
            {"schedule": "step", "step_at": (3, 9), "step_factor": 0.2},
            lambda o: torch.optim.lr_scheduler.MultiStepLR(o, [3, 9], 0.2),
        ),
    ],
)
def test_rates_are_those_of_torch(given, make):
    settings = Settings(epochs=12, optimizer="sgd", lr=0.1, **given)
    weights = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weights], 0.1)
    schedule = make(optimizer)
    for epoch in range(12):
        assert settings.rate(epoch) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        schedule.step()


# Inputs


@pytest.mark.parametrize("shape", [(7, 5), (7, 4, 5), (7, 4, 5, 3)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.int64, np.float64])
def test_inputs_are_normalised_by_channel_or_column(shape, dtype):
    rng = np.random.default_rng(1)
    x = rng.integers(0, 255, shape).astype(dtype)
    normal = Normal.of(x)
    if len(shape) == 2:
        whole = dtype == np.uint8  # bytes in rows are pixels
        mean, std = x.mean(None if whole else 0), x.std(None if whole else 0)
        wanted = (x - mean) / std
    else:
        channels = x if len(shape) == 4 else x[..., None]
        wanted = ((channels - channels.mean((0, 1, 2))) / channels.std((0, 1, 2))).transpose(0, 3, 1, 2)
    source = Resident(x, normal, CPU)
    ((index, inputs),) = source.batches(torch.arange(7), 7, None)
    assert index.tolist() == list(range(7))
    assert inputs.dtype == torch.float32
    np.testing.assert_allclose(inputs.numpy(), wanted, atol=1e-5)
    assert source.input_shape == inputs.shape[1:]


def test_numbers_beyond_all_bounds_are_refused(tmp_path):
    x = np.array([[1e300], [-1e300], [3e300], [0.0]])
    with pytest.raises(InputValueError, match="mean or deviation is not finite"):
        train(((x, [0, 1, 0, 1]), (x, [0, 1, 0, 1])), "mlp", out=tmp_path / "run")


def test_what_is_constant_is_not_divided_and_offsets_lose_nothing():
    x = np.array([[3.0, 1e6], [3.0, 1e6 + 1], [3.0, 1e6 + 2]])
    normal = Normal.of(x)
    assert normal.std[0] == 1
    assert normal.std[1] == pytest.approx(np.sqrt(2 / 3))


@pytest.mark.parametrize(("augment", "mirrored"), [("crop", {False}), ("crop-flip", {False, True})])
def test_augmented_images_are_those_of_the_twin(small, augment, mirrored):
    x = small.x_train
    source = Resident(x, Normal((0.0,) * 3, (1.0,) * 3), CPU, augment)
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(1))
    got = np.concatenate([images.numpy() for _, images in source.batches(order, 16, 5)])
    generator = torch.Generator().manual_seed(5)
    shifts = torch.randint(0, 3, (len(x), 2), generator=generator).tolist()
    flips = (torch.rand(len(x), generator=generator) < (0.5 if augment == "crop-flip" else 0)).tolist()
    assert set(flips) == mirrored
    assert len({tuple(shift) for shift in shifts}) == 9
    for place, i in enumerate(order.tolist()):
        twin = reference.augmented(x[i], 0 if augment == "none" else 1, *shifts[i], flips[i])
        assert (got[place] == twin.transpose(2, 0, 1)).all()
    plain = np.concatenate([images.numpy() for _, images in source.batches(order, 16, None)])
    assert (plain == x[order].transpose(0, 3, 1, 2)).all()


def test_augmentation_depends_on_seed_and_example_alone(small):
    source = Resident(small.x_train, Normal.of(small.x_train), CPU, "crop-flip")
    forwards, backwards = (
        {
            int(i): image
            for index, images in source.batches(order, size, 3)
            for i, image in zip(index, images, strict=True)
        }
        for order, size in ((torch.arange(60), 7), (torch.arange(60).flip(0), 60))
    )
    assert all((forwards[i] == backwards[i]).all() for i in range(60))
    other = next(source.batches(torch.arange(60), 60, 4))[1]
    assert not all((forwards[i] == other[i]).all() for i in range(60))


def test_images_lie_with_their_channels_last(small):
    source = Resident(small.x_train, Normal.of(small.x_train), CPU)
    _, images = next(source.batches(torch.arange(8), 8, None))
    assert images.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(
    ("shape", "words"), [((4,), "rows of numbers"), ((4, 3, 8, 8), "channels to the end")]
)
def test_examples_of_other_shapes_are_refused(shape, words):
    with pytest.raises(InputValueError, match=words):
        Resident(np.zeros(shape, np.uint8), Normal((0.0,), (1.0,)), CPU)


def test_the_split_is_seeded_and_whole():
    rows, held = split_rows(101, 0.1, 3)
    assert len(held) == 10
    assert sorted([*rows, *held]) == list(range(101))
    assert (split_rows(101, 0.1, 3)[1] == held).all()
    assert (split_rows(101, 0.1, 4)[1] != held).any()
    assert len(split_rows(101, 0, 3)[1]) == 0
    with pytest.raises(InputValueError, match=r"0\.01 of 20 examples is none"):
        split_rows(20, 0.01, 0)
    with pytest.raises(InputValueError, match="leaves fewer than 2"):
        split_rows(10, 0.95, 0)


# The loop


def test_the_loop_is_the_twin(small, tmp_path):
    run = train(
        small, "cifar-cnn", out=tmp_path / "run", noise="flip", level=0.2, seed=7, epochs=3, batch_size=16,
        optimizer="sgd", lr=0.05, augment="none",
    )  # fmt: skip
    # Small rounding: torch's schedule multiplies step by step.
    twin = reference.train(small, run.record.noisy, "cifar-cnn", 7, epochs=3, batch=16, rate=0.05, share=0.1)
    for name, weights in run.network("last").state_dict().items():
        torch.testing.assert_close(weights, twin[name], rtol=1e-3, atol=1e-4)


def test_it_learns_the_digits_through_noise(digits, tmp_path):
    run = train(digits, "mlp", out=tmp_path / "run", noise="symmetric", level=0.3, epochs=8, batch_size=32)
    # 51 nearest neighbours have 0.92 there on clean labels; guessing has 0.1.
    assert run.result["test_accuracy_selected"] > 0.85
    assert run.result["test_accuracy_last"] > 0.8
    assert run.result["noise"]["realised_rate"] == pytest.approx(0.3, abs=0.001)
    assert run.metrics[-1]["train_loss"] < run.metrics[0]["train_loss"]


def test_it_learns_mnist(data_root, tmp_path):
    mnist = data.load("mnist", data_root)
    part = Dataset(mnist.x_train[:2000], mnist.y_train[:2000], mnist.x_test[:1000], mnist.y_test[:1000])
    torch.set_num_threads(os.cpu_count())
    options = {"noise": "symmetric", "level": 0.2, "epochs": 4, "batch_size": 32}
    run = train(part, "mnist-cnn", out=tmp_path / "run", **options)
    torch.set_num_threads(1)
    # A fifth of the 1,800 labels is wrong: one who learnt them by heart would have 0.8 of them right.
    assert run.result["test_accuracy_selected"] > 0.88


def test_the_folder_holds_what_it_says(digits, tmp_path):
    rows, calls = [], []
    run = train(
        digits, "mlp", out=tmp_path / "deep" / "run", noise="flip", level=0.2, seed=3, epochs=3,
        validation_labels="noisy", features=True, on_epoch=rows.append,
        progress=lambda *words: calls.append(words),
    )  # fmt: skip
    names = {path.name for path in run.path.iterdir()}
    assert names == {
        "config.json", "metrics.csv", "noise.npz", "last.pt", "selected.pt", "softmax.npz", "features.npz",
        "result.json",
    }  # fmt: skip
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert without_times(rows) == without_times(run.metrics)
    done = [done for phase, done, _, _ in calls if phase == "training"]
    assert done == sorted(done)
    result = run.result
    assert result["train_examples"] + result["validation_examples"] == len(digits.y_train)
    assert result["validation_labels"] == "noisy"
    best = max(run.metrics, key=lambda row: (row["validation_accuracy"], -row["validation_loss"]))
    assert result["selected_epoch"] == best["epoch"]
    assert result["validation_accuracy"] == best["validation_accuracy"]
    assert result["test_accuracy_selected"] == pytest.approx(best["test_accuracy"])
    assert result["test_accuracy_last"] == pytest.approx(run.metrics[-1]["test_accuracy"])
    assert result["parameters"] == sum(weights.numel() for weights in run.network().parameters())
    record = run.record
    record.check(digits)
    assert result["noise"]["realised_rate"] == record.realised_rate
    assert run.softmax.shape == (500, 10)
    assert (run.softmax.argmax(axis=1) == digits.y_test).mean() == pytest.approx(
        result["test_accuracy_selected"]
    )
    features = data.load(run.path / "features.npz")
    assert features.x_train.shape == (1297, 256)
    curve = accuracy_curve(
        features, 5, "flip", [0.0], clean=f"softmax:{run.path / 'features.npz'}", measure=False
    )
    assert curve.rows[0]["analytic"] > 0.5
    text = json.dumps(json.loads((run.path / "config.json").read_text()))
    assert "token" not in text


@pytest.mark.parametrize("kind", ["clean", "noisy"])
def test_validation_labels_are_those_asked_for(digits, tmp_path, kind):
    run = train(
        digits, "mlp", out=tmp_path / "run", noise="flip", level=1.0, epochs=4, validation_labels=kind
    )
    last = run.metrics[-1]["validation_accuracy"]
    assert last > 0.8 if kind == "noisy" else last < 0.1


def test_without_validation_nothing_is_selected(digits, tmp_path):
    run = train(digits, "mlp", out=tmp_path / "run", epochs=2, validation=0)
    assert run.result["test_accuracy_selected"] is None
    assert run.result["selected_epoch"] is None
    assert run.result["noise"] is None
    assert run.result["train_examples"] == 1297
    assert not (run.path / "selected.pt").exists()
    assert run.checkpoint("selected").name == "last.pt"
    assert run.metrics[0].get("validation_accuracy") is None


def test_patience_ends_it(digits, tmp_path):
    run = train(digits, "mlp", out=tmp_path / "run", epochs=200, patience=2, lr=0.01)
    assert run.result["stopped_early"]
    assert run.result["epochs"] == run.result["selected_epoch"] + 2


def test_same_seed_same_run_and_one_thing_changes_one_thing(digits, tmp_path):
    def weights(name, **options):
        run = train(digits, "mlp", out=tmp_path / name, epochs=1, **options)
        return run.network("last").state_dict()["body.1.weight"], run.rows[1]

    first, again = weights("a", seed=1), weights("b", seed=1)
    assert (first[0] == again[0]).all()
    noisy = weights("c", seed=1, noise="flip", level=0.1)
    assert (noisy[0] != first[0]).any()
    assert (noisy[1] == first[1]).all()
    assert (weights("d", seed=2)[1] != first[1]).any()


def test_a_compiled_network_learns_the_same_and_goes_on_bit_for_bit(digits, tmp_path):
    options = {"epochs": 3, "noise": "flip", "level": 0.2}
    plain = train(digits, "mlp", out=tmp_path / "plain", **options)
    whole = train(digits, "mlp", out=tmp_path / "whole", compile=True, **options)
    assert whole.metrics[-1]["test_loss"] == pytest.approx(plain.metrics[-1]["test_loss"], rel=1e-2)
    with pytest.raises(KilledError):
        train(digits, "mlp", out=tmp_path / "run", compile=True, on_epoch=kill_after(2), **options)
    run = train(digits, "mlp", out=tmp_path / "run", compile=True, resume=True, **options)
    assert without_times(run.metrics) == without_times(whole.metrics)


def test_the_callers_random_numbers_stay_as_they_were(digits, tmp_path):
    torch.manual_seed(4)
    before = torch.get_rng_state()
    train(digits, "mlp", out=tmp_path / "run", epochs=1)
    assert (torch.get_rng_state() == before).all()


def test_an_example_left_over_is_left_out(small, tmp_path):
    # 54 examples in batches of 53: batch normalisation cannot learn from one.
    run = train(small, "mlp", out=tmp_path / "run", epochs=2, batch_size=53)
    assert [row["train_images"] for row in run.metrics] == [53, 53]


@pytest.mark.parametrize("offset", [0, 1e4, 1e9])
def test_rows_of_numbers_of_any_scale_are_learnt(tmp_path, offset):
    rng = np.random.default_rng(2)
    y = np.arange(400) % 2
    x = rng.normal(size=(400, 6)) * 10.0 ** np.arange(-3, 3)
    x[:, 0] += 0.003 * y
    x += offset
    own = Dataset(x[:300], y[:300], x[300:], y[300:])
    run = train(own, "mlp", out=tmp_path / "run", epochs=10)
    assert run.result["test_accuracy_last"] > 0.85
    with pytest.raises(InputValueError, match="augment: 'crop' is for images"):
        train(own, "mlp", out=tmp_path / "other", augment="crop")
    with pytest.raises(InputValueError, match="network: "):
        train(own, "mnist-cnn", out=tmp_path / "other")
    assert not (tmp_path / "other").exists()


# Methods


class Denoise(methods.Method):
    """Puts the clean labels back after an epoch, as distributions, and drops a tenth of the examples."""

    def __init__(self, clean):
        self.clean = torch.nn.functional.one_hot(torch.from_numpy(clean).long(), 10).float()
        self.calls = []

    def start_epoch(self, training):
        self.calls.append(training.epoch)
        if training.epoch == 1:
            training.targets = self.clean
            training.rows = training.rows[: len(training.rows) * 9 // 10]

    def losses(self, training, batch):
        logits = training.logits(batch.inputs)
        each = torch.nn.functional.cross_entropy(logits, batch.targets, reduction="none")
        return each, logits

    def end_epoch(self, training):
        found = training.evaluate(training.rows, features=True)
        assert found.features.shape == (len(training.rows), 256)
        assert found.seen.all()
        return {"mean_loss": float(found.losses(training.targets[training.rows]).mean())}

    def result(self, training, folder, progress):
        return {"left": len(training.rows)}


def test_a_method_may_change_labels_and_drop_examples(digits, tmp_path):
    method = Denoise(digits.y_train)
    options = {"noise": "flip", "level": 1.0, "epochs": 5, "batch_size": 16}
    run = train(digits, "mlp", out=tmp_path / "run", method=method, **options)
    assert run.config["method"] == "Denoise"
    assert method.calls == [0, 1, 2, 3, 4]
    assert run.result["test_accuracy_last"] > 0.8  # all labels were wrong
    assert run.result["left"] == 1167 * 9 // 10
    assert [row["train_images"] for row in run.metrics] == [1167] + [1050] * 4
    assert run.metrics[-1]["mean_loss"] < run.metrics[1]["mean_loss"]


class TwoNetworks(methods.Method):
    """Learns with a second network, which sees what the first sees, and keeps nothing that cannot be kept."""

    def __init__(self, bad=None):
        self.bad = bad

    def options(self):
        return {"second": True}

    def begin(self, training):
        self.second = training.new_network("second")
        self.noise = torch.rand(3)
        training.optimizer.add_param_group({"params": list(self.second.parameters())})

    def losses(self, training, batch):
        logits, others = training.logits(batch.inputs), self.second(batch.inputs)
        each = [
            torch.nn.functional.cross_entropy(one, batch.targets, reduction="none")
            for one in (logits, others)
        ]
        return each[0] + each[1], logits

    def state(self):
        return {"second": self.second.state_dict(), "noise": self.noise, "bad": self.bad}

    def restore(self, state):
        self.second.load_state_dict(state["second"])

    def result(self, training, folder, progress):
        return {"second_norm": sum(weights.norm().item() for weights in self.second.parameters())}


def test_a_method_may_have_a_network_of_its_own(digits, tmp_path):
    options = {"epochs": 3, "noise": "flip", "level": 0.1}
    whole = train(digits, "mlp", out=tmp_path / "whole", method=TwoNetworks(), **options)
    assert whole.config["method_options"] == {"second": True}
    with pytest.raises(KilledError):
        train(digits, "mlp", out=tmp_path / "run", method=TwoNetworks(), on_epoch=kill_after(2), **options)
    run = train(digits, "mlp", out=tmp_path / "run", method=TwoNetworks(), resume=True, **options)
    assert run.result["second_norm"] == whole.result["second_norm"]
    with pytest.raises(TypeError, match="state holds a Dataset; give tensors and plain values"):
        train(digits, "mlp", out=tmp_path / "other", method=TwoNetworks(bad=digits), **options)


class OwnSettings(type(methods.make("cross-entropy"))):
    """Trains in its own way, and has a figure that is not always there."""

    settings = MappingProxyType({"epochs": 3, "lr": 0.05, "schedule": "constant", "batch_size": 64})

    def end_epoch(self, training):
        return {"now_and_then": None if training.epoch == 1 else torch.tensor(0.25), "never": None}


def test_a_method_brings_its_settings_and_may_leave_a_cell_empty(digits, tmp_path):
    run = train(digits, "mlp", out=tmp_path / "run", method=OwnSettings(), batch_size=256)
    settings = run.config["settings"]
    assert settings == Settings.of({"batch_size": 256}, OwnSettings.settings).to_dict() | {"augment": "none"}
    assert (settings["epochs"], settings["lr"], settings["batch_size"]) == (3, 0.05, 256)
    assert [row["lr"] for row in run.metrics] == [0.05] * 3
    assert [row["now_and_then"] for row in run.metrics] == [0.25, None, 0.25]
    assert [row["never"] for row in run.metrics] == [None] * 3
    with (run.path / "metrics.csv").open(newline="") as lines:
        cells = list(csv.DictReader(lines))
    assert [row["now_and_then"] for row in cells] == ["0.25", "", "0.25"]
    assert [row["never"] for row in cells] == [""] * 3


@pytest.mark.parametrize("after", [1, 2])
def test_empty_cells_outlive_a_restart(digits, tmp_path, after):
    whole = train(digits, "mlp", out=tmp_path / "whole", method=OwnSettings())
    with pytest.raises(KilledError):
        train(digits, "mlp", out=tmp_path / "run", method=OwnSettings(), on_epoch=kill_after(after))
    run = train(digits, "mlp", out=tmp_path / "run", method=OwnSettings(), resume=True)
    assert without_times(run.metrics) == without_times(whole.metrics)


class Scalar(methods.Method):
    """Forgets that losses are one an example."""

    def losses(self, training, batch):
        logits = training.logits(batch.inputs)
        return torch.nn.functional.cross_entropy(logits, batch.targets), logits


def test_methods_that_are_used_wrongly_are_told(digits, tmp_path):
    with pytest.raises(TypeError, match=r"Scalar.losses gave losses of shape \(\) and logits of \(128, 10\)"):
        train(digits, "mlp", out=tmp_path / "run", method=Scalar())
    with pytest.raises(InputTypeError, match=r"Scalar is a class; give an instance, Scalar\(\)"):
        train(digits, "mlp", out=tmp_path / "run", method=Scalar)


def test_unknown_methods_are_refused(digits, tmp_path):
    with pytest.raises(InputValueError, match="did you mean 'cross-entropy'"):
        train(digits, "mlp", out=tmp_path / "run", method="crossentropy")


# Going on


class KilledError(Exception):
    pass


def kill_after(epoch):
    def stop(row):
        if row["epoch"] == epoch:
            raise KilledError

    return stop


@pytest.mark.parametrize("after", [1, 2, 3])
@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_a_killed_run_goes_on_bit_for_bit(small, tmp_path, optimizer, after):
    options = {"noise": "flip", "level": 0.2, "epochs": 4, "optimizer": optimizer, "augment": "crop-flip"}
    options |= {"batch_size": 16, "weight_decay": 1e-4}
    whole = train(small, "cifar-cnn", out=tmp_path / "whole", **options)
    with pytest.raises(KilledError):
        train(small, "cifar-cnn", out=tmp_path / "part", on_epoch=kill_after(after), **options)
    assert training.Run.load(tmp_path / "part").result is None
    rows = []
    part = train(small, "cifar-cnn", out=tmp_path / "part", resume=True, on_epoch=rows.append, **options)
    assert [row["epoch"] for row in rows] == list(range(after + 1, 5))
    assert without_times(part.metrics) == without_times(whole.metrics)
    assert (part.softmax == whole.softmax).all()
    for which in ("last", "selected"):
        mine, other = part.network(which).state_dict(), whole.network(which).state_dict()
        assert all((mine[name] == other[name]).all() for name in other)
    again = train(small, "cifar-cnn", out=tmp_path / "part", resume=True, **options)
    assert again.result == part.result


def test_a_run_killed_before_its_first_epoch_starts_anew(digits, tmp_path, monkeypatch):
    def killed(self, progress=None):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(Training, "run_epoch", killed)
        with pytest.raises(KilledError):
            train(digits, "mlp", out=tmp_path / "run", epochs=1)
    assert train(digits, "mlp", out=tmp_path / "run", epochs=1, resume=True).result is not None


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"lr": 0.002}, r"settings\.lr is 0\.1, here it is 0\.002"),
        ({"level": 0.3}, "noise.level is 0.2, here it is 0.3"),
        ({"seed": 1}, "seed is"),
        ({"epochs": 3}, "settings.epochs is 1, here it is 3"),
    ],
)
def test_another_run_is_not_gone_on_with(digits, tmp_path, other, words):
    options = {"noise": "flip", "level": 0.2, "epochs": 1}
    train(digits, "mlp", out=tmp_path / "run", **options)
    with pytest.raises(InputValueError, match=words):
        train(digits, "mlp", out=tmp_path / "run", resume=True, **options | other)
    with pytest.raises(InputValueError, match="holds a run already"):
        train(digits, "mlp", out=tmp_path / "run", **options)


@pytest.mark.parametrize("lost", ["selected.pt", "metrics.csv"])
def test_a_run_killed_between_two_files_goes_on(digits, tmp_path, monkeypatch, lost):
    options = {"epochs": 3, "noise": "flip", "level": 0.1}
    whole = train(digits, "mlp", out=tmp_path / "whole", **options)
    best = whole.result["selected_epoch"]
    writers = {"selected.pt": "_write_selected", "metrics.csv": "_write_metrics"}
    plain = getattr(RunFolder, writers[lost])

    def killed(self, what):
        epoch = what.epoch if lost == "selected.pt" else len(what)
        if epoch == best:
            raise KilledError
        return plain(self, what)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, writers[lost], killed)
        with pytest.raises(KilledError):
            train(digits, "mlp", out=tmp_path / "run", **options)
    run = train(digits, "mlp", out=tmp_path / "run", resume=True, **options)
    assert without_times(run.metrics) == without_times(whole.metrics)
    assert (run.softmax == whole.softmax).all()


def test_a_run_killed_before_its_config_starts_anew(digits, tmp_path, monkeypatch):
    def killed(self, name, content):
        raise KilledError

    options = {"epochs": 1, "noise": "flip", "level": 0.1}
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "_write_json", killed)
        with pytest.raises(KilledError):
            train(digits, "mlp", out=tmp_path / "run", **options)
    assert train(digits, "mlp", out=tmp_path / "run", resume=True, **options).result is not None


def test_checkpoints_of_other_runs_are_refused(digits, tmp_path):
    other = train(digits, "mlp", out=tmp_path / "other", epochs=2, seed=1)
    with pytest.raises(KilledError):
        train(digits, "mlp", out=tmp_path / "run", epochs=2, on_epoch=kill_after(1))
    (tmp_path / "run" / "last.pt").write_bytes((other.path / "last.pt").read_bytes())
    with pytest.raises(InputValueError, match="is a checkpoint of another run"):
        train(digits, "mlp", out=tmp_path / "run", epochs=2, resume=True)


def test_two_at_one_folder_are_one_too_many(digits, tmp_path):
    with pytest.raises(KilledError):
        train(digits, "mlp", out=tmp_path / "other", epochs=2, on_epoch=kill_after(1))
    (tmp_path / "other" / ".0123.tmp").write_text("left over")

    def check(row):
        with pytest.raises(InputValueError, match="another process is training there"):
            train(digits, "mlp", out=tmp_path / "other", epochs=2, resume=True)

    train(digits, "mlp", out=tmp_path / "other", epochs=2, resume=True, on_epoch=check)
    assert not (tmp_path / "other" / ".0123.tmp").exists()


@pytest.mark.parametrize("around", ["float64", "no_grad", "inference", "autocast", "device"])
def test_the_callers_settings_of_torch_change_nothing(small, tmp_path, around):
    options = {"epochs": 1, "noise": "flip", "level": 0.2, "augment": "crop-flip"}
    plain = train(small, "cifar-cnn", out=tmp_path / "plain", **options)
    contexts = {
        "no_grad": torch.no_grad,
        "inference": torch.inference_mode,
        "autocast": lambda: torch.autocast("cpu", torch.bfloat16),
        "device": lambda: torch.device("meta"),
        "float64": contextlib.nullcontext,
    }
    if around == "float64":
        torch.set_default_dtype(torch.float64)
    try:
        with contexts[around]():
            run = train(small, "cifar-cnn", out=tmp_path / "run", **options)
            found = training.extract(run, small)
    finally:
        torch.set_default_dtype(torch.float32)
    assert without_times(run.metrics) == without_times(plain.metrics)
    assert (found.softmax_train == training.extract(plain, small).softmax_train).all()


def test_what_ended_in_its_first_epoch_is_no_run_yet(digits, tmp_path):
    with pytest.raises(TrainingError):
        train(digits, "mlp", out=tmp_path / "run", lr=1e30, batch_size=1024)
    run = train(digits, "mlp", out=tmp_path / "run", epochs=1)
    assert run.config["settings"]["lr"] == 0.1
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "config.json").write_text("{}")
    with pytest.raises(InputValueError, match="does not say that this is a run"):
        train(digits, "mlp", out=tmp_path / "foreign")


def test_features_may_be_asked_for_later(digits, tmp_path):
    train(digits, "mlp", out=tmp_path / "run", epochs=1)
    run = train(digits, "mlp", out=tmp_path / "run", epochs=1, resume=True, features=True)
    assert (data.load(run.path / "features.npz").x_test == training.extract(run).x_test).all()


@pytest.mark.parametrize("config", ['{"record": "pynoise run", "format": 1}', "[]", '"x"'])
def test_a_config_without_its_parts_is_damaged(tmp_path, config):
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(InputValueError, match="is damaged"):
        training.Run.load(tmp_path)


# What goes wrong


class Breaks(type(methods.make("cross-entropy"))):
    """Has no loss at step 3 of epoch 2."""

    step = 0

    def losses(self, training, batch):
        each, logits = super().losses(training, batch)
        self.step += 1
        return (each * torch.nan if self.step == 10 + 3 else each), logits


def test_a_loss_that_is_no_number_stops_and_keeps_the_epoch_before(digits, tmp_path):
    with pytest.raises(TrainingError, match=r"epoch 2, step 3 of 10; epoch 1 is kept, and a smaller"):
        train(digits, "mlp", out=tmp_path / "run", epochs=3, method=Breaks())
    run = training.Run.load(tmp_path / "run")
    assert len(run.metrics) == 1
    assert all(weights.isfinite().all() for weights in run.network("last").parameters())


def test_weights_that_overflow_are_not_kept(digits, tmp_path):
    with pytest.raises(TrainingError, match="no epoch was finished"):
        train(digits, "mlp", out=tmp_path / "run", optimizer="sgd", lr=1e30, epochs=2, batch_size=1024)
    assert not (tmp_path / "run" / "last.pt").exists()


def test_a_full_disk_loses_nothing(digits, tmp_path, monkeypatch):
    writes = []

    def full(path, content):
        writes.append(path)
        if len(writes) > 2:
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        return plain(path, content)

    options = {"epochs": 3, "noise": "flip", "level": 0.1}
    whole = train(digits, "mlp", out=tmp_path / "whole", **options)
    plain = checkpoint.write_whole
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_whole", full)
        with pytest.raises(OSError, match="No space left"):
            train(digits, "mlp", out=tmp_path / "run", **options)
    assert training.Run.load(tmp_path / "run").result is None
    run = train(digits, "mlp", out=tmp_path / "run", resume=True, **options)
    assert without_times(run.metrics) == without_times(whole.metrics)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not whole", b"\x80\x04N."])
def test_damaged_checkpoints_are_refused(digits, tmp_path, content):
    run = train(digits, "mlp", out=tmp_path / "run", epochs=1)
    (run.path / "selected.pt").write_bytes(content)
    with pytest.raises(InputValueError, match=r"selected\.pt' will not do"):
        run.network()
    (run.path / "selected.pt").unlink()
    with pytest.raises(InputFileNotFoundError, match=r"has no selected\.pt"):
        training.extract(run)


class Evil:
    def __reduce__(self):
        return os.system, ("touch /tmp/pynoise-was-here",)


def test_foreign_checkpoints_are_not_unpickled(digits, tmp_path):
    run = train(digits, "mlp", out=tmp_path / "run", epochs=1)
    torch.save({"record": "pynoise checkpoint", "format": 1, "network": Evil()}, run.path / "last.pt")
    with pytest.raises(InputValueError, match="more than tensors and plain values"):
        run.network("last")
    torch.save({"weights": torch.zeros(3)}, run.path / "last.pt")
    with pytest.raises(InputValueError, match="is no checkpoint of pynoise's"):
        run.network("last")
    other = networks.make("mlp", 3, (5,))
    checkpoint.save(run.path / "last.pt", {"network": other.state_dict()})
    with pytest.raises(InputValueError, match="other weights than this network's"):
        run.network("last")
    with pytest.raises(InputValueError, match="checkpoint: 'best' is not known"):
        run.network("best")


def test_folders_that_are_no_runs_are_refused(digits, tmp_path):
    with pytest.raises(InputFileNotFoundError, match="is no folder of a run"):
        training.Run.load(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputValueError, match="is damaged"):
        training.Run.load(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputValueError, match="does not say that this is a run"):
        training.Run.load(tmp_path)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").write_text("")
    with pytest.raises(InputValueError, match="holds other files"):
        train(digits, "mlp", out=tmp_path / "full")
    with pytest.raises(InputValueError, match="is not a folder"):
        train(digits, "mlp", out=tmp_path / "config.json")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"device": "gpu"}, "device: 'gpu' is no device"),
        ({"device": "meta"}, "device: 'meta' is not supported"),
        ({"network": "mpl"}, "network: 'mpl' is not known"),
        ({"noise": "flip"}, "level: is missing"),
        ({"noise": np.zeros(1297, int)}, "noise: is one row, of labels perhaps"),
        ({"noise": "flp", "level": 0.1}, "noise: 'flp' is not known"),
        ({"level": 2}, "level: "),
        ({"label_map": "1:2", "noise": "uniform", "level": 0.1}, "label_map"),
    ],
)
def test_arguments_out_of_range_are_named(digits, tmp_path, given, words):
    with pytest.raises(InputValueError, match=words):
        train(digits, out=tmp_path / "run", **given)
    assert not (tmp_path / "run").exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_named(digits, tmp_path):
    with pytest.raises(InputValueError, match="finds no CUDA here; give 'cpu' or 'auto'"):
        train(digits, out=tmp_path / "run", device="cuda")


# Noise


@pytest.mark.parametrize(
    ("noise_of", "level"),
    [("4:9,9:4", 0.3), ({4: 9, 9: 4}, 0.3), (np.eye(10)[::-1], 0.2), ("general", 0.2), ("concentrated", 0.2)],
)
def test_noise_is_whatever_curves_take(digits, tmp_path, noise_of, level):
    run = train(digits, "mlp", out=tmp_path / "run", noise=noise_of, level=level, epochs=1, seed=2)
    record = run.record
    record.check(digits)
    assert 0 < record.realised_rate <= level + 0.01
    if "4" in str(noise_of):
        moved = record.noisy != record.clean
        assert set(record.clean[moved]) <= {4, 9}
    assert (record.regions is None) == (str(noise_of) != "concentrated")


def test_records_are_taken_as_they_are(digits, tmp_path):
    record = noise.make(digits.y_train, "uniform", 0.4, seed=9, names=digits.names)
    record.save(tmp_path / "noise.npz")
    run = train(digits, "mlp", out=tmp_path / "run", noise=tmp_path / "noise.npz", epochs=1)
    assert (run.record.noisy == record.noisy).all()
    with pytest.raises(InputValueError, match=r"level: .* has a level of its own"):
        train(digits, "mlp", out=tmp_path / "other", noise=record, level=0.1)
    other = noise.make(digits.y_train[::-1], "uniform", 0.4, names=digits.names)
    with pytest.raises(InputValueError, match="was made for other labels"):
        train(digits, "mlp", out=tmp_path / "other", noise=other)


# What is read from a run


def test_features_and_softmax_are_those_of_the_network(small, tmp_path):
    run = train(small, "cifar-cnn", out=tmp_path / "run", epochs=2, augment="crop")
    found = training.extract(run, small)
    inputs = torch.from_numpy(reference.normalised(small.x_train, small.x_train))
    with torch.inference_mode():
        logits, features = run.network().outputs(inputs)
    np.testing.assert_allclose(found.x_train, features, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(found.softmax_train, logits.softmax(1), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.softmax, run.softmax, rtol=1e-4, atol=1e-6)
    assert abs(found.softmax.astype(np.float64).sum(axis=1) - 1).max() < 1e-6
    assert (found.dataset().y_test == small.y_test).all()
    with pytest.raises(InputValueError, match="data without a name; give them"):
        training.extract(run)
    pairs = ((small.x_train, small.y_train), (small.x_test, small.y_test))
    assert (training.extract(run, pairs).x_train == found.x_train).all()
    other = Dataset(small.x_train, small.y_train[::-1], small.x_test, small.y_test, name="other")
    with pytest.raises(InputValueError, match=r"other is not what .* was trained on"):
        training.extract(run, other)


def test_data_that_have_moved_are_found_where_they_are_said_to_be(digits, tmp_path):
    own = tmp_path / "own.npz"
    np.savez(own, x_train=digits.x_train, y_train=digits.y_train, x_test=digits.x_test, y_test=digits.y_test)
    run = train(own, "mlp", out=tmp_path / "run", epochs=1)
    assert training.extract(run).x_test.shape == (500, 256)
    own.unlink()
    with pytest.raises(InputFileNotFoundError):
        training.extract(run)
    assert training.extract(run, digits).x_test.shape == (500, 256)


# Several processes


def test_several_processes_train_one_network(tmp_path):
    torchrun = "-m torch.distributed.run --standalone --nproc-per-node 2 -m pynoise train"
    line = "--level 0.2 --noise symmetric --epochs 4 --batch-size 64 --threads 1 --features --out run"
    done = subprocess.run(
        [sys.executable, *torchrun.split(), *line.split()],
        cwd=tmp_path, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("selected by") == 1
    run = training.Run.load(tmp_path / "run")
    assert run.result["processes"] == 2
    assert run.result["test_accuracy_selected"] > 0.8
    assert run.metrics[0]["train_images"] == 1166  # 583 each
    # What was measured is what was saved: running statistics differ from process to process else.
    digits = data.load("digits")
    logits = run.network("last")(torch.from_numpy(reference.normalised(digits.x_test, digits.x_train)))
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(digits.y_test).long())
    assert loss.item() == pytest.approx(run.metrics[-1]["test_loss"], abs=1e-5)
    found = training.extract(run)
    with np.load(tmp_path / "run" / "features.npz") as file:
        np.testing.assert_allclose(file["x_train"], found.x_train, rtol=1e-4, atol=1e-4)
        np.testing.assert_allclose(file["softmax"], found.softmax, rtol=1e-4, atol=1e-6)


# CUDA


@needs_cuda
def test_cuda_learns_as_the_cpu_does(digits, tmp_path):
    options = {"epochs": 5, "noise": "symmetric", "level": 0.2}
    runs = [train(digits, "mlp", out=tmp_path / name, device=name, **options) for name in ("cpu", "cuda")]
    first, second = (run.result["test_accuracy_last"] for run in runs)
    assert abs(first - second) < 0.05
