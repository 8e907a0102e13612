"""Accuracy of networks against noise level, over the analytic curves of their clean softmax (Fig. 4)."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pynoise import _checks, _provenance, seeds
from pynoise._arrays import load_array
from pynoise._progress import Progress, silent, wordless
from pynoise.curves import files
from pynoise.curves.accuracy import accuracy_curve
from pynoise.curves.arguments import dataset_of, levels_of
from pynoise.curves.noise import CurveNoise, NoiseLike, noise_of
from pynoise.data import Dataset
from pynoise.data.tested import check_tested
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise import LabelMap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pynoise.methods import Method
    from pynoise.training import Run

__all__ = ["NetworkCurve", "accuracy_of", "curve_of", "network_curve"]

# K of the analytic curves that are drawn beside a network's, unless told.
KS = (1, 5, 11, 51, 101)

# Training a network at each of the 21 levels of a K-NN curve would take long.
_LEVELS = tuple(i / 10 for i in range(11))

# Levels of the lines that are drawn.
_FINE = tuple(i / 40 for i in range(41))

# Arguments of training that a curve has no use for, and what does instead.
_NO_OPTIONS = {
    "level": "give levels",
    "seed": "give run_seeds",
    "resume": "every run goes on where it stopped",
    "data_root": "load the data there, pynoise.data.load(name, root), and give those",
}

_COLUMNS = (
    "level",
    "accuracy",
    "sd",
    "accuracy_last",
    "sd_last",
    "runs",
    "selected_fraction",
    "realised_rate",
)


@dataclass(frozen=True)
class NetworkCurve:
    """Accuracy of a network against noise level, one row a level, with analytic accuracies beside it.

    Attributes
    ----------
    rows : list of dict
        In the order of the levels. Keys: ``level``, the noise level γ; ``accuracy`` and ``sd``, mean and
        standard deviation (ddof 1; None for one run) over the runs of the test accuracy of the selected
        epoch, or of the last where none was selected; ``accuracy_last`` and ``sd_last``, those of the last
        epoch; ``runs``; ``selected_fraction`` and ``realised_rate`` of the labels, means; and ``analytic``, a
        dict of the accuracies expected, by K: from the softmax of the clean network of the first seed (Eq.
        1-4), or, under the key "1-γ", for concentrated noise.
    lines : list of dict
        What is expected at these levels and those between them, for pictures: ``level`` and ``analytic``.
    meta : dict
        What the curve is of, how it was made, versions, hardware and seconds of training.
    """

    rows: list[dict[str, Any]]
    lines: list[dict[str, Any]] = field(repr=False)
    meta: dict[str, Any] = field(repr=False)

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV, a column ``analytic_K`` for each K; write them to `path` if one is given.

        Its columns ``level`` and ``accuracy`` are what `pynoise.fit_k` reads.
        """
        flat = []
        for row in self.rows:
            others = {key: value for key, value in row.items() if key != "analytic"}
            flat.append(others | {f"analytic_{k}": value for k, value in row["analytic"].items()})
        columns = [*_COLUMNS, *(key for key in flat[0] if key not in _COLUMNS)]
        return files.write_text(files.csv_text(columns, flat), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "lines": […], "rows": […]}`` as JSON; write it to `path` if one is given."""
        return files.write_text(files.json_text(self.meta, self.rows, lines=self.lines), path, ".json")

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw it as in Fig. 4 of the paper: the network's points over a family of analytic curves.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.
        """
        from pynoise import plots  # matplotlib takes a second to import

        return plots.write_figure(plots.network_curve(self), path)

    def save(self, path: str | Path) -> None:
        """Write the curve to a .csv, .json, .png, .svg or .pdf file: the suffix decides."""
        files.save(self, path)


