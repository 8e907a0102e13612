"""The picture of noisy labels: which examples are drawn, and what is said of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from pynoise import _checks, plots
from pynoise._sample import sample
from pynoise.analysis import EMBEDDINGS, embed
from pynoise.errors import unknown_name
from pynoise.plots.noise import Points

if TYPE_CHECKING:
    from pynoise.noise.record import NoisyLabels

__all__ = ["picture"]

_SPACES = {"pca": "first and second principal component", "tsne": "t-SNE"}


def picture(
    record: NoisyLabels,
    path: str | Path | None,
    features: ArrayLike | None,
    embedding: str,
    points: int,
    seed: int,
) -> Figure:
    """Draw a record, as `NoisyLabels.plot` has it."""
    if not isinstance(embedding, str) or embedding not in EMBEDDINGS:
        raise unknown_name("embedding", embedding, EMBEDDINGS)
    drawn = None
    if features is not None:
        x = _checks.one_row_each("features", _checks.rows("features", features), len(record.clean))
        count = min(_checks.whole("points", points, 3), len(x))
        some = sample(_checks.seed("seed", seed), "noise/points", len(x), count)
        places = embed(x[some], embedding, seed=seed)
        drawn = Points(places, record.clean[some], record.noisy[some], _SPACES[embedding])
    asked = "" if record.kind == "human" else f", level {record.level:.10g}"
    title = f"{record.kind} noise{asked}: {record.realised_rate:.1%} of {len(record.clean):,} labels wrong"
    return plots.write_figure(plots.noise_picture(record.empirical, record.names, title, drawn), path)
