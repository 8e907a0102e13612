"""ODD in the training loop: what it models, whom it removes, and what that is good for."""

import csv
import json
import subprocess
import sys
import textwrap
from collections import defaultdict
from pathlib import Path
from statistics import fmean

import numpy as np
import pytest
import torch
from reference import odd as reference
from scipy.stats import ks_2samp

from pynoise import seeds
from pynoise.data import Dataset, load
from pynoise.errors import InputTypeError, InputValueError, TrainingError, TrainingWarning
from pynoise.methods import modelled_losses
from pynoise.methods.odd import ODD
from pynoise.noise import Suspects
from pynoise.training import train

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"epochs": 8, "threads": 1, "device": "cpu", "noise": "uniform", "level": 0.4}


class Watched(ODD):
    """Keeps every loss that an example was learnt by, epoch by epoch, and who was there."""

    def begin(self, training):
        super().begin(training)
        self.found = defaultdict(lambda: defaultdict(list))
        self.rows = []

    def start_epoch(self, training):
        self.rows.append(sorted(training.rows.tolist()))

    def losses(self, training, batch):
        losses, logits = super().losses(training, batch)
        for i, label, row in zip(batch.index.tolist(), batch.targets.tolist(), logits.tolist(), strict=True):
            self.found[training.epoch][i].append(reference.loss(row, label))
        return losses, logits


@pytest.fixture(scope="module")
def few(digits):
    return Dataset(
        digits.x_train[:400], digits.y_train[:400], digits.x_test, digits.y_test, digits.names, "few"
    )


def layer_of(width=20, classes=5, scale=1.0):
    generator = torch.Generator().manual_seed(3)
    layer = torch.nn.Linear(width, classes)
    with torch.no_grad():
        layer.weight.copy_(scale * torch.randn(classes, width, generator=generator))
        layer.bias.copy_(torch.randn(classes, generator=generator))
    return layer


def test_modelled_losses_are_those_of_the_slides():
    """Each draw, against the formula in float64."""
    layer, draws = layer_of(), 300
    found = modelled_losses(layer, draws, 7)
    generator = torch.Generator("cpu").manual_seed(7)
    x = torch.randn(draws, 20, generator=generator).double().numpy()
    k = torch.randint(5, (draws,), generator=generator).tolist()
    weight, bias = (values.detach().double().numpy() for values in (layer.weight, layer.bias))
    wanted = sorted(reference.modelled(weight, bias, *one) for one in zip(x, k, strict=True))
    assert found.dtype == torch.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)


def test_modelled_losses_are_of_the_distribution():
    """Drawn by numpy instead, in many blocks and in one: no two of them can be told apart."""
    layer = layer_of(width=4000, classes=3, scale=0.02)  # blocks of 1,048
    found = modelled_losses(layer, 5000, 0).numpy()
    rng = np.random.default_rng(0)
    x = np.maximum(rng.standard_normal((5000, 4000), np.float32), 0)
    logits = x @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
    wanted = [reference.loss(row, rng.integers(3)) for row in logits.tolist()]
    assert ks_2samp(found, wanted).pvalue > 0.01
    assert ks_2samp(found, np.array(wanted) * 1.2).pvalue < 1e-6


def test_modelled_losses_without_weights():
    layer = torch.nn.Linear(6, 10)
    torch.nn.init.zeros_(layer.weight)
    torch.nn.init.zeros_(layer.bias)
    np.testing.assert_allclose(modelled_losses(layer, 100, 0), np.log(10), rtol=1e-6)


