"""Schedules: how the learning rate changes during a run. To add one is to add one class and list it below.

A schedule is a function of the position alone, so that a run can go on from any point and repeat itself exactly.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Literal

from pydantic import Field

from playground.catalog.entry import Entry


@dataclass(frozen=True)
class Position:
    """Where a run stands.

    Attributes:
        epoch: epochs done, with the fraction of the current one.
        epochs: epochs planned.
        losses: the validation loss after each finished epoch (the training loss without a validation set).
    """

    epoch: float
    epochs: int
    losses: tuple[float, ...] = ()

    @property
    def progress(self) -> float:
        """The share of the run that is done, 0 to 1."""
        return min(1.0, self.epoch / max(1, self.epochs))


class ScheduleEntry(Entry):
    """A factor for the learning rate."""

    watches_losses: ClassVar[bool] = False

    def factor(self, position: Position) -> float:
        """What the optimizer's learning rate is multiplied with at `position`; at least 0."""
        raise NotImplementedError

    def pytorch_source(self) -> str:
        """A Python expression of `epoch` (a float, epochs done), `epochs` and `losses`, the same as `factor` to the last bit."""
        raise NotImplementedError

    def pytorch_helper(self) -> str:
        """The definition of the function that the expression calls, as source; empty when it calls none of its own."""
        return ""

    def keras_source(self) -> str:
        """The same expression; of a schedule that watches losses, a Keras callback (`watched` names the loss)."""
        return self.pytorch_source()


def cosine(progress: float) -> float:
    """Half a cosine from 1 at progress 0 down to 0 at progress 1."""
    return (1 + math.cos(math.pi * progress)) / 2


class Constant(ScheduleEntry):
    kind: Literal["constant"] = "constant"
    title: ClassVar[str] = "Constant"
    help: ClassVar[str] = "The learning rate stays as it is."

    def factor(self, position: Position) -> float:
        return 1.0

    def pytorch_source(self) -> str:
        return "1.0"


class Step(ScheduleEntry):
    kind: Literal["step"] = "step"
    every: int = Field(3, ge=1, le=100, title="Every … epochs", description="How often the rate drops.")
    gamma: float = Field(0.5, gt=0.0, le=1.0, title="Factor", description="What the rate is multiplied with at each drop.")
    title: ClassVar[str] = "Step"
    help: ClassVar[str] = "Drops the rate by a factor every few epochs."

    def factor(self, position: Position) -> float:
        return float(self.gamma ** (int(position.epoch) // self.every))

    def pytorch_source(self) -> str:
        return f"{self.gamma!r} ** (int(epoch) // {self.every})"


class Exponential(ScheduleEntry):
    kind: Literal["exponential"] = "exponential"
    gamma: float = Field(
        0.8, gt=0.0, le=1.0, title="Factor an epoch", description="What the rate is multiplied with over one epoch."
    )
    title: ClassVar[str] = "Exponential"
    help: ClassVar[str] = "Shrinks the rate by the same factor every epoch, smoothly."

    def factor(self, position: Position) -> float:
        return float(self.gamma**position.epoch)

    def pytorch_source(self) -> str:
        return f"{self.gamma!r} ** epoch"


class Cosine(ScheduleEntry):
    kind: Literal["cosine"] = "cosine"
    title: ClassVar[str] = "Cosine"
    help: ClassVar[str] = "Follows half a cosine wave from the full rate down to 0 at the end."

    def factor(self, position: Position) -> float:
        return cosine(position.progress)

    def pytorch_source(self) -> str:
        return "(1 + math.cos(math.pi * min(1.0, epoch / epochs))) / 2"


class OneCycle(ScheduleEntry):
    kind: Literal["one_cycle"] = "one_cycle"
    warmup: float = Field(0.3, gt=0.0, lt=1.0, title="Rising share", description="The share of the run in which the rate rises.")
    start: float = Field(0.04, gt=0.0, le=1.0, title="Start", description="The first rate, as a share of the full one.")
    title: ClassVar[str] = "One-cycle"
    help: ClassVar[str] = "Rises to the full rate, then falls to almost 0. Trains fast (Smith, 2018)."

    def factor(self, position: Position) -> float:
        if position.progress < self.warmup:
            return self.start + (1 - self.start) * (1 - cosine(position.progress / self.warmup))
        return cosine((position.progress - self.warmup) / (1 - self.warmup))

    def pytorch_source(self) -> str:
        share, start = repr(self.warmup), repr(self.start)
        rising = f"{start} + (1 - {start}) * (1 - (1 + math.cos(math.pi * (epoch / epochs / {share}))) / 2)"
        falling = f"(1 + math.cos(math.pi * ((min(1.0, epoch / epochs) - {share}) / (1 - {share})))) / 2"
        return f"({rising} if epoch / epochs < {share} else {falling})"


class ReduceOnPlateau(ScheduleEntry):
    kind: Literal["reduce_on_plateau"] = "reduce_on_plateau"
    patience: int = Field(2, ge=1, le=50, title="Patience", description="Epochs without a better validation loss before a drop.")
    gamma: float = Field(0.5, gt=0.0, lt=1.0, title="Factor", description="What the rate is multiplied with at each drop.")
    title: ClassVar[str] = "Reduce on plateau"
    help: ClassVar[str] = "Drops the rate when the validation loss has stopped falling."
    watches_losses: ClassVar[bool] = True

    def factor(self, position: Position) -> float:
        best, waited, drops = math.inf, 0, 0
        for loss in position.losses:
            if loss < best:
                best, waited = loss, 0
            else:
                waited += 1
            if waited >= self.patience:
                drops, waited = drops + 1, 0
        return float(self.gamma**drops)

    def pytorch_source(self) -> str:
        return f"plateau_factor(losses, patience={self.patience}, gamma={self.gamma!r})"

    def pytorch_helper(self) -> str:
        return """
def plateau_factor(losses, patience, gamma):
    \"""Multiplies by gamma each time that the loss has not fallen for so many epochs.\"""
    best, waited, drops = math.inf, 0, 0
    for loss in losses:
        if loss < best:
            best, waited = loss, 0
        else:
            waited += 1
        if waited >= patience:
            drops, waited = drops + 1, 0
    return gamma**drops
"""

    def keras_source(self) -> str:
        return f"callbacks.ReduceLROnPlateau(watched, factor={self.gamma!r}, patience={self.patience}, min_delta=0.0)"


class WarmUp(ScheduleEntry):
    kind: Literal["warm_up"] = "warm_up"
    epochs: float = Field(1.0, gt=0.0, le=50.0, title="Warm-up epochs", description="Epochs over which the rate rises from 0.")
    then: Literal["constant", "cosine"] = Field(
        "constant", title="Then", description="What follows: stay, or fall like a cosine."
    )
    title: ClassVar[str] = "Warm-up"
    help: ClassVar[str] = "Starts gently: the rate rises in a straight line, then stays or falls."

    def factor(self, position: Position) -> float:
        if position.epoch < self.epochs:
            return max(position.epoch / self.epochs, 1e-3)
        if self.then == "constant":
            return 1.0
        rest = max(position.epochs - self.epochs, 1e-9)
        return cosine(min(1.0, (position.epoch - self.epochs) / rest))

    def pytorch_source(self) -> str:
        after = f"(1 + math.cos(math.pi * min(1.0, (epoch - {self.epochs!r}) / max(epochs - {self.epochs!r}, 1e-9)))) / 2"
        after = "1.0" if self.then == "constant" else after
        return f"(max(epoch / {self.epochs!r}, 1e-3) if epoch < {self.epochs!r} else {after})"
