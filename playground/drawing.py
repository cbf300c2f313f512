"""Canvas pixels -> the 28x28 image that MNIST would have held, one visible step after the other.

MNIST's own preparation: "The original black and white (bilevel) images from NIST were size normalized to fit in a 20x20
pixel box while preserving their aspect ratio. [...] the images were centered in a 28x28 image by computing the center of
mass of the pixels, and translating the image so as to position this point at the center of the 28x28 field."
(Y. LeCun, C. Cortes, C. Burges: The MNIST database of handwritten digits.)
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from playground.ink import FloatImage, Invert, find_ink

FIELD = 28  # pixels, the side of an MNIST image
BOX = 20  # pixels, the longest side of a digit in it
# Measured on MNIST: every image's centre of mass lies within half a pixel of row 14, column 14, counted from 0.
CENTRE = 14
# Strokes of MNIST, in pixels of the 20-pixel box: 5 % are narrower, 50 %, 5 % are wider.
USUAL_PEN = (1.6, 2.4, 3.8)


@dataclass(frozen=True)
class Preparation:
    """Which steps are taken. All of them together give what MNIST would have held."""

    crop: bool = True
    pen: bool = True
    scale: bool = True
    centre_of_mass: bool = True
    invert: Invert = "auto"


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the preparation, and the picture after it: light ink on black, uint8 (h, w)."""

    name: str
    title: str
    explanation: str
    image: NDArray[np.uint8]
    applied: bool = True


@dataclass(frozen=True, eq=False)
class Prepared:
    """What the network will see, uint8 (28, 28), and how it came about. Without ink the image is black."""

    image: NDArray[np.uint8]
    steps: tuple[Step, ...]
    is_empty: bool


def prepare(pixels: np.ndarray, steps: Preparation = Preparation()) -> Prepared:  # noqa: B008 (frozen)
    """Bring a drawing into MNIST's form.

    pixels: (h, w) or (h, w, 3 | 4), uint8 0..255, bool, or float 0..1; any size, any ink on any plain paper.
    Raises ValueError for another shape and for values that are not finite.
    """
    ink = find_ink(pixels, steps.invert)
    height, width = ink.shape
    if not ink.any():
        empty = np.zeros((FIELD, FIELD), np.uint8)
        return Prepared(empty, (_ink_step(ink),), is_empty=True)
    shown = [_ink_step(ink)]

    small = _crop(ink) if steps.crop else ink
    shown.append(
        Step(
            "crop",
            "Crop",
            "Cut away the empty paper around the digit, so that it does not matter where you drew it.",
            _as_bytes(small),
            steps.crop,
        )
    )
    # Without scaling the whole sheet becomes the 28x28 field, and the digit is as large in it as it was on the sheet.
    factor = BOX / max(small.shape) if steps.scale else FIELD / max(height, width)
    small = _resize(small, factor)
    explanation = "Make the longer side 20 pixels, as in MNIST, so that it does not matter how large you drew."
    if not steps.scale:
        explanation = "Shrink the whole sheet to 28 pixels: a digit drawn small stays small."
    shown.append(Step("scale", "Scale to 20 pixels", explanation, _as_bytes(small), steps.scale))

    image = _as_bytes(_place(small, steps.centre_of_mass))
    explanation = "Put the ink's centre of mass, the point on which it would balance, in the middle of 28x28 pixels."
    if not steps.centre_of_mass:
        explanation = "Put the picture's middle in the middle of 28x28 pixels, wherever its ink lies."
    shown.append(Step("centre_of_mass", "Centre of mass", explanation, image, steps.centre_of_mass))
    return Prepared(image, tuple(shown), is_empty=False)


def _ink_step(ink: FloatImage) -> Step:
    explanation = "Find what you drew: ink becomes white and paper black, whichever colours you used."
    return Step("ink", "Find the ink", explanation, _as_bytes(ink))


def _as_bytes(ink: FloatImage) -> NDArray[np.uint8]:
    return np.rint(ink * 255).astype(np.uint8)


def _crop(ink: FloatImage) -> FloatImage:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _resize(ink: FloatImage, factor: float) -> FloatImage:
    """Scale by `factor` with anti-aliasing; no side becomes shorter than a pixel."""
    height, width = (max(1, round(side * factor)) for side in ink.shape)
    if (height, width) == ink.shape:
        return ink
    return np.asarray(Image.fromarray(ink).resize((width, height), FILTER)).clip(0, 1)


FILTER = Image.Resampling.BOX


def _place(ink: FloatImage, by_mass: bool) -> FloatImage:
    """Lay the ink on an empty field, moved by whole pixels as MNIST's are, and never over the edge."""
    height, width = ink.shape
    field = np.zeros((3 * FIELD, 3 * FIELD), np.float32)
    if by_mass:
        mass = float(ink.sum())
        centre = [float((ink.sum(axis=1 - axis) * np.arange(ink.shape[axis])).sum()) / mass for axis in (0, 1)]
        corner = [round(CENTRE - middle) for middle in centre]
        filled = (np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0)))
        corner = [int(np.clip(start, -used[0], FIELD - 1 - used[-1])) for start, used in zip(corner, filled, strict=True)]
    else:
        corner = [(FIELD - height) // 2, (FIELD - width) // 2]
    top, left = FIELD + corner[0], FIELD + corner[1]
    field[top : top + height, left : left + width] = ink
    return field[FIELD : 2 * FIELD, FIELD : 2 * FIELD]
