"""Activations and losses as curves over one number, with their slopes by autograd. All in float64."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from playground.catalog.activations import ActivationEntry
from playground.catalog.losses import LossEntry

Doubles = npt.NDArray[np.float64]
Question = Literal["classes", "yes or no", "number"]

POINTS = 601
SPAN = 6.0  # activations and logits are shown from -SPAN to SPAN
NUM_CLASSES = 3  # as many as can be dragged one by one


@dataclass(frozen=True, eq=False)
class Curves:
    """Some functions of one number x.

    Attributes:
        x: float64 (points,), ascending.
        values: float64 (functions, points).
        slopes: float64 (functions, points), d value / dx.
    """

    x: Doubles
    values: Doubles
    slopes: Doubles


@dataclass(frozen=True, eq=False)
class Asked:
    """A loss at one place.

    Attributes:
        value: the loss.
        outputs: float64 (outputs,), what the loss was given.
        gradient: float64 (scores,), its derivative with respect to each number that was dragged.
        probabilities: float64 (classes,); empty where the answer is a number.
    """

    value: float
    outputs: Doubles
    gradient: Doubles
    probabilities: Doubles


def works_alone(activation: ActivationEntry) -> bool:
    """Whether each output hangs on its own input only: the matrix of its derivatives has nothing beside its diagonal."""
    _, derivatives = outputs_of(activation, (0.3, -0.7, 1.1))
    return not (derivatives - np.diag(np.diag(derivatives))).any()


def activation_curves(activation: ActivationEntry, x: Doubles | None = None) -> Curves:
    """One that works alone, over `x` (by default from -6 to 6)."""
    return _curves(lambda inputs: activation.module()(inputs[:, None]), _grid(SPAN) if x is None else x)


def output_curves(activation: ActivationEntry, inputs: Sequence[float], moved: int) -> Curves:
    """All outputs of one that looks at several numbers together, as functions of its input `moved`; the others stay."""
    return _curves(lambda x: activation.module()(_with(inputs, moved, x)), _grid(SPAN))


def outputs_of(activation: ActivationEntry, inputs: Sequence[float]) -> tuple[Doubles, Doubles]:
    """The outputs (numbers,) and d output i / d input j as (numbers, numbers)."""
    module = activation.module()
    at = torch.tensor([inputs], dtype=torch.float64)
    derivatives = torch.autograd.functional.jacobian(lambda row: module(row)[0], at)[:, 0]
    return module(at)[0].detach().numpy(), derivatives.numpy()


def questions(loss: LossEntry) -> tuple[Question, ...]:
    """What a loss can be about here: one class of three, yes or no in one number, or a number."""
    found: list[Question] = []
    if "classification" in loss.tasks:
        found.append("classes")
    if "binary" in loss.tasks and loss.num_outputs(2) == 1:
        found.append("yes or no")
    if "regression" in loss.tasks:
        found.append("number")
    return tuple(found)


def loss_curves(loss: LossEntry, question: Question, scores: Sequence[float], truth: int, moved: int, span: float) -> Curves:
    """The loss as a function of one score from -span to span; the others stay. Arguments as in `loss_asked`."""
    return _curves(lambda x: _losses(loss, question, _with(scores, moved, x), truth)[:, None], _grid(span))


def loss_asked(loss: LossEntry, question: Question, scores: Sequence[float], truth: int) -> Asked:
    """The loss of one answer.

    Args:
        scores: one a class; for "yes or no" one; for "number" one, by how much the answer is too large.
        truth: the true class; for "yes or no" 1 or 0; for "number" it does not matter.
    """
    dragged = torch.tensor([scores], dtype=torch.float64, requires_grad=True)
    value = _losses(loss, question, dragged, truth).sum()
    (gradient,) = torch.autograd.grad(value, dragged)
    outputs = _as_expected(loss, dragged.detach())
    probabilities = np.empty(0) if question == "number" else loss.probabilities(outputs)[0].numpy()
    return Asked(value.item(), outputs[0].numpy(), gradient[0].numpy(), probabilities)


def _losses(loss: LossEntry, question: Question, scores: Tensor, truth: int) -> Tensor:
    """(rows,) of scores (rows, numbers)."""
    count = len(scores)
    labels = torch.zeros(count, 1, dtype=scores.dtype) if question == "number" else torch.full((count,), truth)
    return loss.compute(_as_expected(loss, scores), labels, "none")


def _as_expected(loss: LossEntry, scores: Tensor) -> Tensor:
    """What the network's last layer would have made of the scores for this loss."""
    return scores.log_softmax(dim=1) if loss.expects == "log-probabilities" else scores


def _grid(span: float) -> Doubles:
    return np.linspace(-span, span, POINTS)


def _with(numbers: Sequence[float], moved: int, x: Tensor) -> Tensor:
    """(points, numbers): the same row for every point, with x in the column `moved`."""
    columns = [x if index == moved else torch.full_like(x, number) for index, number in enumerate(numbers)]
    return torch.stack(columns, dim=1)


def _curves(function: Callable[[Tensor], Tensor], x: Doubles) -> Curves:
    """`function` takes (points,) to (points, functions), each row from its own point."""
    points = torch.from_numpy(x.copy()).requires_grad_()
    values = function(points)
    slopes = []
    for column in values.T:
        # The rows do not mix, so the gradient of their sum holds each one's own derivative. A constant has none to tell.
        (slope,) = torch.autograd.grad(column.sum(), points, retain_graph=True, allow_unused=True)
        slopes.append(torch.zeros_like(points) if slope is None else slope)
    return Curves(x, values.detach().T.numpy(), torch.stack(slopes).numpy())
