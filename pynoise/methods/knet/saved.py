"""The file of a fitted kNet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from pynoise import _checks
from pynoise._files import check_output
from pynoise._npz import read_record, write_record
from pynoise._provenance import versions
from pynoise._torch_state import undisturbed
from pynoise.errors import InputTypeError, InputValueError
from pynoise.methods.knet.network import KNetwork
from pynoise.methods.knet.ranges import k_range_of

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
    parameters = {name: value for name, value in model._fitted_parameters.items() if name not in _PLACE}
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
        k_range = k_range_of(meta["parameters"]["k_range"])
        model = kind(**meta["parameters"] | {"k_range": k_range})
        model.check()
        model.network_ = _network(arrays, len(_checked(classes)), k_range)
        model.classes_, model.n_features_in_ = classes, len(model.network_.center)
        model.loss_curve_ = [float(loss) for loss in meta["loss_curve"]]
        model._fitted_parameters = model.get_params()
        if names is not None:
            if names.dtype.kind != "U" or names.shape != (model.n_features_in_,):
                raise InputValueError(_NAMES, f"are not {model.n_features_in_} words")
            model.feature_names_in_ = names.astype(object)
        return model

    with undisturbed(torch.device("cpu")), torch.device("meta"):
        keys = [*KNetwork(1, 2, 1, (1, 1)).state_dict(), "classes"]
    return read_record("path", path, _RECORD, _FORMAT, make, keys=keys, optional=(_NAMES,), wanted=_WANTED)


def _checked(classes: NDArray[Any]) -> NDArray[Any]:
    most = _checks.MOST_CLASSES
    if classes.ndim != 1 or classes.dtype.kind not in "biufU" or not 2 <= len(classes) <= most:
        raise InputValueError("classes", f"are {classes.dtype} of shape {classes.shape}, not 2 to {most}")
    if not np.array_equal(np.unique(classes), classes):
        raise InputValueError("classes", "are not in order, or one is there twice")
    return classes


def _network(arrays: dict[str, NDArray[Any]], classes: int, k_range: tuple[int, int]) -> KNetwork:
    """The network of its arrays; their shapes are checked before anything of that size is made."""
    hidden, columns = arrays["first.weight"].shape
    with undisturbed(torch.device("cpu")):
        with torch.device("meta"):
            network = KNetwork(columns - 1, classes, hidden, k_range)
        state = {name: torch.from_numpy(values) for name, values in arrays.items()}
        for name, wanted in network.state_dict().items():
            found = state[name]
            if found.shape != wanted.shape or found.dtype != wanted.dtype or not torch.isfinite(found).all():
                shape = tuple(wanted.shape)
                raise InputValueError(name, f"is not {wanted.dtype} of shape {shape}, and finite")
        if (state["norm.running_var"] < 0).any() or state["factor"] <= 0:
            raise InputValueError("norm.running_var", "or factor is not above 0")
        network.load_state_dict(state, assign=True)
    return network.requires_grad_(True).eval()


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """Classes or names as a file without pickles holds them: objects, where all are strings, as strings."""
    if values.dtype != object:
        return values
    if not all(isinstance(value, str) for value in values):
        raise InputTypeError("classes", "are objects of other kinds than strings; a file cannot hold them")
    return values.astype(np.str_)
