"""Figure 2 of kNet (Mizrahi and Avidan, 2021): three Gaussians, and how K-NN and kNet divide the plane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise import knn
from pynoise._progress import wordless
from pynoise.errors import InputValueError
from pynoise.paper.figure import PaperFigure
from pynoise.paper.knet_parts import toy_part
from pynoise.paper.knet_runs import block_of, model_of
from pynoise.paper.registry import Options
from pynoise.paper.rows import aligned
from pynoise.paper.runs import Made, meta_of, outputs_of, train_all
from pynoise.paper.toy import CENTERS, LEVEL, TOY, nearest_center

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KNetToy", "border_of"]

# A method, and its k.
_Panel = tuple[str, int | None]

# Of the panels; the paper does not say which. These are columns of its tables.
_KS = (1, 11, 51)

# (b) to (h), in the order of the figure.
_PANELS: tuple[_Panel, ...] = (*(("K-NN", k) for k in _KS), ("network", None), *(("kNet", k) for k in _KS))

# The plane from -6 to 6 holds more than 99.9 % of the points; its cells are 0.06 standard deviations wide.
_HALF, _CELLS = 6.0, 200

_COLUMNS = ("seed", "panel", "method", "k", "accuracy", "border")

_NOTES = (
    "Accuracy is that on clean test labels; border is the share of neighbouring cells of the plane that get "
    "different classes: lower is smoother.",
    "The paper does not say where the centres lie, how many points there are, what the network is, how it is "
    "trained, or which k the panels have: these are ours.",
)

# What one run makes of the plane: classes of cells [S, S], the lowest line first.
_Regions = Mapping[_Panel, NDArray[np.int32]]


class KNetToy:
    """The noisy points, and the plane as K-NN, the network and kNet divide it.

    Three Gaussians of 500 training points each have centres 4 standard deviations apart; 20 % of each class
    are labelled as the next one, 10 % as the one after. A network of fully connected layers learns them by
    cross-entropy; K-NN and kNet, at k = 1, 11 and 51, take its penultimate features. All but the noise is
    our choice: the paper does not say.

    A row of the result is a panel with a seed: ``seed``, ``panel``, ``method``, ``k``, ``accuracy`` on 3,000
    clean test points, and ``border``. The picture is of the first seed.
    """

    name = "knet-fig2"
    title = "kNet, Figure 2: K-NN and kNet on three Gaussians with random-asymmetric noise of level 0.3"

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and divide the plane."""
        _refuse(options)
        part = toy_part(options.network or "mlp", _KS, options)
        (found,) = train_all([part], options)
        planes = [_regions(made, options) for made in found]
        rows = [
            {"seed": seed} | row
            for seed, made, regions in zip(options.seeds, found, planes, strict=True)
            for row in _rows(made, regions)
        ]
        points = [made.draw() for made in found]
        best = [float((nearest_center(one.x_test) == one.y_test).mean()) for one in points]
        own = {
            "centers": CENTERS.tolist(),
            "plane": {"from": -_HALF, "to": _HALF, "cells": _CELLS},
            "best_accuracy": best,
        }
        meta = meta_of(self, _NOTES, [block_of(part, found)], [found], options) | own
        picture = partial(_draw, found[0], planes[0], rows, options.seeds[0])
        return PaperFigure(rows, _COLUMNS, meta, _lines(meta, rows), picture)


def border_of(classes: NDArray[np.integer[Any]]) -> float:
    """How rough a map of classes [S, S] is: the share of its pairs of neighbouring cells that differ."""
    pairs = classes[:, 1:] != classes[:, :-1], classes[1:] != classes[:-1]
    return float(np.concatenate([one.ravel() for one in pairs]).mean())


def _refuse(options: Options) -> None:
    """Refuse what is for data in files."""
    given = {
        "scale": options.scale != 1,
        "dataset": options.dataset not in (None, TOY),
        "data_root": options.data_root is not None,
        "download": options.download,
    }
    for argument, wrong in given.items():
        if wrong:
            problem = f"{getattr(options, argument)!r} is of no use here: the points are drawn; leave it out"
            raise InputValueError(argument, problem)


