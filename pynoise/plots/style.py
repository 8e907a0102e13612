"""What all pictures share, and how they become files."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

from pynoise._files import PICTURE_SUFFIXES, check_output, write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["COLORS", "LINES", "MARKERS", "cut", "panels_of", "render", "short", "write_figure"]

# Okabe and Ito's colours, told apart by readers with any colour vision; line styles and markers tell the
# curves apart in grey as well.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
LINES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P")  # not as many as colours: more pairs before they repeat

# What would put the time into a file.
_DATES = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}


def cut(name: str, most: int) -> str:
    """A name of at most so many characters."""
    return name if len(name) <= most else name[: most - 1] + "…"


def short(name: str) -> str:
    """A name that fits a title."""
    return cut(name, 30)


def panels_of(count: int, width: float, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with so many panels of this size in inches, three in a line at most."""
    columns = 2 if count == 4 else min(count, 3)
    lines = math.ceil(count / columns)
    figure = Figure(figsize=(width * columns + 0.3, height * lines + 0.4), layout="constrained")
    places = list(figure.subplots(lines, columns, squeeze=False).flat)
    for axes in places[count:]:
        axes.remove()
    return figure, places[:count]


def render(figure: Figure, suffix: str) -> bytes:
    """Draw a figure into the bytes of a .png, .svg or .pdf file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    # Letters of a PDF are TrueType, which journals ask for.
    with mpl.rc_context({"svg.hashsalt": "pynoise", "pdf.fonttype": 42}):
        figure.savefig(buffer, format=suffix[1:], dpi=160, metadata=_DATES.get(suffix, {}))
    return buffer.getvalue()


def write_figure(figure: Figure, path: str | Path | None) -> Figure:
    """Write a figure to the .png, .svg or .pdf file `path` if one is given, and give it back."""
    if path is not None:
        file = check_output("path", path, PICTURE_SUFFIXES)
        write_whole(file, render(figure, file.suffix.lower()))
    return figure
