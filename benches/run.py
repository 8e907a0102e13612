"""Every benchmark, one after the other: `make bench`, or `python benches/run.py search` for one."""

import importlib
import sys

from setting import print_setting

NAMES = (
    *("search", "growth", "memory", "relabel", "shift", "solver", "figures", "curve"),
    *("kmeans", "concentrated", "estimate", "training", "knet", "mixnn", "odd", "label-errors", "sweep"),
)

if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(NAMES)
    if unknown:
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    # Some parts start processes, which print, too: all in order, in a file as on a terminal.
    sys.stdout.reconfigure(line_buffering=True)
    print_setting()
    for name in sys.argv[1:] or NAMES:
        importlib.import_module(name.replace("-", "_")).main()
