"""What a comparison of methods has found: a row a method, and how it is written."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from pynoise._files import PICTURE_SUFFIXES, check_output
from pynoise.curves import files
from pynoise.noise.matrices import true_class_words
from pynoise.training.saved import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["MethodComparison", "Outcome"]

# The accuracies that are compared, as result.json calls them, and as tables do.
_ACCURACIES = {"last": "test_accuracy_last", "selected": "test_accuracy_selected"}

# What some methods add to result.json, and the headings of its columns.
_ADDED = {
    "removed_fraction": "removed",
    "removed_precision": "precision",
    "removed_recall": "recall",
    "clean_auc": "clean AUC",
    "correction_accuracy": "corrected",
}


@dataclass(frozen=True)
class Outcome:
    """What came of a method with a seed: a run that is finished, or why there is none."""

    label: str
    seed: int
    run: Run | None
    problem: str | None

    @property
    def result(self) -> dict[str, Any]:
        """``result.json``; empty if there is none."""
        return {} if self.run is None or self.run.result is None else self.run.result


@dataclass(frozen=True, eq=False)
class MethodComparison:
    """Methods side by side: the same data, noisy labels, first weights and settings for all.

    Attributes
    ----------
    rows : list of dict
        One a method, in the order given. Keys: ``label``; ``method``, its name; ``options``, all of them;
        ``runs``, how many are finished, over which all means are; ``test_accuracy_last`` and, where there are
        validation examples, ``test_accuracy_selected``, means; to each of the two ``…_sd``, the standard
        deviation (ddof 1; None for one run), ``…_difference``, the mean difference to the first method over
        the seeds that both have, with its ``…_difference_sd`` and its standard error ``…_difference_se``
        (None for the first method); ``seconds`` of training; ``removed_fraction``, ``removed_precision``,
        ``removed_recall``, ``clean_auc`` and ``correction_accuracy``, means where the method tells them;
        ``knet_accuracy``, of kNet itself by K; and ``problem``, why runs have failed, if any have.
    results : list of dict
        One a run, in the order of training: ``label``, ``seed``, ``test_accuracy_last``,
        ``test_accuracy_selected``, ``selected_epoch``, ``seconds`` and ``problem``.
    meta : dict
        Data, network, noise (requested level, selected fraction and realised rate, means over the seeds),
        seeds, settings, versions, hardware and seconds of training.
    runs : dict of (str, int) to Run
        The runs that are finished, by label and seed.
    """

    rows: list[dict[str, Any]]
    results: list[dict[str, Any]] = field(repr=False)
    meta: dict[str, Any] = field(repr=False)
    runs: dict[tuple[str, int], Run] = field(repr=False)

    @classmethod
    def of(
        cls,
        methods: Mapping[str, tuple[str, Mapping[str, Any]]],
        outcomes: Sequence[Outcome],
        meta: dict[str, Any],
    ) -> MethodComparison:
        """Make it of methods by label, each a name and all its options, and what came of each run."""
        by_label = {label: [one for one in outcomes if one.label == label] for label in methods}
        first = next(iter(by_label.values()))
        rows = [
            {"label": label, "method": name, "options": dict(options), **_row(by_label[label], first)}
            for label, (name, options) in methods.items()
        ]
        keys = (*_ACCURACIES.values(), "selected_epoch", "seconds")
        results = [
            {"label": one.label, "seed": one.seed}
            | {key: one.result.get(key) for key in keys}
            | {"problem": one.problem}
            for one in outcomes
        ]
        runs = {(one.label, one.seed): one.run for one in outcomes if one.run is not None}
        return cls(rows, results, meta, runs)

    @property
    def heading(self) -> str:
        """What is compared, in a line."""
        meta = self.meta
        noise, seeds = meta["noise"], meta["seeds"]
        words = "no noise added"
        if noise is not None:
            words = (
                f"noise {noise['kind']}{true_class_words(noise['kind'])} of level {noise['level']:.10g}: "
                f"{noise['selected_fraction']:.4f} of the labels selected, {noise['realised_rate']:.4f} wrong"
            )
        return (
            f"{meta['data']} ({meta['train_examples']:,} training and {meta['test_examples']:,} test "
            f"examples, {meta['classes']} classes), {words}; {meta['network']}, "
            f"{meta['settings']['epochs']} epochs, seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"
        )

    @property
    def problems(self) -> list[str]:
        """What went wrong, a line a run."""
        return [
            f"{one['label']}, seed {one['seed']}: {one['problem']}" for one in self.results if one["problem"]
        ]

    @property
    def notes(self) -> list[str]:
        """What one has to know to read the table, a line each."""
        shown = list(self._measured())
        first, several = self.rows[0]["label"], len(self.meta["seeds"]) > 1
        words = "accuracy on the test examples: last, after the last epoch"
        if "selected" in shown:
            labels = "clean" if self._selected_by_clean else "noisy"
            words += f"; selected, of the epoch that the validation examples, with {labels} labels, select"
        found = [words]
        if len(self.rows) > 1:
            found.append(f"Δ: difference to {first}" + (" of the same seed" if several else ""))
        if several:
            found.append(
                "±: standard deviation over the seeds; of a difference the standard error of its mean"
            )
        found += [
            f"{row['label']}: the accuracies are those of its network; kNet itself "
            + ", ".join(f"{value:.4f} (K = {k})" for k, value in row["knet_accuracy"].items())
            for row in self.rows
            if row["knet_accuracy"]
        ]
        return found

    def grid(self, best: str) -> list[list[str]]:
        """The cells of the table, the headings first; the highest accuracies are marked as `best` has it."""
        shown = list(self._measured())
        added = [key for key in _ADDED if any(row[key] is not None for row in self.rows)]
        head = ["method", "runs"]
        for name in shown:
            head += [name, f"Δ {name}"] if len(self.rows) > 1 else [name]
        lines = [[*head, "seconds", *(_ADDED[key] for key in added)]]
        marks = {name: max(_known(self.rows, _ACCURACIES[name])) for name in shown}
        for row in self.rows:
            line = [row["label"], f"{row['runs']}"]
            for name in shown:
                key = _ACCURACIES[name]
                mark = best if row[key] == marks[name] and len(self.rows) > 1 else "{}"
                line.append(_spread(row[key], row[f"{key}_sd"], ".4f", mark))
                if len(self.rows) > 1:
                    line.append(_spread(row[f"{key}_difference"], row[f"{key}_difference_se"], "+.4f"))
            line.append(_spread(row["seconds"], None, ".1f"))
            lines.append([*line, *(_spread(row[key], None, ".4f") for key in added)])
        return lines

    def to_csv(self, path: str | Path | None = None) -> str:
        """Return the rows as CSV, options as JSON and a column ``knet_accuracy_K`` for each K; write them."""
        flat = []
        for row in self.rows:
            others = {key: value for key, value in row.items() if key != "knet_accuracy"}
            others["options"] = json.dumps(row["options"])
            by_k = row["knet_accuracy"] or {}
            flat.append(others | {f"knet_accuracy_{k}": value for k, value in by_k.items()})
        columns = list(dict.fromkeys(key for row in flat for key in row))
        return files.write_text(files.csv_text(columns, flat), path, ".csv")

    def to_json(self, path: str | Path | None = None) -> str:
        """Return ``{"meta": …, "results": […], "rows": […]}`` as JSON; write it to `path` if one is given."""
        return files.write_text(files.json_text(self.meta, self.rows, results=self.results), path, ".json")

    def to_markdown(self, path: str | Path | None = None) -> str:
        """Return the table in Markdown, the highest accuracies bold; write it to `path` if one is given."""
        head, *body = self.grid("**{}**")
        rule = ["---"] + ["--:"] * (len(head) - 1)
        table = "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))
        notes = "\n".join(f"- {note}" for note in (*self.notes, *self.problems))
        return files.write_text(f"# Methods\n\n{self.heading}\n\n{table}\n\n{notes}\n", path, ".md")

    def plot(self, path: str | Path | None = None) -> Figure:
        """Draw the accuracies, a line a method: every seed, and means with their standard deviations.

        Parameters
        ----------
        path : str or Path, optional
            A .png, .svg or .pdf file to write.
        """
        from pynoise import plots  # matplotlib takes a second to import

        return plots.write_figure(plots.method_comparison(self), path)

    def save(self, path: str | Path) -> None:
        """Write the comparison to a .md, .csv, .json, .png, .svg or .pdf file: the suffix decides."""
        writers: dict[str, Callable[[Path], object]] = {
            ".md": self.to_markdown,
            ".csv": self.to_csv,
            ".json": self.to_json,
            **dict.fromkeys(PICTURE_SUFFIXES, self.plot),
        }
        file = check_output("path", path, tuple(writers))
        writers[file.suffix.lower()](file)

    @property
    def _selected_by_clean(self) -> bool:
        """Whether the validation labels are what they are without the noise."""
        return self.meta["noise"] is not None and self.meta["settings"]["validation_labels"] == "clean"

    def _measured(self) -> Iterator[str]:
        """Which accuracies there are: the selected one takes validation examples, and all a finished run."""
        for name, key in _ACCURACIES.items():
            if _known(self.rows, key):
                yield name


def _row(own: Sequence[Outcome], first: Sequence[Outcome]) -> dict[str, Any]:
    """What a row says of the runs of its method, beside those of the first."""
    finished = [one for one in own if one.result]
    row: dict[str, Any] = {"runs": len(finished)}
    for key in _ACCURACIES.values():
        accuracies, firsts = _by_seed(own, key), _by_seed(first, key)
        row |= {key: _mean(accuracies.values()), f"{key}_sd": _sd(accuracies.values())}
        pairs = accuracies.keys() & firsts.keys() if own is not first else set()
        differences = [accuracies[seed] - firsts[seed] for seed in sorted(pairs)]
        spread = _sd(differences)
        row |= {
            f"{key}_difference": _mean(differences),
            f"{key}_difference_sd": spread,
            f"{key}_difference_se": None if spread is None else spread / math.sqrt(len(differences)),
        }
    row |= {key: _mean(_by_seed(own, key).values()) for key in ("seconds", *_ADDED)}
    by_k = [one.result["knet_accuracy"] for one in finished if "knet_accuracy" in one.result]
    row["knet_accuracy"] = {k: fmean(one[k] for one in by_k) for k in by_k[0]} if by_k else None
    problems = [f"seed {one.seed}: {one.problem}" for one in own if one.problem is not None]
    return row | {"problem": "; ".join(problems) or None}


def _by_seed(outcomes: Sequence[Outcome], key: str) -> dict[int, float]:
    """A number of result.json by seed, where it is known."""
    values = {one.seed: one.result.get(key) for one in outcomes}
    return {seed: value for seed, value in values.items() if value is not None}


def _known(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [row[key] for row in rows if row[key] is not None]


def _mean(values: Collection[float]) -> float | None:
    return fmean(values) if len(values) else None


def _sd(values: Collection[float]) -> float | None:
    return stdev(values) if len(values) > 1 else None


def _spread(value: float | None, spread: float | None, form: str, mark: str = "{}") -> str:
    """A number in its mark, ± another if there is one."""
    if value is None:
        return "-"
    return mark.format(f"{value:{form}}") + ("" if spread is None else f" ± {spread:.4f}")
