"""Losses: how far the outputs are from the truth. To add one is to add one class and list it in `catalog/__init__.py`.

For classes they take outputs `(batch, classes)` float32 (or `(batch, 1)`, one number for yes or no) and labels `(batch,)`
int64; for regression outputs and targets `(batch, 1)` float32.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from playground.catalog.entry import Entry
from playground.catalog.task import ALL_TASKS, CLASSES, Task

Reduction = Literal["mean", "none"]


class LossEntry(Entry):
    """A loss, and how the outputs are read by it."""

    expects: ClassVar[str] = "logits"  # what the network should end with: "logits", "log-probabilities", "scores"
    tasks: ClassVar[frozenset[Task]] = CLASSES
    formula: ClassVar[str] = ""

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


def _one_hot(outputs: Tensor, labels: Tensor) -> Tensor:
    return F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)


def _targets(outputs: Tensor, labels: Tensor) -> Tensor:
    """What the outputs should be: the targets of a regression as they are, of classes a row of zeros and a one."""
    return labels if labels.is_floating_point() else _one_hot(outputs, labels)


def _targets_source(task: Task) -> str:
    return "labels" if task == "regression" else "F.one_hot(labels, num_classes).float()"


def _reduce(values: Tensor, reduction: Reduction) -> Tensor:
    """Mean over the outputs first, so that every example weighs the same."""
    values = values.mean(dim=1)
    return values.mean() if reduction == "mean" else values


def _mean_of(values: str) -> str:
    """What `_reduce` does, as source."""
    return f"{values}.mean(dim=1).mean()".replace("'", '"')


def _shares(scores: Tensor) -> Tensor:
    """Scores that aim at 0 or 1, cut to [0, 1] and divided by their sum; equal shares when all are 0."""
    clipped = scores.clamp(0, 1)
    total = clipped.sum(dim=1, keepdim=True)
    return torch.where(total > 0, clipped / total.clamp_min(1e-12), torch.full_like(clipped, 1 / scores.shape[1]))


class CrossEntropy(LossEntry):
    kind: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = Field(
        0.0, ge=0.0, le=0.5, title="Label smoothing", description="The share of belief given to all classes alike."
    )
    title: ClassVar[str] = "Cross-entropy"
    help: ClassVar[str] = "The usual choice for sorting into classes. Applies softmax itself."
    formula: ClassVar[str] = r"-\ln \mathrm{softmax}(z)_y"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return F.cross_entropy(outputs, labels, reduction=reduction, label_smoothing=self.label_smoothing)

    def pytorch_source(self, task: Task = "classification") -> str:
        smoothing = f", label_smoothing={self.label_smoothing!r}" if self.label_smoothing else ""
        return f"F.cross_entropy(outputs, labels{smoothing})"

    def keras_source(self) -> str:
        smoothing = f", label_smoothing={self.label_smoothing!r}" if self.label_smoothing else ""
        return f"losses.CategoricalCrossentropy(from_logits=True{smoothing})"


class CrossEntropyOneHot(LossEntry):
    kind: Literal["cross_entropy_one_hot"] = "cross_entropy_one_hot"
    label_smoothing: float = Field(
        0.0, ge=0.0, le=0.5, title="Label smoothing", description="The share of belief given to all classes alike."
    )
    title: ClassVar[str] = "Cross-entropy on one-hot"
    help: ClassVar[str] = "The same number as cross-entropy, with the truth written as a row of zeros and a one."
    formula: ClassVar[str] = r"-\sum_k t_k \ln \mathrm{softmax}(z)_k"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        targets = _one_hot(outputs, labels)
        return F.cross_entropy(outputs, targets, reduction=reduction, label_smoothing=self.label_smoothing)

    def pytorch_source(self, task: Task = "classification") -> str:
        smoothing = f", label_smoothing={self.label_smoothing!r}" if self.label_smoothing else ""
        return f"F.cross_entropy(outputs, F.one_hot(labels, num_classes).float(){smoothing})"

    def keras_source(self) -> str:
        smoothing = f", label_smoothing={self.label_smoothing!r}" if self.label_smoothing else ""
        return f"losses.CategoricalCrossentropy(from_logits=True{smoothing})"


class BinaryCrossEntropy(LossEntry):
    kind: Literal["binary_cross_entropy"] = "binary_cross_entropy"
    title: ClassVar[str] = "Binary cross-entropy on one-hot"
    help: ClassVar[str] = "One yes-or-no question for each class. Applies the sigmoid itself."
    formula: ClassVar[str] = r"-\frac{1}{K}\sum_k t_k \ln \sigma(z_k) + (1 - t_k) \ln(1 - \sigma(z_k))"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        values = F.binary_cross_entropy_with_logits(outputs, _one_hot(outputs, labels), reduction="none")
        return _reduce(values, reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return _shares(torch.sigmoid(outputs))

    def pytorch_source(self, task: Task = "classification") -> str:
        return _mean_of("F.binary_cross_entropy_with_logits(outputs, F.one_hot(labels, num_classes).float(), reduction='none')")

    def keras_source(self) -> str:
        return "losses.BinaryCrossentropy(from_logits=True)"


class BinaryCrossEntropyLogits(LossEntry):
    kind: Literal["binary_cross_entropy_logits"] = "binary_cross_entropy_logits"
    title: ClassVar[str] = "Binary cross-entropy"
    help: ClassVar[str] = "The usual choice for yes or no: one output, and the sigmoid makes a probability of it."
    tasks: ClassVar[frozenset[Task]] = frozenset({"binary"})
    formula: ClassVar[str] = r"-y \ln \sigma(z) - (1 - y) \ln(1 - \sigma(z))"

    def num_outputs(self, num_classes: int) -> int:
        return 1

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return F.binary_cross_entropy_with_logits(outputs[:, 0], labels.to(outputs.dtype), reduction=reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        # The sigmoid of -z and not 1 - sigmoid(z), which would be 0 for every z beyond 17.
        return torch.sigmoid(torch.cat([-outputs, outputs], dim=1))

    def predicted(self, outputs: Tensor) -> Tensor:
        return (outputs[:, 0] > 0).long()

    def class_scores(self, outputs: Tensor) -> Tensor:
        return torch.cat([-outputs, outputs], dim=1)

    def pytorch_source(self, task: Task = "classification") -> str:
        return "F.binary_cross_entropy_with_logits(outputs[:, 0], labels.float())"

    def keras_source(self) -> str:
        return "losses.BinaryCrossentropy(from_logits=True)"


class MeanSquaredError(LossEntry):
    kind: Literal["mean_squared_error"] = "mean_squared_error"
    title: ClassVar[str] = "Mean squared error"
    help: ClassVar[str] = "The squared distance to the target; for classes, to 1 for the true one and 0 for the others."
    expects: ClassVar[str] = "scores"
    tasks: ClassVar[frozenset[Task]] = ALL_TASKS
    formula: ClassVar[str] = r"\frac{1}{K}\sum_k (z_k - t_k)^2"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return _reduce(F.mse_loss(outputs, _targets(outputs, labels), reduction="none"), reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return _shares(outputs)

    def pytorch_source(self, task: Task = "classification") -> str:
        return _mean_of(f"F.mse_loss(outputs, {_targets_source(task)}, reduction='none')")

    def keras_source(self) -> str:
        return "losses.MeanSquaredError()"


class L1Loss(LossEntry):
    kind: Literal["l1"] = "l1"
    title: ClassVar[str] = "L1 (mean absolute error)"
    help: ClassVar[str] = "The plain distance to the target; for classes, to 1 for the true one and 0 for the others."
    expects: ClassVar[str] = "scores"
    tasks: ClassVar[frozenset[Task]] = ALL_TASKS
    formula: ClassVar[str] = r"\frac{1}{K}\sum_k |z_k - t_k|"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return _reduce(F.l1_loss(outputs, _targets(outputs, labels), reduction="none"), reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return _shares(outputs)

    def pytorch_source(self, task: Task = "classification") -> str:
        return _mean_of(f"F.l1_loss(outputs, {_targets_source(task)}, reduction='none')")

    def keras_source(self) -> str:
        return "losses.MeanAbsoluteError()"


class Huber(LossEntry):
    kind: Literal["huber"] = "huber"
    delta: float = Field(1.0, gt=0.0, le=10.0, title="Delta", description="From this distance on it counts the plain distance.")
    title: ClassVar[str] = "Huber"
    help: ClassVar[str] = "Squared for small errors, plain for large ones, so that single outliers do not lead."
    expects: ClassVar[str] = "scores"
    tasks: ClassVar[frozenset[Task]] = frozenset({"regression"})
    formula: ClassVar[str] = (
        r"\tfrac{1}{2}(z - t)^2 \text{ if } |z - t| \le \delta \text{ else } \delta\,(|z - t| - \tfrac{1}{2}\delta)"
    )

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return _reduce(F.huber_loss(outputs, labels, reduction="none", delta=self.delta), reduction)

    def pytorch_source(self, task: Task = "classification") -> str:
        return _mean_of(f"F.huber_loss(outputs, labels, reduction='none', delta={self.delta!r})")

    def keras_source(self) -> str:
        return f"losses.Huber(delta={self.delta!r})"


class MultiMargin(LossEntry):
    kind: Literal["multi_margin"] = "multi_margin"
    margin: float = Field(1.0, gt=0.0, le=10.0, title="Margin", description="How far ahead the true class should be.")
    title: ClassVar[str] = "Hinge (multi-margin)"
    help: ClassVar[str] = "Content as soon as the true class leads every other by the margin."
    expects: ClassVar[str] = "scores"
    formula: ClassVar[str] = r"\frac{1}{K}\sum_{k \neq y} \max(0, m - z_y + z_k)"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        # By hand, because torch's own loss calls outputs that are not numbers perfect, which hides a diverging run.
        true = outputs.gather(1, labels[:, None])
        values = (self.margin - true + outputs).clamp_min(0) * (1 - _one_hot(outputs, labels))
        return _reduce(values, reduction)

    def pytorch_source(self, task: Task = "classification") -> str:
        lead = f"({self.margin!r} - outputs.gather(1, labels[:, None]) + outputs).clamp_min(0)"
        return _mean_of(f"({lead} * (1 - F.one_hot(labels, num_classes).float()))")

    def keras_source(self) -> str:
        # Keras' own categorical hinge counts the strongest rival only.
        return f"MultiMargin({self.margin!r})"


class NegativeLogLikelihood(LossEntry):
    kind: Literal["negative_log_likelihood"] = "negative_log_likelihood"
    title: ClassVar[str] = "Negative log-likelihood"
    help: ClassVar[str] = "Cross-entropy without its softmax: the network must end with log-softmax."
    expects: ClassVar[str] = "log-probabilities"
    formula: ClassVar[str] = r"-z_y"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return F.nll_loss(outputs, labels, reduction=reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return outputs.exp()

    def pytorch_source(self, task: Task = "classification") -> str:
        return "F.nll_loss(outputs, labels)"

    def keras_source(self) -> str:
        return "NegativeLogLikelihood()"
