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
from scipy import ndimage

from playground.ink import FloatImage, Invert, find_ink

FIELD = 28  # pixels, the side of an MNIST image
BOX = 20  # pixels, the longest side of a digit in it
# Measured on MNIST: every image's centre of mass lies within half a pixel of row 14, column 14, counted from 0.
CENTRE = 14
# Stroke widths, in pixels of the 20-pixel box, that are left as they are. MNIST's median is 2.4 (5 %: 1.6, 95 %: 3.8). On
# redrawn test digits a step that acts outside these two won 1.5 points for very thin pens, 1.2 for very thick ones, and was
# neither gain nor loss over all pens together.
NARROWEST_PEN, WIDEST_PEN = 1.8, 3.2
# A smaller picture has too few pixels to measure its strokes by, and may be an MNIST image already: its strokes are left alone.
SMALLEST_FOR_PEN = 56
# Finer detail than this never reaches 20 pixels, and would only cost time.
FINEST = 280


@dataclass(frozen=True)
class Preparation:
    """Which steps are taken. All of them together give what MNIST would have held.

    invert: "auto" finds by itself which colour is the paper; True says dark ink on light paper, False light ink on dark paper.
    """

    crop: bool = True
    pen: bool = True
    scale: bool = True
    centre_of_mass: bool = True
    invert: Invert = "auto"


ALL_STEPS = Preparation()


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the preparation, and the picture after it: light ink on black, uint8 (h, w), its size changing.

    name is the field of `Preparation` that switches it ("ink" cannot be switched off). applied is False when the step was
    switched off, or (pen) had nothing to do; explanation then says so.
    """

    name: str
    title: str
    explanation: str
    image: NDArray[np.uint8]
    applied: bool = True


@dataclass(frozen=True, eq=False)
class Prepared:
    """What the network will see, uint8 (28, 28), and how it came about. Without ink the image is black, with one step."""

    image: NDArray[np.uint8]
    steps: tuple[Step, ...]
    is_empty: bool


def prepare(pixels: np.ndarray, steps: Preparation = ALL_STEPS) -> Prepared:
    """Bring a drawing into MNIST's form.

    pixels: (h, w) or (h, w, 3 | 4), uint8 0..255, bool, or float 0..1; any size, any ink on any plain paper.
    Raises ValueError for another shape and for values that are not finite.
    """
    ink = find_ink(pixels, steps.invert)
    explanation = "Find what you drew: ink becomes white and paper black, whichever colours you used."
    shown = [Step("ink", "Find the ink", explanation, _as_bytes(ink))]
    if not ink.any():
        return Prepared(np.zeros((FIELD, FIELD), np.uint8), tuple(shown), is_empty=True)
    # Without scaling the whole sheet becomes the 28x28 field, and the digit is as large in it as it was on the sheet.
    sheet_factor = FIELD / max(ink.shape)

    explanation = "Cut away the empty paper, so that it does not matter where you drew."
    if steps.crop:
        ink = _crop(ink)
    else:
        explanation = "Switched off: the empty paper around the digit stays."
    shown.append(Step("crop", "Crop", explanation, _as_bytes(ink), steps.crop))

    if max(ink.shape) > FINEST:
        sheet_factor *= max(ink.shape) / FINEST
        ink = _resize(ink, FINEST / max(ink.shape))
    redrawn = _with_usual_pen(ink, may_grow=steps.crop) if steps.pen else ink
    if not steps.pen:
        explanation = "Switched off: strokes stay as thick or thin as you drew them."
    elif redrawn is ink:
        explanation = "Nothing to do: your strokes are about as wide as those of MNIST."
    else:
        explanation = "Make very thin strokes thicker and very thick ones thinner, to look like the pens of MNIST."
    shown.append(Step("pen", "Pen width", explanation, _as_bytes(redrawn), redrawn is not ink))

    small = _resize(redrawn, BOX / max(redrawn.shape) if steps.scale else sheet_factor)
    explanation = "Make the longer side 20 pixels, as in MNIST, so that it does not matter how large you drew."
    if not steps.scale:
        explanation = "Switched off: the whole sheet shrinks to 28 pixels, so a digit drawn small stays small."
    shown.append(Step("scale", "Scale to 20 pixels", explanation, _as_bytes(small), steps.scale))

    image = _as_bytes(_place(small, steps.centre_of_mass))
    explanation = "Put the ink's centre of mass, the point on which it would balance, in the middle of 28x28 pixels."
    if not steps.centre_of_mass:
        explanation = "Switched off: the picture's own middle goes to the middle of 28x28 pixels, wherever its ink lies."
    shown.append(Step("centre_of_mass", "Centre of mass", explanation, image, steps.centre_of_mass))
    return Prepared(image, tuple(shown), is_empty=False)


def _as_bytes(ink: FloatImage) -> NDArray[np.uint8]:
    return np.rint(ink * 255).astype(np.uint8)


def _crop(ink: FloatImage) -> FloatImage:
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _with_usual_pen(ink: FloatImage, may_grow: bool) -> FloatImage:
    """Strokes outside the usual widths brought to the nearest usual one; the same array when there is nothing to do.

    Within a stroke of width w the mean distance to its edge is w / 4, which gives the width without tracing any line.
    may_grow: ink may be set beyond the given picture, which is then enlarged and cropped.
    """
    solid = np.pad(ink, 2) > 0.5
    rows, columns = np.flatnonzero(solid.any(axis=1)), np.flatnonzero(solid.any(axis=0))
    if len(rows) == 0:
        return ink
    longest = max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1
    if longest < SMALLEST_FOR_PEN:
        return ink
    inside = ndimage.distance_transform_edt(solid)
    width = 4 * (float(inside[solid].mean()) - 0.5)
    pen = BOX * width / longest
    target = float(np.clip(pen, NARROWEST_PEN, WIDEST_PEN))
    if abs(target - pen) < 0.05:
        return ink
    # A stroke that grows by g makes the whole digit longer by g too: (width + g) / (longest + g) = target / BOX.
    growth = (target * longest / BOX - width) / (1 - target / BOX)
    if growth > 0:
        room = int(growth / 2) + 2
        solid = np.pad(solid, room)
        signed = 0.5 - ndimage.distance_transform_edt(~solid)  # pixels inside the edge, negative outside it
        signed[solid] = room
        margin = room + 2
    else:
        signed = inside - 0.5
        margin = 2
    redrawn = np.clip(signed + growth / 2 + 0.5, 0, 1).astype(np.float32)
    if not (redrawn > 0.5).any():
        return ink
    return _crop(redrawn) if may_grow else redrawn[margin:-margin, margin:-margin]


def _resize(ink: FloatImage, factor: float) -> FloatImage:
    """Scale by `factor` with anti-aliasing; no side becomes shorter than a pixel."""
    height, width = (max(1, round(side * factor)) for side in ink.shape)
    if (height, width) == ink.shape:
        return ink
    return np.asarray(Image.fromarray(ink).resize((width, height), Image.Resampling.HAMMING)).clip(0, 1)


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