def _regions(made: Made, options: Options) -> _Regions:
    """What K-NN, the network and kNet make of the plane."""
    run, dataset = made.run, made.draw()
    middle = (np.arange(_CELLS, dtype=np.float32) + 0.5) * (2 * _HALF / _CELLS) - _HALF
    plane = np.stack(np.meshgrid(middle, middle), axis=-1).reshape(-1, 2)
    learnt, _ = run.rows
    record = run.record
    assert record is not None  # noqa: S101 - tells the type checker
    known, _ = outputs_of(made, dataset.x_train[learnt], options)
    features, classes = outputs_of(made, plane, options)
    model = model_of(made, options)
    nearest, _ = knn.search(
        known,
        features,
        max(_KS),
        metric=model.metric,
        threads=options.threads,
        progress=wordless(options.progress),
    )
    votes = knn.label_histograms(nearest, record.noisy[learnt], _KS, dataset.num_classes)
    found: dict[_Panel, NDArray[np.int32]] = {("network", None): classes}
    found |= {("K-NN", k): of_k.argmax(axis=1) for k, of_k in zip(_KS, votes, strict=True)}
    found |= {("kNet", k): model.predict(features, k) for k in _KS}
    return {key: one.reshape(_CELLS, _CELLS) for key, one in found.items()}


def _rows(made: Made, regions: _Regions) -> list[dict[str, Any]]:
    result = made.result
    accuracies: dict[_Panel, float] = {("network", None): result["preliminary_accuracy"]}
    for method, key in {"K-NN": "knn_accuracy", "kNet": "knet_accuracy"}.items():
        accuracies |= {(method, k): result[key][str(k)] for k in _KS}
    return [
        {
            "panel": panel,
            "method": method,
            "k": k,
            "accuracy": accuracies[method, k],
            "border": border_of(regions[method, k]),
        }
        for panel, (method, k) in zip("bcdefgh", _PANELS, strict=True)
    ]


def _lines(meta: dict[str, Any], rows: Sequence[dict[str, Any]]) -> list[str]:
    """What a terminal shows: means over the seeds."""
    (words,) = meta["blocks"]
    grid = [["panel", "accuracy", "border"]]
    for panel, (method, k) in zip("bcdefgh", _PANELS, strict=True):
        own = [row for row in rows if row["panel"] == panel]
        cells = [_told([row[key] for row in own]) for key in ("accuracy", "border")]
        grid.append([f"({panel}) {_name(method, k)}", *cells])
    return [
        f"{words['train_examples']:,} training points, {words['realised_rate']:.4f} of their labels wrong; "
        f"{words['test_examples']:,} test points",
        f"accuracy of the best classifier there is: {_told(meta['best_accuracy'])}",
        "",
        *aligned(grid),
    ]


def _name(method: str, k: int | None) -> str:
    return method if k is None else f"{method}, k = {k}"


def _told(values: Sequence[float]) -> str:
    spread = f" ± {stdev(values):.4f}" if len(values) > 1 else ""
    return f"{fmean(values):.4f}{spread}"


def _draw(made: Made, regions: _Regions, rows: Sequence[dict[str, Any]], seed: int) -> Figure:
    from pynoise.plots.knet import Plane, knet_toy

    record = made.run.record
    assert record is not None  # noqa: S101 - tells the type checker
    titles = [
        f"({row['panel']}) {_name(row['method'], row['k'])}\naccuracy {row['accuracy']:.3f}, "
        f"border {row['border']:.3f}"
        for row in rows
        if row["seed"] == seed
    ]
    shown = [(title, regions[panel]) for title, panel in zip(titles, _PANELS, strict=True)]
    plane = Plane(made.draw().x_train, record.clean, record.noisy, CENTERS, _HALF, shown)
    return knet_toy(plane, f"Three Gaussians, random-asymmetric noise of level {LEVEL:.10g}")
