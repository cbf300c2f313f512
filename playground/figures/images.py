"""Small images side by side as one PNG: digits, filters, activations."""

from __future__ import annotations

import base64
import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from playground.figures.theme import DIVERGING

Pixels = npt.NDArray[np.uint8]


def tile(images: npt.ArrayLike, columns: int, scale: int = 1, *, gap: int = 2, gap_value: int = 128) -> Pixels:
    """A grid of images, filled row by row; missing places at the end stay empty.

    Args:
        images: uint8 (n, h, w) grey or (n, h, w, 3) colour.
        columns: images in a row, at least 1.
        scale: each pixel becomes a square of this side, so that single pixels can be seen.
        gap: screen pixels between images.
        gap_value: grey value, 0 to 255, between images and in empty places.

    Returns:
        uint8 (rows * (h * scale + gap) - gap, columns' width likewise[, 3]).
    """
    stack = np.asarray(images)
    if stack.ndim not in (3, 4) or stack.dtype != np.uint8:
        raise ValueError(f"images are uint8 (n, h, w) or (n, h, w, 3), not {stack.dtype} {stack.shape}")
    columns = max(1, min(columns, len(stack)))
    rows = max(1, -(-len(stack) // columns))
    stack = stack.repeat(scale, axis=1).repeat(scale, axis=2)
    height, width = stack.shape[1] + gap, stack.shape[2] + gap
    grid = np.full((rows * height - gap, columns * width - gap, *stack.shape[3:]), gap_value, dtype=np.uint8)
    for index, image in enumerate(stack):
        top, left = index // columns * height, index % columns * width
        grid[top : top + height - gap, left : left + width - gap] = image
    return grid


def diverging_pixels(values: npt.ArrayLike, limit: float | None = None) -> Pixels:
    """Signed numbers as colours: white is zero, blue positive, orange negative; any shape (...) -> uint8 (..., 3).

    The scale is symmetric: `limit` (default: the greatest magnitude) is full blue, -`limit` full orange. Values that
    are not finite are drawn as zero.
    """
    numbers = np.nan_to_num(np.asarray(values, dtype=np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    limit = limit or float(np.abs(numbers).max(initial=0.0)) or 1.0
    places = np.clip(0.5 + 0.5 * numbers / limit, 0.0, 1.0)
    stops = [place for place, _ in DIVERGING]
    colours = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in DIVERGING], dtype=np.float64)
    channels = [np.interp(places, stops, colours[:, channel]) for channel in range(3)]
    return np.round(np.stack(channels, axis=-1)).astype(np.uint8)


def to_png(pixels: npt.ArrayLike) -> bytes:
    """uint8 (h, w) grey or (h, w, 3) colour -> the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels, dtype=np.uint8)).save(buffer, format="PNG")
    return buffer.getvalue()


def data_uri(png: bytes) -> str:
    """The bytes of a PNG file as an address that needs no server."""
    return f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}"
