"""Pictures, with matplotlib's figures and no window: they work where there is no screen."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from pynoise.curves import AccuracyCurve

__all__ = ["accuracy_curve", "render"]

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
    # A name is text, whatever it holds: no formulas.
    title = f"{_short(meta['data'])}: K-NN under {_short(meta['noise'])} noise{_note(meta['noise'])}"
    axes.set_title(title, parse_math=False)
    axes.set(
        xlabel="noise level γ (fraction of training labels selected)",
        ylabel="test accuracy",
        ylim=(-0.02, 1.02),
    )
    if len({row["level"] for row in curve.rows}) == 1:
        axes.set_xlim(-0.02, 1.02)
    axes.grid(visible=True, alpha=0.3)
    if beside:
        figure.legend(fontsize="small", loc="outside right upper")
    else:
        axes.legend(fontsize="small", loc="best")
    return figure


def _short(name: str) -> str:
    return name if len(name) <= 30 else name[:29] + "…"


def _note(noise: str) -> str:
    # Readers need to know whether a selected label may come out right.
    return {"uniform": " (true class included)", "symmetric": " (true class excluded)"}.get(noise, "")


def render(figure: Figure, suffix: str) -> bytes:
    """Draw a figure into the bytes of a .png or .svg file; the same figure gives the same bytes."""
    buffer = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "pynoise"}):
        metadata = {"Date": None} if suffix == ".svg" else {}
        figure.savefig(buffer, format=suffix[1:], dpi=160, metadata=metadata)
    return buffer.getvalue()
