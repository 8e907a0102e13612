"""Long work: progress bars on standard error, none where it is no terminal, and what Ctrl-C leaves."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["keeping", "progress_bars"]


@contextmanager
def progress_bars() -> Iterator[Callable[..., None] | None]:
    """Yield a callable (phase, done, total, words) that draws a bar a phase, or None."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn

    words = TextColumn("{task.fields[words]}", markup=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        words,
    )
    # What is printed meanwhile stands above the bars; what goes to a file stays out of their way.
    shared = sys.stdout.isatty()
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=Console(stderr=True), transient=True, redirect_stdout=shared) as bars:

        def report(phase: str, done: int, total: int, words: str = "") -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total, words="")
            bars.update(tasks[phase], completed=done, words=words)

        yield report


@contextmanager
def keeping(folder: str, what: str) -> Iterator[None]:
    """Have the line that tells of Ctrl-C say what the folder keeps, once there is one."""
    try:
        yield
    except KeyboardInterrupt:
        words = [f"{folder} keeps {what}"] if Path(folder).is_dir() else []
        raise KeyboardInterrupt(*words) from None
