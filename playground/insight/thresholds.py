"""Yes or no, at any threshold: the ROC curve, the precision-recall curve, and the counts at one place of them.

Class 1 is the "yes". An answer is "yes" when the probability of class 1 is at least the threshold. Ties are handled as in
scikit-learn: examples with equal probabilities change sides together.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class ThresholdCurves:
    """What happens at every threshold that makes a difference, the highest first.

    A figure that would divide by nothing does not exist, and is None: without an example of class 1 there is no recall, without
    one of class 0 no rate of false alarms.

    Attributes:
        thresholds: float64 (m + 1,), falling: infinity (nobody is called "yes"), then the m probabilities that occur.
        true_positives: int64 (m + 1,), examples of class 1 at or above each threshold; from 0 up to all.
        false_positives: int64 (m + 1,), the same for class 0.
        positives, negatives: examples of class 1, and of class 0.
    """

    thresholds: Floats
    true_positives: Integers
    false_positives: Integers
    positives: int
    negatives: int

    @property
    def recall(self) -> Floats | None:
        """The share of class 1 that is found: TP / (TP + FN), float64 (m + 1,); the true positive rate."""
        return self.true_positives / self.positives if self.positives else None

    @property
    def false_alarm_rate(self) -> Floats | None:
        """The share of class 0 that is called "yes": FP / (FP + TN), float64 (m + 1,); the false positive rate."""
        return self.false_positives / self.negatives if self.negatives else None

    @property
    def precision(self) -> Floats:
        """The share of the "yes" that is right: TP / (TP + FP), float64 (m + 1,).

        1 at infinity, where nobody is called "yes": the curve begins there by agreement.
        """
        called = self.true_positives + self.false_positives
        return np.divide(self.true_positives, called, out=np.ones(len(called)), where=called > 0)

    @property
    def auc(self) -> float | None:
        """The area under recall over false alarms, by trapezoids: how often a random example of class 1 gets a higher
        probability than a random one of class 0, ties counted half (Fawcett, 2006: An introduction to ROC analysis)."""
        if not self.positives or not self.negatives:
            return None
        # Twice the area in whole numbers, so that nothing is lost to rounding.
        steps, heights = np.diff(self.false_positives), self.true_positives[1:] + self.true_positives[:-1]
        return int((steps * heights).sum()) / (2 * self.positives * self.negatives)

    @property
    def average_precision(self) -> float | None:
        """The precision at each threshold, weighted by how much recall it adds: the sum of (R_i - R_(i-1)) * P_i."""
        recall = self.recall
        return None if recall is None else float((np.diff(recall) * self.precision[1:]).sum())

    @property
    def missing(self) -> str:
        """One sentence on what does not exist here, and why; "" when all figures do."""
        if not self.positives and not self.negatives:
            return "There are no examples here, so there is nothing to count."
        if not self.positives:
            return "All examples here are of one class, a “no”: recall, F1, AUC and both curves need some of each class."
        if not self.negatives:
            return "All examples here are of one class, a “yes”: AUC, false alarms and the ROC curve need some of each class."
        return ""


@dataclass(frozen=True)
class AtThreshold:
    """The four counts at one threshold, and what follows from them; None where a figure would divide by nothing."""

    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def examples(self) -> int:
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives

    @property
    def accuracy(self) -> float | None:
        """The share that is answered right."""
        return _share(self.true_positives + self.true_negatives, self.examples)

    @property
    def precision(self) -> float | None:
        """Of those called "yes", the share that is; None when nobody is called "yes"."""
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float | None:
        """Of the real "yes", the share that is found; None when there is none."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def false_alarm_rate(self) -> float | None:
        """Of the real "no", the share that is called "yes"; None when there is none."""
        return _share(self.false_positives, self.false_positives + self.true_negatives)

    @property
    def f1(self) -> float | None:
        """2 TP / (2 TP + FP + FN); None when there is no "yes", neither real nor called."""
        return _share(2 * self.true_positives, 2 * self.true_positives + self.false_positives + self.false_negatives)

    @property
    def confusion(self) -> Integers:
        """int64 (2, 2); row = true class, column = answer."""
        return np.array([[self.true_negatives, self.false_positives], [self.false_negatives, self.true_positives]])


def threshold_curves(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> ThresholdCurves:
    """Counts both classes at every threshold.

    Args:
        labels: int (n,), 0 or 1.
        probabilities: float (n,), of class 1.
    """
    truth, scores = _checked(labels, probabilities)
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    # Where the next one is lower: examples with equal probabilities cannot be told apart by any threshold.
    ends = np.flatnonzero(np.append(np.diff(ranked) != 0, len(ranked) > 0))
    found = np.cumsum(truth[order])[ends]
    zero = np.zeros(1, dtype=np.int64)
    positives = int(truth.sum())
    return ThresholdCurves(
        np.append(np.inf, ranked[ends]),
        np.concatenate([zero, found]),
        np.concatenate([zero, ends + 1 - found]),
        positives,
        len(truth) - positives,
    )


def at_threshold(labels: npt.ArrayLike, probabilities: npt.ArrayLike, threshold: float) -> AtThreshold:
    """The counts when "yes" is said from this probability on; arguments as of `threshold_curves`."""
    truth, scores = _checked(labels, probabilities)
    yes, real = scores >= threshold, truth == 1
    counts = (yes & real, yes & ~real, ~yes & real, ~yes & ~real)
    return AtThreshold(float(threshold), *(int(count.sum()) for count in counts))


def cheapest_threshold(
    labels: npt.ArrayLike, probabilities: npt.ArrayLike, miss_cost: float, candidates: npt.ArrayLike
) -> float | None:
    """The candidate with the smallest cost: false alarms cost 1 each, a missed "yes" costs `miss_cost`.

    Returns:
        The middle one of the cheapest candidates, which is the least sensitive to a single example; None without examples.
    """
    truth, scores = _checked(labels, probabilities)
    if len(truth) == 0:
        return None
    tried = np.sort(np.asarray(candidates, dtype=np.float64))
    real, other = np.sort(scores[truth == 1]), np.sort(scores[truth == 0])
    missed = np.searchsorted(real, tried, side="left")
    alarms = len(other) - np.searchsorted(other, tried, side="left")
    costs = alarms + miss_cost * missed
    cheapest = np.flatnonzero(costs <= costs.min() + 1e-9)
    return float(tried[cheapest[len(cheapest) // 2]])


def _checked(labels: npt.ArrayLike, probabilities: npt.ArrayLike) -> tuple[Integers, Floats]:
    truth, scores = np.asarray(labels), np.asarray(probabilities, dtype=np.float64)
    if truth.ndim != 1 or truth.shape != scores.shape:
        raise ValueError(f"labels and probabilities must be two equally long rows, not {truth.shape} and {scores.shape}")
    if not np.isin(truth, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    return truth.astype(np.int64), scores


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
