"""The file of a fitted kNet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from pynoise._files import check_output
from pynoise._npz import read_record, write_record
from pynoise._provenance import versions
from pynoise.errors import InputTypeError, InputValueError
from pynoise.methods.knet.network import KNetwork

if TYPE_CHECKING:
    from pynoise.methods.knet.estimator import KNet

__all__ = ["SUFFIX", "read", "write"]

SUFFIX = ".npz"

_RECORD, _FORMAT = "kNet", 1
_WANTED = "wanted is a file that KNet.save wrote"
_NAMES = "feature_names"

# Where a model works, which may not be where it is loaded.
_PLACE = ("device", "n_jobs")

_KNet = TypeVar("_KNet", bound="KNet")


def write(model: KNet, path: str | Path) -> None:
    """Write a fitted model."""
    file = check_output("path", path, (SUFFIX,))
    state = {name: values.numpy() for name, values in model.network_.state_dict().items()}
    arrays = state | {"classes": _plain(model.classes_)}
    if hasattr(model, "feature_names_in_"):
        arrays[_NAMES] = _plain(model.feature_names_in_)
    parameters = {name: value for name, value in model.get_params().items() if name not in _PLACE}
    meta = {
        "parameters": parameters | {"k_range": list(model.network_.k_range)},
        "loss_curve": model.loss_curve_,
        "versions": versions() | {"torch": torch.__version__},
    }
    write_record(file, _RECORD, _FORMAT, meta, arrays)


def read(kind: type[_KNet], path: str | Path) -> _KNet:
    """Read a fitted model."""

    def make(arrays: dict[str, Any], meta: dict[str, Any]) -> _KNet:
        classes = arrays.pop("classes")
        names = arrays.pop(_NAMES, None)
        least, most = meta["parameters"]["k_range"]
        model = kind(**meta["parameters"] | {"k_range": (least, most)})
        model.check()
        if classes.ndim != 1 or len(classes) < 2:
            raise InputValueError("classes", f"are of shape {classes.shape}, not two or more")
        hidden, columns = arrays["first.weight"].shape
        network = KNetwork(columns - 1, len(classes), hidden, (least, most))
        for name, weights in network.state_dict().items():
            values = arrays[name]
            if values.shape != weights.shape or not np.isfinite(values).all():
                shape = tuple(weights.shape)
                raise InputValueError(name, f"is not finite of shape {shape}, but {values.shape}")
            weights.copy_(torch.from_numpy(values))
        model.network_ = network.eval()
        model.classes_, model.n_features_in_ = classes, columns - 1
        model.loss_curve_ = [float(loss) for loss in meta["loss_curve"]]
        if names is not None:
            model.feature_names_in_ = names.astype(object)
        return model

    keys = [*KNetwork(1, 2, 1, (1, 1)).state_dict(), "classes"]
    return read_record("path", path, _RECORD, _FORMAT, make, keys=keys, optional=(_NAMES,), wanted=_WANTED)


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Classes or names as a file without pickles holds them: objects, where all are strings, as strings."""
    if values.dtype != object:
        return values
    if not all(isinstance(value, str) for value in values):
        raise InputTypeError("classes", "are objects of other kinds than strings; a file cannot hold them")
    return values.astype(np.str_)
