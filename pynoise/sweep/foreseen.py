"""What a sweep would do, and how long it may take: a small part of each kind of work is done and timed."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pynoise import knn
from pynoise._progress import Progress
from pynoise.data import Dataset
from pynoise.data.named import load_origin
from pynoise.errors import InputError
from pynoise.sweep.asked import Asked
from pynoise.sweep.expand import expand
from pynoise.sweep.grid import Grid
from pynoise.sweep.opening import path_of
from pynoise.sweep.store import Store, Stored
from pynoise.sweep.trial import Trial
from pynoise.sweep.votes import Votes

__all__ = ["Foreseen", "foresee"]

# Test examples whose neighbours are looked for, and training examples that are learnt from, for a guess.
_QUERIES, _EXAMPLES = 200, 512

# Votes that are counted for a guess, of each method and noise.
_TRIED = 20

# The grid's keys, and what trials call them.
_KEYS = {"K": "k"} | {key: key for key in ("dataset", "method", "network", "space", "noise", "level", "seed")}

# What is to be run; "running" is what a process has left that was killed, or what one does now.
_TO_DO = ("new", "queued", "running")

# What a run takes besides its epochs (files, the last measurements), and a worker that imports torch.
_AROUND_A_RUN, _START = 0.3, 5.0


@dataclass(frozen=True)
class Foreseen:
    """The trials of a grid, and what is known of them before they are run.

    Attributes
    ----------
    rows : list of dict
        A trial each: ``state``, "new" for one that the store does not hold, and the keys of the grid.
    seconds : float or None
        What those may take that are neither done nor failed, with so many workers; None where data are images
        in files, of which no part is tried.
    workers : int
        Jobs at a time.
    """

    rows: list[dict[str, Any]] = field(repr=False)
    seconds: float | None
    workers: int

    def text(self) -> str:
        """A line a trial, and the estimate."""
        lines = [f"{row['state']:<8} {row['words']}" for row in self.rows]
        todo = sum(row["state"] in _TO_DO for row in self.rows)
        lines += ["", f"{len(self.rows):,} trials, {todo:,} to run, {self._words()}"]
        return "\n".join(lines) + "\n"

    def to_json(self) -> str:
        """``{"seconds": …, "workers": …, "rows": […]}``."""
        content = {"seconds": self.seconds, "workers": self.workers, "rows": self.rows}
        return json.dumps(content, indent=1) + "\n"

    def _words(self) -> str:
        if self.seconds is None:
            return "how long is not known: images in files are not tried"
        hours, seconds = divmod(round(self.seconds), 3600)
        long = f"{hours} h {seconds // 60} min" if hours else f"{seconds // 60} min {seconds % 60} s"
        return f"about {long} with {self.workers} at a time"


def foresee(
    grid: Grid | str | Path,
    store: str | Path | None = None,
    *,
    data_root: str | Path | None = None,
    download: bool = False,
    progress: Progress | None = None,
    **options: Any,
) -> Foreseen:
    """List the trials of a grid, and estimate how long they take; nothing is written.

    Parameters
    ----------
    grid, data_root, download, progress, **options
        As for `pynoise.sweep.run`.
    store : str or Path, optional
        A store; what it holds already counts as nothing. It need not be there.

    Returns
    -------
    Foreseen

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        As `pynoise.sweep.run`.
    """
    asked = Asked.of(progress=progress, **options)
    chosen = grid if isinstance(grid, Grid) else Grid.read(grid)
    expanded = expand(chosen, data_root=data_root, download=download)
    there: dict[str, Stored] = {}
    if store is not None and path_of(store).exists():
        with Store.open(store) as kept:
            there = {one.key: one for one in kept.trials()}
    states = {trial.key: there[trial.key].state if trial.key in there else "new" for trial in expanded.trials}
    todo = [trial for trial in expanded.trials if states[trial.key] in _TO_DO]
    workers = asked.at_a_time(trains=any(trial.trains for trial in todo))
    rows = [
        {
            "state": states[trial.key],
            "words": trial.words(),
            **{key: getattr(trial, own) for key, own in _KEYS.items()},
        }
        for trial in expanded.trials
    ]
    return Foreseen(rows, _seconds(todo, expanded.origins, asked, workers), workers)


def _seconds(
    trials: Iterable[Trial],
    origins: dict[str, dict[str, Any]],
    asked: Asked,
    workers: int,
) -> float | None:
    """What the trials may take: a guess for each kind of them, times how many there are."""
    kinds: dict[tuple[Any, ...], list[Trial]] = {}
    for trial in trials:
        kinds.setdefault((trial.data, trial.method, trial.network, trial.noise), []).append(trial)
    total, longest = 0.0, 0.0
    loaded: dict[str, Any] = {}
    searched: set[tuple[Any, ...]] = set()
    report, done = asked.report, 0
    for (digest, _, network, _), group in kinds.items():
        report("estimate", done, len(kinds), group[0].words())
        done += 1
        if digest not in loaded:
            loaded = {digest: load_origin(origins[digest])}
        dataset = loaded[digest]
        if not isinstance(dataset, Dataset):
            return None
        if group[0].votes:
            search, setup, vote = _vote_seconds(dataset, group, asked.cpus)
            if (digest, network) not in searched:
                searched.add((digest, network))
                total += search
            total += setup + vote * len(group)
        else:
            one = _run_seconds(dataset, group[0], asked)
            total, longest = total + one * len({trial.work for trial in group}), max(longest, one)
    report("estimate", done, len(kinds), "")
    return max(total / workers, longest) + (_START if longest else 0.0)


def _vote_seconds(dataset: Dataset, trials: Sequence[Trial], threads: int) -> tuple[float, float, float]:
    """What the search for neighbours takes, what the first vote takes more than others, and one of those."""
    some = trials[:: max(1, len(trials) // _TRIED)]
    most = max(trial.k or 1 for trial in trials)
    count = min(_QUERIES, len(dataset.y_test))
    part = replace(dataset, x_test=dataset.x_test[:count], y_test=dataset.y_test[:count])
    share = len(dataset.y_test) / count
    started = time.perf_counter()
    indices, _ = knn.search(part.x_train, part.x_test, most, threads=threads)
    search = share * (time.perf_counter() - started)
    votes = Votes(part, indices, threads)
    try:
        first, all_of_them = _timed(votes, some[:1]), _timed(votes, some)
    except InputError:  # a level out of reach, say: what fails takes no time
        return search, 0.0, 0.0
    each = max(0.0, all_of_them - first) / max(1, len(some) - 1)
    return search, max(0.0, first - each), share * each


def _timed(votes: Votes, trials: Sequence[Trial]) -> float:
    started = time.perf_counter()
    votes.results(trials)
    return time.perf_counter() - started


def _run_seconds(dataset: Dataset, trial: Trial, asked: Asked) -> float:
    """What a run takes, by one epoch of cross-entropy on some examples; other methods may do more."""
    from pynoise.training import train

    count = min(_EXAMPLES, len(dataset.y_train))
    share = len(dataset.y_train) / count
    tested = max(1, round(len(dataset.y_test) / share))
    part = replace(
        dataset,
        x_train=dataset.x_train[:count],
        y_train=dataset.y_train[:count],
        x_test=dataset.x_test[:tested],
        y_test=dataset.y_test[:tested],
    )
    settings = dict(trial.settings["train"])
    epochs = settings["epochs"]
    with TemporaryDirectory() as folder:
        run = train(
            part,
            trial.network or "mlp",
            out=Path(folder) / "run",
            method="cross-entropy",
            device=asked.device,
            threads=asked.cpus,
            **{key: value for key, value in settings.items() if key != "recipe"}
            | {"epochs": 1, "schedule": "constant", "step_at": (), "patience": None},
        )
    assert run.result is not None  # noqa: S101 - tells the type checker
    return float(run.result["seconds"] * epochs * share + _AROUND_A_RUN)
