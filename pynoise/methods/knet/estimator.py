"""kNet as a classifier of scikit-learn's kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from pynoise import _checks, seeds
from pynoise._fingerprint import Fingerprint
from pynoise._progress import Counted
from pynoise._scikit import known, plain, threads_of, training_data
from pynoise._torch_device import device_of, tuned
from pynoise._torch_state import seeded
from pynoise.errors import InputValueError
from pynoise.knn import Neighbors, search
from pynoise.knn.nearest import ENGINES
from pynoise.methods.knet import export, saved
from pynoise.methods.knet.learn import LOSSES, learn
from pynoise.methods.knet.network import KNetwork
from pynoise.methods.knet.ranges import k_range_of
from pynoise.methods.knet.votes import Votes

if TYPE_CHECKING:
    from pynoise.training import Run

__all__ = ["KNet"]

# A hidden layer narrower than this loses classes; see docs/knet.md.
_LEAST_HIDDEN = 16

_MOST_HIDDEN = 1 << 16

# Numbers of rows in one go, where they are float64: 32 megabytes.
_NUMBERS = 1 << 22


class KNet(ClassifierMixin, BaseEstimator):  # type: ignore[misc] # scikit-learn has no types
    """A small network that learns to be K-NN (Mizrahi and Avidan, 2021).

    From a row and K it tells the share that each class has among the K nearest training rows. It is smoother
    than they are, most of all for a small K, and needs no training rows once it is fitted. Meant for the
    penultimate features of a network; any rows of numbers will do.

    Parameters
    ----------
    k_range : (int, int) or int
        The smallest and the largest K that it learns, 1 ≤ K < N. A single K makes the paper's *fixed kNet*.
    hidden : int, optional
        Width of the hidden layer; by default d // 16, as in the paper, but at least 16.
    metric : {"euclidean", "cosine"}
        By which neighbours are near.
    loss : {"cross-entropy", "kl"}
        What is minimised, of the votes v and the network's softmax p: -Σ v log p, or Σ v log(v / p). They
        differ by the entropy of the votes, which the network does not change: it learns the same by both.
    epochs, batch_size : int
        Passes over the training rows, and rows in a step: so many at least, and no step of a rest.
    lr : float
        Adam's learning rate at its highest; it falls to 0 along half a cosine.
    engine : {"exact", "hnsw", "torch"}
        What finds the neighbours, as for `pynoise.knn.search`.
    device : str
        Where the network learns and predicts: "auto" (CUDA where there is one), "cpu" or "cuda".
    n_jobs : int, optional
        Number of threads of the search and of predictions; by default and with -1 one a core (for
        predictions, what torch is set to), with -2 one less, and so on. What is learnt does not depend on it.
    random_state : int
        Seed of the first weights, the order of the rows and the Ks, 0 ≤ random_state < 2⁶⁴.

    Attributes
    ----------
    classes_ : ndarray, [L]
        The classes, sorted.
    n_features_in_ : int
        Columns of the training rows, d.
    feature_names_in_ : ndarray of str, [d]
        Their names, if the training rows had some.
    n_parameters_ : int
        Weights of the network that were learnt.
    loss_curve_ : list of float
        The mean loss of each epoch.

    Notes
    -----
    The paper does not say how it trains, how K is scaled as an input, or whether a training row is its own
    neighbour. Here a row is none, K is drawn anew for each row in each epoch, each of the range alike, and
    goes in as a number from -1 to 1; rows are centred and divided by the root of their columns' mean
    variance.

    Examples
    --------
    >>> import numpy as np
    >>> from pynoise.methods import KNet
    >>> rng = np.random.default_rng(0)
    >>> y = np.repeat(["left", "right"], 200)
    >>> x = rng.normal(size=(400, 2)) + np.where(y == "left", -2, 2)[:, None]
    >>> noisy = np.where(rng.random(400) < 0.3, "left", y)
    >>> model = KNet(k_range=(1, 31)).fit(x, noisy)
    >>> model.predict([[-2.0, -2.0], [2.0, 2.0]], k=15).tolist()
    ['left', 'right']
    """

    def __init__(
        self,
        k_range: Sequence[int] | int = (1, 101),
        *,
        hidden: int | None = None,
        metric: str = "euclidean",
        loss: str = "cross-entropy",
        epochs: int = 50,
        batch_size: int = 128,
        lr: float = 0.01,
        engine: str = "exact",
        device: str = "auto",
        n_jobs: int | None = None,
        random_state: int = 0,
    ) -> None:
        # As they are: scikit-learn copies and sets parameters by these names, and `fit` checks them.
        self.k_range = k_range
        self.hidden = hidden
        self.metric = metric
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.engine = engine
        self.device = device
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        *,
        neighbors: str | Path | Neighbors | NDArray[np.integer[Any]] | None = None,
        progress: Counted | None = None,
    ) -> Self:
        """Find the neighbours of the training rows, each without itself, and learn how they vote.

        Parameters
        ----------
        X : array_like, [N, d]
            Training rows, finite.
        y : array_like, [N]
            Their classes, noise and all: integers, strings or booleans; two or more different ones.
        neighbors : Neighbors, str, Path or ndarray of int [N, K], optional
            In place of a search the neighbours of these very rows, nearest first, as many as the largest K at
            least: those of `pynoise.knn.neighbors` with ``of="train"``, or their file; or the indices that
            `pynoise.knn.search` finds with ``exclude_self=True``.
        progress : callable, optional
            Called with (phase, done, total), phases "neighbours" and "kNet".

        Returns
        -------
        KNet
            Itself.

        Raises
        ------
        InputValueError, InputTypeError
            For a parameter out of its range, one class, too few rows for the largest K, or neighbours of
            other rows.
        ValueError, TypeError
            From scikit-learn, if `X` or `y` is not such data; sparse rows among it.
        TrainingError
            If a loss is no finite number.
        """
        self.check()
        device = device_of(self.device)
        _checks.callback("progress", progress)
        self.__dict__.pop("network_", None)  # where this fails, it is not fitted
        rows, labels, classes = training_data(self, X, y)
        if len(classes) < 2:
            raise InputValueError(
                "y", "has one class alone: there is nothing to tell apart; give two classes or more"
            )
        least, most = k_range_of(self.k_range)
        if most >= len(rows):
            raise InputValueError(
                "k_range",
                f"goes up to K = {most}, and each of {len(rows)} rows has {len(rows) - 1} others; give "
                "more rows, or a smaller K",
            )
        indices = self._neighbors(rows, most, neighbors, progress)
        width = _whole_or(self.hidden, max(rows.shape[1] // 16, _LEAST_HIDDEN))

        def report(done: int, total: int) -> None:
            if progress is not None:
                progress("kNet", done, total)

        # One thread: steps are too small for more, and their sums would depend on how many there are.
        with tuned(1, device), seeded(seeds.split(self.random_state, "knet"), device):
            # On the CPU, so that every device begins with the same weights.
            network = KNetwork(rows.shape[1], len(classes), width, (least, most))
            network.center, network.factor = _normal(rows)
            x = torch.empty(rows.shape)
            for part, block in _normalised(rows, network, torch.device("cpu")):
                x[part] = block
            losses = learn(
                network.to(device),
                x.to(device),
                Votes(indices, labels, len(classes), device),
                loss=self.loss,
                epochs=self.epochs,
                batch_size=self.batch_size,
                lr=self.lr,
                report=report,
            )
            network.cpu()
        self.classes_, self.loss_curve_ = classes, losses
        # As they were now: whoever sets others later has not fitted them.
        self._fitted_parameters = {name: plain(value) for name, value in self.get_params().items()}
        self.network_ = network
        return self

    @property
    def n_parameters_(self) -> int:
        """Weights of the network that were learnt."""
        check_is_fitted(self, "network_")
        return sum(weights.numel() for weights in self.network_.parameters())

    def predict_proba(
        self, X: ArrayLike, k: int | None = None, *, extrapolate: bool = False
    ) -> NDArray[np.float64]:
        """Tell the share that each class has among the K nearest training rows.

        Parameters
        ----------
        X : array_like, [M, d]
            Rows, finite.
        k : int, optional
            K, within the range that was learnt; the middle of it by default.
        extrapolate : bool
            Whether a K beyond the range will do: what it gives then, nobody has trained.

        Returns
        -------
        ndarray of float64, [M, L]
            In the order of `classes_`; rows sum to 1.

        Raises
        ------
        InputValueError, InputTypeError
            If K is out of the range, or rows have values beyond float32.
        ValueError, TypeError
            From scikit-learn, if `X` is not such data; other columns than were fitted among it.
        """

        def softmax(features: Tensor, ks: Tensor) -> Tensor:
            logits: Tensor = self.network_(features, ks)
            return logits.double().softmax(dim=1)

        return self._told(X, k, extrapolate, softmax)

    def predict(self, X: ArrayLike, k: int | None = None, *, extrapolate: bool = False) -> NDArray[Any]:
        """Predict the class of each row: the one with the largest share.

        Parameters
        ----------
        X, k, extrapolate
            As for `predict_proba`.

        Returns
        -------
        ndarray, [M]
            Classes, of the dtype of `classes_`.

        Raises
        ------
        InputValueError, InputTypeError, ValueError, TypeError
            As for `predict_proba`.
        """
        shares = self.predict_proba(X, k, extrapolate=extrapolate)
        classes: NDArray[Any] = self.classes_[shares.argmax(axis=1)]
        return classes

    def hidden_layer(
        self, X: ArrayLike, k: int | None = None, *, extrapolate: bool = False
    ) -> NDArray[np.float32]:
        """Give the hidden layer, as its last layer takes it: the space of the paper's Fig. 4.

        Parameters
        ----------
        X, k, extrapolate
            As for `predict_proba`.

        Returns
        -------
        ndarray of float32, [M, hidden]

        Raises
        ------
        InputValueError, InputTypeError, ValueError, TypeError
            As for `predict_proba`.
        """
        return self._told(X, k, extrapolate, lambda features, ks: self.network_.hidden(features, ks))

    def save(self, path: str | Path) -> None:
        """Write a .npz file, whole or not at all: weights, classes and parameters; nothing is pickled.

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If it is no place for a .npz file.
        OSError
            If the system refuses.
        """
        check_is_fitted(self, "network_")
        saved.write(self, path)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        InputFileNotFoundError
            If there is no such file.
        InputValueError, InputTypeError
            If the file is damaged, or not of this kind.
        """
        return saved.read(cls, path)

    def export(self, path: str | Path, *, run: str | Path | Run | None = None) -> None:
        """Write the network for use without pynoise: from features [B, d] and K [B] to shares [B, L].

        Parameters
        ----------
        path : str or Path
            A file .onnx (needs the packages onnx and onnxscript: ``pip install 'pynoise-lab[onnx]'``), or
            .pt2, which ``torch.export.load`` reads. The inputs are ``features`` (float32) and ``k`` (int64)
            for any B, the output is ``shares`` (float32).
        run : str, Path or Run, optional
            The run whose network makes the features, or its folder. That network is then put before kNet, and
            the first input is ``inputs``, float32: images [B, C, H, W] or rows [B, d] with the numbers that
            the data set has; images from files as their recipe leaves them. This model must have been fitted
            on the features of that very network: ``KNet.load`` of the run's own ``knet.npz``, say.

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If it is no place for such a file, a package is not there, or there is no such run.
        OSError
            If the system refuses.
        """
        check_is_fitted(self, "network_")
        if run is not None:
            from pynoise.training import Run  # which needs methods, and so this

            run = run if isinstance(run, Run) else Run.load(run)
        export.write(self.network_, self.classes_, path, run)

    def check(self) -> None:
        """Check the parameters, as `fit` does before anything else.

        Raises
        ------
        InputValueError, InputTypeError
            For a parameter out of its range.
        """
        k_range_of(self.k_range)
        _whole_or(self.hidden, 1)
        _checks.metric(self.metric)
        known("loss", self.loss, LOSSES)
        _checks.whole("epochs", self.epochs, 1)
        _checks.whole("batch_size", self.batch_size, 2)
        _checks.positive("lr", self.lr)
        known("engine", self.engine, ENGINES)
        _checks.seed("random_state", self.random_state)
        threads_of(self.n_jobs)
        device_of(self.device)

    def _neighbors(
        self,
        rows: NDArray[Any],
        most: int,
        given: str | Path | Neighbors | NDArray[np.integer[Any]] | None,
        progress: Counted | None,
    ) -> NDArray[np.int32]:
        """The `most` nearest others of each row, [N, most]: found, or checked."""
        if given is None:
            found: tuple[NDArray[np.int32], NDArray[np.float32]] = search(
                rows,
                rows,
                most,
                metric=self.metric,
                exclude_self=True,
                engine=self.engine,
                threads=threads_of(self.n_jobs),
                seed=self.random_state,
                progress=progress,
            )
            return found[0]
        if isinstance(given, np.ndarray):
            if given.dtype.kind not in "iu" or given.ndim != 2 or len(given) != len(rows):
                raise InputValueError(
                    "neighbors",
                    f"is {given.dtype} of shape {given.shape}; wanted are integers [{len(rows)}, K]",
                )
            if given.shape[1] < most or given.min() < 0 or given.max() >= len(rows):
                raise InputValueError(
                    "neighbors", f"is not {most} or more of the rows 0..{len(rows) - 1} for each row"
                )
            return given[:, :most].astype(np.int32)
        neighbors = Neighbors.given(given, "train")
        if neighbors.train != Fingerprint.of(rows):
            raise InputValueError(
                "neighbors", f"{neighbors} is of the rows {neighbors.train}, not of these; search these"
            )
        if neighbors.metric != self.metric:
            raise InputValueError(
                "neighbors", f"{neighbors} is by the metric {neighbors.metric!r}, not by {self.metric!r}"
            )
        if neighbors.k < most:
            raise InputValueError(
                "neighbors", f"{neighbors} has {neighbors.k} of each row; {most} are wanted for k_range"
            )
        return neighbors.indices[:, :most]

    def _told(
        self, X: ArrayLike, k: int | None, extrapolate: bool, ask: Callable[[Tensor, Tensor], Tensor]
    ) -> NDArray[Any]:
        """What the network says of rows, block by block."""
        check_is_fitted(self, "network_")
        threads, device = threads_of(self.n_jobs), device_of(self.device)
        least, most = self.network_.k_range
        k = (least + most) // 2 if k is None else _checks.whole("k", k, 1, 2**31 - 1)
        if not _checks.flag("extrapolate", extrapolate) and not least <= k <= most:
            raise InputValueError(
                "k",
                f"{k} is outside the range that it has learnt, {least}..{most}; give a K within it, or "
                "allow others (extrapolate=True)",
            )
        rows = _checks.features("X", validate_data(self, X, reset=False, dtype="numeric"))
        with tuned(threads or 0, device), torch.inference_mode():
            self.network_.to(device)
            try:
                parts = [
                    ask(x, torch.full((len(x),), k, device=device)).cpu()
                    for _, x in _normalised(rows, self.network_, device)
                ]
            finally:
                self.network_.cpu()  # what is copied or pickled must not want a device
        return torch.cat(parts).numpy()


