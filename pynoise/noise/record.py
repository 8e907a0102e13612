"""Noisy labels, and the record of how they came about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _provenance
from pynoise._files import check_output, write_whole
from pynoise._fingerprint import Fingerprint
from pynoise._npz import read_record, write_record
from pynoise.data import Dataset
from pynoise.errors import InputError, InputTypeError, InputValueError, unknown_name
from pynoise.noise.classes import class_names, encode, some_of
from pynoise.noise.levels import check_level
from pynoise.noise.matrices import KINDS, checked_matrix, off_diagonal
from pynoise.noise.regions import Regions

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["NOISE_SUFFIX", "NoisyLabels"]

NOISE_SUFFIX = ".npz"

# What the file says that it holds, and in which form.
_RECORD, _FORMAT = "noisy labels", 1
_ARRAYS = ("clean", "noisy", "selected", "matrix")
_SELECTIONS = ("exact", "bernoulli", "cluster", "given")
_REGIONS = ("centers", "chosen", "margins")
_PLAIN = ("kind", "level", "seed", "names", "selection", "per_class", "mapped_only", "options", "versions")
_WANTED = "wanted is a file that `pynoise noise make` or NoisyLabels.save wrote"


@dataclass(frozen=True, eq=False)  # a comparison of arrays has no single truth value
class NoisyLabels:
    """Labels with noise in them, and what noise it is. `pynoise.noise.make` makes one.

    Attributes
    ----------
    kind : str
        One of `pynoise.noise.KINDS`: "uniform" (the true class included), "symmetric" (excluded), "flip" …
    level : float
        The noise level γ that was asked for: the fraction of the examples to select. 1 for labels that
        people gave.
    seed : int
        The seed of the draw.
    clean, noisy : ndarray of int32, [N]
        Labels before and after, 0..L-1.
    selected : ndarray of bool, [N]
        The examples whose label was drawn anew (it may have come out the same).
    matrix : ndarray of float64, [L, L]
        Corruption matrix P of a selected example.
    names : tuple of str
        The names of the L classes.
    selection : str
        How examples were selected: "exact", so many of them; "bernoulli", each by a coin; "cluster", those
        that lie together; "given", all of them, by people.
    per_class, mapped_only : bool
        Whether each class has its own number selected, and whether only classes that P moves have any.
    options : dict
        What else decided the noise: ``label_map``, ``alternatives`` or ``k``.
    features : Fingerprint or None
        Of the features that the noise depends on.
    regions : Regions or None
        Where concentrated noise lies.
    versions : dict of str to str
        What made it.
    path : str or None
        The file that it was loaded from.
    """

    kind: str
    level: float
    seed: int
    clean: NDArray[np.int32] = field(repr=False)
    noisy: NDArray[np.int32] = field(repr=False)
    selected: NDArray[np.bool_] = field(repr=False)
    matrix: NDArray[np.float64] = field(repr=False)
    names: tuple[str, ...] = field(default=(), repr=False)
    selection: str = "exact"
    per_class: bool = False
    mapped_only: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    features: Fingerprint | None = field(default=None, repr=False)
    regions: Regions | None = field(default=None, repr=False)
    versions: Mapping[str, str] = field(default_factory=_provenance.versions, repr=False)
    path: str | None = None

    def __post_init__(self) -> None:
        for argument, known in {"kind": KINDS, "selection": _SELECTIONS}.items():
            if not isinstance(getattr(self, argument), str) or getattr(self, argument) not in known:
                raise unknown_name(argument, getattr(self, argument), known)
        for argument in ("options", "versions"):
            if not isinstance(getattr(self, argument), Mapping):
                raise InputTypeError(argument, f"{getattr(self, argument)!r} is no mapping")
        for argument, wanted in {"features": Fingerprint, "regions": Regions}.items():
            if not isinstance(getattr(self, argument), wanted | None):
                raise InputTypeError(argument, f"is a {type(getattr(self, argument)).__name__}")
        matrix = checked_matrix(self.matrix)
        classes = len(matrix)
        names = class_names(self.names, classes) or tuple(map(str, range(classes)))
        # Copies that nobody can write to: a record stays what it was.
        clean = _checks.labels("clean", self.clean, classes).copy()
        noisy = _checks.labels("noisy", self.noisy, classes).copy()
        selected = _checks.array("selected", self.selected).copy()
        if selected.dtype != np.bool_:
            raise InputTypeError("selected", f"has dtype {selected.dtype}; it is a mask, of bool")
        for argument, values in {"noisy": noisy, "selected": selected}.items():
            if values.shape != clean.shape:
                raise InputValueError(argument, f"has shape {values.shape} for {len(clean)} clean labels")
        if ((noisy != clean) & ~selected).any():
            raise InputValueError("selected", "leaves out an example whose label has changed")
        checked: dict[str, Any] = {"names": names, "level": check_level("level", self.level)}
        checked |= {"seed": _checks.seed("seed", self.seed), "options": dict(self.options)}
        checked |= {name: _checks.flag(name, getattr(self, name)) for name in ("per_class", "mapped_only")}
        for name, array in {"clean": clean, "noisy": noisy, "selected": selected, "matrix": matrix}.items():
            array.setflags(write=False)
            checked[name] = array
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def transition(self) -> NDArray[np.float64]:
        """Transition matrix T = (1-γ)I + γP of any example, float64 [L, L]."""
        return (1 - self.level) * np.eye(len(self.matrix)) + self.level * self.matrix

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many examples of each class have each label, int64 [L, L]: row clean, column noisy."""
        return counts_of(self.clean, self.noisy, len(self.matrix))

    @property
    def empirical(self) -> NDArray[np.float64]:
        """The transition matrix as it came out, float64 [L, L]: rows of `counts` by their sums."""
        return shares_of(self.counts)

    @property
    def selected_fraction(self) -> float:
        """Share of the examples that were selected, ⌈γN⌉/N."""
        return float(self.selected.mean())

    @property
    def expected_rate(self) -> float:
        """Share of the labels that the matrix makes wrong on average, given which examples were selected."""
        wrong = off_diagonal(self.matrix).sum(axis=1)
        return float(wrong[self.clean[self.selected]].sum() / len(self.clean))

    @property
    def realised_rate(self) -> float:
        """Share of the labels that are wrong."""
        return float((self.noisy != self.clean).mean())

    @property
    def digest(self) -> Fingerprint:
        """Fingerprint of the clean labels."""
        return Fingerprint.of(self.clean)

    def check(self, data: Dataset | ArrayLike) -> None:
        """Check that these are the noisy labels of a data set's training examples.

        Parameters
        ----------
        data : Dataset or array_like of int, [N]
            The data set, or its clean training labels.

        Raises
        ------
        InputValueError
            If the clean labels are others, or, for a data set, the classes.
        """
        what = "the labels"
        if isinstance(data, Dataset):
            what = f"the training labels of {data.name}"
            if data.num_classes != len(self.matrix):
                raise InputValueError(
                    "noise",
                    f"{self} was made for {len(self.matrix)} classes; {data.name} has {data.num_classes}",
                )
            numbers = tuple(map(str, range(data.num_classes)))
            if self.names != data.names and numbers not in (self.names, data.names):
                raise InputValueError(
                    "noise", f"{self} was made for the classes {some_of(self.names)}; {data.name} has "
                    f"{some_of(data.names)}",
                )  # fmt: skip
        labels = data.y_train if isinstance(data, Dataset) else data
        mine, digest = self.digest, ""
        try:
            other = Fingerprint.of(encode("labels", labels, self.names)[0])
            digest = f" ({other}, sha256 {other.sha256[:12]}…)"
            if other.shape == mine.shape:
                digest += f", which are as many: are the classes in the order {some_of(self.names)}?"
        except InputError as error:  # labels of other classes
            other, digest = None, f" ({error.problem})"
        if mine != other:
            raise InputValueError(
                "noise",
                f"{self} was made for other labels ({mine}, sha256 {mine.sha256[:12]}…) than {what}{digest}; "
                "make it anew for these",
            )

    def __str__(self) -> str:
        return self.path or f"the {self.kind} noise of level {self.level:.10g}"

    def save(self, path: str | Path) -> None:
        """Write the record to a .npz file, whole and without pickle.

        Raises
        ------
        InputValueError, InputTypeError, InputFileNotFoundError
            If the path is no place for such a file.
        OSError
            If the system refuses.
        """
        file = check_output("path", path, (NOISE_SUFFIX,))
        meta = {name: getattr(self, name) for name in _PLAIN} | {"digest": asdict(self.digest)}
        meta |= {"features": None if self.features is None else asdict(self.features)}
        arrays: dict[str, NDArray[Any]] = {name: getattr(self, name) for name in _ARRAYS}
        if self.regions is not None:
            parts = {name: getattr(self.regions, name) for name in _REGIONS}
            arrays |= {f"region_{name}": value for name, value in parts.items() if value is not None}
        write_record(file, _RECORD, _FORMAT, meta, arrays)

    @classmethod
    def load(cls, path: str | Path, data: Dataset | ArrayLike | None = None) -> NoisyLabels:
        """Read what `save` wrote; nothing is unpickled.

        Parameters
        ----------
        path : str or Path
            The file.
        data : Dataset or array_like of int, [N], optional
            What it must belong to; see `check`.

        Raises
        ------
        InputFileNotFoundError
            If there is no such file.
        InputValueError
            If the file is damaged or not of this kind, or belongs to other labels.
        """

        def make(arrays: dict[str, Any], meta: dict[str, Any]) -> NoisyLabels:
            found: dict[str, Any] = {name: arrays.pop(f"region_{name}", None) for name in _REGIONS}
            parts: dict[str, Any] = {name: meta[name] for name in _PLAIN}
            there = any(value is not None for value in found.values())
            parts["regions"] = Regions(**found) if there else None
            parts["features"] = None if meta["features"] is None else Fingerprint.from_dict(meta["features"])
            record = cls(**arrays, **parts, path=str(path))
            if record.digest != Fingerprint.from_dict(meta["digest"]):
                raise InputValueError("digest", "the clean labels are not those that the record was made for")
            return record

        optional = [f"region_{name}" for name in _REGIONS]
        record = read_record(
            "noise_file", path, _RECORD, _FORMAT, make, keys=_ARRAYS, optional=optional, wanted=_WANTED
        )
        if data is not None:
            record.check(data)
        return record

    def summary(self) -> dict[str, Any]:
        """What there is to say of it but the labels themselves, as JSON has it."""
        return {
            "record": _RECORD,
            **{name: getattr(self, name) for name in _PLAIN if name not in ("options", "versions")},
            "options": dict(self.options),
            "examples": len(self.clean),
            "classes": len(self.names),
            "selected": int(self.selected.sum()),
            "selected_fraction": self.selected_fraction,
            "wrong": int((self.noisy != self.clean).sum()),
            "expected_rate": self.expected_rate,
            "realised_rate": self.realised_rate,
            "digest": asdict(self.digest),
            "features": None if self.features is None else asdict(self.features),
            "matrix": self.matrix.tolist(),
            "transition": self.transition.tolist(),
            "counts": self.counts.tolist(),
            "versions": dict(self.versions),
        }

    def by_class(self) -> list[dict[str, Any]]:
        """What became of each class, one row a class.

        Returns
        -------
        list of dict
            Keys: ``class``, its name; ``examples``; ``selected``; ``wrong``, how many have another label;
            ``rate``, their share; ``mostly``, the most frequent wrong label, and ``share``, its share of the
            class. What cannot be said is None.
        """
        counts, names = self.counts, self.names
        selected = np.bincount(self.clean[self.selected], minlength=len(names))
        rows = []
        for k, name in enumerate(names):
            examples, wrong = int(counts[k].sum()), int(counts[k].sum() - counts[k, k])
            others = np.where(np.arange(len(names)) == k, -1, counts[k])
            row: dict[str, Any] = {"class": name, "examples": examples, "selected": int(selected[k])}
            row |= {
                "wrong": wrong,
                "rate": wrong / examples if examples else None,
                "mostly": None,
                "share": None,
            }
            if wrong:
                row |= {"mostly": names[int(others.argmax())], "share": int(others.max()) / examples}
            rows.append(row)
        return rows

    def plot(
        self,
        path: str | Path | None = None,
        *,
        features: ArrayLike | None = None,
        embedding: str = "pca",
        points: int = 2000,
        seed: int = 0,
    ) -> Figure:
        """Draw the realised transition matrix and, given features, where the wrong labels sit.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.
        features : array_like, [N, ...], optional
            Where the examples lie.
        embedding : {"pca", "tsne"}
            How they become two dimensions; see `pynoise.analysis.embed`.
        points : int
            How many of the examples are drawn, 3 or more, chosen by `seed`.
        seed : int
            0 ≤ seed < 2⁶⁴.

        Returns
        -------
        matplotlib.figure.Figure

        Raises
        ------
        InputValueError, InputTypeError
            For an argument out of its range.
        """
        from pynoise.noise.picture import picture  # matplotlib takes a second to import

        return picture(self, path, features, embedding, points, seed)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the labels as CSV, a row an example; write them to `path` if one is given.

        The columns are ``index``, ``clean`` and ``noisy`` (names of classes, in quotation marks), and
        ``selected`` (0 or 1).
        """
        import csv
        import io

        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        text.write("index,clean,noisy,selected\n")
        names = self.names
        for i, (clean, noisy, selected) in enumerate(
            zip(self.clean.tolist(), self.noisy.tolist(), self.selected.tolist(), strict=True)
        ):
            writer.writerow((i, names[clean], names[noisy], int(selected)))
        if path is not None:
            write_whole(check_output("path", path, (".csv",)), text.getvalue().encode())
        return text.getvalue()


def counts_of(clean: NDArray[np.int32], noisy: NDArray[np.int32], classes: int) -> NDArray[np.int64]:
    """How many examples of each class have each label, [L, L]."""
    flat = clean.astype(np.int64) * classes + noisy
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


def shares_of(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rows of counts [L, L] by their sums; the row of I where there are none."""
    sums = counts.sum(axis=1, keepdims=True)
    result: NDArray[np.float64] = np.where(sums > 0, counts / np.maximum(sums, 1), np.eye(len(counts)))
    return result
