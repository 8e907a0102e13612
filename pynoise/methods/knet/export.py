"""kNet for use without pynoise: a graph of ONNX's or of torch.export's."""

from __future__ import annotations

import io
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from pynoise._files import check_output, write_whole
from pynoise._packages import needed
from pynoise.methods.knet.network import KNetwork

__all__ = ["SUFFIXES", "write"]

SUFFIXES = (".onnx", ".pt2")


class _Shares(nn.Module):
    """What is exported: features and K in, shares out."""

    def __init__(self, network: KNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, features: Tensor, k: Tensor) -> Tensor:
        shares: Tensor = self.network(features, k).softmax(dim=1)
        return shares


def write(network: KNetwork, classes: NDArray[Any], path: str | Path) -> None:
    """Write a network, on the CPU and in evaluation mode, and beside it its classes and range, as JSON."""
    file = check_output("path", path, SUFFIXES)
    to_onnx = file.suffix.lower() == ".onnx"
    if to_onnx:
        for package in ("onnx", "onnxscript"):  # torch wants the second
            with needed("path", package, "'pynoise-lab[onnx]'", what=".onnx"):
                import_module(package)
    # Two rows: a graph of one might be made for one alone.
    example = (torch.zeros(2, len(network.center)), torch.ones(2, dtype=torch.int64))
    rows = Dim("rows")
    program = torch.export.export(
        _Shares(network), example, dynamic_shapes={"features": {0: rows}, "k": {0: rows}}
    )
    for node in program.graph.nodes:
        node.meta.pop("stack_trace", None)  # it names files of this machine
    words = {"classes": json.dumps(classes.tolist()), "k_range": json.dumps(network.k_range)}
    write_whole(file, _onnx(program, rows, words) if to_onnx else _pt2(program, words))


def _onnx(program: ExportedProgram, rows: Dim, words: dict[str, str]) -> bytes:
    import onnx

    made = torch.onnx.export(
        program,
        input_names=["features", "k"],
        output_names=["shares"],
        # For the name of the axis alone; said again for k, torch warns.
        dynamic_shapes={"features": {0: rows}, "k": None},
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
