"""The curve of a run's batches, thinned: about every k-th batch, each point the real values of one real batch; and what was
seen under the hood beside it."""

from __future__ import annotations

import math
import struct
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from playground.errors import PlaygroundError
from playground.store.measures import MAX_BYTES, Measures
from playground.training.events import BatchesEnded, CurveKept

MAX_POINTS = 2_000
# stride, points, step and epoch after the last batch, learning rate, images, seconds
_HEAD = struct.Struct("<qqqddqd")
_POINT_BYTES = 4 * 8


@dataclass
class Curve:
    """Columns of at most `MAX_POINTS` points: the first batch told, after it those that are at least `stride` batches apart,
    and the last batch.

    Attributes:
        step, epoch: after the last batch.
        learning_rate, images, seconds: as last told.
        measures: looks under the hood, thinned for themselves.
    """

    stride: int = 1
    step: int = 0
    epoch: float = 0.0
    learning_rate: float = 0.0
    images: int = 0
    seconds: float = 0.0
    steps: array[int] = field(default_factory=lambda: array("q"))
    epochs: array[float] = field(default_factory=lambda: array("d"))
    losses: array[float] = field(default_factory=lambda: array("d"))
    accuracies: array[float] = field(default_factory=lambda: array("d"))
    measures: Measures = field(default_factory=Measures)

    @property
    def size(self) -> int:
        """In bytes, before it is made small."""
        return _HEAD.size + _POINT_BYTES * len(self.steps) + self.measures.size

    def add(self, event: BatchesEnded) -> None:
        """Takes batches; their epochs are spread evenly, as in `History`."""
        count = len(event.losses)
        if not count:
            return
        before, done, first = self.epoch, self.step, event.step - (count - 1) * event.every
        self._drop_last_between()
        begin = max(0, -(-(self.steps[-1] + self.stride - first) // event.every)) if self.steps else 0
        chosen: Sequence[int] = range(begin, count, -(-self.stride // event.every))
        if not chosen or chosen[-1] != count - 1:
            chosen = [*chosen, count - 1]
        steps = [first + i * event.every for i in chosen]
        self.steps.extend(steps)
        self.epochs.extend([before + (event.epoch - before) * (step - done) / (event.step - done) for step in steps])
        self.losses.extend([event.losses[i] for i in chosen])
        self.accuracies.extend([event.accuracies[i] for i in chosen])
        self.step, self.epoch = event.step, self.epochs[-1]
        self.learning_rate, self.images, self.seconds = event.learning_rate, event.images, event.seconds
        self._thin()

    def take(self, kept: CurveKept) -> None:
        """Replaces all by a curve that was kept elsewhere."""
        self.steps, self.epochs = array("q", kept.steps), array("d", kept.epochs)
        self.losses, self.accuracies = array("d", kept.losses), array("d", kept.accuracies)
        # Of a long curve, what comes next is as far apart as what is there; the last may stand there only because it is the last.
        before_last = kept.steps[:-1] if len(kept.steps) > MAX_POINTS // 2 else ()
        self.stride = max(1, min((b - a for a, b in zip(before_last, before_last[1:], strict=False)), default=1))
        self.step, self.epoch = (kept.steps[-1], kept.epochs[-1]) if kept.steps else (0, 0.0)
        self.learning_rate, self.images, self.seconds = kept.learning_rate, kept.images, kept.seconds
        self._thin()

    def rewind(self, step: int, images: int, seconds: float) -> None:
        """Forgets what came after `step`."""
        self.images, self.seconds = images, seconds
        self.measures.rewind(step)
        if step >= self.step:
            return
        kept = next((i for i, at in enumerate(self.steps) if at > step), len(self.steps))
        # The batch at `step` need not be a point: its epoch lies between those of its neighbours.
        left = (self.steps[kept - 1], self.epochs[kept - 1]) if kept else (0, 0.0)
        right = (self.steps[kept], self.epochs[kept]) if kept < len(self.steps) else left
        share = (step - left[0]) / (right[0] - left[0]) if right[0] > left[0] else 0.0
        self.step, self.epoch = step, left[1] + share * (right[1] - left[1])
        for column in (self.steps, self.epochs, self.losses, self.accuracies):
            del column[kept:]

    def kept(self) -> CurveKept | None:
        """The curve as an event; None before the first batch."""
        if not self.steps:
            return None
        return CurveKept(
            tuple(self.steps),
            tuple(self.epochs),
            tuple(self.losses),
            tuple(self.accuracies),
            self.learning_rate,
            self.images,
            self.seconds,
        )

    def to_bytes(self, small: bool) -> bytes:
        """All of it, exactly.

        Args:
            small: takes time to be small; for a run that has ended.
        """
        head = _HEAD.pack(self.stride, len(self.steps), self.step, self.epoch, self.learning_rate, self.images, self.seconds)
        numbers = (np.frombuffer(column, column.typecode) for column in (self.steps, self.epochs, self.losses, self.accuracies))
        columns = [column.astype(column.dtype.newbyteorder("<"), copy=False).tobytes() for column in numbers]
        body = head + b"".join(columns) + self.measures.to_bytes()
        return b"z" + zlib.compress(body, 6) if small else b"r" + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Curve:
        """Reads what `to_bytes` wrote.

        Raises:
            PlaygroundError: the bytes are no curve.
        """
        try:
            most = _HEAD.size + _POINT_BYTES * MAX_POINTS + MAX_BYTES
            body = zlib.decompressobj().decompress(data[1:], most + 1) if data[:1] == b"z" else data[1:]
            stride, points, step, epoch, learning_rate, images, seconds = _HEAD.unpack_from(body)
            if not 0 <= points <= MAX_POINTS or len(body) < _HEAD.size + _POINT_BYTES * points or stride < 1:
                raise ValueError("its length is wrong")
            numbers = [body[_HEAD.size + i * 8 * points : _HEAD.size + (i + 1) * 8 * points] for i in range(4)]
            measures = Measures.from_bytes(body[_HEAD.size + _POINT_BYTES * points :])
            steps = array("q", np.frombuffer(numbers[0], "<i8").tolist())
            columns = [array("d", np.frombuffer(part, "<f8").tolist()) for part in numbers[1:]]
            if list(steps) != sorted(set(steps)) or not all(map(math.isfinite, columns[0])):
                raise ValueError("its steps are in disorder")
        except (ValueError, zlib.error, struct.error) as error:
            raise PlaygroundError(f"The curve of a run cannot be read ({error}).") from None
        return cls(stride, step, epoch, learning_rate, images, seconds, steps, columns[0], columns[1], columns[2], measures)

    def _drop_last_between(self) -> None:
        """Drops the last point if it stands there only because it is the last."""
        if len(self.steps) > 1 and self.steps[-1] - self.steps[-2] < self.stride:
            for column in (self.steps, self.epochs, self.losses, self.accuracies):
                column.pop()

    def _thin(self) -> None:
        while len(self.steps) > MAX_POINTS:
            self.stride *= 2
            last, chosen = len(self.steps) - 1, [0]
            for i, step in enumerate(self.steps):
                if i == last or step - self.steps[chosen[-1]] >= self.stride:
                    chosen.append(i)
            self.steps = array("q", [self.steps[i] for i in chosen])
            self.epochs = array("d", [self.epochs[i] for i in chosen])
            self.losses = array("d", [self.losses[i] for i in chosen])
            self.accuracies = array("d", [self.accuracies[i] for i in chosen])
