"""Pixels of any picture -> how much ink lies on each of them: 0 is paper, 1 is ink."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

FloatImage = NDArray[np.float32]
Invert = Literal["auto"] | bool

# Below this difference from the paper (about 10 of 255 grey levels) an eye sees no stroke, and JPEG leaves its ripples.
MINIMUM_CONTRAST = 0.04
# A picture of which less than this share has exactly the paper's colour has no flat background: it is a photo.
FLAT_PAPER_SHARE = 0.5
FLAT_TOLERANCE = 1.5 / 255
WHITE = np.float32(255)


def find_ink(pixels: np.ndarray, invert: Invert = "auto") -> FloatImage:
    """Tell ink from paper, whatever their colours.

    pixels: (h, w) or (h, w, 3 | 4), uint8 0..255, bool, or float 0..1 (0..255 when a value exceeds 1).
    invert: "auto" takes the colour that fills the border as the paper; True says dark ink on light paper, False light
        ink on dark paper.
    Returns float32 (h, w) in 0..1, all zero when there is no ink. Drawings on one flat colour keep their grey edges
    exactly; photos have the shade of their paper and its noise removed.
    Raises ValueError for another shape, and for values that are not finite.
    """
    colours = _flatten(_as_unit_floats(pixels))  # (h, w, 1 | 3)
    height, width, _ = colours.shape
    if height * width == 0:
        return np.zeros((height, width), np.float32)
    paper = _paper_colour(colours, invert)  # (1 | 3,)
    difference = colours - paper
    if (np.abs(difference).max(axis=2) <= FLAT_TOLERANCE).mean() < FLAT_PAPER_SHARE:
        return _ink_of_a_photo(colours.mean(axis=2), paper.mean(), invert)
    if invert != "auto":
        difference = np.maximum(-difference if invert else difference, 0)
    ink = np.abs(difference).max(axis=2)
    strongest = float(ink.max())
    if strongest < MINIMUM_CONTRAST:
        return np.zeros((height, width), np.float32)
    return (ink / strongest).astype(np.float32)


def _as_unit_floats(pixels: np.ndarray) -> FloatImage:
    """Any accepted array as float32 (h, w, 1 | 3 | 4) in 0..1."""
    array = np.asarray(pixels)
    if array.ndim == 3 and array.shape[2] in (3, 4) and _is_plain_grey(array):
        array = array[:, :, 0]  # the usual canvas: one channel says it all, in a third of the time
    if array.ndim == 2:
        array = array[:, :, None]
    if array.ndim != 3 or array.shape[2] not in (1, 3, 4):
        raise ValueError(f"pixels have shape {np.shape(pixels)}; expected (h, w), (h, w, 3) or (h, w, 4)")
    if array.dtype == np.uint8:
        return array.astype(np.float32) / WHITE
    unit = array.astype(np.float32)
    if not np.isfinite(unit).all():
        raise ValueError("pixels hold values that are not finite; expected 0..1, or 0..255")
    if unit.size and unit.max() > 1:
        unit = unit / WHITE
    return unit.clip(0, 1)


def _is_plain_grey(array: np.ndarray) -> bool:
    opaque = array.shape[2] == 3 or (array.dtype == np.uint8 and bool((array[:, :, 3] == 255).all()))
    first = array[:, :, 0]
    return opaque and np.array_equal(first, array[:, :, 1]) and np.array_equal(first, array[:, :, 2])


def _flatten(colours: FloatImage) -> FloatImage:
    """Lay a picture with transparent parts on a paper on which its ink can be seen; return it without alpha."""
    if colours.shape[2] != 4:
        return colours
    alpha = colours[:, :, 3:]
    visible = alpha[:, :, 0] > 0.5
    if visible.all() or not visible.any():
        # Nothing is transparent, or nothing is there: a fully transparent pixel's colour means nothing.
        return colours[:, :, :3] * alpha
    solid = colours[:, :, :3][visible]  # (pixels, 3)
    rows, columns = np.flatnonzero(visible.any(axis=1)), np.flatnonzero(visible.any(axis=0))
    box_area = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    usual = np.median(solid, axis=0)
    is_a_sheet = len(solid) > 0.5 * box_area and np.ptp(solid.mean(axis=1)) > 0.3
    # A cut-out sheet of paper with a drawing on it: let the paper go on. Bare strokes: lay them on what shows them best.
    behind = usual if is_a_sheet else np.full_like(usual, usual.mean() < 0.5)
    return colours[:, :, :3] * alpha + behind * (1 - alpha)


def _paper_colour(colours: FloatImage, invert: Invert) -> FloatImage:
    """The colour of the paper, (1 | 3,): what most of the border shows; where the border is divided, most of the image."""
    everything = colours.reshape(-1, colours.shape[2])
    grey = everything.mean(axis=1)
    middle = (grey.min() + grey.max()) / 2
    light = grey > middle
    if invert == "auto":
        border = np.concatenate([colours[0], colours[-1], colours[:, 0], colours[:, -1]])
        light_share = float((border.mean(axis=1) > middle).mean())
        if 0.35 < light_share < 0.65:
            light_share = float(light.mean())
        # A clear border speaks for itself, also where ink and paper differ in hue but not in lightness.
        paper_is_light = light_share > 0.5
        candidates = border[(border.mean(axis=1) > middle) == paper_is_light]
    else:
        paper_is_light = bool(invert)
        candidates = everything[light == paper_is_light]
    if len(candidates) == 0:
        candidates = everything
    return np.median(candidates, axis=0).astype(np.float32)


def _ink_of_a_photo(grey: FloatImage, paper: float, invert: Invert) -> FloatImage:
    """Ink of a photographed drawing (h, w): uneven light is fitted by a quadratic surface and taken away."""
    height, width = grey.shape
    image = Image.fromarray(np.rint(grey * 255).astype(np.uint8)).filter(ImageFilter.MedianFilter(3))
    grey = np.asarray(image, np.float32) / WHITE
    rows, columns = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    terms = np.stack([np.ones_like(rows), rows, columns, rows**2, rows * columns, columns**2], axis=2)  # (h, w, 6)
    step = max(1, max(height, width) // 64)
    sample, levels = terms[::step, ::step].reshape(-1, 6), grey[::step, ::step].reshape(-1)
    trusted = np.abs(levels - paper) < 0.35
    residual = levels - paper
    for _ in range(6):
        if trusted.sum() < 12:
            break
        weights = np.linalg.lstsq(sample[trusted], levels[trusted], rcond=None)[0]
        residual = levels - sample @ weights
        spread = 1.4826 * float(np.median(np.abs(residual[trusted])))
        trusted = np.abs(residual) < max(2.5 * spread, 0.03)
    else:
        difference = grey - (terms @ weights).astype(np.float32)
        noise = 1.4826 * float(np.median(np.abs(residual[trusted])))
        return _stretch(_ink_side(difference, invert), noise)
    return _stretch(_ink_side(grey - np.float32(paper), invert), 0.0)


def _ink_side(difference: FloatImage, invert: Invert) -> FloatImage:
    """Keep only what lies on the ink's side of the paper: the darker or the lighter one."""
    if invert == "auto":
        invert = bool(-np.quantile(difference, 0.005) > np.quantile(difference, 0.995))
    return np.maximum(-difference if invert else difference, 0)


def _stretch(difference: FloatImage, noise: float) -> FloatImage:
    """Paper with its noise to 0, full ink to 1: what a scanner's black and white would show, with soft edges."""
    full = float(np.quantile(difference, 0.995))
    if full < max(2.5 * MINIMUM_CONTRAST, 6 * noise):
        return np.zeros_like(difference, np.float32)
    low, high = 0.3 * full, 0.7 * full
    return ((difference - low) / (high - low)).clip(0, 1).astype(np.float32)