def network_curve(
    data: str | Path | Dataset,
    network: str = "mlp",
    noise: NoiseLike = "flip",
    levels: ArrayLike | None = None,
    *,
    out: str | Path,
    run_seeds: Sequence[int] = (0, 1, 2),
    k: int | Sequence[int] = KS,
    ties: str = "first",
    label_map: LabelMap | str | None = None,
    method: str | Method = "cross-entropy",
    threads: int | None = None,
    progress: Progress | None = None,
    on_run: Callable[[Run], object] | None = None,
    **options: Any,
) -> NetworkCurve:
    """Train networks at several noise levels, and set their accuracy beside what theory expects.

    Each level and seed is a run of `pynoise.training.train` in a folder of its own below `out`; runs that are
    finished are not trained again, and one that was killed goes on: call it again. A network trained on the
    clean labels with the first seed gives C, its softmax, to the analytic curves (Drory et al., BMVC 2020,
    Section 4). Concentrated noise lies in the space of that network's penultimate features, as in
    Section 3.3, and what is expected of it is 1-γ.

    Parameters
    ----------
    data, network
        As for `pynoise.training.train`; arrays.
    noise, label_map
        As for `pynoise.accuracy_curve`, but for records, which have one level. A matrix that is drawn is
        drawn by the first seed, for all runs.
    levels : array_like of float, optional
        Noise levels; 0, 0.1, …, 1 by default, or for "concentrated" those of the paper's clusters.
    out : str or Path
        The folder of the runs, new, empty, or with the runs of such curves.
    run_seeds : sequence of int
        A run each, at every level.
    k : int or sequence of int
        K of the analytic curves.
    ties : {"first", "random", "strict"}
        Their tie rule.
    method, threads, progress
        As for `pynoise.training.train`; the phase "runs" counts runs.
    on_run : callable, optional
        Called with each run once it is finished.
    **options
        Other arguments of `pynoise.training.train`: device, epochs, lr …

    Returns
    -------
    NetworkCurve

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError, TrainingError, OSError
        As `pynoise.training.train`.
    """
    for name in options.keys() & _NO_OPTIONS:
        raise InputTypeError(name, f"is no argument of network_curve: {_NO_OPTIONS[name]}")
    for name, function in {"progress": progress, "on_run": on_run}.items():
        _checks.callback(name, function)
    folder = _folder_of(out)
    dataset = dataset_of(data)
    check_tested(dataset, "a network curve")
    chosen_seeds = _checks.seeds("run_seeds", run_seeds)
    ks, _ = _checks.counts("k", k)
    rule = _checks.ties(ties)
    chosen = noise_of(noise, dataset, label_map, chosen_seeds[0])
    if chosen.record is not None:
        raise InputValueError("noise", f"{chosen.record} has one level; give a kind, a map or a matrix")
    gammas = levels_of(_LEVELS if levels is None and chosen.kind != "concentrated" else levels, chosen, None)
    from pynoise.training import train
    from pynoise.training.extracted import kept_features
    from pynoise.training.labels import draw_labels

    jobs = [(level, seed) for level in gammas for seed in chosen_seeds]
    if (0.0, chosen_seeds[0]) not in jobs:
        jobs.append((0.0, chosen_seeds[0]))
    jobs.sort(key=lambda job: job != (0.0, chosen_seeds[0]))  # the clean network comes first
    report = progress or silent
    counted = wordless(report)
    features: NDArray[Any] | None = None
    found: dict[tuple[float, int], Run] = {}
    for done, (level, seed) in enumerate(jobs):
        report("runs", done, len(jobs), f"level {level:.10g}, seed {seed}")
        record = None
        if level > 0:
            if chosen.concentrated and features is None:
                device = options.get("device", "auto")
                clean = found[0.0, chosen_seeds[0]]
                file = kept_features(clean, dataset, device=device, threads=threads, progress=counted)
                features = load_array("out", file, ("x_train",))
            draw = seeds.split(seed, "noise")
            record = draw_labels(chosen, level, dataset, draw, threads, counted, features)
        run = train(
            dataset,
            network,
            out=folder / f"level-{level:.10g}-seed-{seed}",
            noise=record,
            seed=seed,
            threads=threads,
            resume=True,
            progress=progress,
            method=copy.deepcopy(method),  # it may keep what it has learnt
            **options,
        )
        found[level, seed] = run
        if on_run is not None:
            on_run(run)
    report("runs", len(jobs), len(jobs), "")
    return curve_of(found, dataset, chosen, gammas, chosen_seeds, ks, ties=rule, threads=threads)


