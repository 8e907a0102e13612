"""How far a sweep is, in words."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import click

from pynoise.cli.tables import print_table

if TYPE_CHECKING:
    from pynoise.sweep import Store

__all__ = ["print_status"]

# Failed trials that are told of one by one.
_FAILURES = 10


def print_status(store: Store, *, as_json: bool) -> None:
    """Print how many trials are in which state, by data set and method, and why trials failed."""
    from pynoise.sweep import STATES, holder

    counts, process = store.counts(), holder(store.path)
    failures = [(trial.words(), error.rstrip()) for trial, error in store.failures()]
    groups = sorted({(dataset, method) for dataset, method, _ in counts})
    rows: list[dict[str, str | int]] = [
        {"dataset": dataset, "method": method} | {state: counts[dataset, method, state] for state in STATES}
        for dataset, method in groups
    ]
    if as_json:
        failed = [{"trial": words, "error": error} for words, error in failures]
        content = {"store": str(store.path), "process": process, "rows": rows, "failed": failed}
        click.echo(json.dumps(content, indent=1))
        return
    total = Counter[str]()
    for (_, _, state), count in counts.items():
        total[state] += count
    running = "" if process is None else f", process {process} is running them"
    if process is None and total["queued"] + total["running"]:
        running = "; nobody is running them: go on with pynoise sweep resume"
    click.echo(f"{store.path}: {total.total():,} trials{running}")
    click.echo("")
    rows.append({"dataset": "all", "method": ""} | {state: total[state] for state in STATES})
    columns = {
        head: (key, max([len(head), *(len(str(row[key])) for row in rows)]), "")
        for head, key in {"data set": "dataset", "method": "method"}.items()
    }
    print_table(columns | {state: (state, 9, ",") for state in STATES}, rows)
    for words, error in failures[:_FAILURES]:
        click.echo(_shown(f"failed: {words}: {error.rpartition(chr(10))[2]}"))
    if len(failures) > _FAILURES:
        click.echo(f"… and {len(failures) - _FAILURES:,} more; --json has them all, with tracebacks")


def _shown(line: str) -> str:
    """A line from a file that somebody else may have written: nothing in it steers a terminal."""
    return "".join(one if one.isprintable() else "?" for one in line)