def test_modelled_losses_follow_from_the_seed():
    layer = layer_of()
    first, same, other = (modelled_losses(layer, 1000, seed) for seed in (0, 0, 1))
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert bool((first.diff() >= 0).all())
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    modelled_losses(layer, 10, 0)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("options", [{"epoch": 3, "passes": 2}, {"epoch": 2, "passes": 9, "p": 0.4}, {}])
def test_who_is_removed(few, tmp_path, options):
    """Those whose mean loss is above the quantile, after epoch E and not before; nobody comes back."""
    method = Watched(**options)
    run = train(few, "mlp", out=tmp_path / "run", method=method, **QUICK)
    end, passes = options.get("epoch", 4), options.get("passes", 5)
    found = Suspects.load(run.path)
    first = method.rows[0]
    assert all(rows == first for rows in method.rows[:end])
    assert len(first) == 360
    losses = {i: [one for e in range(max(0, end - passes), end) for one in method.found[e][i]] for i in first}
    wanted = reference.left(first, losses, run.result["threshold"])
    assert 20 < len(wanted) < 340
    assert all(rows == wanted for rows in method.rows[end:])
    for i, value in zip(found.index.tolist(), found.losses.tolist(), strict=True):
        assert value == pytest.approx(fmean(losses[i]), rel=1e-4, abs=1e-5)
    assert found.index[~found.suspected].tolist() == wanted
    assert run.result["threshold"] == pytest.approx(np.quantile(found.modelled, options.get("p", 0.2)))
    removed = [row["removed_fraction"] for row in run.metrics]
    assert removed == pytest.approx([0.0] * (end - 1) + [1 - len(wanted) / 360] * (8 - end + 1))
    assert run.result["removed_fraction"] == pytest.approx(1 - len(wanted) / 360)
    assert run.result["train_examples"] == len(wanted)
    record = run.record
    wrong = {i for i in first if record.noisy[i] != record.clean[i]}
    gone = set(first) - set(wanted)
    assert run.result["removed_precision"] == pytest.approx(len(gone & wrong) / len(gone))
    assert run.result["removed_recall"] == pytest.approx(len(gone & wrong) / len(wrong))
    odd = run.result["odd"]
    assert (odd["epoch"], odd["removed"]) == (end, len(gone))
    assert odd["modelled_quantiles"] == pytest.approx(np.quantile(found.modelled, [0.1, 0.5, 0.9]).tolist())


def test_the_modelled_losses_are_of_the_network_after_that_epoch(few, tmp_path):
    class Kept(ODD):
        def end_epoch(self, training):
            row = super().end_epoch(training)
            if training.epoch + 1 == 3:
                self.layer = {name: value.clone() for name, value in self._layer.state_dict().items()}
            return row

    method = Kept(epoch=3, draws=500)
    run = train(few, "mlp", out=tmp_path / "run", method=method, **QUICK)
    layer = torch.nn.Linear(256, 10)
    layer.load_state_dict(method.layer)
    wanted = modelled_losses(layer, 500, seeds.split(run.config["seed"], "odd"))
    np.testing.assert_array_equal(Suspects.load(run.path).modelled, wanted)


def test_suspects_are_as_the_trained_network_says(few, tmp_path):
    run = train(few, "mlp", out=tmp_path / "run", method="odd", **QUICK | {"validation": 0.0})
    found = Suspects.load(run.path)
    assert found.index.tolist() == list(range(400))
    np.testing.assert_array_equal(found.labels, run.record.noisy)
    np.testing.assert_array_equal(found.clean, run.record.clean)
    with torch.no_grad():
        normal = run.config["normal"]
        x = (torch.tensor(few.x_train).float() - normal["mean"][0]) / normal["std"][0]
        said = run.network()(x[:, None]).argmax(dim=1)
    assert (found.suggested == said.numpy()).mean() > 0.995  # the scale is multiplied, not divided by
    assert found.meta["odd"]["epoch"] == 4
    assert found.meta["noise"] == run.config["noise"]
    lines = list(csv.DictReader((run.path / "suspects.csv").read_text().splitlines()))
    order = [i for i in np.argsort(-found.losses, kind="stable") if found.losses[i] > found.threshold]
    assert [int(line["index"]) for line in lines] == order
    assert [line["suggested_label"] for line in lines] == [few.names[found.suggested[i]] for i in order]
    assert float(lines[0]["threshold"]) == pytest.approx(found.threshold, rel=1e-5)


