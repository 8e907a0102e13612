"""Tables 2 to 5 of kNet (Mizrahi and Avidan, 2021): accuracy of networks, K-NN and kNet under label noise."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pynoise import _checks, _provenance, data, noise
from pynoise.data import Dataset
from pynoise.errors import InputError, InputFileNotFoundError, InputValueError
from pynoise.paper.knet_rows import rows_of
from pynoise.paper.knet_words import notes
from pynoise.paper.published import Block, Published, knet_settings, knet_tables
from pynoise.paper.registry import Options, Recipe
from pynoise.paper.share import share_of, share_size
from pynoise.paper.table import Table

if TYPE_CHECKING:
    from pynoise.training import Settings

__all__ = ["RECIPES", "KNetTable"]


@dataclass(frozen=True)
class _Part:
    """A block as it is asked for: the network, the data, or why there are none."""

    block: Block
    network: str
    dataset: Dataset | None
    problem: str | None = None


@dataclass(frozen=True)
class KNetTable:
    """One of the tables.

    For each data set and seed a network is trained, then kNet, and a fixed kNet for each k; they are kept in
    ``out/DATASET-NETWORK/seed-S``.

    Attributes
    ----------
    published : Published
        What is printed.
    """

    published: Published

    @property
    def name(self) -> str:
        """Its name, "knet-table2" say."""
        return f"knet-table{self.published.number}"

    @property
    def title(self) -> str:
        """What it is of."""
        table = self.published
        names = " and ".join(block.dataset for block in table.blocks)
        return f"kNet, Table {table.number}: {table.noise} noise of level {table.level:.10g}, {names}"

    def run(self, options: Options) -> Table:
        """Train what is not trained yet, and collect the accuracies."""
        _check_folder(options.out)
        from pynoise.training import Settings

        settings = Settings.of(knet_settings() | dict(options.settings))
        method = _method_options(options)
        parts = [self._part(block, network, options) for block, network in self._blocks(options)]
        for part in parts:
            if part.dataset is not None:
                _check_size(part.dataset, max(part.block.ks), options.scale, settings.validation)
        jobs = [(i, seed) for i, part in enumerate(parts) if part.dataset for seed in options.seeds]
        results: list[list[dict[str, Any]]] = [[] for _ in parts]
        for done, (i, seed) in enumerate(jobs):
            words = f"{parts[i].block.dataset}, {parts[i].network}, seed {seed}"
            options.progress("runs", done, len(jobs), words)
            results[i].append(self._train(parts[i], seed, settings, options))
        options.progress("runs", len(jobs), len(jobs), "")
        rows = [
            row
            for part, found in zip(parts, results, strict=True)
            for row in rows_of(part.block, part.network, found, options.scale)
        ]
        meta = self._meta(parts, results, settings.to_dict(), method, options)
        return Table(rows, meta)

    def _blocks(self, options: Options) -> list[tuple[Block, str]]:
        """The data sets that are asked for, and the network of each."""
        blocks, network = self.published.blocks, options.network
        if options.dataset is None:
            named = [block for block in blocks if network == block.own]
            return [(block, network or block.own) for block in named or blocks]
        for block in blocks:
            if block.dataset == options.dataset:
                return [(block, network or block.own)]
        if network is None:
            raise InputValueError(
                "network", f"is missing; the table has none for {options.dataset!r}: give 'mlp', say"
            )
        return [(Block(options.dataset, blocks[0].ks, ()), network)]

    def _part(self, block: Block, network: str, options: Options) -> _Part:
        try:
            dataset = data.load(block.dataset, options.data_root, download=options.download)
        except InputFileNotFoundError as error:
            return _Part(block, network, None, f"data not found: {error.problem}")
        except InputError as error:
            argument = "dataset" if error.argument == "data" else error.argument
            raise type(error)(argument, error.problem) from None
        if self.published.noise == "semantic-asymmetric" and dataset.name not in noise.SEMANTIC_MAPS:
            known = ", ".join(noise.SEMANTIC_MAPS)
            raise InputValueError(
                "dataset", f"{dataset.name!r} has no map of what looks alike; give one of {known}"
            )
        return _Part(replace(block, dataset=dataset.name), network, dataset)

    def _train(self, part: _Part, seed: int, settings: Settings, options: Options) -> dict[str, Any]:
        """Train with one seed, or go on; gives ``result.json``."""
        from pynoise import training
        from pynoise.training.inputs import Reading, augmentation_of

        dataset = part.dataset
        assert dataset is not None  # noqa: S101 - tells the type checker
        # By the name of the whole data set: that of a share is another.
        augment = augmentation_of(dataset, settings, Reading())
        semantic = self.published.noise == "semantic-asymmetric"
        run = training.train(
            share_of(dataset, options.scale, seed),
            part.network,
            out=_runs_of(options.out, part) / f"seed-{seed}",
            noise=self.published.noise,
            level=self.published.level,
            label_map=dataset.name if semantic else None,
            method="knet",
            method_options={**options.method_options, "ks": part.block.ks, "fixed": True},
            seed=seed,
            device=options.device,
            threads=options.threads,
            resume=True,
            progress=options.progress,
            **settings.to_dict() | {"augment": augment},
        )
        assert run.result is not None  # noqa: S101 - tells the type checker
        return run.result

    def _meta(
        self,
        parts: list[_Part],
        results: list[list[dict[str, Any]]],
        settings: dict[str, Any],
        method: dict[str, Any],
        options: Options,
    ) -> dict[str, Any]:
        made = [result for found in results for result in found]
        firsts = {part.block.dataset: found[0] for part, found in zip(parts, results, strict=True) if found}
        here = {
            "versions": _provenance.versions(),
            "hardware": _provenance.hardware(_checks.threads(options.threads)),
        }
        return {
            "recipe": self.name,
            "title": self.title,
            "noise": self.published.noise,
            "level": self.published.level,
            "seeds": list(options.seeds),
            "scale": options.scale,
            "settings": settings,
            "method_options": method,
            "blocks": [_words_of(part, found) for part, found in zip(parts, results, strict=True)],
            "notes": notes(self.published, firsts, options.seeds, options.scale, settings, method),
            "seconds": sum(result["seconds"] for result in made),
            **{key: made[0][key] if made else value for key, value in here.items()},
        }


def _runs_of(out: Path, part: _Part) -> Path:
    # "torchvision:resnet18" is no name of a folder everywhere.
    return out / re.sub(r"[^\w.-]+", "-", f"{part.block.dataset}-{part.network}")


def _check_folder(out: Path) -> None:
    """Refuse, before any work is done, a folder that holds anything but runs and a table."""
    if not out.is_dir():
        return
    for one in out.iterdir():
        if not one.name.startswith("table.") and not any(one.glob("seed-*")):
            raise InputValueError("out", f"{str(out)!r} holds other files; name a folder of its own")


def _method_options(options: Options) -> dict[str, Any]:
    """The options of kNet, checked: those that are given, and those that are not."""
    from pynoise import methods

    for name in ("ks", "fixed"):
        if name in options.method_options:
            raise InputValueError("method_options", f"{name} is the table's; leave it out")
    own = methods.make("knet", options.method_options).options()
    return {name: value for name, value in own.items() if name not in ("ks", "fixed")}


def _check_size(dataset: Dataset, k: int, scale: float, validation: float) -> None:
    """Refuse data that have too few neighbours: of an example, all others that are learnt from."""
    from pynoise.training.split import split_rows

    rows, _ = split_rows(share_size(dataset, scale), validation, 0)
    if len(rows) <= k:
        raise InputValueError(
            "scale",
            f"{scale:.10g} of {dataset.name} leaves {len(rows)} examples to learn from, and k goes up to "
            f"{k}; give a larger share",
        )


def _words_of(part: _Part, results: list[dict[str, Any]]) -> dict[str, Any]:
    """What the table says of a data set; numbers are means over the runs."""
    words: dict[str, Any] = {
        "dataset": part.block.dataset,
        "network": part.network,
        "k": list(part.block.ks),
        "problem": part.problem,
    }
    if not results:
        return words
    return words | {
        "train_examples": results[0]["train_examples"] + results[0]["validation_examples"],
        "test_examples": results[0]["test_examples"],
        "selected_fraction": fmean(result["noise"]["selected_fraction"] for result in results),
        "realised_rate": fmean(result["noise"]["realised_rate"] for result in results),
    }


RECIPES: tuple[Recipe, ...] = tuple(KNetTable(table) for table in knet_tables())
