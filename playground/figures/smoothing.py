"""The exponential moving average that smooths a noisy curve, computed only on the points that are new."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Within a block the powers of the smoothing factor are divided out; below this they would cost precision.
_SMALLEST_POWER = 1e-5


class ExponentialAverage:
    """A running average that forgets: s_t = a s_(t-1) + (1 - a) x_t, divided by 1 - a^t.

    The division is the bias correction of Kingma and Ba (2015, "Adam", section 3): without it the curve would start
    at zero. Values that are not finite are left out of the average and give NaN in their place.

    Args:
        smoothing: a, from 0 (no smoothing) to below 1.

    Raises:
        ValueError: `smoothing` lies outside 0 <= a < 1.
    """

    def __init__(self, smoothing: float) -> None:
        if not 0.0 <= smoothing < 1.0:
            raise ValueError(f"smoothing must be at least 0 and less than 1, not {smoothing}")
        self.smoothing = smoothing
        self._total = 0.0
        self._weight = 0.0
        block = 1 if smoothing == 0.0 else max(1, min(512, int(math.log(_SMALLEST_POWER) / math.log(smoothing))))
        self._powers = smoothing ** np.arange(1, block + 1, dtype=np.float64)

    def extend(self, values: Floats) -> Floats:
        """Take in `values` (n,) and return their averages (n,), each over all that came before and itself."""
        finite = np.isfinite(values)
        if not finite.all():
            averages = np.full(len(values), np.nan)
            averages[finite] = self.extend(values[finite])
            return averages
        if self.smoothing == 0.0:
            return values.astype(np.float64)
        averages = np.empty(len(values), dtype=np.float64)
        for start in range(0, len(values), len(self._powers)):
            block = values[start : start + len(self._powers)]
            powers = self._powers[: len(block)]
            # s_t = a^t (s_0 + sum_j (1 - a) x_j / a^j): the recursion as one cumulative sum.
            totals = powers * (self._total + np.cumsum((1.0 - self.smoothing) * block / powers))
            weights = 1.0 - powers * (1.0 - self._weight)
            averages[start : start + len(block)] = totals / weights
            self._total, self._weight = float(totals[-1]), float(weights[-1])
        return averages


def exponential_average(values: npt.ArrayLike, smoothing: float) -> Floats:
    """The bias-corrected exponential moving average (n,) of the whole series `values` (n,)."""
    return ExponentialAverage(smoothing).extend(np.asarray(values, dtype=np.float64))
