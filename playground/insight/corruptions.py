"""Ways to make an image harder to read, each in steps. To add one is to add one function and its line in `CORRUPTIONS`.

Each takes uint8 (n, c, h, w), a strength and draws, and gives new images of that form. The same draws give each image the same
direction, or the same snow, at every strength.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from scipy import ndimage

Images = npt.NDArray[np.uint8]


def noise(images: Images, strength: float, draws: np.random.Generator) -> Images:
    """Adds normal noise whose standard deviation is `strength` percent of full white to every pixel."""
    snow = draws.standard_normal(images.shape, dtype=np.float32)
    return _bytes(images + snow * np.float32(2.55 * strength))


def rotation(images: Images, strength: float, draws: np.random.Generator) -> Images:
    """Turns each image by `strength` degrees about its middle, left or right by chance; bilinear, black from outside."""
    angles = math.radians(strength) * draws.choice((-1.0, 1.0), len(images))
    height, width = images.shape[2:]
    matrices = np.zeros((len(images), 2, 3))
    # Coordinates go from -1 to 1 on both axes, so an image that is no square needs its sides' ratio.
    matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angles)
    matrices[:, 0, 1] = -np.sin(angles) * height / width
    matrices[:, 1, 0] = np.sin(angles) * width / height
    return _resampled(images, matrices)


def shift(images: Images, strength: float, draws: np.random.Generator) -> Images:
    """Moves each image by `strength` pixels, into any direction; bilinear, black from outside."""
    angles = draws.uniform(0, 2 * math.pi, len(images))
    height, width = images.shape[2:]
    matrices = np.tile(np.eye(2, 3), (len(images), 1, 1))
    matrices[:, 0, 2] = -2 * strength * np.cos(angles) / width
    matrices[:, 1, 2] = -2 * strength * np.sin(angles) / height
    return _resampled(images, matrices)


def blur(images: Images, strength: float, draws: np.random.Generator) -> Images:
    """Convolves with a Gaussian of standard deviation `strength` pixels, black from outside."""
    if strength == 0:
        return images.copy()
    spread = (0.0, 0.0, strength, strength)
    return _bytes(ndimage.gaussian_filter(images.astype(np.float32), spread, mode="constant"))


def stroke(images: Images, strength: float, draws: np.random.Generator) -> Images:
    """Makes bright strokes wider by `strength` pixels, or thinner by as many: every pixel becomes the
    greatest, or least, of a square window (grey dilation and erosion)."""
    side = abs(round(strength)) + 1
    window = (1, 1, side, side)
    if strength >= 0:
        return np.asarray(ndimage.grey_dilation(images, window, mode="constant", cval=0), np.uint8)
    return np.asarray(ndimage.grey_erosion(images, window, mode="constant", cval=0), np.uint8)


@dataclass(frozen=True)
class Corruption:
    """One way to make images harder.

    Attributes:
        name: its slug.
        unit: of the strength, as on the axis.
        words: what is done, one line.
        strengths: ascending, with 0, at which nothing is changed.
    """

    name: str
    title: str
    unit: str
    words: str
    strengths: tuple[float, ...]
    apply: Callable[[Images, float, np.random.Generator], Images]


CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption(
        "noise",
        "Noise",
        "noise (standard deviation in % of white)",
        "Grey snow: a random amount is added to every pixel.",
        (0, 10, 20, 30, 40, 60, 80),
        noise,
    ),
    Corruption(
        "rotation",
        "Rotation",
        "turned by (degrees)",
        "Each image is turned, half of them to the left and half to the right.",
        (0, 10, 20, 30, 45, 60, 75, 90),
        rotation,
    ),
    Corruption(
        "shift",
        "Shift",
        "moved by (pixels)",
        "Each image is moved, into any direction. What leaves the picture is lost.",
        (0, 1, 2, 3, 4, 6, 8, 10),
        shift,
    ),
    Corruption(
        "blur",
        "Blur",
        "blur (standard deviation in pixels)",
        "As if seen without glasses: every pixel spreads over its neighbours.",
        (0, 0.5, 1, 1.5, 2, 2.5, 3),
        blur,
    ),
    Corruption(
        "stroke",
        "Stroke thickness",
        "strokes wider by (pixels)",
        "Another pen: bright strokes grow, or shrink (below 0) until thin ones tear.",
        (-3, -2, -1, 0, 1, 2, 3, 4),
        stroke,
    ),
)


def _bytes(values: npt.NDArray[np.float32]) -> Images:
    return np.rint(values).clip(0, 255).astype(np.uint8)


def _resampled(images: Images, matrices: npt.NDArray[np.float64]) -> Images:
    """Each image seen through its matrix (n, 2, 3), from the new picture's coordinates to the old one's, both in [-1, 1]."""
    pixels = torch.from_numpy(images).float()
    grid = F.affine_grid(torch.from_numpy(matrices).float(), list(pixels.shape), align_corners=False)
    return _bytes(F.grid_sample(pixels, grid, mode="bilinear", padding_mode="zeros", align_corners=False).numpy())
