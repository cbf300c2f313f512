"""Losses: how far the outputs are from the truth. To add one is to add one class and list it in `catalog/__init__.py`.

All take outputs `(batch, classes)` float32 and labels `(batch,)` int64.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from playground.catalog.entry import Entry

Reduction = Literal["mean", "none"]


class LossEntry(Entry):
    """A loss for classification."""

    expects: ClassVar[str] = "logits"  # what the network should end with: "logits", "log-probabilities", "scores"
    formula: ClassVar[str] = ""

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        """The loss: a scalar for "mean", `(batch,)` for "none"; the mean of the second is the first."""
        raise NotImplementedError

    def probabilities(self, outputs: Tensor) -> Tensor:
        """`(batch, classes)` in [0, 1], each row adding up to 1: how the page reads the outputs."""
        return torch.softmax(outputs, dim=1)

    def pytorch_source(self) -> str:
        """An expression of `outputs`, `labels` and `num_classes`, with the same result as `compute` to the last bit."""
        raise NotImplementedError

    def keras_source(self) -> str:
        """A Keras loss on one-hot targets, or one that `export.keras_parts` defines."""
        raise NotImplementedError


def _one_hot(outputs: Tensor, labels: Tensor) -> Tensor:
    return F.one_hot(labels, outputs.shape[1]).to(outputs.dtype)


def _reduce(values: Tensor, reduction: Reduction) -> Tensor:
    """Mean over the classes first, so that every image weighs the same."""
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

    def pytorch_source(self) -> str:
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

    def pytorch_source(self) -> str:
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

    def pytorch_source(self) -> str:
        return _mean_of("F.binary_cross_entropy_with_logits(outputs, F.one_hot(labels, num_classes).float(), reduction='none')")

    def keras_source(self) -> str:
        return "losses.BinaryCrossentropy(from_logits=True)"


class MeanSquaredError(LossEntry):
    kind: Literal["mean_squared_error"] = "mean_squared_error"
    title: ClassVar[str] = "Mean squared error"
    help: ClassVar[str] = "The squared distance to 1 for the true class and 0 for the others."
    expects: ClassVar[str] = "scores"
    formula: ClassVar[str] = r"\frac{1}{K}\sum_k (z_k - t_k)^2"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return _reduce(F.mse_loss(outputs, _one_hot(outputs, labels), reduction="none"), reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return _shares(outputs)

    def pytorch_source(self) -> str:
        return _mean_of("F.mse_loss(outputs, F.one_hot(labels, num_classes).float(), reduction='none')")

    def keras_source(self) -> str:
        return "losses.MeanSquaredError()"


class L1Loss(LossEntry):
    kind: Literal["l1"] = "l1"
    title: ClassVar[str] = "L1 (mean absolute error)"
    help: ClassVar[str] = "The plain distance to 1 for the true class and 0 for the others. Often slow to start."
    expects: ClassVar[str] = "scores"
    formula: ClassVar[str] = r"\frac{1}{K}\sum_k |z_k - t_k|"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return _reduce(F.l1_loss(outputs, _one_hot(outputs, labels), reduction="none"), reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return _shares(outputs)

    def pytorch_source(self) -> str:
        return _mean_of("F.l1_loss(outputs, F.one_hot(labels, num_classes).float(), reduction='none')")

    def keras_source(self) -> str:
        return "losses.MeanAbsoluteError()"


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

    def pytorch_source(self) -> str:
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

    def pytorch_source(self) -> str:
        return "F.nll_loss(outputs, labels)"

    def keras_source(self) -> str:
        return "NegativeLogLikelihood()"
