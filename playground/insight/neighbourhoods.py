"""How well a map keeps neighbours together, and whether neighbours belong to one class."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist

NEIGHBOURS = 10
_ROWS = 100


def neighbourhoods(
    vectors: npt.NDArray[np.floating], places: npt.NDArray[np.floating], labels: npt.NDArray[np.integer]
) -> Generator[float, None, tuple[float, float]]:
    """Two figures in [0, 1] of each row's k = 10 nearest others (fewer for under 21 rows); yields the share done.

    Trustworthiness (Venna and Kaski 2001): 1 - 2 / (n k (2n - 3k - 1)) * the sum over all rows i, and over those of their k
    neighbours on the map that are no neighbours in truth, of (their rank in truth - k). Agreement: the share of neighbours in
    truth that have the row's own label.

    Args:
        vectors: (n, d), the truth; n at least 3.
        places: (n, 2), the map.
        labels: int (n,).
    """
    n = len(vectors)
    count = max(1, min(NEIGHBOURS, (n - 1) // 2))
    too_far, same = 0, 0
    for start in range(0, n, _ROWS):
        rows = np.arange(start, min(start + _ROWS, n))
        order = _nearest(vectors, rows)
        ranks = np.empty((len(rows), n), dtype=np.int64)
        np.put_along_axis(ranks, order, np.arange(1, n)[None], axis=1)
        on_map = _nearest(places, rows)[:, :count]
        too_far += int(np.maximum(np.take_along_axis(ranks, on_map, axis=1) - count, 0).sum())
        same += int((labels[order[:, :count]] == labels[rows, None]).sum())
        yield (rows[-1] + 1) / n
    trustworthiness = 1 - too_far * 2 / (n * count * (2 * n - 3 * count - 1))
    return trustworthiness, same / (n * count)


def _nearest(points: npt.NDArray[np.floating], rows: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
    """For each row all other rows, the nearest first: (len(rows), n - 1)."""
    distances = cdist(points[rows], points)
    distances[np.arange(len(rows)), rows] = -1.0  # itself comes first, and is cut off
    return np.argsort(distances, axis=1, kind="stable")[:, 1:]
