"""Augmentations: small random changes to each training image. To add one is to add one class and list it below.

All geometric ones of a batch become one affine matrix an image, so that each image is resampled once.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from playground.catalog.entry import Entry


class AugmentationEntry(Entry):
    """One kind of random change. Geometric ones give matrices, the others change pixels."""

    geometric: ClassVar[bool] = True

    def matrices(self, count: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """`(count, 3, 3)` float32: output coordinates in [-1, 1] -> input coordinates, one for each image."""
        raise NotImplementedError

    def pixels(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Changed images; `(n, c, h, w)` float32 in [0, 1], in and out."""
        raise NotImplementedError

    def pytorch_source(self) -> str:
        """A call of the function that `pytorch_helper` defines, with `images` and `draws` (a generator).

        It gives what `matrices` gives, or `pixels`, to the last bit.
        """
        fields = "".join(f", {getattr(self, name)!r}" for name in type(self).model_fields if name != "kind")
        return f"{type(self).__name__.lower()}(images{fields}, draws)".replace("'", '"')

    def pytorch_helper(self) -> str:
        """The definition of that function as source; `uniform` and `identities` are those of `PYTORCH_HELPERS`."""
        raise NotImplementedError

    def keras_source(self) -> str:
        """The Keras preprocessing layer that comes closest, or a layer that `export.keras_parts` defines."""
        raise NotImplementedError


def _uniform(count: int, limit: float, generator: torch.Generator) -> Tensor:
    """`(count,)` float32, uniform in [-limit, limit]."""
    return (torch.rand(count, generator=generator, device=generator.device) * 2 - 1) * limit


def _identities(count: int, device: torch.device) -> Tensor:
    return torch.eye(3, device=device).repeat(count, 1, 1)


PYTORCH_HELPERS = {
    "uniform": """
def uniform(images, limit, draws):
    \"""One random number between -limit and limit for each image: (B,)\"""
    return (torch.rand(len(images), generator=draws) * 2 - 1) * limit
""",
    "identities": """
def identities(images):
    \"""The matrix that changes nothing, once for each image: (B, 3, 3)\"""
    return torch.eye(3).repeat(len(images), 1, 1)
""",
}


