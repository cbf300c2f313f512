"""Numbers in groups: five of equal size, from the smallest to the largest."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

PARTS = 5


@dataclass(frozen=True, eq=False)
class Fifths:
    """Where one group ends and the next begins.

    Attributes:
        edges: float64 (groups - 1,), ascending; fewer than four where many values are equal.
        names: one a group, such as "25 to 77".
    """

    edges: npt.NDArray[np.float64]
    names: tuple[str, ...]

    @classmethod
    def of(cls, values: npt.ArrayLike) -> Fifths:
        """The fifths of float (n,), n at least 1."""
        numbers = np.asarray(values, dtype=np.float64)
        edges = np.unique(np.quantile(numbers, np.arange(1, PARTS) / PARTS, method="higher"))
        edges = edges[edges > numbers.min()]  # each begins a group; the smallest value is in one already
        ends = [numbers.min(), *edges, numbers.max()]
        names = tuple(f"{low:.3g} to {high:.3g}".replace("-", "−") for low, high in zip(ends, ends[1:], strict=False))
        return cls(edges, names)

    def of_each(self, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """int64 (n,): the group of each; what lies beyond all of them belongs to the nearest."""
        return np.searchsorted(self.edges, np.asarray(values, dtype=np.float64), side="right").astype(np.int64)
