"""How images of any size become inputs of a network: recipes by name, as the papers state them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from PIL.Image import Image
from torch import Tensor

from pynoise.errors import unknown_name

__all__ = ["MEAN", "RECIPES", "STD", "Recipe", "recipe_named"]

# Of ImageNet's pixels (red, green, blue) over 255, as torchvision's pretrained networks are given them.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Recipe:
    """Resize, then crop and, in training, mirror half of the images.

    Attributes
    ----------
    resize : int or tuple of int
        The shorter side after resizing (bilinear, antialiased), in pixels; or height and width, whatever the
        shape was.
    crop : int
        The side of the square that is cut out: anywhere in training, in the middle in evaluation.
    """

    resize: int | tuple[int, int]
    crop: int

    @property
    def input_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of what comes out."""
        return 3, self.crop, self.crop

    def training(self) -> Callable[[Image], Tensor]:
        """From an RGB image to uint8 [3, crop, crop], drawn with torch's generator of the CPU."""
        from torchvision.transforms import v2  # takes a second to load

        return v2.Compose(  # type: ignore[no-any-return]
            [v2.Resize(self.resize), v2.RandomCrop(self.crop), v2.RandomHorizontalFlip(), v2.PILToTensor()]
        )

    def evaluation(self) -> Callable[[Image], Tensor]:
        """From an RGB image to uint8 [3, crop, crop]; nothing is drawn."""
        from torchvision.transforms import v2

        return v2.Compose([v2.Resize(self.resize), v2.CenterCrop(self.crop), v2.PILToTensor()])  # type: ignore[no-any-return]


# docs/folders.md says what of this the papers state, and what they leave open.
RECIPES = MappingProxyType(
    {
        "imagenet": Recipe(resize=256, crop=224),
        "clothing1m": Recipe(resize=(256, 256), crop=224),
        "webvision": Recipe(resize=256, crop=227),
    }
)


def recipe_named(name: str) -> Recipe:
    """The recipe of that name.

    Raises
    ------
    InputValueError
        If there is none; `RECIPES` has the names.
    """
    if not isinstance(name, str) or name not in RECIPES:
        raise unknown_name("recipe", name, RECIPES)
    return RECIPES[name]
