"""Runs as sources: folders that training writes, read without torch."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pynoise._run_files import CONFIG, RESULT, holds_run, read_config, read_metrics, read_result
from pynoise._words import writable
from pynoise.errors import InputFileNotFoundError, InputValueError
from pynoise.reporting.trial import NO_NOISE, Metrics, Source, Trial, distinct_values, number

__all__ = ["read_runs"]


def read_runs(folder: Path, seen: set[Path]) -> Source:
    """Read the run in a folder, or all runs below it but for those that were `seen`, which grows.

    Raises
    ------
    InputFileNotFoundError
        If there is none.
    InputValueError
        If a file of one is damaged.
    """
    found = list(_runs_below(folder))
    if not found:
        raise InputFileNotFoundError(
            "runs", f"{str(folder)!r} holds no run: neither it nor a folder in it has a run's {CONFIG}"
        )
    new = {writable(str(one)): one for one in found if one.resolve() not in seen}
    seen |= {one.resolve() for one in found}
    read = [(name, read_config("runs", one), read_result("runs", one)) for name, one in new.items()]

    def metrics(names: Sequence[str]) -> list[Metrics]:
        return [read_metrics("runs", new[name]) for name in names]

    single = found == [folder]
    return Source(
        path=writable(str(folder)),
        kind="run" if single else f"folder of {len(found):,} runs",
        trials=[one for name, config, result in read for one in _trials(name, config, result)],
        meta=_meta([config for _, config, _ in read], [result for *_, result in read if result]),
        metrics=metrics,
    )


def _runs_below(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error  # a folder that may not be read is not an empty one

    for path, names, _ in os.walk(folder, onerror=refuse):
        names.sort()
        if holds_run("runs", Path(path)):
            names.clear()  # what lies in a run is the run's
            yield Path(path)


def _trials(name: str, config: Mapping[str, Any], result: Mapping[str, Any] | None) -> list[Trial]:
    """The network of a run; of kNet also K-NN on the network's features, and kNet itself, by K."""
    found, place = result or {}, f"{name}/{RESULT}"
    network = _network(name, config, result)
    of_features = replace(network, last=None, selected=None, seconds=None)
    trials = [network]
    for method, space in (("knn", "features"), ("knet", None)):
        by_k = found.get(f"{method}_accuracy", {})
        try:
            accuracies = {int(k): number(by_k, k, place) for k in by_k}
        except (TypeError, ValueError):
            raise InputValueError("runs", f"{place!r} is damaged: {method}_accuracy is {by_k!r}") from None
        trials += [
            replace(of_features, method=method, space=space, k=k, accuracy=value)
            for k, value in accuracies.items()
        ]
    return trials


def _network(name: str, config: Mapping[str, Any], result: Mapping[str, Any] | None) -> Trial:
    found, place, start = result or {}, f"{name}/{RESULT}", f"{name}/{CONFIG}"
    # Without noise: level 0 of any.
    noise = config["noise"] or {
        "kind": NO_NOISE,
        "level": 0.0,
        "selected_fraction": 0.0,
        "realised_rate": 0.0,
    }
    if not all(
        isinstance(one, dict) for one in (noise, config.get("method_options", {}), config["data"]["train"])
    ):
        raise InputValueError(
            "runs", f"{start!r} is damaged: noise, method_options or data.train is no object"
        )
    last, selected = (number(found, f"test_accuracy_{which}", place) for which in ("last", "selected"))
    return Trial(
        name=name,
        state="unfinished" if result is None else "done",
        dataset=str(config["data"]["name"]),
        method=str(config["method"]),
        network=config["network"],
        noise=NO_NOISE if noise.get("level") == 0 else str(noise.get("kind")),
        level=number(noise, "level", start),
        seed=config["seed"],
        accuracy=last if selected is None else selected,
        last=last,
        selected=selected,
        selected_fraction=number(noise, "selected_fraction", start),
        realised_rate=number(noise, "realised_rate", start),
        seconds=number(found, "seconds", place),
        labels=str(noise.get("labels")),
        options=_options(config),
    )


def _options(config: Mapping[str, Any]) -> dict[str, Any]:
    train = config["data"]["train"]
    # Data of one name may be other data.
    data = {"data": str(train.get("sha256"))[:8], "labels": str(train.get("labels"))[:8]}
    return {**config.get("method_options", {}), **config["settings"], **data}


def _meta(configs: Sequence[Mapping[str, Any]], results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        "versions": _distinct(result.get("versions") for result in results),
        "hardware": _distinct(result.get("hardware") for result in results),
        "settings": distinct_values(_settings(config) for config in configs),
        "when": None,  # a run does not say
    }


def _settings(config: Mapping[str, Any]) -> dict[str, Any]:
    options = config.get("method_options", {})
    return {**config["settings"], **{f"{config['method']}: {key}": options[key] for key in options}}


def _distinct(values: Iterator[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value is not None and value not in found:
            found.append(value)
    return found
