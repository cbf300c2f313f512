"""What a worker advances in turn: a training run, one event at a time."""

from __future__ import annotations

import gc
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

import torch
from safetensors.torch import save

from playground import settings
from playground.data import Dataset
from playground.errors import PlaygroundError
from playground.jobs.protocol import Mode, RunReport, StartRun, ToServer, WeightsPacket
from playground.spec import RunSpec
from playground.training.changes import Changes
from playground.training.checkpoint import Checkpoint
from playground.training.early_stopping import patience_is_over
from playground.training.events import (
    ENDINGS,
    BatchesEnded,
    EpochEnded,
    Event,
    RunFailed,
    RunPaused,
    RunResumed,
    RunStarted,
    RunStopped,
    SamplesPredicted,
)
from playground.training.runtime import choose_runtime
from playground.training.trainer import Trainer

Send = Callable[[ToServer], None]

BUNDLE_SECONDS = 0.05
EVENTS_SENT_AT_ONCE = 8  # so that the first points of a curve are there at once
CHECKPOINT_SHARE = 0.03  # epochs can take milliseconds; a checkpoint of each would then cost more than they do


class RunTurns:
    """One run in a worker: its trainer, the events not yet sent, and what the learner asked for.

    Args:
        start: where it begins.
        data: the data set, once it is loaded.
        threads: of one operation.
        send: hands a message to the server.
    """

    def __init__(self, start: StartRun, data: Future[Dataset], threads: int, send: Send) -> None:
        self.id = start.id
        self.ended = False
        self.memory_bytes = start.memory_bytes
        self._start = start
        self._data = data
        self._threads = threads
        self._send = send
        self._mode: Mode = start.mode
        self._trainer: Trainer | None = None
        self._step = start.step
        self._one_is_done = False
        self._waiting_changes: list[Changes] = []
        self._outbox: list[Event] = []
        self._num_sent = 0
        self._sent_at = 0.0
        self._checkpoint_at = time.monotonic()
        self._checkpoint_cost = 0.0
        self._batches_per_second = start.batches_per_second
        self._due = 0.0
        if self._mode == "pause":
            self._tell(RunPaused(self._step))
            self.flush()

    def ready_in(self, now: float) -> float | None:
        """Seconds until there is something to do; 0 for now, None when it waits for a command or its data."""
        if self.ended or not self._data.done():
            return None
        if self._mode == "pause":
            return 0.0 if self._waiting_changes and self._start.checkpoint else None
        return max(0.0, self._due - now)

    @property
    def is_loaded(self) -> bool:
        """Whether its network is in memory."""
        return self._trainer is not None

    def unload(self) -> bool:
        """Gives the memory of a paused run back: it will go on from a checkpoint. False when it is not paused."""
        if self._mode != "pause" or self._trainer is None:
            return False
        checkpoint = self._trainer.checkpoint().to_bytes()
        self._start = replace(self._start, checkpoint=checkpoint, step=self._step)
        self._trainer = None
        return True

    def advance(self) -> None:
        """One event's work; of a paused run, what was changed. Whatever goes wrong ends this run only."""
        try:
            if self._mode == "pause":
                self._take_changes()
                return
            if self._trainer is None:
                self._trainer = self._build()
            self._trainer.batch_limit = self._batch_limit()
            self._trainer.tells_all = self._mode == "epoch"
            began = time.monotonic()
            event = next(self._trainer)
            self._handle(event, began)
        except Exception as error:
            self.fail(error)

    def fail(self, error: Exception) -> None:
        """Ends the run because of `error`, in words for its learner."""
        if isinstance(error, PlaygroundError):
            self._end(RunFailed(self._step, error.what, error.expected, error.mend))
        elif _is_out_of_memory(error):
            self._end(_out_of_memory(self._step))
            gc.collect()
        else:
            self._end(_fault(self._step), "".join(traceback.format_exception(error)))

    def set_mode(self, mode: Mode) -> None:
        """Does at once what the learner asked for."""
        if self.ended:
            return
        before, self._mode, self._one_is_done = self._mode, mode, False
        if mode == "stop":
            self._end(RunStopped(self._step))
        elif mode == "pause":
            if before != "pause":
                self._pause()
        elif before == "pause":
            self._due = 0.0
            self._tell(RunResumed(self._step))
            self.flush()

    def set_speed(self, batches_per_second: float | None) -> None:
        self._batches_per_second = batches_per_second
        self._due = 0.0

    def change(self, changes: Changes) -> None:
        """Changes settings now, or as soon as the run has begun."""
        self._waiting_changes.append(changes)
        self._take_changes()

    def _take_changes(self) -> None:
        was_away = self._trainer is None
        if was_away and self._mode == "pause" and self._start.checkpoint and self._data.done():
            self._trainer = self._build()  # it was unloaded, or its worker lost; what is changed is to be seen at once
        while self._trainer is not None and self._waiting_changes:
            # One message: a checkpoint without the change, or a change without its checkpoint, would lose or repeat it.
            self._outbox.append(self._trainer.change(self._waiting_changes.pop(0)))
            self.flush(with_checkpoint=True)
        if was_away:
            self.unload()  # there may be no room for it now

    def weights(self) -> WeightsPacket | None:
        """The weights as they are now; None before the run has begun."""
        self.flush()
        return _packet(self._trainer, self._step) if self._trainer else None

    def flush(self, with_checkpoint: bool = False) -> None:
        """Sends the events that wait."""
        checkpoint = None
        if with_checkpoint and self._trainer:
            began = time.monotonic()
            checkpoint = self._trainer.checkpoint().to_bytes()
            self._checkpoint_at = time.monotonic()
            self._checkpoint_cost = self._checkpoint_at - began
        if self._outbox or checkpoint:
            self._send(RunReport(self.id, tuple(self._outbox), checkpoint))
            self._num_sent += len(self._outbox)
            self._outbox.clear()
            self._sent_at = time.monotonic()

    def _build(self) -> Trainer:
        data = self._data.result()
        checkpoint = Checkpoint.from_bytes(self._start.checkpoint) if self._start.checkpoint else None
        submitted = RunSpec.from_json(self._start.spec)
        # By the settings at the start, also in a new process: threads and memory format decide the last bits.
        runtime = choose_runtime(submitted, data.input_shape, self._threads)
        run = RunSpec.from_json(checkpoint.spec) if checkpoint else submitted
        return Trainer(run, data, runtime=runtime, checkpoint=checkpoint)

    def _handle(self, event: Event, began: float) -> None:
        if isinstance(event, ENDINGS):
            self._end(event)
            return
        self._tell(event)
        if isinstance(event, RunStarted):
            self.flush()
            self.flush(with_checkpoint=True)
            self._take_changes()
        elif isinstance(event, BatchesEnded):
            self._step = event.step
            if self._batches_per_second:
                self._due = began + len(event.losses) / self._batches_per_second
            self._one_is_done = True
            if self._mode != "batch" and time.monotonic() - self._checkpoint_at > settings.number("snapshot_seconds"):
                self.flush(with_checkpoint=True)
        elif isinstance(event, SamplesPredicted):  # the last of what is shown of one batch
            if self._mode == "batch" and self._one_is_done:
                self._pause()
        elif isinstance(event, EpochEnded):
            # A run that was paused behind an epoch's last batch has that one's end to tell, and then a whole epoch to do.
            if self._mode == "epoch" and (self._one_is_done or self._is_last(event)):
                self._pause()
            elif self._is_last(event) or time.monotonic() - self._checkpoint_at > self._checkpoint_cost / CHECKPOINT_SHARE:
                self.flush(with_checkpoint=True)

    def _is_last(self, event: EpochEnded) -> bool:
        """After the last epoch, a checkpoint lets others branch from the end."""
        assert self._trainer is not None
        training = self._trainer.run.training
        return event.epoch >= training.epochs or patience_is_over(self._trainer.progress, training.regularisation.early_stopping)

    def _batch_limit(self) -> int | None:
        if self._mode == "batch":
            return 1
        if self._batches_per_second:
            return max(1, int(self._batches_per_second * BUNDLE_SECONDS))
        return None

    def _tell(self, event: Event) -> None:
        self._outbox.append(event)
        if self._num_sent < EVENTS_SENT_AT_ONCE or time.monotonic() - self._sent_at > BUNDLE_SECONDS:
            self.flush()

    def _pause(self) -> None:
        self._mode = "pause"
        self._tell(RunPaused(self._step))
        self.flush()  # first the news, which people wait for; a big network's checkpoint takes its time
        self.flush(with_checkpoint=True)

    def _end(self, event: Event, log: str = "") -> None:
        """The last message of this run: how it ended, and its weights."""
        self.ended = True
        self._outbox.append(event)
        packet = None
        if self._trainer is not None:
            try:
                packet = _packet(self._trainer, getattr(event, "step", self._step))
            except (MemoryError, RuntimeError):
                packet = None  # the server still has the last checkpoint
        self._trainer = None
        self._send(RunReport(self.id, tuple(self._outbox), None, packet, log))
        self._outbox.clear()


def _packet(trainer: Trainer, step: int) -> WeightsPacket:
    progress = trainer.progress
    epoch = progress.epoch + progress.offset / max(1, len(trainer.batches.train))
    return WeightsPacket(step, epoch, save(trainer.weights()))


def _is_out_of_memory(error: Exception) -> bool:
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and ("alloc" in text and "memory" in text or "not enough memory" in text)


def _out_of_memory(step: int) -> RunFailed:
    return RunFailed(
        step,
        "There was not enough memory for the next batch.",
        "One batch with all that the network computes from it has to fit into the memory of this computer.",
        "Choose a smaller batch size, or fewer filters or units.",
    )


def _fault(step: int) -> RunFailed:
    return RunFailed(
        step,
        "This run ended by a fault of the playground, not of your network.",
        "The details stand in the server's log.",
        "Train again; if it happens again, please tell whoever runs this playground.",
    )
