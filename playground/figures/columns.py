"""A training history as numpy columns, which grow with it and are computed only once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from playground.figures.smoothing import ExponentialAverage

Floats = npt.NDArray[np.float64]


class EpochRecord(Protocol):
    """What a finished epoch says; accuracies are fractions from 0 to 1."""

    @property
    def epoch(self) -> int: ...
    @property
    def step(self) -> int: ...
    @property
    def train_loss(self) -> float: ...
    @property
    def train_accuracy(self) -> float | None: ...
    @property
    def validation_loss(self) -> float | None: ...
    @property
    def validation_accuracy(self) -> float | None: ...


class HistoryView(Protocol):
    """The part of a training history that is drawn: one entry a batch in the three lists, one an epoch in `epochs`.

    `batch_steps` counts batches from 1 and ascends; accuracies are fractions from 0 to 1. Where there is a
    `batch_epochs` (epochs done after each batch, fractional), it places the batches on the axis of epochs.
    """

    @property
    def batch_steps(self) -> Sequence[int]: ...
    @property
    def batch_loss(self) -> Sequence[float]: ...
    @property
    def batch_accuracy(self) -> Sequence[float]: ...
    @property
    def epochs(self) -> Sequence[EpochRecord]: ...
    @property
    def status(self) -> str: ...


class _GrowingArray:
    """A float64 array with room to append to; `values` is a view of what is filled."""

    def __init__(self) -> None:
        self._room = np.empty(1024)
        self.size = 0

    def append(self, values: Floats) -> None:
        needed = self.size + len(values)
        if needed > len(self._room):
            room = np.empty(max(needed, 2 * len(self._room)))
            room[: self.size] = self.values
            self._room = room
        self._room[self.size : needed] = values
        self.size = needed

    @property
    def values(self) -> Floats:
        return self._room[: self.size]


class HistoryColumns:
    """The per-batch columns of a history, raw and smoothed, each float64 (n,); loss has the loss's unit, accuracy is
    a fraction.

    `update` reads only what was added since the last call, so a tick costs what is new. A history that was rewound
    or replaced is noticed and read afresh.
    """

    def __init__(self, smoothing: float) -> None:
        self.smoothing = smoothing
        self._clear()

    def _clear(self) -> None:
        self._steps, self._positions = _GrowingArray(), _GrowingArray()
        self._loss, self._accuracy = _GrowingArray(), _GrowingArray()
        self._smooth_loss, self._smooth_accuracy = _GrowingArray(), _GrowingArray()
        self._loss_average, self._accuracy_average = (ExponentialAverage(self.smoothing) for _ in range(2))

    def update(self, history: HistoryView) -> None:
        """Take in the batches that `history` has and the columns have not."""
        positions: Sequence[float] | None = getattr(history, "batch_epochs", None)
        # The lists may be growing in another thread: the shortest says how many are complete.
        lists = (history.batch_steps, history.batch_loss, history.batch_accuracy, positions)
        count = min(len(entries) for entries in lists if entries is not None)
        if not self._continues(history, count):
            self._clear()
        known = self._steps.size
        if known == count:
            return
        self._steps.append(np.asarray(history.batch_steps[known:count], dtype=np.float64))
        unknown = np.full(count - known, np.nan)
        self._positions.append(unknown if positions is None else np.asarray(positions[known:count], dtype=np.float64))
        loss = np.asarray(history.batch_loss[known:count], dtype=np.float64)
        accuracy = np.asarray(history.batch_accuracy[known:count], dtype=np.float64)
        self._loss.append(loss)
        self._accuracy.append(accuracy)
        self._smooth_loss.append(self._loss_average.extend(loss))
        self._smooth_accuracy.append(self._accuracy_average.extend(accuracy))

    def _continues(self, history: HistoryView, count: int) -> bool:
        known = self._steps.size
        if known == 0:
            return True
        if known > count:
            return False
        return all(
            column.values[place] == kept or (column.values[place] != column.values[place] and kept != kept)
            for place in (0, known - 1)
            for column, kept in ((self._steps, history.batch_steps[place]), (self._loss, history.batch_loss[place]))
        )

    def __len__(self) -> int:
        return self._steps.size

    @property
    def steps(self) -> Floats:
        return self._steps.values

    @property
    def positions(self) -> Floats:
        """Epochs done after each batch; NaN where the history does not tell."""
        return self._positions.values

    @property
    def loss(self) -> Floats:
        return self._loss.values

    @property
    def accuracy(self) -> Floats:
        return self._accuracy.values

    @property
    def smooth_loss(self) -> Floats:
        return self._smooth_loss.values

    @property
    def smooth_accuracy(self) -> Floats:
        return self._smooth_accuracy.values
