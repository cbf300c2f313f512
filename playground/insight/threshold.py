""" "I don't know": a network that answers only when it is sure enough."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# What can be chosen: every tenth of a percent.
GRID: Floats = np.arange(0, 1001) / 1000


@dataclass(frozen=True)
class Answered:
    """What is left when images below a threshold are refused.

    Attributes:
        threshold: the least confidence of an answer, from 0 to 1.
        images: all images.
        answered: those that are answered.
        right: those that are answered rightly.
    """

    threshold: float
    images: int
    answered: int
    right: int

    @property
    def coverage(self) -> float:
        """The share that is answered."""
        return self.answered / max(1, self.images)

    @property
    def accuracy(self) -> float | None:
        """The share read right among the answered; None when none is."""
        return self.right / self.answered if self.answered else None


@dataclass(frozen=True, eq=False)
class CoverageCurve:
    """Every threshold that makes a difference, the lowest first; each float64 (m,).

    Attributes:
        thresholds: the confidences that occur.
        coverage: the share of images at least as sure as that; falling from 1.
        accuracy: the share of those that is read right.
    """

    thresholds: Floats
    coverage: Floats
    accuracy: Floats


def answered(confidences: npt.ArrayLike, right: npt.ArrayLike, threshold: float) -> Answered:
    """Counts the answers that are at least as sure as the threshold.

    Args:
        confidences: float (n,), from 0 to 1.
        right: bool (n,).
    """
    sure, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=bool)
    kept = sure >= threshold
    return Answered(threshold, len(sure), int(kept.sum()), int((kept & hits).sum()))


def coverage_curve(confidences: npt.ArrayLike, right: npt.ArrayLike) -> CoverageCurve:
    """Coverage and accuracy at every confidence that occurs (El-Yaniv and Wiener, 2010: the risk-coverage curve)."""
    sure, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=bool)
    thresholds, counts = _remaining(sure, hits, np.unique(sure))
    return CoverageCurve(thresholds, counts[0] / max(1, len(sure)), counts[1] / np.maximum(1, counts[0]))


def lowest_threshold(confidences: npt.ArrayLike, right: npt.ArrayLike, target: float, candidates: Floats = GRID) -> float | None:
    """The lowest candidate with which at least the share `target` of the answered images is right.

    Returns:
        None when no candidate reaches it while any image is answered.
    """
    sure, hits = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=bool)
    thresholds, (kept, good) = _remaining(sure, hits, np.sort(candidates))
    # In whole numbers of images, so that 99 of 100 is 99 % and not a little less.
    enough = np.flatnonzero((kept > 0) & (good >= target * kept - 1e-9))
    return float(thresholds[enough[0]]) if len(enough) else None


def _remaining(sure: Floats, right: npt.NDArray[np.bool_], thresholds: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """How many are at least as sure as each threshold, and how many of those are right: int64 (2, m)."""
    below = np.searchsorted(np.sort(sure), thresholds, side="left")
    right_below = np.searchsorted(np.sort(sure[right]), thresholds, side="left")
    return thresholds, np.stack([len(sure) - below, int(right.sum()) - right_below])