def curve_of(
    found: Mapping[tuple[float, int], Run],
    dataset: Dataset,
    noise: CurveNoise,
    levels: Sequence[float],
    run_seeds: Sequence[int],
    ks: Sequence[int],
    *,
    ties: str = "first",
    threads: int | None = None,
) -> NetworkCurve:
    """The curve of runs that are finished.

    Parameters
    ----------
    found : mapping of (level, seed) to Run
        A run for each level and seed, and one of level 0 with the first seed.
    dataset : Dataset
        What is asked of it are the labels of its test examples.
    noise, levels, run_seeds, ks, ties, threads
        As for `network_curve`, checked.
    """
    clean = found[0.0, run_seeds[0]]
    fine = sorted({*levels, *(level for level in _FINE if level < max(levels))})
    known = _expected(noise, dataset, fine, ks, ties, clean.softmax, threads)
    expected = dict(zip(fine, known, strict=True))
    rows = [_row(level, [found[level, seed] for seed in run_seeds], expected[level]) for level in levels]
    lines = [{"level": level, "analytic": analytic} for level, analytic in expected.items()]
    return NetworkCurve(rows, lines, _meta(noise, clean, ks, ties, run_seeds, list(found.values())))


def _folder_of(out: str | Path) -> Path:
    """Check, before any work is done, that the folder is there for curves."""
    if not isinstance(out, str | Path):
        raise InputTypeError("out", f"{out!r} is not the path of a folder")
    folder = Path(out)
    if folder.exists() and not folder.is_dir():
        raise InputValueError("out", f"{str(out)!r} is not a folder; name another")
    if folder.exists() and any(folder.iterdir()) and not any(folder.glob("level-*-seed-*")):
        raise InputValueError("out", f"{str(out)!r} holds other files; name a folder of its own")
    return folder


def _expected(
    chosen: CurveNoise,
    dataset: Dataset,
    levels: Sequence[float],
    ks: Sequence[int],
    ties: str,
    softmax: NDArray[np.float32],
    threads: int | None,
) -> list[dict[str, float]]:
    """What theory expects at each level, by K."""
    if chosen.concentrated:
        return [{"1-γ": 1 - level} for level in levels]
    curve = accuracy_curve(
        dataset, ks, chosen.matrix, levels, ties=ties, clean=softmax, measure=False, threads=threads
    )
    known = {(row["k"], row["level"]): row["analytic"] for row in curve.rows}
    return [{str(k): known[k, level] for k in ks} for level in levels]


def _row(level: float, runs: list[Run], expected: dict[str, float]) -> dict[str, Any]:
    results = [run.result for run in runs if run.result is not None]
    last = [result["test_accuracy_last"] for result in results]
    chosen = [result["test_accuracy_selected"] for result in results]
    if None in chosen:  # nothing was selected
        chosen = last
    noises = [result["noise"] or {"selected_fraction": 0.0, "realised_rate": 0.0} for result in results]
    return {
        "level": level,
        "accuracy": fmean(chosen),
        "sd": _sd(chosen),
        "accuracy_last": fmean(last),
        "sd_last": _sd(last),
        "runs": len(results),
        "selected_fraction": fmean(noise["selected_fraction"] for noise in noises),
        "realised_rate": fmean(noise["realised_rate"] for noise in noises),
        "analytic": expected,
    }


def _sd(values: list[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _meta(
    chosen: CurveNoise,
    clean: Run,
    ks: Sequence[int],
    ties: str,
    run_seeds: Sequence[int],
    runs: Sequence[Run],
) -> dict[str, Any]:
    config, result = clean.config, clean.result
    assert result is not None  # noqa: S101 - tells the type checker
    return {
        "data": config["data"]["name"],
        "train_examples": config["data"]["train"]["shape"][0],
        "test_examples": config["data"]["test"]["shape"][0],
        "classes": len(config["data"]["names"]),
        "network": config["network"],
        "method": config["method"],
        "noise": chosen.name,
        "matrix": chosen.matrix.tolist() if chosen.drawn else None,
        "seeds": list(run_seeds),
        "k": list(ks),
        "ties": ties,
        "settings": config["settings"],
        "clean_accuracy": accuracy_of(clean),
        "seconds": sum(run.result["seconds"] for run in runs if run.result is not None),
        "versions": result["versions"] | {"pynoise": _provenance.versions()["pynoise"]},
        "hardware": result["hardware"],
    }


def accuracy_of(run: Run) -> float:
    """The test accuracy of the selected epoch, or of the last where none was selected."""
    assert run.result is not None  # noqa: S101 - tells the type checker
    selected = run.result["test_accuracy_selected"]
    return float(run.result["test_accuracy_last"] if selected is None else selected)
