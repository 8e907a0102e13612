"""The process of a worker: tasks come as lines of JSON on standard input, answers go to standard output."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
from typing import Any, TextIO

__all__ = ["lines_of", "main", "own_output", "tell"]


def main() -> None:
    """Work until standard input ends, and then at once: whoever asked is gone."""
    answers = own_output()
    tasks = lines_of(sys.stdin)
    place = json.loads(sys.argv[1])
    from pynoise.sweep.tasks import perform_there

    tell(answers, {"ready": True})
    while True:
        message = tasks.get()
        tell(answers, {"job": message["job"], "outcomes": perform_there(message["task"], place)})


def own_output() -> TextIO:
    """Standard output for answers alone: what anybody prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def lines_of(stream: TextIO) -> queue.SimpleQueue[dict[str, Any]]:
    """The messages that come, read in a thread of its own, so that the end is noticed at any time."""
    found: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def read() -> None:
        for line in stream:
            found.put(json.loads(line))
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return found


def tell(answers: TextIO, message: dict[str, Any]) -> None:
    """Send a message."""
    answers.write(json.dumps(message, allow_nan=False) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
