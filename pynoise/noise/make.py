"""Putting noise into labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from pynoise import _checks
from pynoise._fingerprint import Fingerprint
from pynoise.errors import InputValueError, unknown_name
from pynoise.noise.classes import encode
from pynoise.noise.concentrated import ConcentratedNoise
from pynoise.noise.hubness import NEIGHBORHOOD, occurrences_of
from pynoise.noise.human import classes_of, human_noise
from pynoise.noise.levels import check_level
from pynoise.noise.maps import LabelMap, map_words, numbered
from pynoise.noise.matrices import CONCENTRATED_KINDS, KINDS, corruption_matrix
from pynoise.noise.options import check_options
from pynoise.noise.record import NoisyLabels
from pynoise.noise.spread import SpreadNoise, movable

if TYPE_CHECKING:
    from pynoise.knn import Neighbors

__all__ = ["make"]


def make(
    labels: ArrayLike,
    kind: str,
    level: float | None = None,
    *,
    seed: int = 0,
    num_classes: int | None = None,
    names: Sequence[str] | None = None,
    matrix: ArrayLike | None = None,
    label_map: LabelMap | str | None = None,
    alternatives: int | None = None,
    selection: str = "exact",
    per_class: bool = False,
    mapped_only: bool = False,
    features: ArrayLike | None = None,
    neighbors: str | Path | Neighbors | None = None,
    k: int | None = None,
    noisy: ArrayLike | None = None,
    threads: int | None = None,
    progress: Callable[[str, int, int], object] | None = None,
) -> NoisyLabels:
    """Put noise into labels.

    Exactly ⌈γN⌉ of all N examples are selected, uniformly at random without replacement unless the kind says
    otherwise; each gets a label drawn from its row of the corruption matrix P. The result depends on the
    arguments alone: it is the same on every machine and for any number of threads. With the same seed a
    higher level of noise that is spread keeps the selection of a lower one and adds to it.

    Parameters
    ----------
    labels : array_like of int or str, [N]
        Clean labels, 0..L-1 or names of classes.
    kind : str
        - "uniform", "symmetric", "flip", "matrix", "general", "random-asymmetric", "semantic-asymmetric": as
          for `corruption_matrix`, and spread at random.
        - "hubness": an example is selected with a probability that grows with its hubness, the number of
          other examples that have it among their `k` nearest neighbours: the first to be selected in
          proportion to it, the next in proportion among the rest, and so on. One that is a neighbour of none
          is never selected (Tomašev and Buza, Neurocomputing 160, 2015).
        - "concentrated": each class is divided into clusters by k-means in the space of the `features`, 10
          of them for a level of 0.1, 5 for 0.2, 2 for 0.5; all labels of the cluster nearest in size to the
          level become one wrong label (Drory et al., BMVC 2020, Section 3.3). Levels up to 0.5; the fraction
          selected is the cluster's.
        - "concentrated-exact": from the centre of that cluster on, the nearest examples of the class, until
          ⌈γN⌉ are selected, divided among the classes by their sizes; any level. Nearest is measured against
          the other centres, so that the cluster grows or shrinks and keeps its straight borders.
        - "human": the labels `noisy` that people gave to all examples; the level is 1 and P the matrix of
          what they did.
    level : float, optional
        γ, within [0, 1]; not for "human".
    seed : int
        0 ≤ seed < 2⁶⁴.
    num_classes : int, optional
        L, 2..10,000; one more than the largest label, and 2 at least, by default.
    names : sequence of str, optional
        The names of the classes. By default "0".."L-1", or the names in `labels` (and `noisy`), sorted.
    matrix, label_map, alternatives
        As for `corruption_matrix`; a map may have the names of classes, ``{"cat": "dog"}`` or "cat:dog".
    selection : {"exact", "bernoulli"}
        "bernoulli" selects each example by a coin of probability γ instead of exactly ⌈γN⌉. For noise that is
        spread, but for "hubness".
    per_class : bool
        Select ⌈γN_c⌉ of the N_c examples of each class. For noise that is spread.
    mapped_only : bool
        Select among the examples of those classes alone that P can move, ⌈γN'⌉ of N'. For noise that is
        spread.
    features : array_like, [N, ...]
        For "concentrated", "concentrated-exact" and "hubness": where examples lie. The paper takes the
        256-wide features of a network that was trained on clean labels.
    neighbors : str, Path or Neighbors, optional
        For "hubness": the neighbours within the training set, found before, instead of `features`.
    k : int, optional
        For "hubness": the number of neighbours, 10 by default.
    noisy : array_like of int or str, [N]
        For "human": the labels that were given.
    threads : int, optional
        Number of threads; one a core by default.
    progress : callable, optional
        Called with (phase, done, total) while clusters are found.

    Returns
    -------
    NoisyLabels
        The noisy labels and their record.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        For an argument out of its range, one that does not go with the kind, or a level that it cannot reach.

    Examples
    --------
    >>> from pynoise import noise
    >>> record = noise.make([0, 1, 2, 0, 1, 2, 0, 1, 2, 0], "flip", 0.3, seed=1)
    >>> int(record.selected.sum()), record.realised_rate
    (3, 0.3)
    """
    if not isinstance(kind, str) or kind not in KINDS:
        raise unknown_name("kind", kind, KINDS)
    if num_classes is not None:
        num_classes = _checks.whole("num_classes", num_classes, 2, _checks.MOST_CLASSES)
    if noisy is not None and names is None:
        names, num_classes = classes_of(labels, noisy, num_classes)
    clean, known = encode("labels", labels, names, num_classes)
    checked_seed = _checks.seed("seed", seed)
    per_class, mapped_only = _checks.flag("per_class", per_class), _checks.flag("mapped_only", mapped_only)
    given = {
        "matrix": matrix,
        "label_map": label_map,
        "alternatives": alternatives,
        "features": features,
        "neighbors": neighbors,
        "k": k,
        "noisy": noisy,
        "selection": None if selection == "exact" else selection,
        "per_class": per_class or None,
        "mapped_only": mapped_only or None,
        "level": level,
    }
    check_options(kind, given)
    pool = _checks.threads(threads)
    _checks.callback("progress", progress)
    if kind == "human":
        return human_noise(clean, known, noisy, checked_seed)
    if level is None:
        raise InputValueError("level", f"is missing; noise {kind!r} needs one within [0, 1]")
    gamma = check_level("level", level)
    if label_map is not None:
        label_map = numbered(label_map, known)
    p = corruption_matrix(
        kind,
        len(known),
        matrix=matrix,
        label_map=label_map,
        alternatives=alternatives,
        seed=checked_seed,
    )
    options: dict[str, Any] = {}
    if label_map is not None:
        if not movable(p)[clean].any():
            raise InputValueError("label_map", f"{map_words(label_map)} moves no class that the labels have")
        options["label_map"] = map_words(label_map)
    if kind == "general":
        options["alternatives"] = 2 if alternatives is None else int(alternatives)
    regions = fingerprint = None
    if kind in CONCENTRATED_KINDS:
        selection = "cluster" if kind == "concentrated" else "exact"
        concentrated = ConcentratedNoise.of(kind, clean, p, features, progress)
        selected, regions = concentrated.select(gamma, checked_seed, pool)
        new = concentrated.relabel(selected[None], [checked_seed], pool)[0]
        fingerprint = Fingerprint.of(np.asarray(features))
    else:
        weights = None
        if kind == "hubness":
            options["k"] = NEIGHBORHOOD if k is None else _checks.whole("k", k, 1)
            weights, fingerprint = occurrences_of(features, neighbors, options["k"], len(clean), threads)
        spread = SpreadNoise(kind, clean, p, selection, per_class, mapped_only, weights)
        drawn, masks = spread.draw(gamma, [checked_seed], pool)
        new, selected = drawn[0], masks[0]
    return NoisyLabels(
        kind,
        gamma,
        checked_seed,
        clean,
        new,
        selected,
        p,
        names=known,
        selection=selection,
        per_class=per_class,
        mapped_only=mapped_only,
        options=options,
        features=fingerprint,
        regions=regions,
    )
