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

from playground.catalog.loss import LossEntry as LossEntry
from playground.catalog.loss import Reduction, shares
from playground.catalog.task import ALL_TASKS, Task


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


class CrossEntropy(LossEntry):
    kind: Literal["cross_entropy"] = "cross_entropy"
    label_smoothing: float = Field(
        0.0, ge=0.0, le=0.5, title="Label smoothing", description="The share of belief given to all classes alike."
    )
    title: ClassVar[str] = "Cross-entropy"
    help: ClassVar[str] = "The usual choice for sorting into classes. Applies softmax itself."
    when: ClassVar[str] = (
        "For sorting into classes, nearly always. With label smoothing when the network becomes too sure of itself."
    )
    source: ClassVar[str] = (
        "Bridle (1990): [Probabilistic Interpretation of Feedforward Classification Network "
        "Outputs](https://doi.org/10.1007/978-3-642-76153-9_28). Label smoothing: Szegedy and others (2016): [Rethinking "
        "the Inception Architecture](https://arxiv.org/abs/1512.00567)"
    )
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
    when: ClassVar[str] = (
        "As cross-entropy; it is here because other programs want the truth written this way. Needed where the truth "
        "itself is unsure, such as 70 % cat and 30 % dog."
    )
    source: ClassVar[str] = (
        "PyTorch documentation: "
        "[torch.nn.CrossEntropyLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.CrossEntropyLoss.html)"
    )
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
    when: ClassVar[str] = (
        "When an image may show several things at once: each class is a question of its own. For one class out of many, "
        "cross-entropy learns faster."
    )
    source: ClassVar[str] = "Beyer and others (2020): [Are we done with ImageNet?](https://arxiv.org/abs/2006.07159)"
    formula: ClassVar[str] = r"-\frac{1}{K}\sum_k \left[ t_k \ln \sigma(z_k) + (1 - t_k) \ln(1 - \sigma(z_k)) \right]"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        values = F.binary_cross_entropy_with_logits(outputs, _one_hot(outputs, labels), reduction="none")
        return _reduce(values, reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return shares(torch.sigmoid(outputs))

    def pytorch_source(self, task: Task = "classification") -> str:
        return _mean_of("F.binary_cross_entropy_with_logits(outputs, F.one_hot(labels, num_classes).float(), reduction='none')")

    def keras_source(self) -> str:
        return "losses.BinaryCrossentropy(from_logits=True)"


class BinaryCrossEntropyLogits(LossEntry):
    kind: Literal["binary_cross_entropy_logits"] = "binary_cross_entropy_logits"
    title: ClassVar[str] = "Binary cross-entropy"
    help: ClassVar[str] = "The usual choice for yes or no: one output, and the sigmoid makes a probability of it."
    when: ClassVar[str] = "For a question with two answers, yes or no: the network then needs one output only."
    source: ClassVar[str] = (
        "Cox (1958): [The Regression Analysis of Binary Sequences](https://doi.org/10.1111/j.2517-6161.1958.tb00292.x); "
        "PyTorch documentation: "
        "[torch.nn.BCEWithLogitsLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.BCEWithLogitsLoss.html)"
    )
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
    when: ClassVar[str] = (
        "For predicting numbers, when large errors are much worse than small ones. For classes it works as well, and "
        "learns more slowly than cross-entropy when it is badly wrong."
    )
    source: ClassVar[str] = (
        "Hui, Belkin (2021): [Evaluation of Neural Architectures Trained with Square Loss vs "
        "Cross-Entropy](https://arxiv.org/abs/2006.07322)"
    )
    expects: ClassVar[str] = "scores"
    tasks: ClassVar[frozenset[Task]] = ALL_TASKS
    formula: ClassVar[str] = r"\frac{1}{K}\sum_k (z_k - t_k)^2"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return _reduce(F.mse_loss(outputs, _targets(outputs, labels), reduction="none"), reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return shares(outputs)

    def pytorch_source(self, task: Task = "classification") -> str:
        return _mean_of(f"F.mse_loss(outputs, {_targets_source(task)}, reduction='none')")

    def keras_source(self) -> str:
        return "losses.MeanSquaredError()"


class L1Loss(LossEntry):
    kind: Literal["l1"] = "l1"
    title: ClassVar[str] = "L1 (mean absolute error)"
    help: ClassVar[str] = "The plain distance to the target; for classes, to 1 for the true one and 0 for the others."
    when: ClassVar[str] = (
        "For predicting numbers, when a few of them are far off and should not decide everything. For classes it is a "
        "poor choice: its gradient is as strong when the answer is nearly right."
    )
    source: ClassVar[str] = "Willmott, Matsuura (2005): [Advantages of the mean absolute error](https://doi.org/10.3354/cr030079)"
    expects: ClassVar[str] = "scores"
    tasks: ClassVar[frozenset[Task]] = ALL_TASKS
    formula: ClassVar[str] = r"\frac{1}{K}\sum_k |z_k - t_k|"

    def compute(self, outputs: Tensor, labels: Tensor, reduction: Reduction = "mean") -> Tensor:
        return _reduce(F.l1_loss(outputs, _targets(outputs, labels), reduction="none"), reduction)

    def probabilities(self, outputs: Tensor) -> Tensor:
        return shares(outputs)

    def pytorch_source(self, task: Task = "classification") -> str:
        return _mean_of(f"F.l1_loss(outputs, {_targets_source(task)}, reduction='none')")

    def keras_source(self) -> str:
        return "losses.MeanAbsoluteError()"


class Huber(LossEntry):
    kind: Literal["huber"] = "huber"
    delta: float = Field(1.0, gt=0.0, le=10.0, title="Delta", description="From this distance on it counts the plain distance.")
    title: ClassVar[str] = "Huber"
    help: ClassVar[str] = "Squared for small errors, plain for large ones, so that single outliers do not lead."
    when: ClassVar[str] = (
        "For predicting numbers, when some of them are far off: small errors count squared, large ones only in proportion."
    )
    source: ClassVar[str] = "Huber (1964): [Robust Estimation of a Location Parameter](https://doi.org/10.1214/aoms/1177703732)"
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
    when: ClassVar[str] = (
        "When only the order of the classes matters and not a probability. What is right by the margin teaches nothing any more."
    )
    source: ClassVar[str] = (
        "Crammer, Singer (2001): [On the Algorithmic Implementation of Multiclass Kernel-based Vector "
        "Machines](https://jmlr.org/papers/v2/crammer01a.html); PyTorch documentation: "
        "[torch.nn.MultiMarginLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.MultiMarginLoss.html)"
    )
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
    when: ClassVar[str] = (
        "When the network is to end with log-softmax, so that its outputs are log-probabilities. Both together are cross-entropy."
    )
    source: ClassVar[str] = (
        "PyTorch documentation: [torch.nn.NLLLoss](https://docs.pytorch.org/docs/stable/generated/torch.nn.NLLLoss.html)"
    )
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
