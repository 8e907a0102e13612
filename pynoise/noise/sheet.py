"""The contact sheet of suspects: which examples it shows, and their images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from pynoise import _checks, plots
from pynoise.data import Dataset, ImageFolders, ImageSets
from pynoise.errors import InputTypeError, InputValueError
from pynoise.noise.examples import check_data

if TYPE_CHECKING:
    from pynoise.noise.suspects import Suspects

__all__ = ["are_images", "sheet"]

# More take minutes to draw, and make a picture that few programs open.
_MOST = 400

# Sides of larger images are reduced: a tile has no room for them.
_SIDE = 320


def sheet(found: Suspects, data: Any, path: str | Path | None, count: int) -> Figure:
    """Draw the suspects with the highest losses, as `Suspects.sheet` has it."""
    most = _checks.whole("count", count, 1, _MOST)
    if not isinstance(data, Dataset | ImageFolders | ImageSets):
        raise InputTypeError(
            "data",
            f"is a {type(data).__name__}; give the pynoise.data.Dataset, ImageFolders or ImageSets that the "
            "run was trained on",
        )
    check_data(found, data)
    places = found.ranking[: min(most, int(found.suspected.sum()))]
    if not len(places):
        raise InputValueError(
            "suspects", f"has none to show: no loss is above the threshold, {found.threshold:.4f}"
        )
    rows = found.index[places]
    images = _of_array(data.x_train, rows) if isinstance(data, Dataset) else _of_files(data.train, rows)
    return plots.write_figure(plots.suspects_sheet(found, places, images), path)


def are_images(x: NDArray[Any]) -> bool:
    """Whether the examples of an array can be shown: [N, H, W], or [N, H, W, C] of 1, 3 or 4 channels."""
    return x.ndim == 3 or (x.ndim == 4 and x.shape[3] in (1, 3, 4))


def _of_array(x: NDArray[Any], rows: NDArray[np.int64]) -> list[NDArray[np.uint8] | str]:
    """Images [H, W] or [H, W, C] of an array of examples."""
    if not are_images(x):
        raise _no_images(f"has examples of shape {x.shape[1:]}", "(H, W) or (H, W, C)")
    return [*_to_bytes([x[row] for row in rows])]


def _of_files(examples: Any, rows: NDArray[np.int64]) -> list[NDArray[np.uint8] | str]:
    """Images [H, W, 3] of files, or of a data set that gives them one by one; or why there is none."""
    from pynoise.training.reading import DamagedError, Reader, UnfitError, undisturbed

    reader = Reader(examples, None)
    found: list[NDArray[Any] | str] = []
    with undisturbed():
        for row in rows.tolist():
            try:
                found.append(_channels_last(reader.read(row, None).numpy(), reader.name(row)))
            except (DamagedError, UnfitError) as fault:
                found.append(str(fault))
    images = iter(_to_bytes([one for one in found if not isinstance(one, str)]))
    return [one if isinstance(one, str) else next(images) for one in found]


def _channels_last(image: NDArray[Any], name: str) -> NDArray[Any]:
    if image.ndim != 3 or image.shape[0] not in (1, 3, 4):
        raise _no_images(f"{name} has shape {image.shape}", "(C, H, W)")
    return image.transpose(1, 2, 0)


def _no_images(what: str, wanted: str) -> InputValueError:
    return InputValueError(
        "data",
        f"{what}, which is no image, {wanted} with 1, 3 or 4 channels; suspects.csv lists the suspects, "
        "whatever they are",
    )


def _to_bytes(images: Sequence[NDArray[Any]]) -> list[NDArray[np.uint8]]:
    """Images in uint8, no larger than need be; 0, or the least below 0, is black, and the largest white."""
    small = [_reduced(image) for image in images]
    least = min(0.0, *(float(image.min()) for image in small))
    width = max(0.0, *(float(image.max()) for image in small)) - least
    return [((image - least) * (255 / (width or 1.0))).round().astype(np.uint8) for image in small]


def _reduced(image: NDArray[Any]) -> NDArray[Any]:
    step = -(-max(image.shape[:2]) // _SIDE)
    image = image[::step, ::step]
    return image[:, :, 0] if image.ndim == 3 and image.shape[2] == 1 else image
