"""From a network's outputs to probabilities, one column of numbers after the other.

Softmax: p[k] = e^(z[k] - m) / sum of e^(z[j] - m), with m = max z: taking the maximum away first changes nothing in the
result, and keeps e^z from growing beyond all bounds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import nn

from playground.catalog.losses import (
    BinaryCrossEntropy,
    BinaryCrossEntropyLogits,
    L1Loss,
    LossEntry,
    MeanSquaredError,
    NegativeLogLikelihood,
)
from playground.insight.arithmetic import Floats, Step


@dataclass(frozen=True, eq=False)
class Column:
    """One step of a calculation, for all classes.

    Attributes:
        title: such as "e^(z − max)".
        words: what it does, in one line.
        values: float64 (classes,).
        total: whether its sum is part of the calculation.
    """

    title: str
    words: str
    values: Floats
    total: bool = False


@dataclass(frozen=True, eq=False)
class Probabilities:
    """How outputs become probabilities.

    Attributes:
        rule: the name of the calculation, such as "softmax".
        columns: the steps; the last one holds the result.
        reference: float64 (classes,), what PyTorch makes of the same outputs.
    """

    rule: str
    columns: tuple[Column, ...]
    reference: Floats

    @property
    def by_hand(self) -> Floats:
        return self.columns[-1].values

    @property
    def difference(self) -> float:
        """The largest difference between the hand's numbers and PyTorch's."""
        return float(np.abs(self.by_hand - self.reference).max(initial=0.0))

    @property
    def agrees(self) -> bool:
        return self.difference <= 1e-6


def softmax_columns(logits: Floats) -> tuple[Column, ...]:
    """Logits, minus their maximum, as powers of e, divided by the sum."""
    shifted = logits - logits.max()
    powers = np.exp(shifted)
    return (
        Column("z", "logits: what the last layer gives out", logits),
        Column("z − max", f"minus the largest, {logits.max():.4f}: now nothing is above 0", shifted),
        Column("e^(z − max)", "as powers of e = 2.718…: all positive, the largest is 1", powers, total=True),
        Column("÷ sum", f"divided by the sum, {powers.sum():.4f}: shares that add up to 1", powers / powers.sum(), total=True),
    )


def inside_the_network(last: Step) -> Probabilities | None:
    """The softmax, or log-softmax, with which the network itself ends; None when it ends otherwise."""
    if not isinstance(last.module, nn.Softmax | nn.LogSoftmax):
        return None
    columns = softmax_columns(last.inputs.ravel())
    reference = torch.softmax(torch.from_numpy(last.inputs.ravel()), dim=0).numpy()
    if isinstance(last.module, nn.LogSoftmax):
        logs = columns[1].values - np.log(columns[2].values.sum())
        columns = (*columns, Column("ln", "its logarithm: 0 for certain, far below 0 for unlikely", logs))
        reference = torch.log_softmax(torch.from_numpy(last.inputs.ravel()), dim=0).numpy()
        return Probabilities("log-softmax", columns, reference)
    return Probabilities("softmax", columns, reference)


def from_outputs(loss: LossEntry, outputs: Floats) -> Probabilities:
    """How the page reads the network's outputs, by the loss that it learned with.

    Args:
        outputs: float64 (classes,), what leaves the network; (1,) for yes or no.
    """
    reference = loss.probabilities(torch.from_numpy(outputs)[None])[0].numpy()
    if isinstance(loss, MeanSquaredError | L1Loss):
        rule, columns = "shares of the scores", _score_columns(outputs)
    elif isinstance(loss, NegativeLogLikelihood):
        rule, columns = "powers of e", _exponential_columns(outputs)
    elif isinstance(loss, BinaryCrossEntropy):
        rule, columns = "sigmoid and shares", _sigmoid_columns(outputs)
    elif isinstance(loss, BinaryCrossEntropyLogits):
        rule, columns = "sigmoid", one_output_columns(outputs)
    else:
        rule, columns = "softmax", softmax_columns(outputs)
    return Probabilities(rule, columns, reference)


def _exponential_columns(outputs: Floats) -> tuple[Column, ...]:
    return (
        Column("z", "log-probabilities: what the network gives out", outputs),
        Column("e^z", "the logarithm undone", np.exp(outputs), total=True),
    )


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + e^-z), by the form whose power of e does not grow beyond all bounds."""
    small = np.exp(-np.abs(values))
    return np.where(values >= 0, 1, small) / (1 + small)


def one_output_columns(outputs: Floats) -> tuple[Column, ...]:
    """A single output z for yes or no, (1,) -> columns of two: for no and for yes."""
    both = np.array([-outputs[0], outputs[0]])
    return (
        Column("±z", "the number that the last layer gives out, for the second answer; turned round, for the first", both),
        Column("σ(±z) = 1 ÷ (1 + e^∓z)", "squeezed between 0 and 1: the two add up to 1", sigmoid(both), total=True),
    )


def _sigmoid_columns(outputs: Floats) -> tuple[Column, ...]:
    squeezed = sigmoid(outputs)
    return (
        Column("z", "what the last layer gives out", outputs),
        Column("σ(z)", "squeezed between 0 and 1: one yes-or-no answer for each class", squeezed, total=True),
        _shares(squeezed),
    )


def _score_columns(outputs: Floats) -> tuple[Column, ...]:
    clipped = np.clip(outputs, 0, 1)
    return (
        Column("z", "scores: the network aims at 1 for the true class, 0 for others", outputs),
        Column("cut to 0…1", "what is below 0 becomes 0, what is above 1 becomes 1", clipped, total=True),
        _shares(clipped),
    )


def _shares(values: Floats) -> Column:
    total = float(values.sum())
    if total <= 0:
        return Column("equal shares", "all are 0, so that none is likelier", np.full_like(values, 1 / len(values)), total=True)
    return Column("÷ sum", f"divided by the sum, {total:.4f}: shares that add up to 1", values / total, total=True)
