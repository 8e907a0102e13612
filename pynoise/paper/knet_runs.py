"""The runs of kNet's figures: training them, asking them, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pynoise import _checks, _provenance
from pynoise.data import Dataset
from pynoise.errors import InputValueError
from pynoise.paper.figure import FILES
from pynoise.paper.knet_parts import Part
from pynoise.paper.registry import Options

if TYPE_CHECKING:
    from pynoise.methods import KNet
    from pynoise.training import Run

__all__ = ["Made", "check_folder", "meta_of", "model_of", "outputs_of", "train_all"]


@dataclass(frozen=True)
class Made:
    """A run of a part, its data set, and what ``result.json`` says."""

    run: Run
    dataset: Dataset
    result: dict[str, Any]


def check_folder(out: Path) -> None:
    """Refuse, before any work is done, a folder that holds anything but runs and the files of a figure."""
    if not out.is_dir():
        return
    for one in out.iterdir():
        if one.name not in FILES and not any(one.glob("seed-*")):
            raise InputValueError("out", f"{str(out)!r} holds other files; name a folder of its own")


def train_all(parts: Sequence[Part], options: Options) -> list[list[Made]]:
    """Train every part that has data with every seed, or go on; gives what came of each part."""
    from pynoise import training

    jobs = [(i, part.draw, seed) for i, part in enumerate(parts) if part.draw for seed in options.seeds]
    found: list[list[Made]] = [[] for _ in parts]
    for done, (i, draw, seed) in enumerate(jobs):
        part, dataset = parts[i], draw(seed)
        options.progress("runs", done, len(jobs), f"{part.dataset}, {part.network}, seed {seed}")
        # "torchvision:resnet18" is no name of a folder everywhere.
        folder = re.sub(r"[^\w.-]+", "-", f"{part.dataset}-{part.network}")
        run = training.train(
            dataset,
            part.network,
            out=options.out / folder / f"seed-{seed}",
            noise=part.noise,
            level=part.level,
            method="knet",
            method_options=part.method_options,
            seed=seed,
            device=options.device,
            threads=options.threads,
            resume=True,
            progress=options.progress,
            **part.settings,
        )
        assert run.result is not None  # noqa: S101 - tells the type checker
        found[i].append(Made(run, dataset, run.result))
    options.progress("runs", len(jobs), len(jobs), "")
    return found


def outputs_of(
    made: Made, x: NDArray[Any], options: Options
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Penultimate features [M, d] of examples x [M, ...], and the classes [M] that the network says."""
    import torch

    from pynoise._torch_device import device_of, tuned
    from pynoise.training.evaluate import evaluate
    from pynoise.training.resident import Normal, Resident

    device, config = device_of(options.device), made.run.config
    network = made.run.network(device=str(device))
    rows = torch.arange(len(x), device="cpu")
    with tuned(_checks.threads(options.threads), device):
        source = Resident(x, Normal(**config["normal"]), device)
        found = evaluate(network, source, rows, config["settings"]["batch_size"], features=True)
    assert found.features is not None  # noqa: S101 - tells the type checker
    return found.features.cpu().numpy(), found.logits.argmax(dim=1).cpu().numpy().astype(np.int32)


def model_of(made: Made, options: Options) -> KNet:
    """The kNet of a run, to work where this recipe does."""
    from pynoise.methods import KNet
    from pynoise.methods.knet.pipeline import FILE

    model = KNet.load(made.run.path / FILE)
    return model.set_params(device=options.device, n_jobs=options.threads)  # type: ignore[no-any-return]


def meta_of(
    name: str,
    title: str,
    notes: Sequence[str],
    parts: Sequence[Part],
    found: Sequence[Sequence[Made]],
    options: Options,
) -> dict[str, Any]:
    """What the ``meta`` of every figure says."""
    results = [made.result for one in found for made in one]
    here = {
        "versions": _provenance.versions(),
        "hardware": _provenance.hardware(_checks.threads(options.threads)),
    }
    return {
        "recipe": name,
        "title": title,
        "seeds": list(options.seeds),
        "blocks": [_words(part, made) for part, made in zip(parts, found, strict=True)],
        "notes": list(notes),
        "seconds": sum(result["seconds"] for result in results),
        **{key: results[0][key] if results else value for key, value in here.items()},
    }


def _words(part: Part, made: Sequence[Made]) -> dict[str, Any]:
    """What is said of a part; numbers are means over the runs."""
    words = {
        "dataset": part.dataset,
        "network": part.network,
        "noise": part.noise if isinstance(part.noise, str) else part.noise.tolist(),
        "level": part.level,
        "scale": part.scale,
        "settings": part.settings,
        "method_options": part.method_options,
        "problem": part.problem,
    }
    if not made:
        return words
    first = made[0].result
    return words | {
        "train_examples": first["train_examples"] + first["validation_examples"],
        "test_examples": first["test_examples"],
        "parameters": first["parameters"],
        "features": first["knet"]["features"],
        "hidden": first["knet"]["hidden"],
        "preliminary_accuracy": fmean(one.result["preliminary_accuracy"] for one in made),
        "selected_fraction": fmean(one.result["noise"]["selected_fraction"] for one in made),
        "realised_rate": fmean(one.result["noise"]["realised_rate"] for one in made),
    }