def test_before_the_removal_it_is_cross_entropy(few, tmp_path):
    """Bit for bit; and so is what follows where nothing is removed."""
    plain = train(few, "mlp", out=tmp_path / "plain", **QUICK)
    for name, options in {"odd": {"epoch": 4}, "mixup": {"epoch": 4, "mixup": 1.0}}.items():
        run = train(few, "mlp", out=tmp_path / name, method="odd", method_options=options, **QUICK)
        for row, same in zip(run.metrics[:4], plain.metrics[:4], strict=True):
            assert row["train_loss"] == same["train_loss"]
            assert row["test_loss"] == same["test_loss"]
        assert run.metrics[4]["train_loss"] != plain.metrics[4]["train_loss"]
    late = train(few, "mlp", out=tmp_path / "late", method=NothingRemoved(epoch=4), **QUICK)
    assert late.metrics[-1]["test_loss"] == plain.metrics[-1]["test_loss"]
    assert late.result["removed_fraction"] == 0
    assert late.result["removed_precision"] is None
    assert late.result["removed_recall"] == 0


class NothingRemoved(ODD):
    def begin(self, training):
        super().begin(training)
        self._quantile = 1.0  # the largest of the draws: refused as an option


def test_mixup_begins_after_the_removal(few, tmp_path):
    """With what is left, mixed: its training accuracy is lower, and it is another network."""
    runs = {
        alpha: train(
            few, "mlp", out=tmp_path / f"{alpha}", method="odd", method_options={"mixup": alpha}, **QUICK
        )
        for alpha in (None, 1.0)
    }
    plain, mixed = runs.values()
    assert plain.metrics[1]["train_loss"] == mixed.metrics[1]["train_loss"]
    assert plain.result["threshold"] == mixed.result["threshold"]
    assert mixed.metrics[-1]["train_loss"] > 2 * plain.metrics[-1]["train_loss"]


@pytest.mark.parametrize("options", [{}, {"mixup": 1.0}])
def test_a_run_goes_on_as_if_it_had_not_stopped(few, tmp_path, options):
    """Before the removal, in the midst of the passes that count, just after it, and later."""
    given = QUICK | {"method": "odd", "method_options": {"epoch": 4, "passes": 2} | options}
    whole = train(few, out=tmp_path / "whole", **given)

    class StopError(Exception):
        pass

    for epoch in (2, 3, 4, 6):

        def stop(row, epoch=epoch):
            if row["epoch"] == epoch:
                raise StopError

        with pytest.raises(StopError):
            train(few, out=tmp_path / f"{epoch}", on_epoch=stop, **given)
        again = train(few, out=tmp_path / f"{epoch}", resume=True, **given)
        one, other = (Suspects.load(run.path) for run in (again, whole))
        for name in ("index", "losses", "modelled", "suggested"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
        timed = ("seconds", "images_per_second")
        for row, same in zip(again.metrics, whole.metrics, strict=True):
            assert {k: v for k, v in row.items() if k not in timed} == {
                k: v for k, v in same.items() if k not in timed
            }


def test_labels_as_they_are(few, tmp_path):
    """Where nobody knows the true labels, nothing is said of them."""
    run = train(few, "mlp", out=tmp_path / "run", method="odd", **QUICK | {"noise": None, "level": None})
    assert run.result["removed_precision"] is None
    assert run.result["removed_recall"] is None
    found = Suspects.load(run.path)
    assert found.clean is None
    assert "true_label" not in (run.path / "suspects.csv").read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"p": 0}, r"p: 0 is not within \(0, 1\)"),
        ({"p": 1}, r"p: 1 is not within \(0, 1\)"),
        ({"p": 1.5}, r"p: 1\.5 is not within \(0, 1\)"),
        ({"p": "much"}, r"p: 'much' is not a number"),
        ({"p": float("nan")}, r"p: nan is not a finite number"),
        ({"epoch": 0}, r"epoch: 0 is too small"),
        ({"epoch": 8}, r"epoch: 8 is not before the last of 8 epochs.*give a smaller epoch"),
        ({"epoch": 30}, r"epoch: 30 is not before the last of 8 epochs"),
        ({"epoch": 1.5}, r"epoch: 1\.5 is not a whole number"),
        ({"passes": 0}, r"passes: 0 is too small"),
        ({"draws": 10}, r"draws: 10 is too small; give at least 100"),
        ({"mixup": 0}, r"mixup: 0 is not within 0\.01 to"),
        ({"quantile": 0.1}, r"unknown .*'quantile'|'quantile' is"),
    ],
)
def test_options_out_of_range_are_named(few, tmp_path, options, message):
    with pytest.raises((InputValueError, InputTypeError), match=rf"^method_options: .*{message}|{message}"):
        train(few, "mlp", out=tmp_path / "run", method="odd", method_options=options, **QUICK)


