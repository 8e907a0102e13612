"""The rows of a table of labels as people gave them: accuracies of runs, beside what is printed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pynoise.data import imagenet
from pynoise.data.images import root_of
from pynoise.errors import InputError
from pynoise.paper.by_noise_published import Line
from pynoise.paper.natural_published import Column, NaturalTable
from pynoise.paper.parts import Part
from pynoise.paper.registry import Options
from pynoise.paper.rows import means_of
from pynoise.paper.runs import Made, softmax_of

__all__ = ["own_rows", "published_rows", "top_accuracy"]


def own_rows(
    table: NaturalTable, name: str, line: Line, part: Part, found: Sequence[Made], options: Options
) -> tuple[list[dict[str, Any]], str | None]:
    """The rows of a line that was made anew.

    Parameters
    ----------
    table, line
        What is printed.
    name : str
        What the data set was asked for by.
    part, found
        What was trained, and its runs, one or more.
    options : Options
        What is asked for.

    Returns
    -------
    tuple
        The rows, and why ImageNet's images could not be tested on; None if they were, or not to be.
    """
    same = table.networks.get(name) == part.network
    printed = dict(zip(table.columns, line.numbers[name], strict=True)) if same else {}
    columns, tested = table.columns, table.columns[0].tested
    if name not in table.networks:  # other data have one test set, of their own
        tested = part.dataset
        columns = tuple(Column(tested, top) for top in sorted({column.top for column in columns}))
    accuracies = {
        column: [top_accuracy(made.run.softmax, made.draw().y_test, column.top) for made in found]
        for column in columns
        if column.tested == tested
    }
    others = [column for column in columns if column.tested != tested]
    problem = None
    if others:
        try:
            accuracies |= _on_imagenet(others, found, options)
        except InputError as error:
            problem = error.problem
    rows = []
    for column in columns:
        number = printed.get(column)
        published = None if number is None else number.mean
        values = accuracies.get(column)
        own = dict.fromkeys(("ours", "sd", "difference")) if values is None else means_of(values, published)
        rows.append(
            _named(part.dataset, part.network, line, column)
            | {"published": published}
            | own
            | {"seeds": len(found), "scale": part.scale, "source": "ours"}
        )
    return rows, problem


def published_rows(table: NaturalTable, line: Line, dataset: str) -> list[dict[str, Any]]:
    """The rows of a line that stands as it is printed."""
    return [
        _named(dataset, table.network_words, line, column)
        | {"published": number.mean}
        | dict.fromkeys(("ours", "sd", "difference", "seeds", "scale"))
        | {"source": "published"}
        for column, number in zip(table.columns, line.numbers[dataset], strict=True)
        if number is not None
    ]


def top_accuracy(softmax: NDArray[np.float32], labels: NDArray[np.int32], top: int) -> float:
    """The share of M examples whose label is among the `top` likeliest; of equal ones the lowest come first.

    Parameters
    ----------
    softmax : ndarray of float32, [M, L]
        What a network says of them.
    labels : ndarray of int32, [M]
        Their labels.
    top : int
        1 or more; 1 is the accuracy.
    """
    own = softmax[np.arange(len(labels)), labels][:, None]
    before = np.arange(softmax.shape[1]) < labels[:, None]
    rank = ((softmax > own) | ((softmax == own) & before)).sum(axis=1)
    return float((rank < top).mean())


def _on_imagenet(
    columns: Sequence[Column], found: Sequence[Made], options: Options
) -> dict[Column, list[float]]:
    """The accuracies of runs on ImageNet's validation images of the classes that they have learnt."""
    files, labels = imagenet.validation_images(root_of(options.data_root), found[0].draw().names)
    said = [softmax_of(made, files, options) for made in found]
    return {column: [top_accuracy(one, labels, column.top) for one in said] for column in columns}


def _named(dataset: str, network: str | None, line: Line, column: Column) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "network": network,
        "method": line.method,
        "variant": line.variant,
        "tested": column.tested,
        "top": column.top,
    }