class Rotation(AugmentationEntry):
    kind: Literal["rotation"] = "rotation"
    degrees: float = Field(
        10.0, ge=0.0, le=180.0, title="Rotation (± degrees)", description="Turns each image by up to this angle."
    )
    title: ClassVar[str] = "Rotation"
    help: ClassVar[str] = "Turns each image a little."

    def matrices(self, count: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        angle = _uniform(count, math.radians(self.degrees), generator)
        matrices = _identities(count, generator.device)
        matrices[:, 0, 0] = matrices[:, 1, 1] = angle.cos()
        matrices[:, 1, 0] = angle.sin()
        matrices[:, 0, 1] = -angle.sin()
        return matrices

    def pytorch_helper(self) -> str:
        return """
def rotation(images, degrees, draws):
    \"""Turns each image by up to so many degrees, left or right.\"""
    angle = uniform(images, math.radians(degrees), draws)
    matrices = identities(images)
    matrices[:, 0, 0] = matrices[:, 1, 1] = angle.cos()
    matrices[:, 1, 0] = angle.sin()
    matrices[:, 0, 1] = -angle.sin()
    return matrices
"""

    def keras_source(self) -> str:
        return f'layers.RandomRotation({self.degrees!r} / 360, fill_mode="constant")'


class Shift(AugmentationEntry):
    kind: Literal["shift"] = "shift"
    distance: float = Field(2.0, ge=0.0, le=14.0, title="Shift (± pixels)", description="Moves each image by up to this much.")
    title: ClassVar[str] = "Shift"
    help: ClassVar[str] = "Moves each image left or right, up or down."

    def matrices(self, count: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        matrices = _identities(count, generator.device)
        matrices[:, 0, 2] = _uniform(count, 2 * self.distance / size[1], generator)
        matrices[:, 1, 2] = _uniform(count, 2 * self.distance / size[0], generator)
        return matrices

    def pytorch_helper(self) -> str:
        return """
def shift(images, distance, draws):
    \"""Moves each image by up to so many pixels. Coordinates go from -1 to 1, so a pixel is 2 / size.\"""
    height, width = images.shape[2:]
    matrices = identities(images)
    matrices[:, 0, 2] = uniform(images, 2 * distance / width, draws)
    matrices[:, 1, 2] = uniform(images, 2 * distance / height, draws)
    return matrices
"""

    def keras_source(self) -> str:
        return f'layers.RandomTranslation({self.distance!r} / 28, {self.distance!r} / 28, fill_mode="constant")'


class Zoom(AugmentationEntry):
    kind: Literal["zoom"] = "zoom"
    percent: float = Field(10.0, ge=0.0, le=80.0, title="Zoom (± percent)", description="Makes each image larger or smaller.")
    title: ClassVar[str] = "Zoom"
    help: ClassVar[str] = "Makes each image a little larger or smaller."

    def matrices(self, count: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        matrices = _identities(count, generator.device)
        matrices[:, 0, 0] = matrices[:, 1, 1] = 1 / (1 + _uniform(count, self.percent / 100, generator))
        return matrices

    def pytorch_helper(self) -> str:
        return """
def zoom(images, percent, draws):
    \"""Makes each image larger or smaller by up to so many percent.\"""
    matrices = identities(images)
    matrices[:, 0, 0] = matrices[:, 1, 1] = 1 / (1 + uniform(images, percent / 100, draws))
    return matrices
"""

    def keras_source(self) -> str:
        # Keras' RandomZoom divides by 1 ± percent where this multiplies: the same for small changes only.
        return f"Zoom({self.percent!r})"


class Shear(AugmentationEntry):
    kind: Literal["shear"] = "shear"
    degrees: float = Field(10.0, ge=0.0, le=60.0, title="Shear (± degrees)", description="Slants each image like handwriting.")
    title: ClassVar[str] = "Shear"
    help: ClassVar[str] = "Slants each image, like handwriting that leans."

    def matrices(self, count: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        matrices = _identities(count, generator.device)
        matrices[:, 0, 1] = _uniform(count, math.radians(self.degrees), generator).tan()
        return matrices

    def pytorch_helper(self) -> str:
        return """
def shear(images, degrees, draws):
    \"""Slants each image by up to so many degrees, like handwriting.\"""
    matrices = identities(images)
    matrices[:, 0, 1] = uniform(images, math.radians(degrees), draws).tan()
    return matrices
"""

    def keras_source(self) -> str:
        # Keras' RandomShear slants about the upper edge, which also shifts the image, and by 45 degrees at most.
        return f"Shear({self.degrees!r})"


class Flip(AugmentationEntry):
    kind: Literal["flip"] = "flip"
    direction: Literal["horizontal", "vertical"] = Field(
        "horizontal", title="Flip", description="Mirrors every second image. Good for clothes, bad for digits."
    )
    title: ClassVar[str] = "Flip"
    help: ClassVar[str] = "Mirrors half of the images. A mirrored 3 is no longer a 3!"

    def matrices(self, count: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        matrices = _identities(count, generator.device)
        axis = 0 if self.direction == "horizontal" else 1
        coin = torch.rand(count, generator=generator, device=generator.device) < 0.5
        matrices[:, axis, axis] = torch.where(coin, -1.0, 1.0)
        return matrices

    def pytorch_helper(self) -> str:
        return """
def flip(images, direction, draws):
    \"""Mirrors every second image or so.\"""
    axis = 0 if direction == "horizontal" else 1
    coin = torch.rand(len(images), generator=draws) < 0.5
    matrices = identities(images)
    matrices[:, axis, axis] = torch.where(coin, -1.0, 1.0)
    return matrices
"""

    def keras_source(self) -> str:
        return f'layers.RandomFlip("{self.direction}")'


class Noise(AugmentationEntry):
    kind: Literal["noise"] = "noise"
    strength: float = Field(
        0.1, ge=0.0, le=1.0, title="Noise (spread)", description="Adds random grey to every pixel; 1 is white."
    )
    title: ClassVar[str] = "Noise"
    help: ClassVar[str] = "Adds a little random grey to every pixel."
    geometric: ClassVar[bool] = False

    def pixels(self, images: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(images.shape, generator=generator, device=images.device)
        return (images + self.strength * noise).clamp(0, 1)

    def pytorch_helper(self) -> str:
        return """
def noise(images, strength, draws):
    \"""Adds a little random grey to every pixel.\"""
    return (images + strength * torch.randn(images.shape, generator=draws)).clamp(0, 1)
"""

    def keras_source(self) -> str:
        # Keras' GaussianNoise leaves pixels below black and above white.
        return f"Noise({self.strength!r})"


def augment(images: Tensor, augmentations: Sequence[AugmentationEntry], generator: torch.Generator) -> Tensor:
    """Changes every image by draws of its own, all in one batched operation.

    Args:
        images: `(n, c, h, w)` float32 in [0, 1], black is 0.
        augmentations: applied in this order; pixel changes come after all geometric ones.
        generator: where the draws come from, on the device of `images`.

    Returns:
        A new tensor of the same shape; what moves in from outside the image is black.
    """
    geometric = [entry for entry in augmentations if entry.geometric]
    if geometric:
        count, _, height, width = images.shape
        matrices = geometric[0].matrices(count, (height, width), generator)
        for entry in geometric[1:]:
            matrices = matrices @ entry.matrices(count, (height, width), generator)
        grid = F.affine_grid(matrices[:, :2], list(images.shape), align_corners=False)
        images = F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)
    for entry in augmentations:
        if not entry.geometric:
            images = entry.pixels(images, generator)
    return images
