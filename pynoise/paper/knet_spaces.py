"""Figure 4 of kNet (Mizrahi and Avidan, 2021): test examples as a network and kNet place them, by t-SNE."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from pynoise.paper.figure import PaperFigure
from pynoise.paper.knet_parts import image_part, own_networks
from pynoise.paper.knet_runs import block_of, model_of
from pynoise.paper.parts import network_for, words_of
from pynoise.paper.registry import Options
from pynoise.paper.rows import aligned
from pynoise.paper.runs import Made, examples_of, meta_of, outputs_of, train_all
from pynoise.paper.spaces import NEAR, chosen_examples, places_of, unmixed

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["KNetSpaces"]

_DATASET, _LEVEL = "cifar10", 0.4

# What kNet's hidden layer is asked with, of which the paper does not speak: the middle of its range.
_K = 51

_COLUMNS = (
    *("seed", "example", "label", "network", "knet", "circled"),
    *("network_x", "network_y", "knet_x", "knet_y"),
)

_NOTES = (
    f"t-SNE of the penultimate features, and of kNet's hidden layer at k = {_K}; the paper does not say at "
    "which. A circle is around what the network gets wrong and kNet right.",
    f"Unmixed is the share, of the {NEAR} nearest examples in a picture, that have the same true class.",
    "The paper's network is that of Zhang et al., which comes from a method of its own.",
)


class KNetSpaces:
    """Test examples by the penultimate features of a network, and by kNet's hidden layer.

    Of CIFAR-10 with a ResNet-20 and uniform noise of level 0.4, or of another data set, which takes a
    network. At most 2,000 test examples are shown, drawn by the seed.

    A row of the result is an example with a seed: ``seed``; ``example``, its number among those of the test
    set; ``label``, its true class; ``network`` and ``knet``, what these say; ``circled``, whether the network
    is wrong and kNet right; and its places, ``network_x`` to ``knet_y``. The picture is of the first seed.
    """

    name = "knet-fig4"
    title = "kNet, Figure 4: t-SNE of a network's features and of kNet's hidden layer"

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and place the test examples."""
        dataset = options.dataset or _DATASET
        network = network_for(dataset, own_networks(), options, "figure")
        part = image_part(dataset, network, "uniform", _LEVEL, [_K], options)
        (found,) = train_all([part], options)
        tables = []
        for done, made in enumerate(found):
            options.progress("t-SNE", done, len(found), "")
            tables.append(_rows(made, options.seeds[done], options))
        options.progress("t-SNE", len(found), len(found), "")
        shown = [_counts(rows) for rows in tables]
        meta = meta_of(self, _NOTES, [block_of(part, found)], [found], options)
        meta |= {"k": _K, "shown": shown}
        rows = [row for table in tables for row in table]
        words = words_of(part)
        picture = partial(_draw, found[0], tables[0], shown[0], words) if found else None
        return PaperFigure(rows, _COLUMNS, meta, [words, *_lines(meta)], picture)


def _rows(made: Made, seed: int, options: Options) -> list[dict[str, Any]]:
    """Place the test examples of a run."""
    dataset = made.draw()
    chosen = chosen_examples(len(dataset.y_test), seed)
    features, said = outputs_of(made, examples_of(dataset, "test", chosen), options)
    model = model_of(made, options)
    told = model.predict(features, _K)
    spaces = {"network": features, "knet": model.hidden_layer(features, _K)}
    places = {of: places_of(space, seed, options.threads) for of, space in spaces.items()}
    labels = dataset.y_test[chosen]
    return [
        {
            "seed": seed,
            "example": int(example),
            "label": int(labels[i]),
            "network": int(said[i]),
            "knet": int(told[i]),
            "circled": bool(said[i] != labels[i] and told[i] == labels[i]),
            **{f"{of}_{axis}": float(places[of][i, j]) for of in spaces for j, axis in enumerate("xy")},
        }
        for i, example in enumerate(chosen)
    ]


def _counts(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What is to be seen with one seed, in numbers."""
    labels = np.array([row["label"] for row in rows])
    found: dict[str, Any] = {"seed": rows[0]["seed"], "examples": len(rows)}
    for of in ("network", "knet"):
        places = np.array([[row[f"{of}_x"], row[f"{of}_y"]] for row in rows])
        right = np.array([row[of] for row in rows]) == labels
        found |= {
            f"{of}_accuracy": float(right.mean()),
            f"{of}_unmixed": float(unmixed(places, labels).mean()),
        }
    lost = sum(row["network"] == row["label"] != row["knet"] for row in rows)
    return found | {"circled": sum(row["circled"] for row in rows), "lost": lost}


def _lines(meta: dict[str, Any]) -> list[str]:
    """What a terminal shows: numbers of each seed."""
    problem = meta["blocks"][0]["problem"]
    if problem is not None:
        return [problem]
    grid = [["", "examples", "accuracy", "unmixed", "right alone"]]
    for one in meta["shown"]:
        for of, name, alone in (("network", "network", "lost"), ("knet", "kNet", "circled")):
            grid.append(
                [
                    f"seed {one['seed']}, {name}",
                    f"{one['examples']:,}",
                    f"{one[f'{of}_accuracy']:.4f}",
                    f"{one[f'{of}_unmixed']:.4f}",
                    f"{one[alone]:,}",
                ]
            )
    return aligned(grid)


def _draw(made: Made, rows: Sequence[dict[str, Any]], shown: dict[str, Any], words: str) -> Figure:
    from pynoise.plots.knet import knet_spaces
    from pynoise.plots.spaces import Space

    names = {"network": "penultimate features of the network", "knet": f"kNet's hidden layer, k = {_K}"}
    spaces = [
        Space(
            f"{name}\naccuracy {shown[f'{of}_accuracy']:.3f}, unmixed {shown[f'{of}_unmixed']:.3f}",
            np.array([[row[f"{of}_x"], row[f"{of}_y"]] for row in rows]),
        )
        for of, name in names.items()
    ]
    labels = np.array([row["label"] for row in rows], np.int32)
    circled = np.array([row["circled"] for row in rows])
    return knet_spaces(spaces, labels, circled, made.draw().names, f"{words}, {len(rows):,} test examples")
