"""Several methods on the same noisy labels, with the same seeds and settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from pynoise import _checks
from pynoise._progress import Progress, silent, wordless
from pynoise._torch_device import device_of
from pynoise.curves.noise import NoiseLike
from pynoise.data.tested import check_tested
from pynoise.errors import InputError, InputTypeError, TrainingError
from pynoise.noise import LabelMap, NoisyLabels
from pynoise.training.comparison_folder import ComparisonFolder
from pynoise.training.contenders import MethodLike, contenders_of, rehearse
from pynoise.training.device import hardware, versions
from pynoise.training.distributed import processes
from pynoise.training.inputs import Data, data_of
from pynoise.training.labels import noisy_labels
from pynoise.training.method_comparison import MethodComparison, Outcome
from pynoise.training.run import train
from pynoise.training.saved import Run
from pynoise.training.settings import Settings

__all__ = ["compare_methods"]

# Arguments of training that a comparison has no use for, and what does instead.
_NO_OPTIONS = {
    "method": "give methods",
    "method_options": "give a pair of a name and a dict in methods",
    "seed": "give seeds",
    "resume": "every run goes on where it stopped",
}


def compare_methods(
    data: Any,
    network: str = "mlp",
    *,
    methods: Sequence[MethodLike],
    out: str | Path,
    noise: NoiseLike | None = None,
    level: float | None = None,
    label_map: LabelMap | str | None = None,
    seeds: Sequence[int] = (0,),
    device: str = "auto",
    threads: int | None = None,
    data_root: str | Path | None = None,
    recipe: str | None = None,
    workers: int = 0,
    skip_corrupt: bool = False,
    progress: Progress | None = None,
    on_run: Callable[[Run], object] | None = None,
    **settings: Any,
) -> MethodComparison:
    """Train a network by several methods on the same noisy labels, and set their accuracies side by side.

    For each seed noisy labels are drawn once, and every method has them; the examples held out, the first
    weights and the order of the batches follow from the seed as well. All methods have the same settings,
    those of others where none is given; a method that has its own has not here. Each method and seed is a run
    of `pynoise.training.train` in a folder of its own below `out`; runs that are finished are not trained
    again, and one that was killed goes on: call it again. More methods and seeds add to what is there.

    Parameters
    ----------
    data, network, noise, level, label_map, device, threads, data_root, recipe, workers, skip_corrupt
        As for `pynoise.training.train`.
    methods : sequence of str or (str, dict)
        Names, one or more of `pynoise.methods.METHODS`; with options as words, "odd:p=0.3,mixup=1", or in a
        pair, ("odd", {"mixup": 1}). The others are compared with the first.
    out : str or Path
        The folder of the runs: new, empty, or with a comparison on the same data, noise and settings.
    seeds : sequence of int
        A run each, of every method.
    progress : callable, optional
        As for `pynoise.training.train`; the phase "runs" counts runs.
    on_run : callable, optional
        Called with each run once it is finished.
    **settings
        Those of `pynoise.training.Settings`, for all methods: epochs, lr …

    Returns
    -------
    MethodComparison
        Of what could be trained: a method that fails has the reason in its row.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError, OSError
        As `pynoise.training.train`, before any method is trained; or if the folder holds something else.
    TrainingError
        If torchrun has started several processes.

    Examples
    --------
    >>> import tempfile
    >>> from pynoise.training import compare_methods
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     compared = compare_methods(
    ...         "digits", methods=["cross-entropy", "mixup"], out=folder, noise="uniform", level=0.4, epochs=2
    ...     )
    >>> [(row["label"], row["runs"]) for row in compared.rows]
    [('cross-entropy', 1), ('mixup', 1)]
    """
    for name in settings.keys() & _NO_OPTIONS:
        raise InputTypeError(name, f"is no argument of compare_methods: {_NO_OPTIONS[name]}")
    for name, function in {"progress": progress, "on_run": on_run}.items():
        _checks.callback(name, function)
    if processes() > 1:  # torch.distributed would have to begin anew for each run, which it does not always
        raise TrainingError(
            "a comparison of methods trains in one process; leave torchrun out, or train each run by "
            "torchrun -m pynoise train"
        )
    contenders = contenders_of(methods)
    checked = Settings.of(settings)
    chosen = _checks.seeds("seeds", seeds)
    folder = ComparisonFolder(out)
    dataset = data_of(data, data_root)
    check_tested(dataset, "a comparison of methods")
    report = progress or silent
    records = {
        seed: noisy_labels(noise, level, dataset, label_map, seed, threads, wordless(report))
        for seed in chosen
    }
    folder.check(dataset, network, checked, contenders, records)
    common = {
        "device": device,
        "threads": threads,
        "recipe": recipe,
        "workers": workers,
        "skip_corrupt": skip_corrupt,
        **checked.to_dict(),  # all of them, or a method would have its own
    }
    for contender in contenders:
        rehearse(contender, dataset, network, seed=chosen[0], noise=records[chosen[0]], **common)
    folder.write()
    # A seed after the other, so that what is there when it is stopped can be compared.
    jobs = [(seed, contender) for seed in chosen for contender in contenders]
    outcomes = []
    for done, (seed, contender) in enumerate(jobs):
        report("runs", done, len(jobs), f"{contender.label}, seed {seed}")
        run, problem = None, None
        try:
            run = train(
                dataset,
                network,
                out=folder.of_run(contender, seed),
                noise=records[seed],
                method=contender.name,
                method_options=contender.given,
                seed=seed,
                resume=True,
                progress=progress,
                **common,
            )
        except TrainingError as error:  # the others may do better
            problem = str(error)
        except InputError as error:
            if error.argument != "method_options":
                raise
            problem = error.problem  # which showed after the last epoch
        outcomes.append(Outcome(contender.label, seed, run, problem))
        if run is not None and on_run is not None:
            on_run(run)
    report("runs", len(jobs), len(jobs), "")
    meta = _meta(dataset, network, checked, records, [one.run for one in outcomes if one.run], device)
    return MethodComparison.of({one.label: (one.name, one.options) for one in contenders}, outcomes, meta)


def _meta(
    dataset: Data,
    network: str,
    settings: Settings,
    records: dict[int, NoisyLabels | None],
    runs: Sequence[Run],
    device: str,
) -> dict[str, Any]:
    noises = [record for record in records.values() if record is not None]
    noise = None
    if noises:
        noise = {
            "kind": noises[0].kind,
            "level": noises[0].level,
            "selection": noises[0].selection,
            "selected_fraction": fmean(one.selected_fraction for one in noises),
            "realised_rate": fmean(one.realised_rate for one in noises),
        }
    results = [run.result for run in runs if run.result is not None]
    here = {"versions": versions(), "hardware": hardware(device_of(device))}
    return {
        "data": dataset.name,
        "train_examples": len(dataset.y_train),
        "test_examples": len(dataset.y_test),
        "classes": dataset.num_classes,
        "network": network,
        "noise": noise,
        "seeds": list(records),
        "settings": settings.to_dict(),
        "seconds": sum(result["seconds"] for result in results),
        **{key: results[0][key] if results else value for key, value in here.items()},
    }
