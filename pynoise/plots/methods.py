"""Pictures of methods side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure

from pynoise.plots.style import COLORS, cut

if TYPE_CHECKING:
    from pynoise.training import MethodComparison

__all__ = ["method_comparison"]

# Keys of accuracies: what they are called, how they look, and how far they lie below the method's line.
_LOOKS = {
    "test_accuracy_last": ("last epoch", COLORS[0], "o", -0.17),
    "test_accuracy_selected": ("selected epoch", COLORS[1], "s", 0.17),
}


def method_comparison(comparison: MethodComparison) -> Figure:
    """Test accuracies, a line a method: a small mark a seed, and means with their standard deviations."""
    rows, results = comparison.rows, comparison.results
    figure = Figure(figsize=(7.2, 1.9 + 0.55 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    handles: list[Any] = []  # a column of the legend an accuracy
    several = len(comparison.meta["seeds"]) > 1
    for key, (name, color, marker, below) in _LOOKS.items():
        known = [(i, row) for i, row in enumerate(rows) if row[key] is not None]
        if not known:
            continue
        lines = {row["label"]: i + below for i, row in known}
        handles.append(
            axes.errorbar(
                [row[key] for _, row in known],
                [i + below for i, _ in known],
                xerr=[row[f"{key}_sd"] or 0.0 for _, row in known],
                fmt=marker,
                color=color,
                markersize=7,
                capsize=3,
                zorder=2,
                label=f"{name}, mean ± sd" if several else name,
            )
        )
        if several:
            each = [one for one in results if one[key] is not None]
            handles += axes.plot(
                [one[key] for one in each],
                [lines[one["label"]] for one in each],
                marker,
                color="black",
                markerfacecolor="white",
                markersize=3.5,
                zorder=3,  # on the means, not under them
                label=f"{name}, one seed",
            )
        if known[0][0] == 0 and len(rows) > 1:
            handles.append(
                axes.axvline(
                    rows[0][key],
                    color=color,
                    linewidth=0.8,
                    linestyle=":" if below < 0 else "--",
                    label=f"{name}, {cut(rows[0]['label'], 34)}",
                )
            )
    for i, row in enumerate(rows):
        if row["runs"] == 0:
            axes.text(0.5, i, "failed", transform=axes.get_yaxis_transform(), ha="center", va="center")
    axes.set_yticks(range(len(rows)), [cut(row["label"], 34) for row in rows], parse_math=False)
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="test accuracy")
    axes.grid(visible=True, axis="x", alpha=0.3)
    meta, noise = comparison.meta, comparison.meta["noise"]
    words = "no noise added" if noise is None else f"{noise['kind']} noise of level {noise['level']:.10g}"
    axes.set_title(cut(f"{meta['data']}, {meta['network']}: {words}", 70), parse_math=False)
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=2, fontsize="small")
    return figure
