"""Which points of a long curve to draw, so that its shape stays and the choice hardly changes as the curve grows.

Buckets have a width that is a power of two and start at multiples of it. New points therefore only add buckets at the
end; all earlier choices stand until the width doubles, and nothing shimmers from tick to tick.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Indices = npt.NDArray[np.intp]


def bucket_width(count: int, buckets: int) -> int:
    """The smallest power of two of which at most `buckets` cover `count` points."""
    width = 1
    while width * buckets < count:
        width *= 2
    return width


def extreme_indices(values: npt.NDArray[np.float64], limit: int) -> Indices:
    """Indices, ascending, of at most `limit` of the `values` (n,): each bucket's least and greatest, and both ends.

    Values that are not finite are passed over, unless they stand at an end. `limit` is at least 4.
    """
    count = len(values)
    if count <= limit:
        return np.arange(count)
    width = bucket_width(count, (limit - 2) // 2)
    buckets = -(-count // width)
    finite = np.isfinite(values)
    padded = np.full((2, buckets * width), np.nan)
    padded[0, :count] = np.where(finite, values, np.inf)
    padded[1, :count] = np.where(finite, values, -np.inf)
    padded[0, count:], padded[1, count:] = np.inf, -np.inf
    starts = np.arange(buckets) * width
    least = starts + padded[0].reshape(buckets, width).argmin(axis=1)
    greatest = starts + padded[1].reshape(buckets, width).argmax(axis=1)
    return np.unique(np.concatenate(([0], least, greatest, [count - 1])))


def stride_indices(count: int, limit: int) -> Indices:
    """Indices, ascending, of at most `limit` of `count` points: every width-th, and the last. `limit` is at least 2."""
    if count <= limit:
        return np.arange(count)
    width = bucket_width(count, limit - 1)
    return np.append(np.arange(0, count - 1, width), count - 1)
