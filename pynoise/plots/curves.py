"""Pictures of accuracy against noise level."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from pynoise.noise.matrices import true_class_words
from pynoise.plots.style import COLORS, LINES, MARKERS, panels_of, short

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pynoise.curves import AccuracyCurve, KFit, NetworkCurve

__all__ = ["accuracy_curve", "accuracy_panels", "k_fit", "network_curve", "network_panels"]

# More curves than this, and the legend stands beside them.
_MOST_INSIDE = 4


def accuracy_curve(curve: AccuracyCurve, beside: Sequence[AccuracyCurve] = ()) -> Figure:
    """Accuracy against noise level, as in Fig. 3 of Drory et al.: lines predicted, points measured."""
    curves = (curve, *beside)
    ks = list(dict.fromkeys(k for one in curves for k in one.meta["k"]))
    outside = len(ks) * len(curves) > _MOST_INSIDE
    figure = Figure(figsize=(8.8 if outside else 6.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    pairs = [(one, k) for one in curves for k in one.meta["k"]]
    for i, (one, k) in enumerate(pairs):
        words = f"K = {k}" if not beside else f"{short(one.meta['noise'])}, K = {k}"
        # The first are the largest, so that the last do not hide them.
        _draw(axes, one, k, i, words, size=max(3.5, 8.5 - 1.5 * i) if beside else 4.5)
    noises = " and ".join(short(one.meta["noise"]) for one in curves)
    of_noise = f"{noises} noise" if beside else _noise(curve.meta["noise"])
    _dress(axes, f"{short(curve.meta['data'])}: K-NN under {of_noise}")
    if len({row["level"] for one in curves for row in one.rows}) == 1:
        axes.set_xlim(-0.02, 1.05)
    if outside:
        figure.legend(fontsize="small", loc="outside right upper")
    else:
        axes.legend(fontsize="small", loc="best")
    return figure


def accuracy_panels(curves: Sequence[tuple[str, AccuracyCurve]], title: str) -> Figure:
    """Several curves with their titles, a panel each, as in Fig. 3."""
    figure, places = panels_of(len(curves), 5.2, 4.0)
    for axes, (words, curve) in zip(places, curves, strict=True):
        for i, k in enumerate(curve.meta["k"]):
            _draw(axes, curve, k, i, f"K = {k}", size=4.5)
        _dress(axes, words)
    _legend(figure, places, title)
    return figure


def network_panels(curves: Sequence[tuple[str, NetworkCurve]], title: str) -> Figure:
    """Several curves with their titles, a panel each, as in Fig. 4; with a matrix that was drawn."""
    figure, places = panels_of(len(curves), 5.2, 4.0)
    for axes, (words, curve) in zip(places, curves, strict=True):
        _draw_network(axes, curve, "networks")
        _dress(axes, words)
        if curve.meta["matrix"] is not None:
            inset = axes.inset_axes((0.02, 0.04, 0.34, 0.42))
            # White is high, as in the paper.
            inset.imshow(np.array(curve.meta["matrix"]), cmap="gray", vmin=0, vmax=1)
            inset.set(xticks=[], yticks=[])
            inset.set_title("P", fontsize="small")
    _legend(figure, places, title)
    return figure


def _legend(figure: Figure, places: Sequence[Axes], title: str) -> None:
    """One legend for all panels, below them, and a title as wide as they are."""
    known = {
        label: handle
        for axes in places
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    width = figure.get_figwidth()
    columns = max(1, int(width / 1.7))
    figure.legend(known.values(), known, fontsize="small", loc="outside lower center", ncols=columns)
    figure.suptitle(textwrap.fill(title, int(10 * width)), fontsize=11, parse_math=False)


def _draw(axes: Axes, curve: AccuracyCurve, k: int, i: int, words: str, *, size: float) -> None:
    """The line and the points of one K, so large; `i` chooses how they look."""
    rows = sorted((row for row in curve.rows if row["k"] == k), key=lambda row: row["level"])
    levels = [row["level"] for row in rows]
    color, marker = COLORS[i % len(COLORS)], MARKERS[i % len(MARKERS)]
    alone = len(rows) == 1  # a line through one point would not be seen
    concentrated = curve.meta["model"] == "concentrated"
    if not concentrated or k == curve.meta["k"][0]:
        axes.plot(
            levels,
            [row["analytic"] for row in rows],
            ":" if concentrated else LINES[i % len(LINES)],
            color="black" if concentrated else color,
            marker="_" if alone else None,
            markersize=16,
            label="1-γ, expected of concentrated noise" if concentrated else f"{words}, analytic",
        )
    if curve.meta["repeats"]:
        axes.errorbar(
            levels,
            [row["measured"] for row in rows],
            yerr=[row["measured_sd"] or 0.0 for row in rows],
            fmt=marker,
            color=color,
            markersize=size,
            markerfacecolor="white",
            capsize=2,
            label=f"{words}, measured",
        )


def k_fit(fit: KFit, levels: Sequence[float], curves: Mapping[int, Sequence[float]]) -> Figure:
    """Measured accuracies over the analytic curves of several K, the best one thick."""
    figure = Figure(figsize=(6.8, 4.4), layout="constrained")
    axes = figure.add_subplot()
    others = [k for k in curves if k != fit.k]
    for k, accuracy in curves.items():
        best = k == fit.k
        i = 0 if best else 1 + others.index(k)
        axes.plot(
            levels,
            accuracy,
            "-" if best else LINES[1 + i % (len(LINES) - 1)],
            color=COLORS[i % len(COLORS)],
            linewidth=3.2 if best else 1.2,
            label=f"K = {k}" + (", best" if best else ", interval" if k in fit.interval else ""),
        )
    axes.plot(
        [row["level"] for row in fit.rows],
        [row["accuracy"] for row in fit.rows],
        "o",
        color="black",
        markersize=5,
        markerfacecolor="white",
        zorder=3,  # on the lines, not under them
        label="measured",
    )
    _dress(axes, f"{short(fit.meta['data'])}: which K, under {_noise(fit.meta['noise'])}")
    axes.legend(fontsize="small", loc="best")
    return figure


def network_curve(curve: NetworkCurve) -> Figure:
    """Accuracy of a network against noise level, as in Fig. 4 of Drory et al.: points over expected lines."""
    figure = Figure(figsize=(6.8, 4.4), layout="constrained")
    axes = figure.add_subplot()
    runs = f"{curve.rows[0]['runs']} runs ± sd" if curve.rows[0]["runs"] > 1 else "one run"
    _draw_network(axes, curve, f"{short(curve.meta['network'])}, {runs}")
    _dress(axes, f"{short(curve.meta['data'])}: network under {_noise(curve.meta['noise'])}")
    axes.legend(fontsize="small", loc="best")
    return figure


def _draw_network(axes: Axes, curve: NetworkCurve, words: str) -> None:
    """What is expected as lines, and a network's accuracies as points."""
    rows = sorted(curve.rows, key=lambda row: row["level"])
    levels = [row["level"] for row in rows]
    for i, k in enumerate(rows[0]["analytic"]):
        concentrated = k == "1-γ"
        axes.plot(
            [line["level"] for line in curve.lines],
            [line["analytic"][k] for line in curve.lines],
            ":" if concentrated else LINES[i % len(LINES)],
            color="black" if concentrated else COLORS[i % len(COLORS)],
            linewidth=1.2,
            label="1-γ, expected of concentrated noise" if concentrated else f"analytic, K = {k}",
        )
    axes.errorbar(
        levels,
        [row["accuracy"] for row in rows],
        yerr=[row["sd"] or 0.0 for row in rows],
        fmt="o",
        color="black",
        markersize=5,
        markerfacecolor="white",
        capsize=2,
        zorder=3,  # on the lines, not under them
        label=words,
    )


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, parse_math=False)  # a name is text, whatever it holds: no formulas
    axes.set(
        xlabel="noise level γ (fraction of training labels selected)",
        ylabel="test accuracy",
        ylim=(-0.02, 1.02),
    )
    axes.grid(visible=True, alpha=0.3)


def _noise(name: str) -> str:
    return f"{short(name)} noise{true_class_words(name)}"
