"""ODD: the learning rate that the removal is made at, and a restart on another device."""

import warnings

import pytest
import torch

from pynoise.data import Dataset
from pynoise.errors import TrainingWarning
from pynoise.methods.odd import ODD
from pynoise.training import train

pytestmark = pytest.mark.usefixtures("one_thread")

QUICK = {"epochs": 4, "threads": 1, "device": "cpu", "method": "odd", "method_options": {"epoch": 2}}


@pytest.fixture(scope="module")
def few(digits):
    return Dataset(digits.x_train[:200], digits.y_train[:200])


def test_a_step_after_the_removal_is_none_before_it(few, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error", TrainingWarning)
        run = train(few, out=tmp_path / "run", schedule="step", step_at=[2], **QUICK)
    assert run.result["odd"]["lr"] == 0.1


def test_a_restart_does_not_hide_a_low_rate(few, tmp_path):
    with pytest.warns(TrainingWarning, match="after epoch 2 the learning rate is"):
        run = train(few, out=tmp_path / "run", schedule="cosine-restarts", restart_every=2, **QUICK)
    assert run.result["odd"]["lr"] == pytest.approx(0, abs=1e-9)


def test_a_restart_brings_the_modelled_losses_to_the_cpu():
    """Where quantiles are taken of them: a checkpoint is read to the device."""

    class Elsewhere:
        def cpu(self):
            return torch.ones(3)

    method = ODD()
    method._sums = torch.zeros(2, 3)
    method.restore({"sums": torch.ones(2, 3), "modelled": Elsewhere(), "threshold": 1.0, "seconds": 0.0})
    assert method._modelled.tolist() == [1, 1, 1]
