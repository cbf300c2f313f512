"""Axes of a report's SVGs: round ticks, and where numbers lie."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

Span = tuple[float, float]
Frame = tuple[float, float, float, float]
"""Left, right, bottom and top of a panel, in the SVG's own unit."""


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round numbers from `low` to `high`, 1, 2 or 5 times a power of ten apart, at most `most` of them."""
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def across_and_up(frame: Frame, x: Span, y: Span) -> tuple[Callable[[Any], Any], Callable[[Any], Any]]:
    """From numbers, or arrays of them, to where they lie: one function for each axis."""
    left, right, bottom, top = frame

    def across(value: Any) -> Any:
        return left + (right - left) * (value - x[0]) / (x[1] - x[0])

    def up(value: Any) -> Any:
        return bottom - (bottom - top) * (value - y[0]) / (y[1] - y[0])

    return across, up


def grid(frame: Frame, x: Span, y: Span, unit: str = "") -> str:
    """Lines across at the ticks of y, and both axes' numbers; `unit` stands behind those of y."""
    left, right, bottom, _ = frame
    across, up = across_and_up(frame, x, y)
    parts = []
    for tick in ticks(*y):
        parts.append(f'<line class="grid" x1="{left}" x2="{right}" y1="{up(tick):.1f}" y2="{up(tick):.1f}"/>')
        parts.append(f'<text x="{left - 6}" y="{up(tick) + 4:.1f}" text-anchor="end">{tick:g}{unit}</text>')
    for tick in ticks(*x):
        parts.append(f'<text x="{across(tick):.1f}" y="{bottom + 16}" text-anchor="middle">{tick:g}</text>')
    return "".join(parts)
