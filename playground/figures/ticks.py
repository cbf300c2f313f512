"""Round numbers along an axis."""

from __future__ import annotations

import numpy as np


def log_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten from low to high; powers alone when that makes more than seven."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    inside: list[float] = []
    for steps in ((1, 2, 5), (1,)):
        found = [float(f"{step}e{decade}") for decade in decades for step in steps]
        inside = [tick for tick in found if low * 0.999 <= tick <= high * 1.001]
        if len(inside) <= 7:
            break
    return inside if len(inside) > 1 else [low, high]


def round_ticks(low: float, high: float) -> list[float]:
    """Up to six round numbers from low to high."""
    rough = (high - low) / 5
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first, last = int(np.ceil(low / step - 1e-9)), int(np.floor(high / step + 1e-9))
    return [float(f"{index * step:.6g}") for index in range(first, last + 1)]


def axis_end(value: float) -> float:
    """The next of 1, 2, 3, 5, 8 times a power of ten at or above `value`: the axis grows seldom, in steps."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(step * power for step in (1, 2, 3, 5, 8, 10) if step * power >= value * (1 - 1e-9)))
