"""The loss of one image, worked out by hand: the formula of the run's own loss with the numbers put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from playground.catalog.losses import LossEntry
from playground.errors import PlaygroundError
from playground.insight.arithmetic import Compared, Floats
from playground.insight.softmax import Column
from playground.insight.written import written


@dataclass(frozen=True, eq=False)
class LossPlace:
    """The loss of one image, taken apart.

    Attributes:
        columns: the steps of the calculation, for all classes; the last one holds what is added up.
        worked: how the last column becomes the loss, with the numbers put in.
        result: the loss by hand, and what the run's own loss says.
    """

    entry: LossEntry
    label: int
    columns: tuple[Column, ...]
    worked: str
    result: Compared


Worked = tuple[tuple[Column, ...], str, float]


def loss_at(entry: LossEntry, outputs: Floats, label: int) -> LossPlace:
    """Takes apart the loss of outputs (classes,) for an image of class `label`.

    Raises:
        PlaygroundError: this loss has no walk-through.
    """
    kind: str = entry.kind  # type: ignore[attr-defined]
    if kind not in _BY_HAND:
        raise PlaygroundError(f"There is no walk-through of the loss “{entry.title}” yet.", "All other steps are there.")
    columns, worked, value = _BY_HAND[kind](entry, outputs, label)
    computed = entry.compute(torch.from_numpy(outputs).float()[None], torch.tensor([label]))
    return LossPlace(entry, label, columns, worked, Compared(value, float(computed), float(np.abs(outputs).max(initial=0.0))))


def _target(outputs: Floats, label: int) -> Floats:
    target = np.zeros_like(outputs)
    target[label] = 1.0
    return target


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
    return columns, f"−ln({written(float(np.exp(logs[label])))}) = {written(value)}", value


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


def _mean_squared_error(entry: LossEntry, outputs: Floats, label: int) -> Worked:
    target = _target(outputs, label)
    gaps = outputs - target
    columns = (
        Column("z", _Z, outputs),
        Column("t", _T, target),
        Column("z − t", "how far off", gaps),
        Column("(z − t)²", "squared: large misses cost most", gaps**2, total=True),
    )
    return columns, *_mean(gaps**2)


def _l1(entry: LossEntry, outputs: Floats, label: int) -> Worked:
    target = _target(outputs, label)
    gaps = outputs - target
    columns = (
        Column("z", _Z, outputs),
        Column("t", _T, target),
        Column("z − t", "how far off", gaps),
        Column("|z − t|", "without its sign", np.abs(gaps), total=True),
    )
    return columns, *_mean(np.abs(gaps))


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
    return f"{written(total)} ÷ {len(terms)} classes = {written(total / len(terms))}", total / len(terms)


_BY_HAND: dict[str, Callable[[LossEntry, Floats, int], Worked]] = {
    "cross_entropy": _cross_entropy,
    "cross_entropy_one_hot": _cross_entropy,
    "binary_cross_entropy": _binary_cross_entropy,
    "mean_squared_error": _mean_squared_error,
    "l1": _l1,
    "multi_margin": _multi_margin,
    "negative_log_likelihood": _negative_log_likelihood,
}
