"""kNet for use without pynoise: a graph of ONNX's or of torch.export's."""

from __future__ import annotations

import io
import json
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from pynoise._files import check_output, write_whole
from pynoise._packages import needed
from pynoise._torch_state import undisturbed
from pynoise.errors import InputValueError
from pynoise.methods.knet.network import KNetwork

if TYPE_CHECKING:
    from pynoise.training.saved import Run

__all__ = ["SUFFIXES", "write"]

SUFFIXES = (".onnx", ".pt2")


class _Features(nn.Module):
    """The features that the network of a run makes of inputs as its data set has them, channels first."""

    mean: Tensor
    std: Tensor

    def __init__(self, run: Run) -> None:
        super().__init__()
        # In training channels are last, which torch.export's files cannot say.
        self.body = run.network("selected").body.to(memory_format=torch.contiguous_format)
        self.shape = tuple(run.config["input_shape"])
        # Images from files come normalised by their recipe.
        normal = run.config["normal"] or {"mean": [0.0], "std": [1.0]}
        sides = (1,) * (len(self.shape) - 1)
        for name, values in normal.items():
            self.register_buffer(name, torch.tensor(values, dtype=torch.float64).reshape(-1, *sides))

    def forward(self, inputs: Tensor) -> Tensor:
        # In float64, as in training.
        features: Tensor = self.body(((inputs.double() - self.mean) / self.std).float())
        return features


class _Shares(nn.Module):
    """What is exported: inputs and K in, shares out."""

    def __init__(self, front: nn.Module, network: KNetwork) -> None:
        super().__init__()
        self.front = front
        self.network = network

    def forward(self, inputs: Tensor, k: Tensor) -> Tensor:
        shares: Tensor = self.network(self.network.normalised(self.front(inputs)), k).softmax(dim=1)
        return shares


def write(network: KNetwork, classes: NDArray[Any], path: str | Path, run: Run | None) -> None:
    """Write a network, on the CPU and in evaluation mode, and beside it its classes and range, as JSON.

    With a run it is behind the network of that run.
    """
    file = check_output("path", path, SUFFIXES)
    to_onnx = file.suffix.lower() == ".onnx"
    if to_onnx:
        for package in ("onnx", "onnxscript"):  # torch wants the second
            with needed("path", package, "'pynoise-lab[onnx]'", what=".onnx"):
                import_module(package)
    width = len(network.center)
    words = {"classes": json.dumps(classes.tolist()), "k_range": json.dumps(network.k_range)}
    rows = Dim("rows")
    with undisturbed(torch.device("cpu")):
        front, shape, name = (nn.Identity(), (width,), "features") if run is None else _front(run, width)
        # Two rows: a graph of one might be made for one alone.
        example = (torch.zeros(2, *shape), torch.ones(2, dtype=torch.int64))
        program = torch.export.export(
            _Shares(front, network).eval(), example, dynamic_shapes={"inputs": {0: rows}, "k": {0: rows}}
        )
        for node in program.graph.nodes:
            node.meta.pop("stack_trace", None)  # it names files of this machine
        content = _onnx(program, name, rows, words) if to_onnx else _pt2(program, words)
    write_whole(file, content)


def _front(run: Run, width: int) -> tuple[nn.Module, tuple[int, ...], str]:
    """What goes before kNet, the shape of what it takes, and the name of that."""
    front = _Features(run)
    with torch.no_grad():
        features = front(torch.zeros(2, *front.shape)).shape[1]
    if features != width:
        raise InputValueError(
            "run", f"{str(run.path)!r} has a network of {features} features; this kNet takes {width}"
        )
    return front, front.shape, "inputs"


def _onnx(program: ExportedProgram, name: str, rows: Dim, words: dict[str, str]) -> bytes:
    import onnx

    made = torch.onnx.export(
        program,
        input_names=[name, "k"],
        output_names=["shares"],
        # For the name of the axis alone; said again for k, torch warns.
        dynamic_shapes={"inputs": {0: rows}, "k": None},
        dynamo=True,
        verbose=False,
    )
    assert made is not None  # noqa: S101 - tells the type checker
    model = made.model_proto
    onnx.helper.set_model_props(model, words)
    content: bytes = model.SerializeToString()
    return content


def _pt2(program: ExportedProgram, words: dict[str, str]) -> bytes:
    content = io.BytesIO()
    torch.export.save(program, content, extra_files=words)
    return content.getvalue()
