"""Figure 7 of MixNN (Lu and He): accuracy and gradient coefficients by epoch, and accuracy against K."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from pynoise.paper.figure import PaperFigure
from pynoise.paper.long import Entry, text_lines
from pynoise.paper.mixnn_fig_epochs import KEYS, NOTE, at_moments, by_epoch
from pynoise.paper.mixnn_fig_parts import (
    AGREEMENT,
    AGREEMENT_NOTE,
    DATASET,
    Cell,
    beside,
    notes_of,
    parts_of,
)
from pynoise.paper.parts import Part, words_of
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, block_words, meta_of, train_all

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MixNNCourse"]

_LEVEL = 0.6

# Of panels (a) and (b), as everywhere in the paper but in (c), which says of K only that it grows.
_K = 1
_KS = range(6)

# As published: Section VI-D, "stabilizes at around 40% after 60 epochs"; Section V, "only 4.3% of the
# training data"; Section IV-A, "82.8%".
_PUBLISHED: dict[str, float | str] = {
    "given_fit": "around 0.4",
    "worst_case": 0.043,
    "neighbor_agreement_wrong": 0.828,
}

_COLUMNS = ("panel", "method", "level", "k", "seed", "epoch", *KEYS, "test_accuracy_sd", "seeds")

_NOTES = (
    NOTE,
    "The worst case: the correction fails, and an example is mixed with one of another true class, both "
    "labels being wrong and different.",
    AGREEMENT_NOTE,
)
_NOTES_OF_K = (
    f"The paper does not say how noisy the data of panel (c) are: level {_LEVEL:.10g}, as in (a) and (b), is "
    f"ours, and so are the K, 0 to {_KS[-1]}.",
    "K = 0 mixes nothing, so that MixAVG is MixNN there. The paper calls that cross-entropy; labels are "
    "corrected all the same unless correction_start is none.",
)

# The methods of panel (c): the level of the noise, and weights.
_METHODS = {
    "MixNN": (_LEVEL, "clean"),
    "MixAVG": (_LEVEL, "average"),
    "MixAVG, clean data": (0.0, "average"),
}

# Without a partner all weights are 1: this is MixNN with K = 0, bit for bit.
_SAME = ("MixAVG", 0)


class MixNNCourse:
    """How MixNN learns CIFAR-10 with symmetric noise of level 0.6, and with how many neighbours.

    Panels (a) and (b) are of one network, ResNet-34, with K = 1, panel (c) of K = 0 to 5 for MixNN, for
    MixAVG (all weights alike), and for MixAVG on clean data: 17 trainings a seed. With the option ``k`` of
    MixNN the figure has panels (a) and (b) alone, with that K.

    A row of the result is an epoch with a seed, ``panel`` "ab", or a K of a method, ``panel`` "c". Both have
    ``method``, ``level`` of the noise, ``k`` and ``test_accuracy``. An epoch has ``given_fit`` and
    ``true_fit``, shares of the training examples that the network knows by given and by true label, and the
    gradient coefficients of right labels, ``gradient_clean``, and of wrong ones, ``gradient_wrong``. In (c)
    the accuracy is that after the last epoch, a mean over ``seeds`` with ``test_accuracy_sd`` (None for one).
    The picture has the epochs of the first seed.
    """

    name = "mixnn-fig7"
    title = (
        "MixNN, Figure 7: accuracy and gradients by epoch, symmetric noise of level 0.6; accuracy against K"
    )

    def run(self, options: Options) -> PaperFigure:
        """Train what is not trained yet, and collect what was measured."""
        cells = _cells(options)
        parts = parts_of(list(cells.values()), options, refused=("weights",))
        found = train_all(parts, options)
        part, shown = parts[0], found[0]
        by_k = _by_k(dict(zip(cells, found, strict=True))) if shown and len(cells) > 1 else []
        rows = [*_by_epoch(part, shown, options.seeds), *by_k]
        blocks = [
            {"method": name} | block_words(part, made)
            for (name, _), part, made in zip(cells, parts, found, strict=True)
        ]
        said = [*_NOTES, *(_NOTES_OF_K if len(cells) > 1 else ()), *notes_of(part)]
        meta = meta_of(self, said, blocks, found, options)
        meta["published"] = {DATASET: _PUBLISHED}
        picture = partial(_draw, part, shown[0], by_k) if shown else None
        return PaperFigure(rows, _COLUMNS, meta, _lines(part, shown, by_k), picture)


def _cells(options: Options) -> dict[tuple[str, int], Cell]:
    """What is trained, by method and K; that of panels (a) and (b) first."""
    given = options.method_options.get("k")
    asked = [("MixNN", _K if given is None else given)]
    if given is None:
        asked += [(name, k) for name in _METHODS for k in _KS if (name, k) not in (asked[0], _SAME)]
    return {
        (name, k): Cell("symmetric", level, f"{name} k={k}", {"k": k, "weights": weights})
        for name, k in asked
        for level, weights in (_METHODS[name],)
    }


def _by_epoch(part: Part, found: Sequence[Made], seeds: Sequence[int]) -> list[dict[str, Any]]:
    """The rows of panels (a) and (b), none without data."""
    head = {"panel": "ab", "method": "MixNN", "level": part.level, "k": part.method_options["k"]}
    return [head | row | {"test_accuracy_sd": None, "seeds": None} for row in by_epoch(found, seeds)]


def _by_k(found: Mapping[tuple[str, int], Sequence[Made]]) -> list[dict[str, Any]]:
    """The rows of panel (c)."""
    rows = []
    for name, (level, _) in _METHODS.items():
        for k in _KS:
            made = found[("MixNN", 0) if (name, k) == _SAME else (name, k)]
            values = [one.result["test_accuracy_last"] for one in made]
            row = {"panel": "c", "method": name, "level": level, "k": k, "seed": None, "epoch": None}
            own = {
                "test_accuracy": fmean(values),
                "test_accuracy_sd": stdev(values) if len(values) > 1 else None,
                "seeds": len(values),
            }
            rows.append(row | dict.fromkeys(KEYS) | own)
    return rows


def _lines(part: Part, found: Sequence[Made], by_k: Sequence[dict[str, Any]]) -> list[str]:
    """What a terminal shows: some epochs, what is published, and the accuracies by K."""
    if not found:
        return text_lines([part], (), ())
    metrics = [made.run.metrics for made in found]
    mixnn = [made.result["mixnn"] for made in found]
    warmup, epochs, start = mixnn[0]["warmup"], len(metrics[0]), part.method_options["correction_start"]
    moments = {1: "the first", warmup: "end of warm-up"}
    if start is not None:
        moments[warmup + start - 1] = "before correction"
    moments = {epoch: words for epoch, words in moments.items() if epoch <= epochs}
    moments[epochs] = "the last"
    k = part.method_options["k"]
    entries = at_moments(["MixNN", k], part, found, moments, _PUBLISHED)
    early = min(max(warmup, 1), epochs)
    agreement = [rows[early - 1].get("neighbor_agreement_wrong") for rows in metrics]
    for key, epoch, words, values in (
        ("worst_case", epochs, "the worst case, share", [one["worst_case"] for one in mixnn]),
        ("neighbor_agreement_wrong", early, f"{AGREEMENT}, wrong labels", agreement),
    ):
        published = beside(part, _PUBLISHED[key])
        entries.append(Entry.of_values(["MixNN", k, f"{epoch:,}", words], values, part, published))
    for row in by_k:
        what = [row["method"], row["k"], f"{epochs:,}", "test accuracy, panel (c)"]
        own = {"ours": row["test_accuracy"], "sd": row["test_accuracy_sd"], "seeds": row["seeds"]}
        entries.append(Entry(what, **own, scale=part.scale))
    return text_lines([part], ("method", "K", "epoch", "measure"), entries)


def _draw(part: Part, made: Made, by_k: Sequence[dict[str, Any]]) -> Figure:
    from pynoise import plots
    from pynoise.plots.mixnn import Effect
    from pynoise.training.picture import course_of

    effects = []
    for name in _METHODS if by_k else ():
        own = [row for row in by_k if row["method"] == name]
        columns = ([row[key] for row in own] for key in ("k", "test_accuracy", "test_accuracy_sd"))
        effects.append(Effect(name, *columns))
    return plots.mixnn_course(course_of(made.run), effects, f"MixNN, {words_of(part)}")
