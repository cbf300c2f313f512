"""The loss of one image, worked out by hand: the formula of the run's own loss with the numbers put in."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from playground.catalog.losses import LossEntry
from playground.errors import PlaygroundError
from playground.insight.arithmetic import Compared, Floats
from playground.insight.softmax import Column, one_output_columns
from playground.insight.written import written


@dataclass(frozen=True, eq=False)
class LossPlace:
    """The loss of one image, taken apart.

    Attributes:
        truth: the class, or the target of a regression.
        columns: the steps of the calculation, for all classes (for the one number of a regression); the last one holds what is
            added up.
        worked: how the last column becomes the loss, with the numbers put in.
        result: the loss by hand, and what the run's own loss says.
    """

    entry: LossEntry
    truth: int | float
    columns: tuple[Column, ...]
    worked: str
    result: Compared


Worked = tuple[tuple[Column, ...], str, float]


def loss_at(entry: LossEntry, outputs: Floats, truth: int | float) -> LossPlace:
    """Takes apart the loss of outputs (classes,) for an example of class `truth`; or of an output (1,) whose target it is, a
    float.

    Raises:
        PlaygroundError: this loss has no walk-through.
    """
    kind: str = entry.kind  # type: ignore[attr-defined]
    if kind not in _BY_HAND:
        raise PlaygroundError(f"There is no walk-through of the loss “{entry.title}” yet.", "All other steps are there.")
    columns, worked, value = _BY_HAND[kind](entry, outputs, truth)
    labels = torch.tensor([[truth]], dtype=torch.float32) if isinstance(truth, float) else torch.tensor([truth])
    computed = entry.compute(torch.from_numpy(outputs).float()[None], labels)
    return LossPlace(entry, truth, columns, worked, Compared(value, float(computed), float(np.abs(outputs).max(initial=0.0))))


def _target(outputs: Floats, truth: int | float) -> Floats:
    """Of a class a row of zeros and a one; the target of a regression as it is."""
    if isinstance(truth, float):
        return np.array([truth])
    target = np.zeros_like(outputs)
    target[truth] = 1.0
    return target


def _target_words(truth: int | float) -> str:
    return "the target: what it should be" if isinstance(truth, float) else _T


def _log_softmax(outputs: Floats) -> Floats:
    shifted = outputs - outputs.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


_Z = "what leaves the network"
_T = "the target: 1 for the true class, 0 for the others"


def _cross_entropy(entry: LossEntry, outputs: Floats, label: int) -> Worked:
    logs, classes = _log_softmax(outputs), len(outputs)
    smoothing: float = entry.label_smoothing  # type: ignore[attr-defined]
    target = (1 - smoothing) * _target(outputs, label) + smoothing / classes
    terms = -target * logs
    said = f"the target; label smoothing gives {smoothing:g} of the belief to all {classes} classes alike" if smoothing else _T
    columns = (
        Column("z", _Z, outputs),
        Column("p", "softmax of z: the probabilities", np.exp(logs), total=True),
        Column("ln p", "their logarithms: 0 for certain", logs),
        Column("t", said, target, total=True),
        Column("−t · ln p", "what each class adds to the loss", terms, total=True),
    )
    value = float(terms.sum())
    if smoothing:
        return columns, f"sum of the last column = {written(value)}", value
    return columns, _minus_log(float(np.exp(logs[label])), value), value


def _minus_log(share: float, value: float) -> str:
    """ "−ln(0.25) = 1.386"; a share that is 1 in writing is told by what it lacks, else the line would be false."""
    said = f"1 − {written(-math.expm1(-value))}" if value and written(share) == "1" else written(share)
    return f"−ln({said}) = {written(value)}"


def _binary_cross_entropy(entry: LossEntry, outputs: Floats, label: int) -> Worked:
    target = _target(outputs, label)
    log_yes = np.minimum(outputs, 0) - np.log1p(np.exp(-np.abs(outputs)))
    log_no = log_yes - outputs
    terms = -(target * log_yes + (1 - target) * log_no)
    columns = (
        Column("z", _Z, outputs),
        Column("σ(z)", "sigmoid of z: the belief in a yes", np.exp(log_yes)),
        Column("t", _T, target),
        Column("−t ln σ − (1−t) ln(1−σ)", "the penalty of each yes-or-no question", terms, total=True),
    )
    return columns, *_mean(terms)


def _mean_squared_error(entry: LossEntry, outputs: Floats, truth: int | float) -> Worked:
    target = _target(outputs, truth)
    gaps = outputs - target
    columns = (
        Column("z", _Z, outputs),
        Column("t", _target_words(truth), target),
        Column("z − t", "how far off", gaps),
        Column("(z − t)²", "squared: large misses cost most", gaps**2, total=True),
    )
    return columns, *_mean(gaps**2)


def _l1(entry: LossEntry, outputs: Floats, truth: int | float) -> Worked:
    target = _target(outputs, truth)
    gaps = outputs - target
    columns = (
        Column("z", _Z, outputs),
        Column("t", _target_words(truth), target),
        Column("z − t", "how far off", gaps),
        Column("|z − t|", "without its sign", np.abs(gaps), total=True),
    )
    return columns, *_mean(np.abs(gaps))


def _huber(entry: LossEntry, outputs: Floats, truth: int | float) -> Worked:
    delta: float = entry.delta  # type: ignore[attr-defined]
    target = _target(outputs, truth)
    gaps = np.abs(outputs - target)
    terms = np.where(gaps <= delta, 0.5 * gaps**2, delta * (gaps - 0.5 * delta))
    is_small = bool(gaps[0] <= delta)
    rule = f"half its square, because it is at most {delta:g}" if is_small else f"straight on, because it is above {delta:g}"
    columns = (
        Column("z", _Z, outputs),
        Column("t", _target_words(truth), target),
        Column("|z − t|", "how far off, without its sign", gaps),
        Column("½ |z − t|²" if is_small else f"{delta:g} · (|z − t| − {delta / 2:g})", rule, terms, total=True),
    )
    return columns, *_mean(terms)


def _binary_cross_entropy_logits(entry: LossEntry, outputs: Floats, label: int | float) -> Worked:
    both, shares = one_output_columns(outputs)
    # ln of the sigmoid, in the form that stays finite where the sigmoid is 0 to rounding.
    logs = np.minimum(both.values, 0) - np.log1p(np.exp(-np.abs(both.values)))
    target = _target(both.values, label)
    columns = (
        both,
        shares,
        Column("ln p", "their logarithms: 0 for certain", logs),
        Column("t", "the target: 1 for the true answer, 0 for the other", target),
        Column("−t · ln p", "what each answer adds to the loss", -target * logs, total=True),
    )
    value = float(-logs[int(label)])
    return columns, _minus_log(float(shares.values[int(label)]), value), value


def _multi_margin(entry: LossEntry, outputs: Floats, label: int) -> Worked:
    margin: float = entry.margin  # type: ignore[attr-defined]
    leads = margin - outputs[label] + outputs
    terms = np.maximum(leads, 0.0)
    terms[label] = 0.0
    columns = (
        Column("z", _Z, outputs),
        Column(
            "m − z_y + z", f"the margin {margin:g}, minus the true class' score {written(float(outputs[label]))}, plus z", leads
        ),
        Column("max(0, …)", "0 once the lead is large enough; the true class itself does not count", terms, total=True),
    )
    return columns, *_mean(terms)


def _negative_log_likelihood(entry: LossEntry, outputs: Floats, label: int) -> Worked:
    terms = -_target(outputs, label) * outputs
    columns = (
        Column("z", "log-probabilities: what the network gives out", outputs),
        Column("t", _T, _target(outputs, label)),
        Column("−t · z", "what each class adds to the loss", terms, total=True),
    )
    value = float(-outputs[label])
    return columns, f"−({written(float(outputs[label]))}) = {written(value)}", value


def _mean(terms: Floats) -> tuple[str, float]:
    total = float(terms.sum())
    if len(terms) == 1:
        return written(total), total
    return f"{written(total)} ÷ {len(terms)} classes = {written(total / len(terms))}", total / len(terms)


_BY_HAND: dict[str, Callable[[LossEntry, Floats, Any], Worked]] = {
    "cross_entropy": _cross_entropy,
    "cross_entropy_one_hot": _cross_entropy,
    "binary_cross_entropy": _binary_cross_entropy,
    "binary_cross_entropy_logits": _binary_cross_entropy_logits,
    "huber": _huber,
    "mean_squared_error": _mean_squared_error,
    "l1": _l1,
    "multi_margin": _multi_margin,
    "negative_log_likelihood": _negative_log_likelihood,
}
