"""What is measured of MixNN, for metrics.csv and result.json; most of it where the true labels are known."""

from __future__ import annotations

from typing import Any

from sklearn.metrics import roc_auc_score
from torch import Tensor

from pynoise.methods.mixnn.view import View

__all__ = ["clean_auc", "figures_of", "shares_of_pairs"]


def clean_auc(clean: Tensor, right: Tensor) -> float | None:
    """Area under the ROC curve of clean probabilities [n], or their logs, against right labels, bool [n].

    None where all labels are right, or none is.
    """
    if right.all() or not right.any():
        return None
    return float(roc_auc_score(right.cpu().numpy(), clean.cpu().numpy()))


def figures_of(
    view: View, given: Tensor, truth: Tensor | None, rows: Tensor, targets: Tensor
) -> dict[str, Any]:
    """Figures of an epoch.

    Parameters
    ----------
    view : View
        What was seen after it.
    given : Tensor of int64, [N]
        The labels that are given.
    truth : Tensor of int64 [N], or None
        The true ones, where they are known.
    rows : Tensor of int64, [n]
        Which examples are learnt from.
    targets : Tensor of float32, [N, L]
        Soft targets.
    """
    names = ("clean", "wrong")
    mixture: dict[str, Any] = {f"mixture_{name}_{part}": None for name in names for part in _PARTS}
    if view.mixture is not None:
        for part, key in _PARTS.items():
            values = zip(names, view.mixture[key], strict=True)
            mixture |= {f"mixture_{name}_{part}": value for name, value in values}
    said = view.probabilities.argmax(dim=1)
    found: dict[str, Any] = {"given_fit": _share(said == given[rows])}
    if view.recall is not None:
        found["neighbor_recall"] = view.recall
    if truth is not None:
        right = given[rows] == truth[rows]
        found |= {
            "true_fit": _share(said == truth[rows]),
            "clean_auc": clean_auc(view.clean[rows], right),
            "correction_accuracy": _share(targets[rows].argmax(dim=1) == truth[rows]),
        }
        if view.partners.shape[1]:
            found |= shares_of_pairs(view.partners.to(rows.device), given, truth, rows, targets)
    seconds = {f"{name}_seconds": value for name, value in view.seconds.items()}
    return found | mixture | seconds


_PARTS = {"weight": "weights", "mean": "means", "deviation": "deviations"}


def shares_of_pairs(
    partners: Tensor, given: Tensor, truth: Tensor, rows: Tensor, targets: Tensor
) -> dict[str, float | None]:
    """Of the pairs of an example and a partner: how many agree, and are the worst case.

    Returns
    -------
    dict
        ``neighbor_agreement``: share of the pairs of one true class. ``neighbor_agreement_wrong``: the same
        of examples with a wrong label; None if there are none. ``worst_case``: share of the pairs of two
        true classes whose given labels are wrong and differ, and where the correction fails (section V).
    """
    beside = partners[rows]
    alike = truth[beside] == truth[rows][:, None]
    wrong = given != truth
    failed = targets[rows].argmax(dim=1) != truth[rows]
    worst = ~alike & wrong[rows][:, None] & wrong[beside] & (given[beside] != given[rows][:, None])
    return {
        "neighbor_agreement": _share(alike),
        "neighbor_agreement_wrong": _share(alike[wrong[rows]]),
        "worst_case": _share(worst & failed[:, None]),
    }


def _share(values: Tensor) -> float | None:
    return float(values.double().mean()) if values.numel() else None
