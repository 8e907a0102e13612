"""kNet for use without pynoise: a graph of ONNX's or of torch.export's."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

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
    """Write a network, on the CPU and in evaluation mode, and the names of its classes beside it."""
    file = check_output("path", path, SUFFIXES)
    # Two rows: a graph of one might be made for one alone.
    example = (torch.zeros(2, len(network.center)), torch.ones(2, dtype=torch.int64))
    rows = torch.export.Dim("rows")
    program = torch.export.export(
        _Shares(network), example, dynamic_shapes={"features": {0: rows}, "k": {0: rows}}
    )
    words = {"classes": json.dumps(classes.tolist()), "k_range": json.dumps(network.k_range)}
    content = io.BytesIO()
    if file.suffix.lower() == ".pt2":
        torch.export.save(program, content, extra_files=words)
    else:
        with needed("path", "onnx", "'pynoise-lab[onnx]'", what=".onnx"):
            import onnx
        with needed("path", "onnxscript", "'pynoise-lab[onnx]'", what=".onnx"):
            import onnxscript  # noqa: F401 - torch wants it
        made = torch.onnx.export(
            program, input_names=["features", "k"], output_names=["shares"], dynamo=True, verbose=False
        )
        assert made is not None  # noqa: S101 - tells the type checker
        model = made.model_proto
        onnx.helper.set_model_props(model, words)
        content.write(model.SerializeToString())
    write_whole(file, content.getvalue())
