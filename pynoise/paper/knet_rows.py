"""The rows of kNet's tables: accuracies from the results of runs, beside what is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pynoise.paper.parts import Part
from pynoise.paper.published import METHODS, Block, Column, Network, fraction
from pynoise.paper.rows import means_of

__all__ = ["rows_of"]

# Where result.json of a run has the accuracies of a method: but for the first, an object with a key a k.
_KEYS = {
    "preliminary": "preliminary_accuracy",
    "K-NN": "knn_accuracy",
    "kNet": "knet_accuracy",
    "fixed kNet": "fixed_knet_accuracy",
}


def rows_of(block: Block, part: Part, results: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows of a data set, as `TableByK` has them: of what was trained, then of what is published.

    Parameters
    ----------
    block : Block
        What is printed; no networks where nothing is.
    part : Part
        What was trained.
    results : sequence of dict
        ``result.json`` of its runs, one a seed; none where nothing could be trained.
    """
    rows: list[dict[str, Any]] = []
    if results:
        printed = next((one.methods for one in block.networks if one.name == part.network), {})
        for method in METHODS.values():
            rows += _own(block, part, method, printed.get(method), results)
    for one in block.networks:
        if not results or one.name != part.network:
            rows += _published(block, one)
    return rows


def _own(
    block: Block, part: Part, method: str, column: Column | None, results: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    found = [result[_KEYS[method]] for result in results]
    rows = []
    for i, k in enumerate(_ks(block, method)):
        values = [float(one if k is None else one[str(k)]) for one in found]
        published = None if column is None else fraction(column.accuracy[i])
        rows.append(
            {
                "dataset": part.dataset,
                "network": part.network,
                "method": method,
                "k": k,
                "published": published,
                **means_of(values, published),
                "published_size": None if column is None else column.size,
                "parameters": results[0]["parameters"],
                "added": _added(method, results[0]["knet"]),
                "seeds": len(values),
                "scale": part.scale,
                "source": "ours",
            }
        )
    return rows


def _added(method: str, knet: dict[str, Any]) -> int | None:
    """What is kept beside the network's parameters: the features of K-NN, or the parameters of kNet."""
    if method == "preliminary":
        return None
    return int(knet["stored_values" if method == "K-NN" else "parameters"])


def _published(block: Block, network: Network) -> list[dict[str, Any]]:
    return [
        {
            "dataset": block.dataset,
            "network": network.words,
            "method": method,
            "k": k,
            "published": fraction(accuracy),
            **dict.fromkeys(("ours", "sd", "difference")),
            "published_size": column.size,
            **dict.fromkeys(("parameters", "added", "seeds", "scale")),
            "source": "published",
        }
        for method, column in network.methods.items()
        for k, accuracy in zip(_ks(block, method), column.accuracy, strict=True)
    ]


def _ks(block: Block, method: str) -> Sequence[int | None]:
    return (None,) if method == "preliminary" else block.ks
