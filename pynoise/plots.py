"""Pictures, with matplotlib's figures and no window: they work where there is no screen."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from pynoise.curves import AccuracyCurve, KFit

__all__ = ["accuracy_curve", "k_fit", "render"]

# Okabe and Ito's colours, told apart by readers with any colour vision; line styles and markers tell the
# curves apart in grey as well.
_COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
_LINES = ("-", "--", "-.", ":")
_MARKERS = ("o", "s", "^", "D", "v", "P")  # not as many as colours: more pairs before they repeat

# More curves than this, and the legend stands beside them.
_MOST_INSIDE = 4


def accuracy_curve(curve: AccuracyCurve) -> Figure:
    """Accuracy against noise level, as in Fig. 3 of Drory et al.: lines predicted, points measured."""
    meta = curve.meta
    beside = len(meta["k"]) > _MOST_INSIDE
    figure = Figure(figsize=(8.8 if beside else 6.4, 4.4), layout="constrained")
    axes = figure.add_subplot()
    for i, k in enumerate(meta["k"]):
        rows = sorted((row for row in curve.rows if row["k"] == k), key=lambda row: row["level"])
        levels = [row["level"] for row in rows]
        color, marker = _COLORS[i % len(_COLORS)], _MARKERS[i % len(_MARKERS)]
        alone = len(rows) == 1  # a line through one point would not be seen
        axes.plot(
            levels,
            [row["analytic"] for row in rows],
            _LINES[i % len(_LINES)],
            color=color,
            marker="_" if alone else None,
            markersize=16,
            label=f"K = {k}, analytic",
        )
        if meta["repeats"]:
            axes.errorbar(
                levels,
                [row["measured"] for row in rows],
                yerr=[row["measured_sd"] or 0.0 for row in rows],
                fmt=marker,
                color=color,
                markersize=4.5,
                markerfacecolor="white",
                capsize=2,
                label=f"K = {k}, measured",
            )
    _dress(axes, f"{_short(meta['data'])}: K-NN under {_noise(meta['noise'])}")
    if len({row["level"] for row in curve.rows}) == 1:
        axes.set_xlim(-0.02, 1.02)
    if beside:
        figure.legend(fontsize="small", loc="outside right upper")
    else:
        axes.legend(fontsize="small", loc="best")
    return figure


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
            "-" if best else _LINES[1 + i % (len(_LINES) - 1)],
            color=_COLORS[i % len(_COLORS)],
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
    _dress(axes, f"{_short(fit.meta['data'])}: which K, under {_noise(fit.meta['noise'])}")
    axes.legend(fontsize="small", loc="best")
    return figure


def _dress(axes: Axes, title: str) -> None:
    axes.set_title(title, parse_math=False)  # a name is text, whatever it holds: no formulas
    axes.set(
        xlabel="noise level γ (fraction of training labels selected)",
        ylabel="test accuracy",
        ylim=(-0.02, 1.02),
    )
    axes.grid(visible=True, alpha=0.3)


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"


def _noise(name: str) -> str:
    # Readers need to know whether a selected label may come out right.
    note = {"uniform": " (true class included)", "symmetric": " (true class excluded)"}.get(name, "")
    return f"{_short(name)} noise{note}"


def render(figure: Figure, suffix: str) -> bytes:
    """Draw a figure into the bytes of a .png or .svg file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "pynoise"}):
        metadata = {"Date": None} if suffix == ".svg" else {}
        figure.savefig(buffer, format=suffix[1:], dpi=160, metadata=metadata)
    return buffer.getvalue()