def _whole_or(value: Any, default: int) -> int:
    return default if value is None else _checks.whole("hidden", value, 1, _MOST_HIDDEN)


def _blocks(rows: NDArray[Any]) -> Iterator[slice]:
    step = max(1, _NUMBERS // rows.shape[1])
    for start in range(0, len(rows), step):
        yield slice(start, start + step)


def _normal(rows: NDArray[Any]) -> tuple[Tensor, Tensor]:
    """What to subtract from rows [N, d] and to multiply them by, in one scale for all columns."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # refused below
        center = rows.mean(axis=0, dtype=np.float64)
        largest = max(np.abs(rows[part] - center).max() for part in _blocks(rows))
        # As shares of the largest: squares themselves may be too large, or too small.
        shares = sum((((rows[part] - center) / largest) ** 2).sum() for part in _blocks(rows))
        factor = 1 / (largest * np.sqrt(shares / rows.size)) if largest > 0 else 1.0
    if not (np.isfinite(factor) and factor > 0):
        raise InputValueError("X", f"differs by {largest:.3g} at most, which float64 cannot scale; scale it")
    return torch.from_numpy(center), torch.tensor(factor, dtype=torch.float64)


def _normalised(
    rows: NDArray[Any], network: KNetwork, device: torch.device
) -> Iterator[tuple[slice, Tensor]]:
    """Rows as the network takes them, float32, block by block; the network is on the device."""
    for part in _blocks(rows):
        x = network.normalised(torch.from_numpy(rows[part].astype(np.float64)).to(device))
        if not torch.isfinite(x).all():
            raise InputValueError(
                "X",
                "has values so far from those that were fitted that float32 cannot hold them; scale it alike",
            )
        yield part, x
