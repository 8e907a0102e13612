"""Pictures of suspects: their losses beside those of random labels, and the examples themselves."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise.noise.examples import file_words
from pynoise.plots.losses import draw_density, draw_groups, edges_within, finish_losses
from pynoise.plots.style import cut, panels_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pynoise.noise import Suspects

__all__ = ["MODELLED", "draw_suspects", "suspects_losses", "suspects_sheet"]

# How losses of random labels look that are modelled.
MODELLED: dict[str, Any] = {"color": "black", "linewidth": 1.3}

_THRESHOLD: dict[str, Any] = {"color": "black", "linewidth": 1.6, "linestyle": "--"}

# A contact sheet, in inches: its tiles, the image within, the edge, a line of text; and tiles in a row.
_WIDTH, _IMAGE, _EDGE, _LINE = 1.75, 1.55, 0.1, 0.125
_COLUMNS = 7

# Letters of a name or a path that a tile has room for.
_LETTERS = 18


def suspects_losses(found: Suspects) -> Figure:
    """The losses of given labels, those that random labels would have, and the threshold."""
    figure, (axes,) = panels_of(1, 6.0, 4.6)
    draw_suspects(axes, found)
    return figure


def draw_suspects(axes: Axes, found: Suspects) -> None:
    """Densities of the losses and of the modelled ones, with the threshold."""
    # The threshold, too, lies within.
    edges = edges_within(found.losses, found.modelled, np.array([1.05 * found.threshold]))
    draw_groups(axes, found.losses, None if found.clean is None else found.labels != found.clean, edges)
    highest = draw_density(
        axes, found.modelled, edges, "random labels, modelled", MODELLED, len(found.modelled)
    )
    share = float(found.suspected.mean())
    axes.axvline(found.threshold, label=f"threshold {found.threshold:.4g}, {share:.1%} above", **_THRESHOLD)
    title = f"{int(found.suspected.sum()):,} of {len(found):,} labels suspected"
    finish_losses(axes, found.losses, edges, title, highest)


def suspects_sheet(
    found: Suspects, places: NDArray[np.int64], images: Sequence[NDArray[np.uint8] | str]
) -> Figure:
    """A contact sheet of examples.

    Parameters
    ----------
    found : Suspects
        What is known of them.
    places : ndarray of int64, [m]
        Which of its examples, counted from 0; one or more.
    images : sequence of m ndarrays of uint8 or str
        [H, W] is grey, [H, W, 3] and [H, W, 4] have colours; or why there is no image.
    """
    columns = min(_COLUMNS, len(places))
    lines = math.ceil(len(places) / columns)
    texts = [_words(found, place) for place in places]
    height = _IMAGE + _LINE * (len(texts[0]) + 1.5)
    wide = max(columns, 2) * _WIDTH + 2 * _EDGE  # the title has two tiles' room
    high = lines * height + 3 * _LINE + 2 * _EDGE
    figure = Figure(figsize=(wide, high))
    figure.text(
        _EDGE / wide, 1 - _EDGE / high, _title(found, len(places)), va="top", fontsize=9, parse_math=False
    )
    for i, (image, words) in enumerate(zip(images, texts, strict=True)):
        left = _EDGE + i % columns * _WIDTH
        top = high - _EDGE - 3 * _LINE - i // columns * height
        axes = figure.add_axes((left / wide, (top - _IMAGE) / high, _IMAGE / wide, _IMAGE / high))
        _draw_image(axes, image)
        figure.text(
            left / wide,
            (top - _IMAGE - _LINE / 2) / high,
            "\n".join(words),
            va="top",
            fontsize=6.8,
            linespacing=1.2,
            parse_math=False,
        )
    return figure


def _title(found: Suspects, shown: int) -> str:
    suspected = int(found.suspected.sum())
    what = f"{suspected:,} suspected labels"
    return f"{what}, by falling loss" if shown == suspected else f"the highest losses, {shown:,} of {what}"


def _words(found: Suspects, place: int) -> list[str]:
    """What stands below an image."""
    labels = {"given": found.labels, "suggested": found.suggested}
    if found.clean is not None:
        labels["true"] = found.clean
    given = found.labels[place]
    words = [f"loss {found.losses[place]:.4g}"]
    for name, values in labels.items():
        same = name != "given" and values[place] == given
        words.append(f"{name}: {'as given' if same else cut(found.names[values[place]], _LETTERS)}")
    if found.files is None:
        return [*words, f"index {found.index[place]}"]
    (file,) = file_words(found.files[place : place + 1])
    return [*words, file if len(file) <= _LETTERS + 8 else f"…{file[-_LETTERS - 7 :]}"]


def _draw_image(axes: Axes, image: NDArray[np.uint8] | str) -> None:
    axes.set(xticks=[], yticks=[], anchor="SW")  # nearest to its words
    if isinstance(image, str):
        words = textwrap.fill(cut(image, 150), 26)
        axes.text(0.5, 0.5, words, ha="center", va="center", fontsize=6.8, parse_math=False)
        return
    axes.imshow(image, cmap="gray", vmin=0, vmax=255)
    for spine in axes.spines.values():
        spine.set(linewidth=0.5)
