"""What the server keeps of a run: its events, its latest checkpoint, and how it goes on after a lost worker."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from safetensors.torch import load

from playground.jobs.journal import Journal
from playground.jobs.protocol import ChangeSettings, Mode, Problem, RunReport, StartRun, ToWorker, WeightsPacket
from playground.jobs.run_info import ACTIVE, RunInfo, Weights, info_of, parse_spec, run_label
from playground.spec import RunSpec
from playground.store.values import Origin, StoredRun, StoredWeights
from playground.training.changes import Changes, changes_between
from playground.training.checkpoint import Checkpoint, epochs_done, position
from playground.training.events import (
    ENDINGS,
    BatchesEnded,
    CurveKept,
    Event,
    RunFailed,
    RunFinished,
    RunInterrupted,
    RunPaused,
    RunResumed,
    RunRewound,
    RunStarted,
    RunStopped,
    SettingsChanged,
)

LOST_WORKERS_ALLOWED = 1
STORED_AFTER_SECONDS = 5.0


class RunRecord:
    """One run on the server. Its owner, the service, holds the lock."""

    def __init__(
        self, name: str, owner: str, run: RunSpec, memory_bytes: int, journal: Journal | None = None, origin: Origin | None = None
    ) -> None:
        self.id = name
        self.owner = owner
        self.run = run
        self.label = ""
        self.origin = origin or Origin()
        self.starred = False
        self.created = time.time()
        self.events: list[Event] = []
        self.status = "waiting"
        self.answers = 0  # how often a worker was asked for weights and told
        self.mode: Mode = "run"
        self.batches_per_second: float | None = None
        self.kept_bytes = 0
        self._submitted = run
        self._spec_json = run.to_json()
        self._memory_bytes = memory_bytes
        self._journal = journal
        self._changes: list[Changes] = []  # sent, and not yet answered with a checkpoint
        self._changed = self.origin.parent is not None
        self._told_at = -math.inf  # when something was last told to the journal
        self._started: RunStarted | None = None
        self._checkpoint: bytes | None = None
        self._lost_workers = 0
        self._weights: Weights | None = None
        self._weights_at = -math.inf
        self._weights_events = -1

    @property
    def is_active(self) -> bool:
        return self.status in ACTIVE

    @property
    def can_be_forgotten(self) -> bool:
        """Whether it has ended, and whoever asks for it again will find all of it in the store."""
        if self.is_active or self._journal is None or self._told_at == -math.inf:
            return not self.is_active
        return self._journal.problem is None and time.monotonic() - self._told_at > STORED_AFTER_SECONDS

    @property
    def has_lost_its_beginning(self) -> bool:
        """Whether it is a branch without the state from which it began."""
        return self.origin.parent is not None and self._checkpoint is None

    @classmethod
    def restored(
        cls,
        stored: StoredRun,
        events: Sequence[Event],
        checkpoint: bytes | None,
        final: StoredWeights | None,
        memory_bytes: int,
        journal: Journal,
    ) -> RunRecord:
        """A run out of the store; one that was being trained is "interrupted"."""
        info = info_of(stored)
        submitted = parse_spec(stored.submitted_json) if stored.submitted_json else info.run
        record = cls(stored.id, stored.owner, submitted, memory_bytes, journal, stored.origin)
        record.label, record.starred, record.created = stored.name, stored.starred, stored.created
        record.run, record._spec_json = info.run, stored.spec_json
        for event in events:
            record._take(event)
        if info.status == "interrupted":
            record._take(RunInterrupted(stored.summary.step))
        record.status = info.status
        record._changed = not stored.repeatable
        record._checkpoint = checkpoint
        if final is not None:
            record._keep(final)
        if info.status != "interrupted":
            record._close()
            return record
        # What was changed after the last checkpoint is changed again, as soon as the run goes on.
        missing = changes_between(parse_spec(Checkpoint.from_bytes(checkpoint).spec) if checkpoint else submitted, info.run)
        record._changes = [missing] if missing else []
        record.kept_bytes = len(checkpoint or b"")
        return record

    def enter(self, number: int, prefix: Sequence[Event] = (), checkpoint: bytes | None = None) -> None:
        """Begins the run's entry in the journal.

        Args:
            number: of its owner's runs; it stands in its name.
            prefix, checkpoint: what happened before in the run that this one branches from, and where it goes on.
        """
        self.label = self.label or run_label(number, self.run)
        if self._journal:
            self._journal.add(self.id, self.owner, number, self.label, self._spec_json, self.created, self.origin)
        self._tell_all(prefix)
        if checkpoint is not None:
            self._take_checkpoint(checkpoint)

    def go_on(self) -> None:
        """An interrupted run waits for a worker again: what came after its last checkpoint happens again."""
        self.mode, self._lost_workers = "run", 0
        if self.events:
            self.tell(RunRewound(*self._position(), "The server was started again. It goes on from the last saved state."))
        self.status = "waiting"

    def info(self, position: int | None) -> RunInfo:
        known = (self.id, self.owner, self.run, self.status, self.created, self.label)
        return RunInfo(*known, position, self._repeatable, self.batches_per_second, self.origin, self.starred)

    @property
    def _repeatable(self) -> bool:
        return not self._changed and (self._started is None or self._started.device == "cpu")

    def change(self, changed: RunSpec, changes: Changes) -> None:
        self.run, self._spec_json = changed, changed.to_json()
        self._changes.append(changes)
        self._changed = True
        self._weights_at, self._weights_events = -math.inf, -1  # those in hand may be others by now
        self._write_down(())  # a paused run may take it up much later

    def assignment(self) -> list[ToWorker]:
        """What a fresh worker is told to take this run up where it stands."""
        step, spec = self._position()[0], self._submitted.to_json()
        start = StartRun(self.id, spec, self._checkpoint, step, self.mode, self.batches_per_second, self._memory_bytes)
        return [start, *(ChangeSettings(self.id, changes) for changes in self._changes)]

    def receive(self, report: RunReport) -> None:
        """Takes what a worker tells."""
        self._tell_all(report.events)
        if report.checkpoint is not None:
            self._take_checkpoint(report.checkpoint)
        if report.final is not None:
            self._keep(report.final)
            if self._journal:
                self._journal.final(self.id, StoredWeights(report.final.step, report.final.epoch, report.final.data))
                self._told_at = time.monotonic()
        if not self.is_active:
            self._close()

    def answered(self, packet: WeightsPacket | None) -> None:
        """Takes the present weights from a worker."""
        self.answers += 1
        if packet is not None and self.is_active:
            self._keep(packet)

    def fresh_weights(self, max_age: float) -> Weights | None:
        """The weights in hand, unless newer ones can be had: nothing happened since, or it runs on and they are young."""
        if not self.is_active or self._weights_events == len(self.events):
            return self._weights
        is_young = self.status == "running" and time.monotonic() - self._weights_at < max_age
        return self._weights if is_young else None

    def last_weights(self) -> Weights | None:
        """The best there is without asking the worker: the last checkpoint's, or those in hand when they are newer."""
        step = self._position()[0]
        if self._checkpoint and (self._weights is None or self._weights.step < step):
            checkpoint = Checkpoint.from_bytes(self._checkpoint)
            self._weights = Weights(step, epochs_done(checkpoint.progress), checkpoint.weights)
        return self._weights

    def stop_here(self) -> None:
        """Ends the run without a worker."""
        self.tell(RunStopped(self._position()[0]))
        self._close()

    def lost_worker(self, was_on: bool) -> None:
        """Its worker died: rewinds to the last checkpoint; fails the run when it was on for the second time."""
        self._lost_workers += was_on
        step, epoch, images, seconds = self._position()
        if self.events:
            reason = "The process that trained this run was lost. It goes on from the last saved state."
            self.tell(RunRewound(step, epoch, images, seconds, reason))
        self._weights = None
        if self.mode == "stop":
            self.stop_here()
        elif self._lost_workers > LOST_WORKERS_ALLOWED:
            self.fail(
                Problem(
                    "The process that trained this network was lost, for the second time.",
                    "Most often there is not enough memory for so large a network or batch.",
                    "Choose a smaller batch size, or fewer filters or units, and train again.",
                )
            )

    def fail(self, problem: Problem) -> None:
        """Ends the run, without a worker, with the weights of its last checkpoint."""
        self.tell(RunFailed(self._position()[0], problem.what, problem.expected, problem.mend))
        self._close()

    def tell(self, event: Event) -> None:
        """Adds what the server itself has to say of the run."""
        self._tell_all((event,))

    def _tell_all(self, events: Sequence[Event]) -> None:
        for event in events:
            self._take(event)
        if events:
            self._write_down(events)

    def _write_down(self, events: Sequence[Event]) -> None:
        if self._journal:
            self._journal.events(self.id, events, self._spec_json, self._repeatable)
            self._told_at = time.monotonic()

    def _take_checkpoint(self, data: bytes) -> None:
        self._checkpoint = data
        if self._journal:
            progress = position(data)
            self._journal.checkpoint(self.id, progress["step"], epochs_done(progress), data, keep=progress["offset"] == 0)

    def _take(self, event: Event) -> None:
        """Adds an event, and what follows from it."""
        self.events.append(event)
        if isinstance(event, RunStarted):
            self.status = "running"
            self._changed |= self._started is not None and _last_bits(self._started) != _last_bits(event)
            self._started = event
        elif isinstance(event, RunResumed | RunRewound):
            self.status = "running"
        elif isinstance(event, RunPaused):
            self.status = "paused"
            if self.mode in ("batch", "epoch"):
                self.mode = "pause"
        elif isinstance(event, SettingsChanged):
            self._changes = self._changes[1:]
            self._weights = None if event.by_hand else self._weights  # of the same step, and yet others
        elif isinstance(event, ENDINGS):
            self.status = _ENDED_STATUS[type(event)]

    def _position(self) -> tuple[int, int, int, float]:
        """Step, finished epochs, images and seconds of the checkpoint; zeros without one."""
        if self._checkpoint is None:
            return 0, 0, 0, 0.0
        progress = position(self._checkpoint)
        return progress["step"], progress["epoch"], progress["images"], progress["seconds"]

    def _keep(self, packet: WeightsPacket | StoredWeights) -> None:
        self._weights = Weights(packet.step, packet.epoch, load(packet.data))
        self._weights_at = time.monotonic()
        self._weights_events = len(self.events)

    def _close(self) -> None:
        """Keeps of an ended run its events and weights only."""
        if not (self._weights and self._weights_events == len(self.events)):
            self._weights = self.last_weights()
        self._checkpoint = None
        batches = sum(len(event.losses) for event in self.events if isinstance(event, BatchesEnded | CurveKept))
        self.kept_bytes = 64 * batches  # two floats in two tuples
        if self._weights:
            self.kept_bytes += sum(tensor.nbytes for tensor in self._weights.tensors.values())


def _last_bits(started: RunStarted) -> tuple[str, int, str]:
    """What decides the last bits of every number; a server that is started again may have other cores."""
    return started.device, started.threads, started.memory_format


_ENDED_STATUS: dict[type, str] = {RunFinished: "finished", RunStopped: "stopped", RunFailed: "failed"}