def test_one_epoch_is_not_enough(few, tmp_path):
    with pytest.raises(InputValueError, match=r"epoch: 1 is not before the last of 1 epochs"):
        train(few, "mlp", out=tmp_path / "run", method="odd", **QUICK | {"epochs": 1})


def test_everything_removed_stops_it(few, tmp_path):
    """A network that has learnt nothing has the loss of a random label everywhere."""
    with pytest.raises(
        TrainingError, match=r"odd would remove 360 of 360 examples after epoch 4: .* threshold, \d+\.\d{4}; "
    ):
        train(few, "mlp", out=tmp_path / "run", method=Shouting(), **QUICK)
    rows = list(csv.DictReader((tmp_path / "run" / "metrics.csv").read_text().splitlines()))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]  # those before are kept


class Shouting(ODD):
    """Whose losses are far above those of random labels."""

    def losses(self, training, batch):
        losses, logits = super().losses(training, batch)
        if training.epoch < self._end:
            self._pass[0, batch.index] += 100
        return losses, logits


@pytest.mark.filterwarnings("always::pynoise.errors.TrainingWarning")
def test_a_class_that_is_gone_is_said(few, tmp_path):
    class Unkind(ODD):
        def losses(self, training, batch):
            losses, logits = super().losses(training, batch)
            if training.epoch < self._end:
                self._pass[0, batch.index] += 100 * (batch.targets == 3)
            return losses, logits

    with pytest.warns(TrainingWarning, match=r"removed all examples of 1 of 10 classes, counted from 0: 3;"):
        train(few, "mlp", out=tmp_path / "run", method=Unkind(), **QUICK)


def test_a_low_rate_is_said(few, tmp_path):
    with pytest.warns(TrainingWarning, match=r"after epoch 7 the learning rate is 0\.0038.*smaller epoch"):
        train(few, "mlp", out=tmp_path / "run", method="odd", method_options={"epoch": 7}, **QUICK)


def test_a_stop_before_the_removal_is_said(few, tmp_path):
    given = QUICK | {"epochs": 12, "patience": 1, "lr": 1e-9}
    with pytest.warns(TrainingWarning, match=r"training has stopped before epoch 5: nothing was removed"):
        run = train(few, "mlp", out=tmp_path / "run", method="odd", **given)
    keys = ("threshold", "removed_fraction", "removed_precision", "removed_recall")
    assert [run.result[key] for key in keys] == [None] * 4
    assert not (run.path / "suspects.npz").exists()


def test_a_network_without_a_last_layer_of_its_kind(few, tmp_path, monkeypatch):
    from pynoise import networks

    made = networks.make

    def convolving(*arguments, **options):
        network = made(*arguments, **options)
        network.head = torch.nn.Sequential(network.head, torch.nn.Identity())
        return network

    monkeypatch.setattr(networks, "make", convolving)
    with pytest.raises(InputTypeError, match=r"^network: its head ends in Identity, not in Linear; odd "):
        train(few, "mlp", out=tmp_path / "run", method="odd", **QUICK)


def test_images_that_cannot_be_read_are_no_suspects(pets, tmp_path):
    (pets / "train" / "cat" / "03.png").write_bytes(b"no image")
    given = QUICK | {"validation": 0.0, "method": "odd", "method_options": {"p": 0.9}}
    run = train(pets, "mlp", out=tmp_path / "run", skip_corrupt=True, **given)
    found = Suspects.load(run.path)
    assert found.index.tolist() == [i for i in range(30) if i != 3]
    assert found.files[3].endswith("cat/04.png")
    if found.suspected.any():
        assert "file" in (run.path / "suspects.csv").read_text().splitlines()[0].split(",")


