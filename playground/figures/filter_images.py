"""Weights as small pictures: blue where ink speaks for the neuron, orange where it speaks against."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from playground.figures.image_cards import picture
from playground.figures.images import to_png
from playground.figures.theme import DIVERGING

# One weight in a hundred may be stronger than the darkest colour, so that a single large one does not pale all others.
_QUANTILE = 0.99


def colour_limit(images: npt.NDArray[np.float32]) -> float:
    """The weight of the darkest colour, for all images alike: the 99 % quantile of |w|, and 1 when all are 0."""
    return float(np.quantile(np.abs(images), _QUANTILE)) or float(np.abs(images).max(initial=0.0)) or 1.0


def diverging_pixels(values: npt.NDArray[np.float32], limit: float) -> npt.NDArray[np.uint8]:
    """(h, w) floats -> (h, w, 3) uint8: white at 0, the palette's ends at -limit and +limit and beyond."""
    places = np.clip(np.asarray(values, np.float64) / limit, -1, 1) / 2 + 0.5
    stops = np.array([stop for stop, _ in DIVERGING])
    colours = np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in DIVERGING], dtype=np.float64)
    channels = [np.interp(places, stops, colours[:, channel]) for channel in range(3)]
    return np.rint(np.stack(channels, axis=-1)).astype(np.uint8)


def filter_pictures(images: npt.NDArray[np.float32], unit: str, limit: float | None = None) -> str:
    """HTML of all filters in order, each numbered from 1.

    Args:
        images: float (units, channels, h, w); the channels of a unit stand side by side.
        unit: what one is called, such as "neuron".
        limit: the weight of the darkest colour; `colour_limit(images)` when None.
    """
    limit = limit or colour_limit(images)
    width = 56 if images.shape[-1] <= 9 else 96
    cells = "".join(
        f"<figure>{picture(to_png(diverging_pixels(np.concatenate(list(image), axis=1), limit)), f'{unit} {number}')}"
        f"<figcaption>{number}</figcaption></figure>"
        for number, image in enumerate(images, 1)
    )
    columns = f"grid-template-columns:repeat(auto-fill,minmax({width * images.shape[1]}px,1fr))"
    return f'{_STYLE}<div class="filters" style="{columns}">{cells}</div>'


_STYLE = """<style>
.filters {display:grid; gap:8px;}
.filters figure {margin:0; text-align:center; min-width:0;}
.filters img {width:100%; max-width:120px; image-rendering:pixelated; border-radius:4px; border:1px solid rgba(128,128,128,.35);}
.filters figcaption {font-size:.8rem; opacity:.75; line-height:1.2;}
</style>"""
