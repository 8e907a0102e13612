"""kNet in the training loop: a network first, then K-NN and kNet on its features."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from pynoise import _checks, seeds
from pynoise._progress import Progress, wordless
from pynoise._scikit import plain
from pynoise.errors import InputError, InputValueError, TrainingError, unknown_name
from pynoise.knn import label_histograms, search
from pynoise.methods.cross_entropy import CrossEntropy
from pynoise.methods.knet.agreement import agreement
from pynoise.methods.knet.estimator import KNet
from pynoise.methods.knet.ranges import k_range_of

if TYPE_CHECKING:
    from pynoise.training.evaluate import Evaluation
    from pynoise.training.loop import Training

__all__ = ["FILE", "KNetMethod"]

# What a run's folder holds of it.
FILE = "knet.npz"

# Columns of the paper's Tables 2 and 3.
_KS = (1, 11, 51, 101)

# The run decides these.
_NOT_OPTIONS = ("device", "n_jobs", "random_state")


class KNetMethod(CrossEntropy):
    """Train a network by cross-entropy, then kNet on its penultimate features, and K-NN beside it.

    The features are those of the selected epoch, or of the last where none is selected, of the examples that
    were learnt from; kNet has their noisy labels.

    Parameters
    ----------
    ks : int or sequence of int, optional
        K at which accuracies are told, within `k_range`; those of 1, 11, 51 and 101 that are, by default.
    fixed : bool
        Whether to train a *fixed kNet* for each of them, too.
    **options
        Of `KNet`: k_range, hidden, metric, loss, epochs, batch_size, lr, engine.
    """

    late = True
    needs_test = True

    def __init__(self, ks: int | Sequence[int] | None = None, *, fixed: bool = False, **options: Any) -> None:
        known = [name for name in KNet().get_params() if name not in _NOT_OPTIONS]
        for name in options:
            if name not in known:
                raise unknown_name("method_options", name, ["ks", "fixed", *known])
        self._model = KNet(**options)
        self._model.check()
        self._k_range = least, most = k_range_of(self._model.k_range)
        usual = [k for k in _KS if least <= k <= most] or [(least + most) // 2]
        self._ks, _ = _checks.counts("ks", usual if ks is None else ks)
        for k in self._ks:
            if not least <= k <= most:
                raise InputValueError("ks", f"{k} is outside k_range, {least}..{most}")
        self._fixed = _checks.flag("fixed", fixed)

    def options(self) -> dict[str, Any]:
        """What decides it."""
        parameters = self._model.get_params()
        own = {name: plain(value) for name, value in parameters.items() if name not in _NOT_OPTIONS}
        return {"ks": list(self._ks), "fixed": self._fixed} | own | {"k_range": list(self._k_range)}

    def begin(self, training: Training) -> None:
        """Refuse what would fail after the last epoch."""
        labels = training.targets[training.rows.to(training.device)]
        if labels.min() == labels.max():
            raise InputValueError(
                "noise", "leaves labels of one class, which have nothing to tell apart; give a lower level"
            )
        most = self._k_range[1]
        if most >= len(training.rows):
            raise InputValueError(
                "method_options",
                f"k_range goes up to K = {most}, and {len(training.rows)} examples are learnt from; give a "
                "smaller one",
            )

    def result(self, training: Training, folder: Path, progress: Progress) -> dict[str, Any]:
        """Train kNet, keep it in the folder, and tell the accuracies on the test examples."""
        parts = {
            "train": training.evaluate(training.rows, features=True),
            "test": training.measure("test", features=True),
        }
        if not training.team.first:
            return {}
        kept = "the network is kept: go on with another (resume=True; on the command line --resume)"
        try:
            return self._result(training, parts, folder, progress)
        except TrainingError as error:
            raise TrainingError(f"{error}; {kept}") from None
        except InputError as error:  # too few examples could be read, say
            raise InputValueError("method_options", f"{error.argument}: {error.problem}; {kept}") from None

    def _result(
        self, training: Training, parts: Mapping[str, Evaluation], folder: Path, progress: Progress
    ) -> dict[str, Any]:
        started = time.perf_counter()
        labels = training.targets if training.targets.ndim == 1 else training.targets.argmax(dim=1)
        noisy = labels.cpu()[training.rows].numpy().astype(np.int32)
        x, y = _seen(parts["train"], noisy)
        given = training.held["test"].labels.cpu().numpy().astype(np.int32)
        x_test, y_test = _seen(parts["test"], given)
        classes = parts["test"].logits.shape[1]
        model = self._model_of(training)
        find = partial(
            search,
            metric=model.metric,
            engine=model.engine,
            seed=model.random_state,
            threads=torch.get_num_threads(),
            progress=wordless(progress),
        )
        near, _ = find(x, x, self._k_range[1], exclude_self=True)
        model.fit(x, y, neighbors=near, progress=wordless(progress))
        model.save(folder / FILE)
        seconds = time.perf_counter() - started
        found, _ = find(x, x_test, max(self._ks))
        votes = dict(zip(self._ks, label_histograms(found, y, self._ks, classes), strict=True))
        shares = {k: _spread(model, x_test, k, classes) for k in self._ks}
        measures = {k: agreement(votes[k] / k, shares[k]) for k in self._ks}
        result = {
            "preliminary_accuracy": parts["test"].score(training.held["test"].labels)[1],
            "knn_accuracy": {str(k): float((votes[k].argmax(axis=1) == y_test).mean()) for k in self._ks},
            "knet_accuracy": {str(k): float((shares[k].argmax(axis=1) == y_test).mean()) for k in self._ks},
            "knet": {
                "parameters": model.n_parameters_,
                "hidden": model.network_.last.in_features,
                "features": x.shape[1],
                "stored_values": x.size,  # what K-NN keeps
                "k_range": list(self._k_range),
                "loss": model.loss_curve_[-1],
                "seconds": seconds,
            }
            | {name: {str(k): measures[k][name] for k in self._ks} for name in measures[self._ks[0]]},
        }
        if self._fixed:
            result["fixed_knet_accuracy"] = {
                str(k): self._model_of(training, k_range=k)
                .fit(x, y, neighbors=near, progress=wordless(progress))
                .score(x_test, y_test)
                for k in self._ks
            }
        return result

    def _model_of(self, training: Training, **changed: Any) -> KNet:
        """A model for the features of a training."""
        own = {
            "device": str(training.device),
            "n_jobs": torch.get_num_threads(),
            "random_state": seeds.split(training.seed, "knet"),
        }
        return KNet(**self._model.get_params() | own | changed)


def _seen(part: Evaluation, labels: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Features and labels of the examples that could be read."""
    assert part.features is not None  # noqa: S101 - tells the type checker
    seen = part.seen.cpu().numpy()
    return part.features.cpu().numpy()[seen], labels[seen]


def _spread(model: KNet, rows: NDArray[np.float32], k: int, classes: int) -> NDArray[np.float64]:
    """Shares of all classes [M, L]: those that no noisy label names have none."""
    shares = np.zeros((len(rows), classes))
    shares[:, model.classes_] = model.predict_proba(rows, k)
    return shares