def test_two_processes_remove_the_same(tmp_path):
    """Each learns from its half; the losses of both decide, and both go on with what is left."""
    (tmp_path / "script.py").write_text(
        textwrap.dedent(
            """
            import os
            import sys

            sys.path.insert(0, sys.argv[1])
            from test_odd import Watched

            import pynoise

            method = Watched(epoch=2)
            pynoise.training.train(
                "digits", out="run", method=method, epochs=4, batch_size=64, threads=1, noise="uniform",
                level=0.4,
            )
            with open("rank" + os.environ["RANK"], "w") as file:
                file.write(" ".join(map(str, method.rows[-1])) + ";" + str(len(method.found[0])))
            """
        )
    )
    torchrun = "-m torch.distributed.run --standalone --nproc-per-node 2 script.py"
    done = subprocess.run(
        [sys.executable, *torchrun.split(), str(Path(__file__).parent)],
        cwd=tmp_path, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = ((tmp_path / f"rank{rank}").read_text().split(";") for rank in (0, 1))
    assert first[0] == second[0]
    assert first[1] == second[1] == "583"
    found = Suspects.load(tmp_path / "run")
    assert len(found) == 1167
    assert [str(i) for i in found.index[~found.suspected]] == first[0].split()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_on_a_cuda_device(few, tmp_path):
    """Nearly the same suspects as on the CPU."""
    given = QUICK | {"method": "odd", "precision": "float32"}
    runs = {one: train(few, out=tmp_path / one, **given | {"device": one}) for one in ("cpu", "cuda")}
    one, other = (Suspects.load(run.path) for run in runs.values())
    np.testing.assert_allclose(one.threshold, other.threshold, rtol=0.05)
    assert (one.suspected == other.suspected).mean() > 0.95


def outcomes(data, out, level, repeats):
    """Last accuracies of cross-entropy and of ODD in one schedule, and what ODD removed, seed by seed."""
    found = []
    for seed in repeats:
        given = {"level": level, "noise": "uniform", "seed": seed, "threads": 1, "device": "cpu"}
        plain, odd = (
            train(data, "mlp", out=out / f"{level}-{seed}-{method}", method=method, validation=0.0, **given)
            for method in ("cross-entropy", "odd")
        )
        found.append((plain.result["test_accuracy_last"], odd.result))
    return found


@pytest.mark.parametrize("level", [0.2, 0.4])
def test_digits_with_wrong_labels(digits, tmp_path, level):
    """Most wrong labels are removed, hardly a right one, and that helps."""
    for plain, odd in outcomes(digits, tmp_path, level, (0, 1, 2)):
        assert odd["removed_precision"] >= 0.9
        assert odd["removed_recall"] >= 0.8
        assert odd["test_accuracy_last"] > plain


def test_clean_digits(digits, tmp_path):
    """Hardly anything is removed; of 500 test digits one is 0.2 points, so the mean of five runs."""
    found = outcomes(digits, tmp_path, 0.0, range(5))
    assert max(odd["removed_fraction"] for _, odd in found) <= 0.03
    assert fmean(odd["test_accuracy_last"] - plain for plain, odd in found) >= -0.005


@pytest.mark.parametrize("level", [0.0, 0.2, 0.4])
def test_mnist(data_root, tmp_path, level):
    """The first 5,000 images."""
    mnist = load("mnist", data_root)
    part = Dataset(
        mnist.x_train[:5000], mnist.y_train[:5000], mnist.x_test, mnist.y_test, mnist.names, "part"
    )
    ((plain, odd),) = outcomes(part, tmp_path, level, (0,))
    if level == 0:
        assert odd["removed_fraction"] <= 0.03
        assert odd["test_accuracy_last"] >= plain - 0.005
    else:
        assert odd["removed_precision"] >= 0.9
        assert odd["removed_recall"] >= 0.8
        assert odd["test_accuracy_last"] > plain


def test_it_costs_no_pass(few, tmp_path):
    """One pass over all examples after the last epoch, for the suggestions; the removal asks for none."""
    asked = []

    class Counted(ODD):
        def end_epoch(self, training):
            evaluate = training.evaluate

            def counted(rows, **options):
                asked.append(training.epoch)
                return evaluate(rows, **options)

            training.evaluate = counted
            return super().end_epoch(training)

    train(few, "mlp", out=tmp_path / "run", method=Counted(), **QUICK)
    assert set(asked) == {8}


def test_the_command(run):
    code, _, err = run(
        *("train", "--noise", "uniform", "--level", 0.4, "--method", "odd", "--set", "epoch=2"),
        *("--set", "mixup=0.5", "--epochs", 5, "--threads", 1, "--out", "r"),
    )
    assert code == 0, err
    options = json.loads(Path("r/config.json").read_text())["method_options"]
    assert options == {"p": None, "epoch": 2, "passes": 5, "draws": 10000, "mixup": 0.5}
    assert Path("r/suspects.csv").is_file()
    result = json.loads(Path("r/result.json").read_text())
    assert 0 < result["removed_fraction"] < 1


@pytest.mark.filterwarnings("always::pynoise.errors.TrainingWarning")
def test_the_command_says_that_nothing_was_left_out(run):
    code, out, err = run(
        *("train", "--method", "odd", "--epochs", 12, "--patience", 1, "--lr", 1e-9),
        *("--threads", 1, "--out", "r"),
    )
    assert code == 0, err
    assert "odd has left out nothing: training has stopped before\n" in out
    assert "Warning: training has stopped before epoch 5: nothing was removed" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--set p=2", "Invalid value for '--set': p: 2 is not within (0, 1)"),
        ("--set epoch=9", "Invalid value for '--set': epoch: 9 is not before the last of 5 epochs"),
        ("--set quantile=0.3", "'quantile'"),
    ],
)
def test_mistakes_on_the_command_line(run, options, message):
    code, out, err = run("train", "--method", "odd", "--epochs", 5, *options.split(), "--out", "r")
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_usual_quantile_depends_on_the_classes(digits, tmp_path, classes):
    """Of two classes, half of all random labels are what the network says, with a low loss."""
    some, tests = digits.y_train < classes, digits.y_test < classes
    part = Dataset(digits.x_train[some], digits.y_train[some], digits.x_test[tests], digits.y_test[tests])
    given = {"epochs": 20, "batch_size": 32, "threads": 1, "device": "cpu", "validation": 0.0}
    usual, fifth = (
        train(part, "mlp", out=tmp_path / f"{p}", method="odd", method_options={"p": p}, **given)
        for p in (None, 0.2)
    )
    assert usual.result["odd"]["epoch"] == 5
    assert usual.result["odd"]["p"] == pytest.approx(1 / classes + 0.1)
    found = Suspects.load(usual.path)
    assert found.threshold == pytest.approx(np.quantile(found.modelled, 1 / classes + 0.1), abs=1e-6)
    assert found.meta["odd"]["p"] == pytest.approx(1 / classes + 0.1)
    assert usual.result["removed_fraction"] <= 0.03  # these labels are right
    if classes == 2:
        assert fifth.result["removed_fraction"] >= 2 * usual.result["removed_fraction"] + 0.01


@pytest.mark.parametrize(
    ("epochs", "augment", "end"),
    [(2, "none", 1), (8, "none", 4), (24, "none", 5), (24, "crop", 6), (6, "crop", 2)],
)
def test_the_usual_epoch(few, tmp_path, epochs, augment, end):
    """A quarter of all; at most the fifth where images are the same in each epoch."""
    given = QUICK | {"epochs": epochs, "augment": augment, "method_options": {"p": 0.9}}
    run = train(few, "mlp", out=tmp_path / "run", method="odd", **given)
    assert run.result["odd"]["epoch"] == end
