"""Examples with others beside them: whose inputs come, in which order, and what a method gets of it."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch

from pynoise import methods
from pynoise.data import Dataset, load_folder
from pynoise.errors import InputValueError, TrainingError
from pynoise.training import train
from pynoise.training.partners import with_partners
from pynoise.training.resident import Normal, Resident
from pynoise.training.streamed import Streamed

pytestmark = pytest.mark.usefixtures("one_thread")

CPU = torch.device("cpu")
PLAIN = Normal((0.0,) * 3, (1.0,) * 3)


def images(n=40):
    return np.random.default_rng(0).integers(0, 256, (n, 9, 6, 3)).astype(np.uint8)


def sources():
    rows = np.random.default_rng(1).normal(size=(40, 5)).astype(np.float32)
    return {
        "images": Resident(images(), PLAIN, CPU),
        "crop-flip": Resident(images(), PLAIN, CPU, "crop-flip"),
        "one channel": Resident(images()[..., 0], Normal((3.0,), (2.0,)), CPU, "crop"),
        "rows": Resident(rows, Normal((0.0,) * 5, (1.0,) * 5), CPU),
        "byte rows": Resident(images().reshape(40, -1), Normal((9.0,), (3.0,)), CPU),
    }


def drawn(n, count, seed=0):
    """For each of n examples `count` others, some of them twice, some of them itself."""
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(0, n, (n, count), generator=generator)


def alone(source, seed):
    """The input of each example by itself, and as often as one asks."""
    return torch.cat([inputs for _, inputs in source.batches(torch.arange(len(source)), 7, seed)])


@pytest.mark.parametrize("name", sources())
@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("seed", [None, 3])
def test_each_has_its_own_partners(name, count, seed):
    source = sources()[name]
    partners = drawn(40, count)
    order = torch.randperm(40, generator=torch.Generator().manual_seed(1))[:37]
    every = alone(source, seed)
    found = list(with_partners(source, order, partners, 8, seed))
    assert [len(index) for index, *_ in found] == [8, 8, 8, 8, 5]
    for number, (index, inputs, beside, beside_inputs) in enumerate(found):
        assert index.tolist() == order[8 * number : 8 * number + 8].tolist()
        assert torch.equal(inputs, every[index])
        assert beside.dtype == torch.int64
        assert torch.equal(beside, partners[index])
        assert beside_inputs.shape == (len(index), count, *source.input_shape)
        assert torch.equal(beside_inputs, every[partners[index]])


def test_augmentation_is_of_the_seed_and_the_example():
    """An example looks the same beside others as in its own right, and otherwise in another epoch."""
    source = sources()["crop-flip"]
    everyone = drawn(40, 3)
    ((_, first, beside, theirs),) = with_partners(source, torch.arange(40), everyone, 40, 5)
    assert torch.equal(theirs, first[beside])
    assert not torch.equal(first, alone(source, None))
    ((_, other, _, _),) = with_partners(source, torch.arange(40), everyone, 40, 6)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("partners", [None, torch.empty(40, 0, dtype=torch.int64)])
def test_none_are_none(partners):
    for source in sources().values():
        found = list(with_partners(source, torch.arange(17), partners, 8, 3))
        plain = list(source.batches(torch.arange(17), 8, 3))
        for (index, inputs, beside, theirs), (wanted, wanted_inputs) in zip(found, plain, strict=True):
            assert torch.equal(index, wanted)
            assert torch.equal(inputs, wanted_inputs)
            assert beside.shape == (len(index), 0)
            assert beside.dtype == torch.int64
            assert theirs.shape == (len(index), 0, *source.input_shape)
            assert theirs.dtype == torch.float32


def test_they_lie_with_their_channels_last():
    source = sources()["images"]
    for _, inputs, _, theirs in with_partners(source, torch.arange(40), drawn(40, 2), 16, 3):
        assert inputs.is_contiguous(memory_format=torch.channels_last)
        assert theirs.flatten(0, 1).is_contiguous(memory_format=torch.channels_last)


# Files


@pytest.mark.parametrize("workers", [0, 2])
def test_images_that_are_read(pets, workers):
    source = Streamed(load_folder(pets).train, device="cpu", workers=workers)
    every, partners = alone(source, None), drawn(30, 2)
    order = torch.randperm(30, generator=torch.Generator().manual_seed(1))
    found = list(with_partners(source, order, partners, 8, 3))
    assert [len(index) for index, *_ in found] == [8, 8, 8, 6]
    assert torch.cat([index for index, *_ in found]).tolist() == order.tolist()
    for index, inputs, beside, theirs in found:
        assert torch.equal(inputs, every[index])
        assert torch.equal(beside, partners[index])
        assert torch.equal(theirs, every[partners[index]])


def test_a_recipe_changes_an_example_in_one_way(pets):
    source = Streamed(load_folder(pets).train, "imagenet", device="cpu")
    ((_, inputs, beside, theirs),) = with_partners(source, torch.arange(6), drawn(6, 2), 6, 3)
    assert torch.equal(theirs, inputs[beside])


@pytest.mark.parametrize("workers", [0, 2])
@pytest.mark.parametrize("lost", [[0], [7], [29], list(range(8, 16)), list(range(30))])
def test_an_image_that_vanishes_ends_it(pets, lost, workers):
    """The places in a batch are those of the partners: with one left out nothing fits any more."""
    source = Streamed(load_folder(pets).train, device="cpu", workers=workers, skip_corrupt=True)
    for index in lost:
        os.truncate(pets / "train" / ("cat", "dog")[index // 15] / f"{index % 15:02}.png", 0)
    with pytest.raises(TrainingError, match=r"\.png cannot be read any more; mend it"):
        list(with_partners(source, torch.arange(30), torch.arange(30)[:, None], 8, 3))
    without = Streamed(load_folder(pets).test, device="cpu", skip_corrupt=True)
    assert len(list(with_partners(without, torch.arange(10), torch.arange(10)[:, None], 8, 3))) == 2


def test_without_skipping_the_image_is_named(pets):
    source = Streamed(load_folder(pets).train, device="cpu")
    (pets / "train" / "dog" / "03.png").unlink()
    with pytest.raises(InputValueError, match=r"dog/03\.png"):
        list(with_partners(source, torch.arange(9), torch.full((30, 1), 18), 8, 3))


# In the loop


class Beside(methods.Method):
    """Partners from the second epoch on, two each: the next examples. Notes what comes."""

    def __init__(self, spoil=None):
        self.batches = []
        self.spoil = spoil

    def start_epoch(self, training):
        count = len(training.targets)
        training.partners = None
        if training.epoch > 0:
            training.partners = (torch.arange(count)[:, None] + torch.tensor([1, 2])) % count
        if training.epoch == 2 and self.spoil:
            self.spoil()

    def losses(self, training, batch):
        self.batches.append((training.epoch, batch))
        logits = training.logits(batch.inputs)
        each = torch.nn.functional.cross_entropy(logits, batch.targets, reduction="none")
        return each, logits


@pytest.mark.parametrize("augment", ["none", "crop-flip"])
def test_a_method_gets_them(tmp_path, augment):
    x, y = images(60), np.arange(60) % 3
    small = Dataset(x, y, x[:9], y[:9], name="small")
    method = Beside()
    train(small, "cifar-cnn", out=tmp_path / "run", method=method, epochs=3, batch_size=16, augment=augment)
    assert [epoch for epoch, _ in method.batches] == [0] * 4 + [1] * 4 + [2] * 4
    for epoch in range(3):
        batches = [batch for when, batch in method.batches if when == epoch]
        assert sum(len(batch.index) for batch in batches) == 54
        seen = {
            int(i): image for batch in batches for i, image in zip(batch.index, batch.inputs, strict=True)
        }
        assert len(seen) == 54
        for batch in batches:
            size, count = len(batch.index), 2 if epoch else 0
            assert batch.partners.shape == (size, count)
            assert batch.partner_inputs.shape == (size, count, 3, 9, 6)
            for i, others, inputs in zip(batch.index, batch.partners, batch.partner_inputs, strict=True):
                assert others.tolist() == [(int(i) + 1) % 60, (int(i) + 2) % 60][:count]
                for other, image in zip(others.tolist(), inputs, strict=True):
                    if other in seen:  # else it is held out
                        assert torch.equal(image, seen[other])


def test_partners_change_nothing_for_those_who_do_not_look(tmp_path):
    x, y = images(60), np.arange(60) % 3
    small = Dataset(x, y, x[:9], y[:9], name="small")
    options = {"epochs": 3, "batch_size": 16, "augment": "crop-flip"}
    runs = [
        train(small, "mlp", out=tmp_path / str(number), method=method, **options)
        for number, method in enumerate((Beside(), "cross-entropy"))
    ]
    losses = [[row["train_loss"] for row in run.metrics] for run in runs]
    assert losses[0] == losses[1]


def test_an_image_that_vanishes_between_epochs_stops_the_training(pets, tmp_path):
    """And the epochs before are kept; with the image mended it goes on."""
    file = pets / "train" / "cat" / "04.png"
    content = file.read_bytes()
    options = {"epochs": 3, "batch_size": 8, "validation": 0, "skip_corrupt": True}
    with pytest.raises(TrainingError, match=r"cat/04\.png cannot be read any more; mend it, and go on"):
        train(pets, out=tmp_path / "run", method=Beside(lambda: os.truncate(file, 0)), **options)
    file.write_bytes(content)
    rows = []
    run = train(pets, out=tmp_path / "run", method=Beside(), resume=True, on_epoch=rows.append, **options)
    assert [row["epoch"] for row in rows] == [3]
    assert run.result["epochs"] == 3


def test_two_processes_have_their_own(tmp_path):
    """Half of each batch each, with the partners of that half."""
    (tmp_path / "script.py").write_text(
        textwrap.dedent(
            """
            import os
            import sys

            sys.path.insert(0, sys.argv[1])
            from test_partners import Beside

            import pynoise

            method = Beside()
            pynoise.training.train("digits", out="run", method=method, epochs=2, batch_size=64, threads=1)
            late = [batch for epoch, batch in method.batches if epoch == 1]
            for batch in late:
                wanted = [[(i + 1) % 1297, (i + 2) % 1297] for i in batch.index.tolist()]
                assert batch.partners.tolist() == wanted
                assert batch.partner_inputs.shape == (len(batch.index), 2, 1, 8, 8)
            name = "rank" + os.environ["RANK"]
            with open(name, "w") as file:
                file.write(" ".join(str(i) for batch in late for i in batch.index.tolist()))
            """
        )
    )
    torchrun = "-m torch.distributed.run --standalone --nproc-per-node 2 script.py"
    done = subprocess.run(
        [sys.executable, *torchrun.split(), str(Path(__file__).parent)],
        cwd=tmp_path, capture_output=True, text=True, timeout=110,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    first, second = (set((tmp_path / f"rank{rank}").read_text().split()) for rank in (0, 1))
    assert len(first) == len(second) == 583
    assert not first & second
