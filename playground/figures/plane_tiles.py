"""Tiny pictures of points in the plane, to choose a shape by."""

from __future__ import annotations

import base64
from html import escape

import numpy as np
import numpy.typing as npt

from playground.figures.theme import DIVERGING, TRAINING, VALIDATION, class_colour

HALF_WIDTH = 6.0


def tile(points: npt.NDArray[np.float32], values: npt.NDArray[np.generic], is_number: bool) -> str:
    """An SVG image as a data URI.

    Args:
        points: float32 (n, 2), of the plane.
        values: (n,), classes from 0, or numbers, which are shown against the largest of them.
        is_number: which of the two.
    """
    limit = float(np.abs(values).max()) or 1.0 if len(values) and is_number else 1.0
    several = not is_number and len(values) > 0 and int(values.max()) > 1
    dots = "".join(
        f'<circle cx="{x1 * 8 + 50:.0f}" cy="{50 - x2 * 8:.0f}" r="4" fill="{_colour(float(value), limit, is_number, several)}"/>'
        for (x1, x2), value in zip(points.tolist(), values.tolist(), strict=True)
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


def _colour(value: float, limit: float, is_number: bool, several: bool) -> str:
    if is_number:
        (_, low), (_, _middle), (_, high) = DIVERGING[1:4]
        return (
            VALIDATION
            if value < -0.6 * limit
            else low
            if value < -0.15 * limit
            else (TRAINING if value > 0.6 * limit else high if value > 0.15 * limit else "#B0B0B0")
        )
    return class_colour(int(value)) if several else (VALIDATION, TRAINING)[int(value)]


def _address(picture: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(picture.encode()).decode()
