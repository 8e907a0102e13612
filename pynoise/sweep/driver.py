"""Doing jobs: what is ready goes out, what comes back is kept, what fails is tried again."""

from __future__ import annotations

import selectors
from collections import deque
from collections.abc import Sequence
from typing import Any

from pynoise._progress import Progress
from pynoise.errors import SweepError
from pynoise.sweep.engines import Engine
from pynoise.sweep.lock import cancelled
from pynoise.sweep.peer import Peer
from pynoise.sweep.plan import Job
from pynoise.sweep.store import Outcome, Store
from pynoise.sweep.tasks import FINAL, NO_MEMORY

__all__ = ["Driver"]

# Seconds after which Python looks for signals, and whether somebody has cancelled, at the latest.
_LOOK = 0.5

# Workers that may end in a row; to find the one vote among some hundred that ends them takes a few.
_MOST_CRASHES = 30


class Driver:
    """Does jobs with an engine, and writes what comes of them into a store.

    Parameters
    ----------
    store : Store
        Whose trials they are.
    engine : Engine
        Who does them.
    retries : int
        How often a trial is tried again whose process ended, or that failed by no fault of its setting.
    report : callable
        Told the phase "trials".
    """

    def __init__(self, store: Store, engine: Engine, retries: int, report: Progress) -> None:
        self._store, self._engine, self._retries, self._report = store, engine, retries, report
        self._ready: deque[Job] = deque()
        self._dependents: dict[int, list[Job]] = {}  # by the number of what they need
        self._crashes = 0  # in a row, without anything that came of a job
        self._open = 0
        self._done = self._total = 0

    def run(self, jobs: Sequence[Job]) -> None:
        """Do them all.

        Raises
        ------
        SweepError
            If there is nobody left to do them.
        OSError
            If the store cannot be written to.
        """
        self._total, self._open = sum(len(job.trials) for job in jobs), len(jobs)
        for job in jobs:
            if job.need is None:
                self._ready.append(job)
            else:
                self._dependents.setdefault(job.need.number, []).append(job)
        self._tell()
        while self._open:
            if cancelled(self._store.path):
                raise SweepError("cancelled; what is done is kept: pynoise sweep resume goes on")
            self._send()
            for peer in self._answering():
                messages = peer.read(0)
                if messages is None:
                    self._lost(peer)
                    continue
                for message in messages:
                    self._hear(peer, message)

    def _send(self) -> None:
        """Send what is ready to whoever is free."""
        running = sum(len(peer.jobs) for peer in self._engine.peers)
        self._engine.start(running + len(self._ready))
        for peer in self._engine.peers:
            while self._ready and peer.free:
                job = self._ready.popleft()
                self._store.begin(job.keys)
                peer.jobs[job.number] = job
                peer.send({"job": job.number, "task": job.task})
                self._tell(job.words())

    def _answering(self) -> list[Peer]:
        with selectors.DefaultSelector() as selector:
            for peer in self._engine.peers:
                selector.register(peer, selectors.EVENT_READ)
            return [key.fileobj for key, _ in selector.select(_LOOK)]  # type: ignore[misc]  # peers are

    def _lost(self, peer: Peer) -> None:
        """A process has ended: what it did is done again, and if it had begun to, that counts as a try."""
        words = self._engine.ended(peer)
        for job in peer.jobs.values():
            if peer.ready:
                self._crashed(job, words)
            else:
                self._again(job)

    def _hear(self, peer: Peer, message: dict[str, Any]) -> None:
        peer.ready = True
        if "job" not in message:
            return
        job = peer.jobs.pop(message["job"])
        if "crash" in message:
            self._crashed(job, message["crash"])
        else:
            self._crashes = 0
            if self._too_many(job, message["outcomes"]) and self._engine.shrink(peer):
                job.shrunk = True
                self._again(job)
            else:
                self._ended(job, message["outcomes"])

    def _too_many(self, job: Job, outcomes: Sequence[dict[str, Any]]) -> bool:
        """Whether memory did not do, and fewer jobs at a time may help: a job may say so once."""
        return not job.shrunk and any(one.get("kind") == NO_MEMORY for one in outcomes)

    def _ended(self, job: Job, outcomes: Sequence[dict[str, Any]]) -> None:
        """Keep what came of a job; what failed is tried again, if that may help."""
        more = job.tries < self._most_tries(job)
        retry = {one["key"] for one in outcomes if "error" in one and one["kind"] != FINAL and more}
        if retry and len(retry) == len(outcomes):  # those that need it wait on
            self._again(job, tries=job.tries + 1)
            return
        kept = [one for one in outcomes if one["key"] not in retry]
        if job.trials:
            self._keep(kept)
        if retry:
            trials = [one for one in job.trials if one.key in retry]
            listed = [one for one in job.task["trials"] if one["key"] in retry]
            self._open += 1
            self._again(Job(job.task | {"trials": listed}, trials), tries=job.tries + 1)
        failed = [one["error"] for one in kept if "error" in one]
        # Without the network that they are of there are no features; votes are needed by nobody.
        self._close(job, failed[0] if failed and len(failed) == len(outcomes) else None)

    def _most_tries(self, job: Job) -> int:
        """How often a job is tried again; what others need at least once."""
        return self._retries if job.trials else max(1, self._retries)

    def _crashed(self, job: Job, words: str) -> None:
        """A process ended while it did a job: nobody knows by which of its trials."""
        self._crashes += 1
        if self._crashes > _MOST_CRASHES:
            raise SweepError(
                f"{self._crashes} workers ended in a row, and nothing came of them; what is done is kept "
                f"({words})"
            )
        if job.task["kind"] == "votes" and len(job.trials) > 1:
            self._open += 2
            for half in job.halves():
                self._again(half)
            self._close(job, None)
        elif job.tries < self._most_tries(job):
            self._again(job, tries=job.tries + 1)
        else:
            self._ended(job, [{"key": key, "error": words, "kind": FINAL} for key in job.keys or [""]])

    def _again(self, job: Job, tries: int | None = None) -> None:
        """Put a job in the queue again, behind the others."""
        job.tries = job.tries if tries is None else tries
        self._store.requeue(job.keys)
        self._ready.append(job)

    def _close(self, job: Job, error: str | None) -> None:
        """A job is over: others may begin, or cannot without it."""
        self._open -= 1
        others = self._dependents.pop(job.number, [])
        if error is None:
            self._ready.extendleft(reversed(others))  # first, so that what shares work comes of it soon
        else:
            for other in others:
                self._keep([{"key": key, "error": error} for key in other.keys])
                self._close(other, error)
        self._tell()

    def _keep(self, outcomes: Sequence[dict[str, Any]]) -> None:
        self._store.finish(
            Outcome(
                one["key"],
                one.get("result"),
                one.get("error"),
                one.get("epochs", ()),
                one.get("provenance"),
            )
            for one in outcomes
        )
        self._done += len(outcomes)

    def _tell(self, words: str = "") -> None:
        self._report("trials", self._done, self._total, words)
