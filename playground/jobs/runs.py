"""What the server keeps of a run: its events, its latest checkpoint, and how it goes on after a lost worker."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from safetensors.torch import load
from torch import Tensor

from playground.jobs.protocol import (
    ChangeSettings,
    Mode,
    Problem,
    RunReport,
    StartRun,
    ToWorker,
    WeightsPacket,
)
from playground.spec import RunSpec
from playground.training.changes import Changes
from playground.training.checkpoint import Checkpoint
from playground.training.events import (
    ENDINGS,
    BatchesEnded,
    Event,
    RunFailed,
    RunFinished,
    RunPaused,
    RunResumed,
    RunRewound,
    RunStarted,
    RunStopped,
    SettingsChanged,
)

LOST_WORKERS_ALLOWED = 1


@dataclass(frozen=True)
class RunInfo:
    """A run as it stands.

    Attributes:
        run: with the settings in force.
        status: "waiting", "running", "paused", "finished", "stopped" or "failed", as in `History`.
        created: seconds since 1970.
        label: a short name, such as "Run 2 · mnist · Dense 128, Dense 10".
        position: its place among the runs that wait, from 1; None when it does not wait.
        repeatable: whether the same run gives the same numbers again: no setting was changed on the way, and it
            computes on the CPU.
        batches_per_second: the speed of slow motion; None at full speed.
    """

    id: str
    owner: str
    run: RunSpec
    status: str
    created: float
    label: str
    position: int | None
    repeatable: bool
    batches_per_second: float | None = None

    @property
    def is_active(self) -> bool:
        return self.status in ("waiting", "running", "paused")


@dataclass(frozen=True, eq=False)
class Weights:
    """A network's state after `step` batches, `epoch` epochs (with the fraction). Nothing may write to the tensors."""

    step: int
    epoch: float
    tensors: dict[str, Tensor]


class RunRecord:
    """One run on the server. Its owner, the service, holds the lock."""

    def __init__(self, name: str, owner: str, run: RunSpec, label: str, memory_bytes: int) -> None:
        self.id = name
        self.owner = owner
        self.run = run
        self.label = label
        self.created = time.time()
        self.events: list[Event] = []
        self.status = "waiting"
        self.answers = 0  # how often a worker was asked for weights and told
        self.mode: Mode = "run"
        self.batches_per_second: float | None = None
        self.kept_bytes = 0
        self._submitted = run
        self._memory_bytes = memory_bytes
        self._changes: list[Changes] = []  # sent, and not yet answered with a checkpoint
        self._changed = False
        self._on_cpu = True
        self._train_size = 1
        self._checkpoint: bytes | None = None
        self._lost_workers = 0
        self._weights: Weights | None = None
        self._weights_at = -math.inf
        self._weights_events = -1

    @property
    def is_active(self) -> bool:
        return self.status in ("waiting", "running", "paused")

    def info(self, position: int | None) -> RunInfo:
        repeatable = self._on_cpu and not self._changed
        return RunInfo(
            self.id,
            self.owner,
            self.run,
            self.status,
            self.created,
            self.label,
            position,
            repeatable,
            self.batches_per_second,
        )

    def change(self, changed: RunSpec, changes: Changes) -> None:
        self.run = changed
        self._changes.append(changes)
        self._changed = True

    def assignment(self) -> list[ToWorker]:
        """What a fresh worker is told to take this run up where it stands."""
        step = self._position()[0]
        start = StartRun(
            self.id,
            self._submitted.to_json(),
            self._checkpoint,
            step,
            self.mode,
            self.batches_per_second,
            self._memory_bytes,
        )
        return [start, *(ChangeSettings(self.id, changes) for changes in self._changes)]

    def receive(self, report: RunReport) -> None:
        """Takes what a worker tells."""
        for event in report.events:
            self.tell(event)
        if report.checkpoint is not None:
            self._checkpoint = report.checkpoint
        if report.final is not None:
            self._keep(report.final)
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
        step, epoch, _, _ = self._position()
        if self._checkpoint and (self._weights is None or self._weights.step < step):
            checkpoint = Checkpoint.from_bytes(self._checkpoint)
            epochs = epoch + checkpoint.progress["offset"] / self._train_size
            return Weights(step, epochs, checkpoint.weights)
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
        """Adds an event, and what follows from it."""
        self.events.append(event)
        if isinstance(event, RunStarted):
            self.status = "running"
            self._on_cpu = event.device == "cpu"
            self._train_size = max(1, event.train_size)
        elif isinstance(event, RunResumed | RunRewound):
            self.status = "running"
        elif isinstance(event, RunPaused):
            self.status = "paused"
            if self.mode in ("batch", "epoch"):
                self.mode = "pause"
        elif isinstance(event, SettingsChanged):
            self._changes = self._changes[1:]
        elif isinstance(event, ENDINGS):
            self.status = _ENDED_STATUS[type(event)]

    def _position(self) -> tuple[int, int, int, float]:
        """Step, finished epochs, images and seconds of the checkpoint; zeros without one."""
        if self._checkpoint is None:
            return 0, 0, 0, 0.0
        progress = Checkpoint.from_bytes(self._checkpoint).progress
        return progress["step"], progress["epoch"], progress["images"], progress["seconds"]

    def _keep(self, packet: WeightsPacket) -> None:
        self._weights = Weights(packet.step, packet.epoch, load(packet.data))
        self._weights_at = time.monotonic()
        self._weights_events = len(self.events)

    def _close(self) -> None:
        """Keeps of an ended run its events and weights only."""
        if not (self._weights and self._weights_events == len(self.events)):
            self._weights = self.last_weights()
        self._checkpoint = None
        batches = sum(len(event.losses) for event in self.events if isinstance(event, BatchesEnded))
        self.kept_bytes = 64 * batches  # two floats in two tuples
        if self._weights:
            self.kept_bytes += sum(tensor.nbytes for tensor in self._weights.tensors.values())


_ENDED_STATUS: dict[type, str] = {RunFinished: "finished", RunStopped: "stopped", RunFailed: "failed"}


def run_label(number: int, run: RunSpec) -> str:
    """A short name, such as "Run 2 · mnist · Dense 128, Dense 10"."""
    weighted = [layer.label() for layer in run.network.layers if layer.weighted]
    names = ", ".join(weighted if len(weighted) <= 4 else [*weighted[:2], "…", weighted[-1]])
    return " · ".join(filter(None, [f"Run {number}", run.dataset.name, names]))
