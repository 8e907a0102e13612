"""What MixNN's Figures 2 and 7 show of a training by epoch: accuracies and gradient coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pynoise.paper.long import Entry
from pynoise.paper.mixnn_fig_parts import beside
from pynoise.paper.parts import Part
from pynoise.paper.runs import Made

__all__ = ["KEYS", "NOTE", "at_moments", "by_epoch"]

# Columns of metrics.csv, and what they are called.
_MEASURES = {
    "test_accuracy": "test accuracy",
    "given_fit": "given labels known",
    "true_fit": "true labels known",
    "gradient_clean": "gradient, right labels",
    "gradient_wrong": "gradient, wrong labels",
}
KEYS = tuple(_MEASURES)

NOTE = (
    "Training accuracy is the share of the training examples for which the network, asked after the epoch, "
    "says the label. Gradient coefficients are means of (p - target) at the true class, over its steps."
)


def by_epoch(found: Sequence[Made], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """A row a seed and an epoch, with `KEYS`; none without data."""
    return [
        {"seed": seed, "epoch": row["epoch"]} | {key: row[key] for key in KEYS}
        for seed, made in zip(seeds, found, strict=False)
        for row in made.run.metrics
    ]


def at_moments(
    head: Sequence[str | int],
    part: Part,
    found: Sequence[Made],
    moments: Mapping[int, str],
    published: Mapping[str, float | str],
) -> list[Entry]:
    """Lines of the terminal's table: `KEYS` after some epochs, means over seeds.

    Parameters
    ----------
    head : sequence of str or int
        The cells before those of the epoch and of the measure.
    part, found
        What was trained, and its runs, one or more.
    moments : mapping of int to str
        The epochs and what each is; those that there are not are left out.
    published : mapping of str to float or str
        What is printed of the last epoch, by key.
    """
    metrics = [made.run.metrics for made in found]
    entries = []
    for epoch, name in sorted(moments.items()):
        if 0 < epoch <= len(metrics[0]):
            printed = published if epoch == len(metrics[0]) else {}
            for key, words in _MEASURES.items():
                values = [rows[epoch - 1][key] for rows in metrics]
                what = [*head, f"{epoch:,}, {name}", words]
                entries.append(Entry.of_values(what, values, part, beside(part, printed.get(key))))
    return entries
