"""Tiny pictures of points in the plane, to choose a shape by."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

import numpy as np
import numpy.typing as npt

from playground.figures.theme import DIVERGING, TRAINING, VALIDATION, class_colour

# Of the largest value: below the first share a point is grey, above the second it has the full colour.
_PALE, _FULL = 0.15, 0.6
_ZERO = "#B0B0B0"


def tile(points: npt.NDArray[np.float32], values: npt.NDArray[np.generic], is_number: bool) -> str:
    """An SVG image as a data URI.

    Args:
        points: float32 (n, 2), of the plane.
        values: (n,), classes from 0, or numbers, which are shown against the largest of them.
        is_number: which of the two.
    """
    limit = float(np.abs(values).max()) or 1.0 if len(values) and is_number else 1.0
    several = not is_number and len(values) > 0 and int(values.max()) > 1
    colours = [point_colour(float(value), limit, is_number, several) for value in values.tolist()]
    dots = "".join(
        f'<circle cx="{x1 * 8 + 50:.0f}" cy="{50 - x2 * 8:.0f}" r="4" fill="{colour}"/>'
        for (x1, x2), colour in zip(points.tolist(), colours, strict=True)
    )
    return _address(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{dots}</svg>')


def brush_tile() -> str:
    """For points that are painted."""
    words = (
        f'<circle cx="34" cy="66" r="9" fill="{VALIDATION}"/><circle cx="62" cy="38" r="9" fill="{TRAINING}"/>'
        f'<circle cx="70" cy="70" r="9" fill="{VALIDATION}"/><circle cx="30" cy="30" r="9" fill="{TRAINING}"/>'
        '<path d="M50 82h20M60 72v20" stroke="#808080" stroke-width="7" transform="translate(18 -4)"/>'
    )
    return _address(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100">{words}</svg>')


def tile_style(pictures: dict[str, str], chosen: str) -> str:
    """A style sheet that puts each picture on the button whose container has that name; the chosen one is framed."""
    rules = "".join(f".st-key-{escape(name)} button {{background-image: url({picture});}}" for name, picture in pictures.items())
    return f"<style>{rules} .st-key-{escape(chosen)} button {{border: 3px solid {TRAINING};}}</style>"


def brush_style(container: str, colours: Sequence[str]) -> str:
    """A style sheet that marks the pills of a container, in order, with the colours that they paint in."""
    pills = f'.st-key-{escape(container)} [data-testid="stButtonGroup"] button'
    rules = "".join(
        f"{pills}:nth-of-type({place}) {{box-shadow: inset 0 -5px {colour};}}" for place, colour in enumerate(colours, start=1)
    )
    return f"<style>{rules}</style>"


def point_colour(value: float, limit: float, is_number: bool, several: bool) -> str:
    """The colour of a point: of its class, or of its value between -limit and limit.

    Args:
        several: whether there are more than two classes.
    """
    if not is_number:
        return class_colour(int(value)) if several else (VALIDATION, TRAINING)[int(value)]
    share = value / limit
    if abs(share) < _PALE:
        return _ZERO
    (_, low), _, (_, high) = DIVERGING[1:4]
    full, faint = (TRAINING, high) if share > 0 else (VALIDATION, low)
    return full if abs(share) > _FULL else faint


def _address(picture: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()
