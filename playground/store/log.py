"""What is known of one run on its way into the database: events are folded, and what has changed is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import reduce

from playground.store.codec import decode, encode
from playground.store.curve import Curve
from playground.store.kept import KeptCheckpoints
from playground.store.values import StoredRun, StoredWeights
from playground.training.events import (
    ENDINGS,
    BatchesEnded,
    CurveKept,
    EpochEnded,
    Evaluating,
    Event,
    LayersMeasured,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunRewound,
    RunStarted,
    RunStopped,
    SamplesPredicted,
)
from playground.training.history import final_epoch

_STATUS: dict[type, str] = {
    RunStarted: "running",
    RunResumed: "running",
    RunRewound: "running",
    RunPaused: "paused",
    RunFinished: "finished",
    RunStopped: "stopped",
    RunFailed: "failed",
}
_UNSTORED = (BatchesEnded, Evaluating, SamplesPredicted, LayersMeasured, CurveKept)


class RunLog:
    """One run. The thread that writes is the only one to touch it.

    Attributes:
        row: as it was when it was submitted or loaded; its name, note, star and bin are the user's and not kept up here.
        summary, spec_json, repeatable: as they are now.
        bodies: all events that are kept one by one, as JSON.
        curve, samples: all batches, and the latest reading of the sample images ("" before the first).
        final: the weights at the end, while they are not stored.
        is_new: there is no row in the database.
        row_changed, curve_changed: since it was last stored.
        events_stored: so many of `bodies` are in the database.
    """

    def __init__(self, row: StoredRun, is_new: bool = True) -> None:
        self.row = row
        self.summary, self.spec_json, self.repeatable = row.summary, row.spec_json, row.repeatable
        self.bodies: list[str] = []
        self.curve = Curve()
        self._samples: SamplesPredicted | None = None
        self.checkpoints = KeptCheckpoints()
        self.final: StoredWeights | None = None
        self.is_new = is_new
        self.row_changed = self.curve_changed = is_new
        self.events_stored = 0
        self._samples_text = ""
        self._final_bytes = 0
        self._body_bytes = 0
        self._epochs: list[EpochEnded] = []
        self._best: float | None = None  # there may be 40,000 epochs, and it is asked for after each

    @classmethod
    def stored(
        cls, row: StoredRun, bodies: list[str], curve: Curve, samples: str, checkpoints: KeptCheckpoints, final_bytes: int
    ) -> RunLog:
        """A run as it stands in the database."""
        log = cls(row, is_new=False)
        log.bodies, log.events_stored = bodies, len(bodies)
        log._body_bytes = sum(map(len, bodies))
        log.curve, log._samples_text, log.checkpoints = curve, samples, checkpoints
        log._final_bytes = final_bytes
        for event in map(decode, bodies):
            if isinstance(event, EpochEnded):
                log._epochs.append(event)
            elif isinstance(event, RunRewound):
                log._epochs = [ended for ended in log._epochs if ended.epoch <= event.epoch]
        log._best = reduce(_best, log._epochs, None)
        return log

    @property
    def samples(self) -> str:
        if self._samples is not None:
            self._samples_text, self._samples = encode(self._samples), None
        return self._samples_text

    @property
    def has_ended(self) -> bool:
        return self.summary.status in ("finished", "stopped", "failed")

    @property
    def is_training(self) -> bool:
        """Whether what it does now costs it time."""
        return self.summary.status == "running"

    @property
    def stored_bytes(self) -> int:
        texts = len(self.spec_json) + len(self.row.submitted_json) + len(self.samples) + self._body_bytes
        return texts + self.curve.size + self.checkpoints.size + self._final_bytes

    def tell(self, events: Sequence[Event], spec_json: str, repeatable: bool) -> None:
        """More happened."""
        self.row_changed = True
        self.spec_json, self.repeatable = spec_json, repeatable
        for event in events:
            self._fold(event)
            if not isinstance(event, _UNSTORED):
                self.bodies.append(encode(event))
                self._body_bytes += len(self.bodies[-1])

    def take_checkpoint(self, step: int, epoch: float, data: bytes, keep: bool) -> None:
        self.row_changed = True
        self.checkpoints.add(step, epoch, data, keep)

    def take_final(self, weights: StoredWeights) -> None:
        self.row_changed = True
        self.final, self._final_bytes = weights, len(weights.data)

    def is_stored(self, with_checkpoints: bool) -> None:
        """The database holds everything; without checkpoints, everything but those."""
        self.is_new = self.row_changed = self.curve_changed = False
        self.events_stored = len(self.bodies)
        self.final = None
        self.checkpoints.are_stored(with_checkpoints)

    def start_anew(self) -> None:
        """The database was lost: everything is written again, as far as it is still here."""
        self.is_new = self.row_changed = self.curve_changed = True
        self.events_stored = 0
        self.checkpoints.start_anew()

    def _fold(self, event: Event) -> None:
        """Brings the summary, the curve and the checkpoints up to date."""
        changes: dict[str, object] = {}
        if isinstance(event, BatchesEnded | CurveKept):
            if isinstance(event, BatchesEnded):
                self.curve.add(event)
            else:
                self.curve.take(event)
            self.curve_changed = True
            changes |= {"step": self.curve.step, "epoch": self.curve.epoch, "images": event.images, "seconds": event.seconds}
        elif isinstance(event, SamplesPredicted):
            self._samples, self.curve_changed = event, True  # the text is made when it is stored: most are not
        elif isinstance(event, LayersMeasured):
            self.curve.measures.add(event)
            self.curve_changed = True
        elif isinstance(event, RunStarted):
            changes |= {"num_parameters": event.num_parameters}
        elif isinstance(event, EpochEnded):
            self._epochs.append(event)
            self._best = _best(self._best, event)
            changes |= {"seconds": event.seconds, **self._of_the_last_epoch()}
        elif isinstance(event, RunRewound):
            self._epochs = [ended for ended in self._epochs if ended.epoch <= event.epoch]
            self._best = reduce(_best, self._epochs, None)
            self.curve.rewind(event.step, event.images, event.seconds)
            self.checkpoints.rewind(event.step)
            self.curve_changed = True
            changes |= {"step": event.step, "epoch": self.curve.epoch, "images": event.images, "seconds": event.seconds}
            changes |= self._of_the_last_epoch()
        elif isinstance(event, RunFinished):
            if event.kept:
                self._best = _best(self._best, event.kept)
            changes |= {"seconds": event.seconds, "test_loss": event.test_loss, "test_accuracy": event.test_accuracy}
            changes |= self._of_the_last_epoch(event)
        if type(event) in _STATUS:
            changes["status"] = _STATUS[type(event)]
        if isinstance(event, ENDINGS):
            self.curve_changed = True  # it is written once more, and smaller
        self.summary = replace(self.summary, **changes) if changes else self.summary  # type: ignore[arg-type]
        self.curve.seconds = self.summary.seconds

    def _of_the_last_epoch(self, finished: RunFinished | None = None) -> dict[str, object]:
        last = final_epoch(self._epochs, finished)
        names = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
        return {name: getattr(last, name, None) for name in names} | {"best_validation_accuracy": self._best}


def _best(best: float | None, ended: EpochEnded) -> float | None:
    """The best validation accuracy, with one more epoch."""
    return max((score for score in (best, ended.validation_accuracy) if score is not None), default=None)
