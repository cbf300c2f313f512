"""History: a run's events folded into curves and its present state."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from playground.training.events import (
    BatchesEnded,
    CurveKept,
    EpochEnded,
    Evaluating,
    Event,
    LayersMeasured,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunPaused,
    RunResumed,
    RunRewound,
    RunStarted,
    RunStopped,
    SamplesPredicted,
    SettingsChanged,
)
from playground.training.thinning import add_measured


@dataclass
class History:
    """Columns, one entry a batch (`batch_*`) or an epoch (`epochs`), and the latest of everything else.

    Attributes:
        status: "waiting", "running", "paused", "finished", "stopped", "failed" or "interrupted".
        batch_epochs: epochs done after each batch, as a fraction: the curves' horizontal axis.
        measured: looks under the hood; of many, at most 300, evenly spread, the latest among them.
        images_per_second: over the last second or so of training.
        revision: grows whenever anything changed, so that a view knows when to draw.
    """

    status: str = "waiting"
    started: RunStarted | None = None
    batch_steps: list[int] = field(default_factory=list)
    batch_epochs: list[float] = field(default_factory=list)
    batch_loss: list[float] = field(default_factory=list)
    batch_accuracy: list[float] = field(default_factory=list)
    epochs: list[EpochEnded] = field(default_factory=list)
    changes: list[SettingsChanged] = field(default_factory=list)
    samples: SamplesPredicted | None = None
    measured: list[LayersMeasured] = field(default_factory=list)
    evaluating: Evaluating | None = None
    finished: RunFinished | None = None
    failed: RunFailed | None = None
    rewinds: list[RunRewound] = field(default_factory=list)
    learning_rate: float | None = None
    images: int = 0
    seconds: float = 0.0
    images_per_second: float = 0.0
    revision: int = 0
    _measured_gap: int = 0

    def fold(self, events: Iterable[Event]) -> None:
        """Adds events in the order in which they happened."""
        for event in events:
            self._fold(event)
            self.revision += 1

    @property
    def step(self) -> int:
        """Batches learned from so far."""
        return self.batch_steps[-1] if self.batch_steps else 0

    @property
    def epoch(self) -> float:
        """Epochs done, with the fraction of the current one."""
        return self.batch_epochs[-1] if self.batch_epochs else 0.0

    @property
    def final_epoch(self) -> EpochEnded | None:
        """The epoch that the network's weights are of, as far as is known; None before the first."""
        return final_epoch(self.epochs, self.finished)

    @property
    def is_active(self) -> bool:
        """Whether more may happen: waiting, running or paused."""
        return self.status in ("waiting", "running", "paused")

    def _fold(self, event: Event) -> None:
        if isinstance(event, BatchesEnded):
            self._fold_batches(event)
        elif isinstance(event, SamplesPredicted):
            self.samples = event
        elif isinstance(event, LayersMeasured):
            self._measured_gap = add_measured(self.measured, event, self._measured_gap)
        elif isinstance(event, Evaluating):
            self.evaluating = event
        elif isinstance(event, EpochEnded):
            self.epochs.append(event)
            self.evaluating = None
            self.seconds = event.seconds
        elif isinstance(event, SettingsChanged):
            self.changes.append(event)
        elif isinstance(event, RunStarted):
            self.started = event
            self.status = "running"
        elif isinstance(event, RunRewound):
            self._rewind(event)
        elif isinstance(event, CurveKept):
            self._take_curve(event)
        elif isinstance(event, RunInterrupted):
            self.status, self.evaluating = "interrupted", None
        elif isinstance(event, RunPaused):
            self.status = "paused"
        elif isinstance(event, RunResumed):
            self.status = "running"
        elif isinstance(event, RunFinished):
            self.status, self.finished, self.evaluating = "finished", event, None
            self.seconds = event.seconds
        elif isinstance(event, RunStopped):
            self.status, self.evaluating = "stopped", None
        elif isinstance(event, RunFailed):
            self.status, self.failed, self.evaluating = "failed", event, None

    def _fold_batches(self, event: BatchesEnded) -> None:
        steps = range(event.step - (len(event.losses) - 1) * event.every, event.step + 1, event.every)
        before, done = self.epoch, self.step
        self.batch_steps.extend(steps)
        self.batch_epochs.extend(before + (event.epoch - before) * (step - done) / (event.step - done) for step in steps)
        self.batch_loss.extend(event.losses)
        self.batch_accuracy.extend(event.accuracies)
        seconds = event.seconds - self.seconds
        if seconds > 0:
            speed = (event.images - self.images) / seconds
            # An average over about the last second: each event counts by the time that it took.
            keep = max(0.0, 1.0 - seconds) if self.images_per_second else 0.0
            self.images_per_second = keep * self.images_per_second + (1 - keep) * speed
        self.images, self.seconds, self.learning_rate = event.images, event.seconds, event.learning_rate
        self.evaluating = None

    def _take_curve(self, event: CurveKept) -> None:
        self.batch_steps, self.batch_epochs = list(event.steps), list(event.epochs)
        self.batch_loss, self.batch_accuracy = list(event.losses), list(event.accuracies)
        self.images, self.seconds, self.learning_rate = event.images, event.seconds, event.learning_rate

    def _rewind(self, event: RunRewound) -> None:
        """Forgets what came after the checkpoint, so that no point stands twice on the curve."""
        kept = next((i for i, step in enumerate(self.batch_steps) if step > event.step), len(self.batch_steps))
        for column in (self.batch_steps, self.batch_epochs, self.batch_loss, self.batch_accuracy):
            del column[kept:]
        self.epochs = [epoch for epoch in self.epochs if epoch.epoch <= event.epoch]
        self.changes = [change for change in self.changes if change.step <= event.step]
        self.measured = [measured for measured in self.measured if measured.step <= event.step]
        self.evaluating = None
        self.images, self.seconds, self.images_per_second = event.images, event.seconds, 0.0
        self.rewinds.append(event)
        self.status = "running"


def final_epoch(epochs: Sequence[EpochEnded], finished: RunFinished | None) -> EpochEnded | None:
    """The last epoch that was told, or of a finished run the one whose weights early stopping put back, told or not."""
    best = finished.best_epoch if finished else None
    if finished is None or best is None:
        return epochs[-1] if epochs else None
    return finished.kept or next((epoch for epoch in reversed(epochs) if epoch.epoch == best), None)
