"""The runs of kNet's figures: their kNet, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from pynoise.paper.parts import Part
from pynoise.paper.registry import Options
from pynoise.paper.runs import Made, block_words

if TYPE_CHECKING:
    from pynoise.methods import KNet

__all__ = ["block_of", "model_of"]


def model_of(made: Made, options: Options) -> KNet:
    """The kNet of a run, to work where this recipe does."""
    from pynoise.methods import KNet
    from pynoise.methods.knet.pipeline import FILE

    model = KNet.load(made.run.path / FILE)
    return model.set_params(device=options.device, n_jobs=options.threads)  # type: ignore[no-any-return]


def block_of(part: Part, made: Sequence[Made]) -> dict[str, Any]:
    """What is said of a part; numbers are means over the runs."""
    words = block_words(part, made)
    if not made:
        return words
    first = made[0].result
    return words | {
        "parameters": first["parameters"],
        "features": first["knet"]["features"],
        "hidden": first["knet"]["hidden"],
        "preliminary_accuracy": fmean(one.result["preliminary_accuracy"] for one in made),
    }
