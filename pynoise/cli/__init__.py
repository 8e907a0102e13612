"""The command line: words around the public API, one file a command."""

from __future__ import annotations

import os
import sys
import warnings
from typing import Any

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as shells have it


def main() -> None:
    """Run the command line and leave with its exit code."""
    # A stream that the caller has closed is None here: what goes there is dropped.
    sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115, PTH123 - open until the end
    sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115, PTH123
    from pynoise.errors import SweepError, TrainingError, TrainingWarning

    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
        """Say what a user should know in a line, without the place in the code."""
        if issubclass(category, TrainingWarning):
            print(f"Warning: {message}", file=sys.stderr)  # noqa: T201 - this is the command line
        else:
            usual(message, category, *where, **more)

    warnings.showwarning = show
    try:
        # Imported here, so that Ctrl-C finds somebody listening from the start.
        from pynoise.cli import commands

        code = commands.run()
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        _fail("; ".join(["interrupted", *map(str, stop.args)]), _INTERRUPTED)
        sys.stderr.flush()
        # At once: taking the interpreter down takes a tenth of a second, and nothing is left to write.
        os._exit(_INTERRUPTED)
    except BrokenPipeError:
        _drop_output()  # the reader has gone: say nothing, as click does
        code = 1
    except (SweepError, TrainingError) as error:
        code = _fail(f"Error: {error}", 1)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        code = _fail(f"Error: {where}{error.strerror or error}", 1)
        _drop_output()
    except MemoryError:
        code = _fail("Error: out of memory", 1)
    sys.exit(code)


def _drop_output() -> None:
    """Keep the interpreter from flushing at exit what could not be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(message: str, code: int) -> int:
    print(message, file=sys.stderr)  # noqa: T201 - this is the command line
    return code
