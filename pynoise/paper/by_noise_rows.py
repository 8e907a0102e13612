"""The rows of a table of methods under several noises: shares from results, beside what is printed."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from pynoise.paper.by_noise_parts import Block, Cell
from pynoise.paper.by_noise_published import PublishedTable
from pynoise.paper.rows import means_of

__all__ = ["rows_of"]


def rows_of(
    table: PublishedTable, block: Block, results: Sequence[Sequence[dict[str, Any]]]
) -> list[dict[str, Any]]:
    """The rows of a data set, as `TableByNoise` has them: of what was made anew, then of what is published.

    Parameters
    ----------
    table : PublishedTable
        What is printed.
    block : Block
        What was trained.
    results : sequence of sequences of dict
        For each cell of the block ``result.json`` of its runs, one a seed.
    """
    beside = table.networks.get(block.dataset) == block.network
    rows = [_own(table, cell, found, beside=beside) for cell, found in zip(block.cells, results, strict=True)]
    made = [cell.line for cell in block.cells] if beside else []
    for line in table.lines:
        if line in made:
            continue
        for noise, number in zip(table.noises, line.numbers.get(block.dataset, ()), strict=False):
            if number is not None:
                rows.append(
                    _named(block.dataset, table.network_words, line.method, line.variant, *noise)
                    | {"published": number.mean, "published_sd": number.sd}
                    | dict.fromkeys(("ours", "sd", "difference", "realised_rate", "seeds", "scale"))
                    | {"source": "published"}
                )
    return rows


def _own(
    table: PublishedTable, cell: Cell, results: Sequence[dict[str, Any]], *, beside: bool
) -> dict[str, Any]:
    line, part = cell.line, cell.part
    number = line.numbers[part.dataset][cell.column] if beside else None
    published = None if number is None else number.mean
    return (
        _named(part.dataset, part.network, line.method, line.variant, *table.noises[cell.column])
        | {"published": published, "published_sd": None if number is None else number.sd}
        | means_of([float(result[table.result]) for result in results], published)
        | {
            "realised_rate": fmean(result["noise"]["realised_rate"] for result in results),
            "seeds": len(results),
            "scale": part.scale,
            "source": "ours",
        }
    )


def _named(
    dataset: str, network: str | None, method: str, variant: str | None, noise: str, level: float
) -> dict[str, Any]:
    return {
        "dataset": dataset,
        "network": network,
        "method": method,
        "variant": variant,
        "noise": noise,
        "level": level,
    }
