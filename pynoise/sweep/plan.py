"""From queued trials to jobs: what shares work does it once, what is small goes in one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, groupby
from typing import Any

from pynoise.sweep.store import Stored
from pynoise.sweep.trial import Trial, clean_trial, digest_of

__all__ = ["Job", "plan"]

# Trials of a vote in one job: some tenths of a second on small data, and no more is lost with a killed one.
_VOTES = 512


@dataclass(eq=False)
class Job:
    """What a worker does in one go.

    Attributes
    ----------
    task : dict
        What is to be done, as `pynoise.sweep.tasks` takes it; JSON.
    trials : list of Stored
        Those that it is about; none for what others share.
    need : Job or None
        What has to be done before.
    tries : int
        How often it was begun in vain.
    shrunk : bool
        Whether there are fewer jobs at a time because of it.
    """

    task: dict[str, Any]
    trials: list[Stored] = field(default_factory=list)
    need: Job | None = None
    tries: int = 0
    shrunk: bool = False
    number: int = field(default_factory=count().__next__)

    @property
    def keys(self) -> list[str]:
        """The keys of its trials."""
        return [one.key for one in self.trials]

    def halves(self) -> tuple[Job, Job]:
        """Two jobs of half as many trials."""
        middle = len(self.trials) // 2
        parts = (self.trials[:middle], self.trials[middle:])
        first, second = (Job(self.task | {"trials": _listed(part)}, part) for part in parts)
        return first, second

    def words(self) -> str:
        """What it is, in a line."""
        if not self.trials:
            return f"{self.task['kind']} of {self.task['name']}"
        others = f" and {len(self.trials) - 1} more" if len(self.trials) > 1 else ""
        return self.trials[0].trial.words() + others


def plan(trials: Iterable[Stored], origins: Mapping[str, dict[str, Any]]) -> list[Job]:
    """The jobs for trials, those that others need first.

    A clean network is trained once for all that look among its features, neighbours are found once for all
    trials that vote with them, a network that learns from the same labels is trained once.

    Parameters
    ----------
    trials : iterable of Stored
        What is to be done.
    origins : mapping of str to dict
        How to load the data of each digest.
    """
    votes: dict[str, list[Stored]] = {}
    networks: dict[str, list[Stored]] = {}
    for one in trials:
        if one.trial.votes:
            votes.setdefault(_space_key(one.trial), []).append(one)
        else:
            networks.setdefault(one.trial.work, []).append(one)
    trained = {work: _network(work, group, origins) for work, group in networks.items()}
    shared: dict[str, Job] = {}
    for job in trained.values():
        trial = job.trials[0].trial
        if trial.space == "features" and trial.level != 0:
            job.need = _features(trial, origins, shared, trained)
    searches: list[Job] = []
    voting: list[Job] = []
    for group in votes.values():
        trial, most = group[0].trial, max(one.trial.k or 0 for one in group)
        need = _features(trial, origins, shared, trained) if trial.space == "features" else None
        found = Job(_task("neighbours", trial, origins) | {"k": most}, need=need)
        searches.append(found)
        task = _task("votes", trial, origins) | {"k": most}
        voting += [Job(task | {"trials": _listed(part)}, part, found) for part in _parts(group)]
    return [*shared.values(), *searches, *voting, *trained.values()]


def _network(work: str, group: list[Stored], origins: Mapping[str, dict[str, Any]]) -> Job:
    task = _task("network", group[0].trial, origins)
    return Job(task | {"work": work, "trials": _listed(group)}, group)


def _features(
    trial: Trial, origins: Mapping[str, dict[str, Any]], shared: dict[str, Job], trained: Mapping[str, Job]
) -> Job:
    """The job that makes the features of the network trained on clean labels; a trial may be that run."""
    clean = clean_trial(trial)
    if clean.work not in shared:
        shared[clean.work] = Job(_task("features", trial, origins), need=trained.get(clean.work))
    return shared[clean.work]


def _task(kind: str, trial: Trial, origins: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    """What all jobs say: the data, and whose features are the space."""
    clean = vars(clean_trial(trial)) if trial.space == "features" else None
    return {
        "kind": kind,
        "name": trial.dataset,
        "data": trial.data,
        "origin": origins[trial.data],
        "clean": clean,
    }


def _space_key(trial: Trial) -> str:
    return digest_of([trial.data, clean_trial(trial).work if trial.space == "features" else None])


def _parts(group: list[Stored]) -> Iterator[list[Stored]]:
    """Trials that go well together: of one method, one noise and one rule of the vote."""
    digests: dict[int, str] = {}  # of settings, which many trials share

    def order(one: Stored) -> tuple[str, ...]:
        trial = one.trial
        if id(trial.settings) not in digests:
            digests[id(trial.settings)] = digest_of(trial.settings)
        return trial.method, trial.noise, digests[id(trial.settings)]

    for _, same in groupby(sorted(group, key=order), order):
        # Labels that are drawn once for all K stand together.
        rows = sorted(same, key=lambda one: (one.trial.seed or 0, one.trial.level or 0.0, one.trial.k or 0))
        yield from (rows[start : start + _VOTES] for start in range(0, len(rows), _VOTES))


def _listed(trials: Iterable[Stored]) -> list[dict[str, Any]]:
    return [{"key": one.key, "trial": vars(one.trial)} for one in trials]
