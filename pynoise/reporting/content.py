"""What a page carries of a report: summaries in plain lists, not trials, so that a large sweep fits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pynoise._core import __version__
from pynoise.reporting.courses import MEASURES, Course, courses_of
from pynoise.reporting.points import Point, in_order, lines_of
from pynoise.reporting.series import Series
from pynoise.reporting.trial import Source, Trial

if TYPE_CHECKING:
    from pynoise.reporting.result import Report

__all__ = ["content_of"]

# Failed trials that a page names, and values of a setting or seeds that it lists.
_MOST_FAILED = 1000
_MOST_VALUES = 20

# Accuracies have as many digits as 10 million examples give; losses and seconds need no more.
_DIGITS = 7


def content_of(report: Report) -> dict[str, Any]:
    """What the page's script is given."""
    points = report.points
    series = in_order(points)
    numbers = {one: i for i, one in enumerate(series)}
    rows = {id(point): i for i, point in enumerate(points)}
    courses, left_out = courses_of(points, report.sources)
    failed = [(point, one) for point in points for one in point.trials if one.state == "failed"]
    return {
        "version": __version__,
        "datasets": sorted({one.dataset for one in series}),
        "states": report.states,
        "series": [_series(one) for one in series],
        "rows": [_row(point, numbers[point.series]) for point in points],
        "lines": [
            {
                "noise": line.noise,
                "series": numbers[line.series],
                "rows": [rows[id(one)] for one in line.points],
            }
            for line in lines_of(points)
        ],
        "measures": MEASURES,
        "courses": [_course(one, rows[id(one.point)]) for one in courses],
        "courses_left_out": left_out,
        "failed": [_failed(*pair) for pair in failed[:_MOST_FAILED]],
        "failures": len(failed),
        "sources": [_source(one) for one in report.sources],
    }


def _series(one: Series) -> dict[str, Any]:
    return {
        "dataset": one.dataset,
        "method": one.method,
        "network": one.network,
        "space": one.space,
        "K": one.k,
        "kind": one.kind,
        "label": one.label,
        "look": one.look,
    }


def _row(point: Point, series: int) -> dict[str, Any]:
    return {
        "series": series,
        "noise": point.noise,
        "level": point.level,
        "runs": len(point.done),
        "others": sum(one.state != "done" for one in point.trials),
        "seeds": _shortened(point.seeds),
        "seconds": _rounded(point.mean("seconds")),
        **{name: _rounded(point.mean(name)) for name in ("selected_fraction", "realised_rate")},
        **{name: _rounded(point.mean(name)) for name in ("accuracy", "last")},
        **{f"{name}_sd": _rounded(point.sd(name)) for name in ("accuracy", "last")},
    }


def _course(course: Course, row: int) -> dict[str, Any]:
    means = {name: [_rounded(value) for value in values] for name, values in course.means.items()}
    return {"row": row, "runs": course.runs, "means": means}


def _failed(point: Point, one: Trial) -> dict[str, Any]:
    names = ("name", "dataset", "noise", "level", "network", "seed", "error")
    return {name: getattr(one, name) for name in names} | {"method": point.series.method, "K": one.k}


def _source(source: Source) -> dict[str, Any]:
    """Provenance, in words."""
    meta = source.meta
    seeds = sorted({one.seed for one in source.trials if one.seed is not None})
    return {
        "path": source.path,
        "kind": source.kind,
        "trials": len(source.states),
        "when": meta["when"],
        "versions": [_words(one) for one in meta["versions"]],
        "hardware": [_words(one) for one in meta["hardware"]],
        "seeds": _shortened(seeds),
        "settings": [[name, _shortened(values)] for name, values in meta["settings"].items()],
    }


def _words(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.items())


def _shortened(values: Iterable[Any]) -> str:
    """Values in a line, the first of very many."""
    words = [value if isinstance(value, str) else json.dumps(value) for value in values]
    more = [f"… ({len(words):,} values)"] if len(words) > _MOST_VALUES else []
    return ", ".join(words[:_MOST_VALUES] + more)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
