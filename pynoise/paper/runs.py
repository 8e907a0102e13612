"""The runs of a recipe: training them, asking their networks, and what is said of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _provenance
from pynoise.data import Dataset, ImageFiles, ImageFolders
from pynoise.errors import TrainingError
from pynoise.paper.folder import run_folder
from pynoise.paper.parts import Part
from pynoise.paper.registry import Options, Recipe

if TYPE_CHECKING:
    from pynoise.training import Run
    from pynoise.training.evaluate import Evaluation

__all__ = [
    "Made",
    "block_words",
    "counts_of",
    "examples_of",
    "meta_of",
    "outputs_of",
    "softmax_of",
    "train_all",
]


@dataclass(frozen=True)
class Made:
    """A run of a part, what gives its data set, and what ``result.json`` says.

    The data sets themselves are not kept: those of all runs would fill the memory.
    """

    run: Run
    draw: Callable[[], Any]
    result: dict[str, Any]


def train_all(
    parts: Sequence[Part], options: Options, failed: dict[int, str] | None = None
) -> list[list[Made]]:
    """Train every part that has data with every seed, or go on; gives what came of each part.

    With a dict `failed` a part that cannot go on ends with nothing, and why is written there by its number.
    """
    jobs = [(i, part.draw, seed) for i, part in enumerate(parts) if part.draw for seed in options.seeds]
    found: list[list[Made]] = [[] for _ in parts]
    for done, (i, draw, seed) in enumerate(jobs):
        part = parts[i]
        words = filter(None, (part.dataset, part.network, part.variant, f"seed {seed}"))
        options.progress("runs", done, len(jobs), ", ".join(words))
        if failed is not None and i in failed:
            continue
        try:
            run = _train(part, draw, seed, options)
        except TrainingError as error:
            if failed is None:
                raise
            failed[i], found[i] = f"{part.variant}, seed {seed}: {error}", []
            continue
        assert run.result is not None  # noqa: S101 - tells the type checker
        found[i].append(Made(run, partial(draw, seed), run.result))
    options.progress("runs", len(jobs), len(jobs), "")
    return found


def _train(part: Part, draw: Callable[[int], Any], seed: int, options: Options) -> Run:
    from pynoise import training

    noise = part.noise if part.record is None else part.record(seed)
    return training.train(
        draw(seed),
        part.network,
        out=run_folder(options.out, part.dataset, part.network, seed, part.variant),
        noise=noise,
        level=None if noise is None or part.record is not None else part.level,
        label_map=part.label_map,
        method=part.method,
        method_options=part.method_options,
        seed=seed,
        device=options.device,
        threads=options.threads,
        recipe=part.recipe,
        workers=options.workers,
        resume=True,
        progress=options.progress,
        **part.settings,
    )


def examples_of(
    data: Dataset | ImageFolders, part: str, rows: NDArray[np.int64]
) -> NDArray[Any] | ImageFiles:
    """Some examples of a part, "train" or "test", by number, as `outputs_of` takes them."""
    if isinstance(data, ImageFolders):
        return {"train": data.train, "test": data.test}[part].taken(rows)
    return {"train": data.x_train, "test": data.x_test}[part][rows]


def outputs_of(
    made: Made, x: NDArray[Any] | ImageFiles, options: Options
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Penultimate features [M, d] of M examples, and the classes [M] that the network says."""
    found = _evaluate(made, x, options)
    assert found.features is not None  # noqa: S101 - tells the type checker
    return found.features.cpu().numpy(), found.logits.argmax(dim=1).cpu().numpy().astype(np.int32)


def softmax_of(made: Made, x: NDArray[Any] | ImageFiles, options: Options) -> NDArray[np.float32]:
    """What the network says of M examples, [M, L]."""
    said: NDArray[np.float32] = _evaluate(made, x, options).softmax.cpu().numpy()
    return said


def _evaluate(made: Made, x: NDArray[Any] | ImageFiles, options: Options) -> Evaluation:
    """Ask the network of a run."""
    import torch

    from pynoise._torch_device import device_of, tuned
    from pynoise.training.evaluate import evaluate
    from pynoise.training.resident import Normal, Resident
    from pynoise.training.streamed import Streamed

    device, config = device_of(options.device), made.run.config
    network = made.run.network(device=str(device))
    rows = torch.arange(len(x), device="cpu")
    with tuned(_checks.threads(options.threads), device):
        source = (
            Streamed(x, config["recipe"], device=device, workers=options.workers)
            if isinstance(x, ImageFiles)
            else Resident(x, Normal(**config["normal"]), device)
        )
        return evaluate(network, source, rows, config["settings"]["batch_size"], features=True)


def meta_of(
    recipe: Recipe,
    notes: Sequence[str],
    blocks: Sequence[dict[str, Any]],
    found: Sequence[Sequence[Made]],
    options: Options,
) -> dict[str, Any]:
    """What the ``meta`` of every figure and table says.

    Its ``blocks`` are the parts in words, with the ``problem`` of each, None where it was made anew. Of the
    ``seconds`` those are counted that the ``epochs`` of all runs took, whenever that was; what a method or a
    recipe does after the last epoch is not among them.
    """
    results = [made.result for one in found for made in one]
    here = {
        "versions": _provenance.versions(),
        "hardware": _provenance.hardware(_checks.threads(options.threads)),
    }
    return {
        "recipe": recipe.name,
        "title": recipe.title if options.dataset is None else f"{recipe.title}; here {options.dataset}",
        "seeds": list(options.seeds),
        "blocks": list(blocks),
        "notes": list(notes),
        "seconds": {"epochs": sum(result["seconds"] for result in results)},
        **{key: results[0][key] if results else value for key, value in here.items()},
    }


def block_words(part: Part, made: Sequence[Made]) -> dict[str, Any]:
    """What a figure's block says of a part, and of its runs as `counts_of` does."""
    return {
        "dataset": part.dataset,
        "network": part.network,
        "noise": part.noise.tolist() if isinstance(part.noise, np.ndarray) else part.noise,
        "level": part.level,
        "scale": part.scale,
        "settings": part.settings,
        "method_options": part.method_options,
        "problem": part.problem,
        **counts_of(made),
    }


def counts_of(made: Sequence[Made]) -> dict[str, Any]:
    """What a block says of its runs: how many examples, and their noise, if any: means over the runs."""
    if not made:
        return {}
    results = [one.result for one in made]
    counts = {
        "train_examples": results[0]["train_examples"] + results[0]["validation_examples"],
        "test_examples": results[0]["test_examples"],
    }
    if results[0]["noise"] is None:
        return counts
    return counts | {
        key: fmean(result["noise"][key] for result in results)
        for key in ("selected_fraction", "realised_rate")
    }
