"""Two networks asked about the same images: what the second one fixes, and what it breaks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from playground.errors import PlaygroundError
from playground.insight.evaluation import Evaluation, Integers
from playground.insight.measures import confusion_matrix
from playground.spec import RunSpec


@dataclass(frozen=True, eq=False)
class Changed:
    """Rows of the evaluations that the two networks read differently, each int64, ascending.

    Attributes:
        fixed: read wrong by the first, right by the second.
        broken: read right by the first, wrong by the second.
        otherwise: read wrong by both, as different classes.
    """

    fixed: Integers
    broken: Integers
    otherwise: Integers

    @property
    def net(self) -> int:
        """How many images more the second reads right."""
        return len(self.fixed) - len(self.broken)


@dataclass(frozen=True, eq=False)
class ComparedMistakes:
    """Two evaluations of the same images, in the same order.

    Attributes:
        difference: int64 (k, k), the first's confusion matrix minus the second's; row = true class.
        changed: all rows that are read differently.
        both_right, both_wrong: images that neither fixes nor breaks.
    """

    first: Evaluation
    second: Evaluation
    difference: Integers
    changed: Changed
    both_right: int
    both_wrong: int

    def __len__(self) -> int:
        return len(self.first)

    def cell(self, true: int | None = None, predicted: int | None = None) -> Changed:
        """What is behind a cell: images of the class `true` that one of the networks, or both, wrongly reads as `predicted`;
        None stands for any class."""

        def chosen(rows: Integers, *readings: Integers) -> Integers:
            keep = np.ones(len(rows), dtype=bool) if true is None else self.first.labels[rows] == true
            if predicted is not None:
                keep &= np.any([reading[rows] == predicted for reading in readings], axis=0)
            return rows[keep]

        first, second = self.first.predicted, self.second.predicted
        return Changed(
            chosen(self.changed.fixed, first),
            chosen(self.changed.broken, second),
            chosen(self.changed.otherwise, first, second),
        )


def compare_mistakes(first: Evaluation, second: Evaluation) -> ComparedMistakes:
    """Puts two evaluations side by side.

    Raises:
        PlaygroundError: they are not of the same images.
    """
    if not (np.array_equal(first.indices, second.indices) and np.array_equal(first.labels, second.labels)):
        raise PlaygroundError(
            "These two networks were asked about different images.",
            "Only readings of the same images can be compared one by one.",
            "Compare them on the test images.",
        )
    right_before, right_after = first.predicted == first.labels, second.predicted == second.labels
    changed = Changed(
        np.flatnonzero(~right_before & right_after),
        np.flatnonzero(right_before & ~right_after),
        np.flatnonzero(~right_before & ~right_after & (first.predicted != second.predicted)),
    )
    classes = max(first.num_classes, second.num_classes)
    before = confusion_matrix(first.labels, first.predicted, classes)
    after = confusion_matrix(second.labels, second.predicted, classes)
    return ComparedMistakes(
        first, second, before - after, changed, int((right_before & right_after).sum()), int((~right_before & ~right_after).sum())
    )


def validate_alike(first: RunSpec, second: RunSpec) -> bool:
    """Whether both runs keep the very same images for validation: which ones hangs on the data set, how it is cut, and the
    seed. The number of training images, taken from the rest, does not matter."""
    cuts = [run.dataset.model_copy(update={"training_size": None, "normalise": True}) for run in (first, second)]
    validates = first.dataset.validation_share > 0 or first.dataset.fold is not None
    return validates and cuts[0] == cuts[1] and first.seed == second.seed
