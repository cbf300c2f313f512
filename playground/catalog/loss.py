"""What every loss of the catalogue is."""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
from torch import Tensor

from playground.catalog.entry import Entry
from playground.catalog.task import CLASSES, Task

Reduction = Literal["mean", "none"]


class LossEntry(Entry):
    """A loss, and how the outputs are read by it."""

    expects: ClassVar[str] = "logits"  # what the network should end with: "logits", "log-probabilities", "scores"
    tasks: ClassVar[frozenset[Task]] = CLASSES

    def num_outputs(self, num_classes: int) -> int:
        """How many numbers the network must end with; `num_classes` is 0 for regression."""
        return max(1, num_classes)

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        """The loss: a scalar for "mean", `(batch,)` for "none"; the mean of the second is the first."""
        raise NotImplementedError

    def probabilities(self, outputs: Tensor) -> Tensor:
        """`(batch, classes)` in [0, 1], each row adding up to 1: how the page reads the outputs of a task with classes."""
        return torch.softmax(outputs, dim=1)

    def predicted(self, outputs: Tensor) -> Tensor:
        """The class with the highest output, int64 `(batch,)`; of equal ones the first."""
        return outputs.argmax(dim=1)

    def class_scores(self, outputs: Tensor) -> Tensor:
        """One score a class, `(batch, classes)`: what speaks for it, for those who ask why."""
        return outputs

    def pytorch_source(self, task: Task = "classification") -> str:
        """An expression of `outputs` and `labels` (and `num_classes`, for classes), with the same result as `compute` to the last
        bit."""
        raise NotImplementedError

    def keras_source(self) -> str:
        """A Keras loss on one-hot targets (on the targets, for regression), or one that `export.keras_parts` defines."""
        raise NotImplementedError


def shares(scores: Tensor) -> Tensor:
    """Scores that aim at 0 or 1, cut to [0, 1] and divided by their sum; equal shares when all are 0."""
    clipped = scores.clamp(0, 1)
    total = clipped.sum(dim=1, keepdim=True)
    return torch.where(total > 0, clipped / total.clamp_min(1e-12), torch.full_like(clipped, 1 / scores.shape[1]))
