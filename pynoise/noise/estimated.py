"""What was found out about unknown noise, and its file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks
from pynoise._files import check_output
from pynoise._fingerprint import Fingerprint
from pynoise._npz import read_arrays, read_record, write_record
from pynoise.errors import InputValueError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ESTIMATE_SUFFIX", "EstimateError", "EstimatedNoise", "is_estimate"]

ESTIMATE_SUFFIX = ".npz"

_RECORD, _FORMAT = "estimated noise", 1
_KEYS = ("transition", "prior")
_PRINTS = ("features", "labels")
_PLAIN = (
    *(
        "names",
        "examples",
        "metric",
        "engine",
        "seed",
        "agreement",
        "duplicates",
        "divergence",
        "cycles",
        "converged",
    ),
    *("seconds", "versions"),
)
_WANTED = "wanted is a file that EstimatedNoise.save wrote"
# Rows may miss a sum of 1 by this much.
_SUM_TOLERANCE = 1e-9


class EstimateError(NamedTuple):
    """How far an estimate is from the truth.

    Attributes
    ----------
    mean, largest : float
        Of |T - true T|, over all L² entries.
    rate : float
        Estimated less true noise rate.
    """

    mean: float
    largest: float
    rate: float


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class EstimatedNoise:
    """The noise that labels seem to have, found without clean ones.

    `pynoise.noise.estimate` makes one.

    Attributes
    ----------
    transition : ndarray of float64, [L, L]
        T[k, j] = P(noisy label j | clean class k); rows sum to 1.
    prior : ndarray of float64, [L]
        Shares p of the clean classes; their sum is 1.
    names : tuple of str
        Names of the L classes.
    examples : int
        How many examples there are, N.
    metric, engine : str
        What the neighbours were found with.
    seed : int
        Of an engine that draws.
    features, labels : Fingerprint
        Of the features, and of the noisy labels (int32).
    agreement : tuple of float
        Shares of the examples whose label is that of the nearest neighbour, that of the second, and whose
        two neighbours have the same. If neighbours share the clean class, all three are Σ_k p_k Σ_j T_kj²
        but for chance.
    duplicates : float
        Share of the examples whose nearest neighbour is at distance 0. Copies that were made with their label
        agree with it whatever the noise is, and make the noise look smaller.
    divergence : float
        Of the fitted shares of the triples from those seen (Kullback and Leibler), in nats. It tells how well
        the model fits, not whether neighbours share the class: what they do not share looks like noise.
    cycles : int
        Of the fit.
    converged : bool
        Whether the fit ended by itself. It may not where the labels hardly tell T, as under much noise in
        two classes.
    seconds : float
        What search and fit took.
    versions : dict of str to str
        What estimated it.
    path : str or None
        The file that it was loaded from.
    """

    transition: NDArray[np.float64] = field(repr=False)
    prior: NDArray[np.float64] = field(repr=False)
    names: tuple[str, ...] = field(repr=False)
    examples: int
    metric: str
    engine: str
    seed: int
    features: Fingerprint = field(repr=False)
    labels: Fingerprint = field(repr=False)
    agreement: tuple[float, float, float]
    duplicates: float
    divergence: float
    cycles: int
    converged: bool
    seconds: float = field(repr=False)
    versions: dict[str, str] = field(repr=False)
    path: str | None = None

    def __post_init__(self) -> None:
        transition = _stochastic("transition", self.transition, 2)
        prior = _stochastic("prior", self.prior, 1)
        classes = len(prior)
        if transition.shape != (classes, classes):
            raise InputValueError("transition", f"has shape {transition.shape} for {classes} classes")
        if len(self.names) != classes:
            raise InputValueError("names", f"has {len(self.names)} names for {classes} classes")
        if self.labels.shape != (self.examples,) or self.features.shape[0] != self.examples:
            raise InputValueError("labels", f"are {self.labels}; the features are {self.features}")
        checked = {"transition": transition, "prior": prior, "names": tuple(self.names)}
        checked["agreement"] = tuple(self.agreement)
        for key, value in checked.items():
            object.__setattr__(self, key, value)

    @property
    def num_classes(self) -> int:
        """The number of classes, L."""
        return len(self.prior)

    @property
    def noise_rate(self) -> float:
        """Share of the labels that are wrong: 1 - Σ_k p_k T_kk."""
        return 1 - float((self.prior * self.transition.diagonal()).sum())

    @property
    def dominant(self) -> bool:
        """Whether T_kk > T_kj for every other j, which is assumed: where not, classes may be mixed up."""
        others = self.transition - np.diag(np.full(self.num_classes, np.inf))
        return bool((self.transition.diagonal() > others.max(axis=1)).all())

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row a class, for a table.

        Its "class", "prior" and "kept" (T_kk), the most frequent wrong label ("mistaken_for") and the
        probability of that ("mistaken").
        """
        result = []
        for k, (name, prior, given) in enumerate(zip(self.names, self.prior, self.transition, strict=True)):
            others = given.copy()
            others[k] = -1
            j = int(others.argmax())
            row = {"class": name, "prior": float(prior), "kept": float(given[k])}
            result.append(row | {"mistaken_for": self.names[j], "mistaken": float(given[j])})
        return result

    def __str__(self) -> str:
        unsure = "" if self.converged else "; the fit did not end by itself"
        unsure += "" if self.dominant else "; some class does not keep most of its labels"
        return (
            f"noise rate {self.noise_rate:.4f}, estimated from {self.examples:,} examples of "
            f"{self.num_classes} classes{unsure}"
        )

    def error(self, true_transition: ArrayLike, prior: ArrayLike | None = None) -> EstimateError:
        """Compare with a transition matrix that is known.

        Parameters
        ----------
        true_transition : array_like of float, [L, L]
            Row-stochastic.
        prior : array_like of float, [L], optional
            Shares of the clean classes, which the true noise rate is of; the estimated ones by default.

        Returns
        -------
        EstimateError
            Mean and largest difference of the entries, and the difference of the rates.

        Raises
        ------
        InputValueError, InputTypeError
            If it is no such matrix.
        """
        true = _stochastic("true_transition", true_transition, 2)
        shares = self.prior if prior is None else _stochastic("prior", prior, 1)
        for argument, value, mine in (
            ("true_transition", true, self.transition),
            ("prior", shares, self.prior),
        ):
            if value.shape != mine.shape:
                raise InputValueError(argument, f"has shape {value.shape}; the estimate's is {mine.shape}")
        off = abs(self.transition - true)
        rate = 1 - float((shares * true.diagonal()).sum())
        return EstimateError(float(off.mean()), float(off.max()), self.noise_rate - rate)

    def check(self, labels: ArrayLike) -> None:
        """Refuse other noisy labels than those of the estimate.

        Raises
        ------
        InputValueError, InputTypeError
            If one of them differs.
        """
        theirs = Fingerprint.of(_checks.labels("labels", labels))
        if theirs != self.labels:
            difference = "have other values" if str(theirs) == str(self.labels) else f"are {theirs}"
            raise InputValueError("labels", f"{difference}; the noise was estimated from {self.labels}")

    def summary(self) -> dict[str, Any]:
        """What there is to say of it, as JSON has it."""
        return {
            "record": _RECORD,
            "noise_rate": self.noise_rate,
            "dominant": self.dominant,
            **{name: getattr(self, name) for name in _PLAIN},
            **{name: asdict(getattr(self, name)) for name in _PRINTS},
            "prior": self.prior.tolist(),
            "transition": self.transition.tolist(),
        }

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the transition matrix; write it to a .png, .svg or .pdf file if a `path` is given."""
        from pynoise import plots  # matplotlib takes a second to import

        title = f"estimated noise: {self.noise_rate:.1%} of {self.examples:,} labels wrong"
        return plots.write_figure(plots.noise_picture(self.transition, self.names, title), path)

    def save(self, path: str | Path) -> None:
        """Write a .npz file, whole or not at all.

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If it is no place for a .npz file.
        OSError
            If the system refuses.
        """
        file = check_output("path", path, (ESTIMATE_SUFFIX,))
        meta = {name: getattr(self, name) for name in _PLAIN}
        meta |= {name: asdict(getattr(self, name)) for name in _PRINTS}
        write_record(file, _RECORD, _FORMAT, meta, {"transition": self.transition, "prior": self.prior})

    @classmethod
    def load(cls, path: str | Path) -> EstimatedNoise:
        """Read what `save` wrote; nothing is unpickled.

        Raises
        ------
        InputFileNotFoundError
            If there is no such file.
        InputValueError
            If the file is damaged, or not of this kind.
        """

        def make(arrays: dict[str, Any], meta: dict[str, Any]) -> EstimatedNoise:
            parts: dict[str, Any] = {name: meta[name] for name in _PLAIN}
            parts |= {name: Fingerprint.from_dict(meta[name]) for name in _PRINTS}
            return cls(**arrays, **parts, path=str(path))

        return read_record("noise_file", path, _RECORD, _FORMAT, make, keys=_KEYS, wanted=_WANTED)


def is_estimate(path: str | Path) -> bool:
    """Tell whether a file is one that `EstimatedNoise.save` wrote, by its record alone.

    False for any other file, and where there is none.
    """
    try:
        meta = json.loads(read_arrays("path", path, ("meta",), wanted=_WANTED)["meta"].item())
    except Exception:  # foreign JSON can be wrong in any way
        return False
    return isinstance(meta, dict) and meta.get("record") == _RECORD


def _stochastic(argument: str, value: ArrayLike, axes: int) -> NDArray[np.float64]:
    """Check probabilities whose last axis sums to 1."""
    result = _checks.floats(argument, value)
    if result.ndim != axes or result.size == 0:
        raise InputValueError(argument, f"has shape {result.shape}; wanted are {axes} axes, not empty")
    if not (np.isfinite(result).all() and (result >= 0).all()):
        raise InputValueError(argument, "has entries that are negative or not finite; give probabilities")
    if (abs(result.sum(axis=-1) - 1) > _SUM_TOLERANCE).any():
        raise InputValueError(argument, "has a row that does not sum to 1")
    return result
