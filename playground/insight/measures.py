"""Accuracy, loss, precision, recall, F1 and the confusion matrix of an evaluation.

Where a measure divides by zero (a class that was never predicted has no precision), it is 0, as in scikit-learn with
`zero_division=0`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from playground.insight.evaluation import Evaluation, Integers

Doubles = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Measures:
    """How good the answers are, in all and for each of `k` classes; all but `loss` lie in [0, 1].

    With TP, FP, FN counted one class against the rest: precision = TP / (TP + FP), recall = TP / (TP + FN),
    F1 = 2 TP / (2 TP + FP + FN). Macro figures are the plain means over the classes, so every class weighs the same.

    Attributes:
        confusion: int64 (k, k); row = true class, column = predicted class.
        support: int64 (k,), images of each class.
        class_accuracy: float64 (k,), the share of each class's images that were read right; equal to its recall.
    """

    accuracy: float
    loss: float
    confusion: Integers
    support: Integers
    precision: Doubles
    recall: Doubles
    f1: Doubles
    macro_precision: float
    macro_recall: float
    macro_f1: float

    @property
    def class_accuracy(self) -> Doubles:
        return self.recall

    @property
    def mistakes(self) -> int:
        """Images that were read wrong."""
        return int(self.confusion.sum() - np.trace(self.confusion))


def measure(evaluation: Evaluation) -> Measures:
    """All measures at once; the evaluation must hold at least one image."""
    confusion = confusion_matrix(evaluation.labels, evaluation.predicted, evaluation.num_classes)
    right = np.diag(confusion).astype(np.float64)
    support, answered = confusion.sum(axis=1), confusion.sum(axis=0)
    precision, recall = _ratio(right, answered), _ratio(right, support)
    f1 = _ratio(2 * right, support + answered)
    return Measures(
        float(right.sum() / len(evaluation)),
        float(evaluation.losses.mean(dtype=np.float64)),
        confusion,
        support,
        precision,
        recall,
        f1,
        float(precision.mean()),
        float(recall.mean()),
        float(f1.mean()),
    )


def confusion_matrix(labels: Integers, predicted: Integers, num_classes: int) -> Integers:
    """How often class i (row) was read as class j (column): int64 (k, k) from int64 (n,) and (n,)."""
    cells = np.bincount(labels * num_classes + predicted, minlength=num_classes**2)
    return cells.reshape(num_classes, num_classes).astype(np.int64)


def _ratio(part: npt.NDArray[np.generic], whole: npt.NDArray[np.generic]) -> Doubles:
    """part / whole in float64, 0 where `whole` is 0; broadcasts."""
    numerator, denominator = np.broadcast_arrays(part.astype(np.float64), whole.astype(np.float64))
    return np.divide(numerator, denominator, out=np.zeros(numerator.shape), where=denominator > 0)
